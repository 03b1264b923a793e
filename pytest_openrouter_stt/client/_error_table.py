"""Which error type stands for which status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import SdkNaming

    from ._resolve import Target

DECLARATION = "stt_errors"
"""The attribute of a client or its module that maps statuses, and ``"default"``, to error types."""


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """Status → error type.

    Attributes:
        origin: ``declared`` by the client, ``configured`` by the project, found by the ``names`` of the SDK's page, or
            ``inferred`` from what the client raises.
        by_status: The type for each status; empty when inferred.
        default: The type for every other status; ``None`` when there is none.
        missing: Status → name of the type that was looked for and does not exist.
    """

    origin: str
    by_status: Mapping[int, type]
    default: type | None
    missing: Mapping[int, str]


def error_table(target: Target, owner: object, naming: SdkNaming) -> ErrorTable:
    """Find the error types of a client: as it declares, as is configured, by the names of the SDK's page, or none."""
    declared = getattr(owner, DECLARATION, None) or getattr(target.module, DECLARATION, None)
    if isinstance(declared, Mapping):
        return _mapped("declared", declared)
    if target.errors is not None:
        return _mapped("configured", target.errors)
    types = _named_types(target, naming)
    if naming.default_error not in types:
        return ErrorTable("inferred", MappingProxyType({}), None, MappingProxyType({}))
    return ErrorTable(
        origin="names",
        by_status=MappingProxyType({s: types[name] for s, name in naming.errors.items() if name in types}),
        default=types[naming.default_error],
        missing=MappingProxyType({s: name for s, name in naming.errors.items() if name not in types}),
    )


def _mapped(origin: str, types: Mapping[Any, Any]) -> ErrorTable:
    by_status = {int(status): kind for status, kind in types.items() if str(status).isdecimal()}
    return ErrorTable(origin, MappingProxyType(by_status), types.get("default"), MappingProxyType({}))


def _named_types(target: Target, naming: SdkNaming) -> dict[str, type]:
    places = (getattr(target.module, naming.errors_module, None), target.module)
    names = (*naming.errors.values(), naming.default_error)
    found: dict[str, type] = {}
    for name in names:
        for place in places:
            kind = getattr(place, name, None)
            if isinstance(kind, type):
                found.setdefault(name, kind)
    return found
