"""How a call ended, what its error keeps of the reply, and which error type each status has."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_openrouter_stt.contract import SdkNaming

    from .target import Target


@dataclass(eq=False, kw_only=True)
class ClientNotFound(Exception):
    """The client under test cannot be resolved.

    Attributes:
        wanted: What the user asked for.
        problem: What was looked for, and where.
        remedy: What to write instead.
    """

    wanted: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"client {self.wanted!r}: {self.problem}. {self.remedy}"


@dataclass(eq=False, kw_only=True)
class UnusableErrors(Exception):
    """The error types that the configuration names cannot be used.

    Attributes:
        setting: Where in the configuration.
        problem: What is wrong there.
        remedy: What to write instead.
    """

    setting: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.problem}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """The client returned something that is not a failure.

    Attributes:
        value: What it returned.
    """

    value: object

    @property
    def text(self) -> object:
        """The transcript: the value itself when it is a string, else its ``text``; ``None`` when there is none."""
        return self.value if isinstance(self.value, str) else read(self.value, "text")

    @property
    def has_usage(self) -> bool:
        """Whether the client has a place for usage at all."""
        return not isinstance(self.value, str)

    def usage(self, names: tuple[str, ...]) -> dict[str, Any] | None:
        """Return those of the usage fields *names* that the client gives a value, or ``None`` without any usage."""
        usage = read(self.value, "usage")
        if _is_absent(usage):
            return None
        return {name: value for name in names if not _is_absent(value := read(usage, name))}

    def __str__(self) -> str:
        return f"a transcript: {rendered(self.value, repr)}"


@dataclass(frozen=True, slots=True)
class Failure:
    """The client raised, or returned, an error.

    Attributes:
        error: What was raised or returned; an exception in nearly every case.
        returned: Whether it was returned rather than raised.
    """

    error: object
    returned: bool = False

    def __str__(self) -> str:
        kind = type(self.error)
        how = "returned" if self.returned else "raised"
        return f"{how} {kind.__module__}.{kind.__qualname__}: {rendered(self.error)}"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call was still under way when it was given up.

    Attributes:
        reason: Why it was given up.
        stack: Where it was then, as a traceback; empty when that is unknown.
    """

    reason: str
    stack: str

    def __str__(self) -> str:
        return f"no answer: {self.reason}"


Outcome = Transcript | Failure | NoAnswer


@dataclass(frozen=True, slots=True)
class ReturnedFailure:
    """What an adapter returns in place of a value that stands for a failure.

    Attributes:
        error: The failure in that value.
    """

    error: object


def returned(value: object) -> Transcript | Failure:
    """Tell a transcript from a failure that was returned: an exception, nothing at all, or an error without text."""
    if isinstance(value, ReturnedFailure):
        return Failure(value.error, returned=True)
    if isinstance(value, BaseException) or value is None:
        return Failure(value, returned=True)
    error = None if isinstance(value, str) else read(value, "error")
    if error is None or callable(error) or read(value, "text") is not None:
        return Transcript(value)
    return Failure(value, returned=True)


def read(value: object, name: str) -> Any:
    """Return the item of a mapping, or the attribute of anything else; ``None`` when there is none to be had."""
    try:
        return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    except Exception:  # noqa: BLE001 - a property is the client's code, such as .text of a response that was not read
        return None


def rendered(value: object, render: Callable[[object], str] = str) -> str:
    """Return ``str()`` or ``repr()`` of what a client gave; what that raises must not end the report."""
    try:
        return render(value)
    except Exception as error:  # noqa: BLE001 - a client's own __str__ may do anything
        return f"<{type(value).__qualname__}: {render.__name__}() raises {type(error).__name__}>"


def _is_absent(value: object) -> bool:
    """Whether *value* stands for nothing: ``None``, or the marker that generated SDKs have beside it."""
    return value is None or type(value).__name__ in {"Unset", "UnsetType"}


_STATUS_NAMES = ("status_code", "status", "http_status", "code")


def status_of(error: object) -> int | None:
    """Return the HTTP status that *error* carries, itself or on its ``response``, or ``None``."""
    owners = (error, read(error, "response"), read(error, "raw_response"))
    for name in _STATUS_NAMES:  # names first: an error's own "code" may be that of the body
        for owner in owners:
            value = read(owner, name)
            if isinstance(value, int) and not isinstance(value, bool):
                return int(value)
    return None


def message_of(error: object) -> str:
    """Return the message of *error* as a user sees it: ``str()`` of it, and its ``message`` when that adds to it."""
    shown, message = rendered(error), read(error, "message")
    return f"{shown} {message}" if isinstance(message, str) and message not in shown else shown


def headers_of(error: object) -> Mapping[str, str] | None:
    """Return the response headers that *error* carries, with names in lower case, or ``None``."""
    for owner in (error, read(error, "response"), read(error, "raw_response")):
        headers = read(owner, "headers")
        if headers is not None and hasattr(headers, "items"):
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return None


def kept(error: object, *path: str) -> Any:
    """Return what *error* kept of the error body at *path*, for example ``kept(error, "error", "code")``.

    The parsed ``data`` is asked first, then the error itself, then the raw body that it or its response kept;
    ``None`` when none has it.
    """
    for body in _bodies(error):
        value: Any = body
        for name in path:
            value = read(value, name)
        if value is not None:
            return value
    return None


def _bodies(error: object) -> Iterator[object]:
    yield read(error, "data")
    yield error
    yield _parsed(read(error, "body"))
    yield _parsed(read(read(error, "response"), "text"))


def _parsed(body: object) -> object:
    if not isinstance(body, str | bytes):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


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
