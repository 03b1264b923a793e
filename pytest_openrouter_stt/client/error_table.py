"""Error types by status: as the client declares them, as the project configures them, or as the SDK names them."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .outcome import UnusableErrors

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_openrouter_stt.contract import SdkNaming

    from .target import Target

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


SECTION = "tool.pytest-openrouter-stt.errors"
_DEFAULT = "default"
_LEAST, _MOST = 400, 599


def configured_errors(folder: Path) -> dict[int | str, type] | None:
    """Return what the ``pyproject.toml`` in *folder* says of errors; ``None`` when it says nothing.

    It is a table of statuses, and ``default``, each with a type as ``"module:Type"``; the modules are imported.

    Raises:
        UnusableErrors: It cannot be read, a status is none, or a name leads to no type of exception.
    """
    table = _table(folder / "pyproject.toml")
    if table is None:
        return None
    return {_status(status): _type(status, name) for status, name in table.items()}


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        found: Any = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UnusableErrors(setting=str(path), problem=f"it cannot be read ({error})", remedy="Mend it.") from error
    for name in SECTION.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None or isinstance(found, Mapping):
        return found
    remedy = f'Write [{SECTION}], and below it lines such as 401 = "mypkg.errors:Unauthorized".'
    raise UnusableErrors(setting=SECTION, problem="it is no table", remedy=remedy)


def _status(status: str) -> int | str:
    if status == _DEFAULT:
        return status
    if status.isdecimal() and _LEAST <= int(status) <= _MOST:
        return int(status)
    remedy = f"Write a status from {_LEAST} to {_MOST}, or {_DEFAULT!r}."
    raise UnusableErrors(setting=f"{SECTION}.{status}", problem="it is not the status of an error", remedy=remedy)


def _type(status: str, name: object) -> type:
    setting = f"{SECTION}.{status} = {name!r}"
    module, _, attribute = str(name).partition(":")
    if not isinstance(name, str) or not module or not attribute:
        raise UnusableErrors(setting=setting, problem="it is not the name of a type", remedy="Write 'module:Type'.")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:  # importing runs the client's code, which may do anything
        problem = f"it leads nowhere ({type(error).__name__}: {error})"
        raise UnusableErrors(setting=setting, problem=problem, remedy="Write 'module:Type'.") from error
    if isinstance(found, type) and issubclass(found, BaseException):
        return found
    problem, remedy = f"it is {type(found).__name__}, not a type of exception", "Name the class that is raised."
    raise UnusableErrors(setting=setting, problem=problem, remedy=remedy)
