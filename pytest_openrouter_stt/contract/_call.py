"""A call: what a user passes to the client, and what the contract makes of it on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from ._values import freeze, thaw

if TYPE_CHECKING:
    from ._sdk import SdkNaming


class _Missing(Enum):
    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing.MISSING
"""An argument that was not passed, which is something else than one that was passed as ``None``."""


@dataclass(frozen=True, init=False, slots=True)
class Call:
    """Keyword arguments for the operation, in the SDK's naming; immutable.

    Arguments given as `MISSING` are left out::

        Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="openai/whisper-1")

    Attributes:
        arguments: The arguments, read-only at every depth.
    """

    arguments: Mapping[str, Any]

    def __init__(self, /, **arguments: Any) -> None:
        given = {name: value for name, value in arguments.items() if value is not MISSING}
        object.__setattr__(self, "arguments", freeze(given))

    def kwargs(self) -> dict[str, Any]:
        """Return a fresh copy of the arguments, which whoever receives it may change."""
        return cast("dict[str, Any]", thaw(self.arguments))

    def replace(self, /, **arguments: Any) -> Call:
        """Return a call with *arguments* put in place of, or beside, those of this one; `MISSING` takes one out."""
        return Call(**{**self.arguments, **arguments})

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.kwargs().items())
        return f"Call({arguments})"


def wire_body(call: Call, naming: SdkNaming) -> dict[str, Any]:
    """Return the JSON object that the contract requires on the wire for *call*.

    Optional arguments that are absent or ``None`` are absent; every other value is as it was given.

    Args:
        call: A call whose arguments JSON can carry.
        naming: Which argument goes where (``spec/sdk.yaml``).
    """
    body: dict[str, Any] = {}
    for parameter in naming.in_place("body"):
        value = call.arguments.get(parameter.name)
        if value is not None or (parameter.required and parameter.name in call.arguments):
            body[parameter.wire_name] = _renamed(value, f"/{parameter.name}", naming.renames)
    return body


def wire_headers(call: Call, naming: SdkNaming) -> dict[str, str]:
    """Return the headers that *call* adds, under their wire names."""
    return {
        parameter.wire_name: call.arguments[parameter.name]
        for parameter in naming.in_place("header")
        if call.arguments.get(parameter.name) is not None
    }


def _renamed(value: object, pointer: str, renames: Mapping[str, str]) -> object:
    if not any(place.startswith(f"{pointer}/") for place in renames) or not isinstance(value, Mapping):
        return thaw(value)
    return {
        renames.get(f"{pointer}/{key}", key): _renamed(item, f"{pointer}/{key}", renames) for key, item in value.items()
    }
