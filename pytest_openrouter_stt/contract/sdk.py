"""What the SDK's page adds to the OpenAPI document: names of arguments, and error types by status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ParameterPlace = Literal["body", "header", "control"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One keyword argument of the operation.

    Attributes:
        name: The keyword, for example ``http_referer``.
        place: Where its value goes; ``control`` never goes on the wire.
        wire_name: The body property or header, for example ``HTTP-Referer``; empty for ``control``.
        required: Whether the SDK's page marks it as required.
    """

    name: str
    place: ParameterPlace
    wire_name: str
    required: bool


@dataclass(frozen=True, slots=True)
class SdkNaming:
    """The names of ``spec/sdk.yaml``.

    Attributes:
        client_class: The class of an SDK-shaped package.
        api_key: The constructor's keyword for the key.
        resource: The attribute of the client that holds the operation.
        operation: The method that makes a call.
        async_operation: Its asynchronous twin.
        errors_module: The module of the package that holds the error types.
        parameters: Every keyword argument of the operation, by name.
        renames: JSON pointer of a Python name inside a body parameter → the wire's name.
        errors: Status → name of the error type.
        default_error: The error type of every other 4XX and 5XX.
    """

    client_class: str
    api_key: str
    resource: str
    operation: str
    async_operation: str
    errors_module: str
    parameters: Mapping[str, Parameter]
    renames: Mapping[str, str]
    errors: Mapping[int, str]
    default_error: str

    def in_place(self, place: ParameterPlace) -> tuple[Parameter, ...]:
        """Return the parameters that go to *place*, in the page's order."""
        return tuple(parameter for parameter in self.parameters.values() if parameter.place == place)

    def with_fields(self, fields: Iterable[tuple[str, bool]]) -> SdkNaming:
        """Return the naming with a parameter for each field of the body that has none, under the field's own name.

        Args:
            fields: The name of each field, and whether it is required.
        """
        known = self.parameters.keys() | {parameter.wire_name for parameter in self.in_place("body")}
        new = {name: Parameter(name, "body", name, required) for name, required in fields if name not in known}
        return replace(self, parameters=MappingProxyType({**self.parameters, **new})) if new else self


def sdk_naming(data: Mapping[str, Any]) -> SdkNaming:
    """Build the naming from the parsed ``sdk.yaml``."""
    client = data["client"]
    return SdkNaming(
        client_class=client["class"],
        api_key=client["api_key"],
        resource=client["resource"],
        operation=client["operation"],
        async_operation=client["async_operation"],
        errors_module=client["errors"],
        parameters=MappingProxyType({name: _parameter(name, entry) for name, entry in data["parameters"].items()}),
        renames=MappingProxyType(dict(data["renames"])),
        errors=MappingProxyType({int(status): name for status, name in data["errors"].items()}),
        default_error=data["default_error"],
    )


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=name, place=entry["in"], wire_name=entry.get("name", ""), required=entry.get("required", False)
    )
