"""How a call ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


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
