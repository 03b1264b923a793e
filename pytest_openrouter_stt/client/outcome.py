"""How a call ended, what its error keeps of the reply, and which error type each status has."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


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
