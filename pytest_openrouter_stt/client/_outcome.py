"""How a call ended."""

from __future__ import annotations

from collections.abc import Mapping
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
        if usage is None or type(usage).__name__ in {"Unset", "UnsetType"}:
            return None
        return {name: value for name in names if (value := read(usage, name)) is not None}

    def __str__(self) -> str:
        return f"a transcript: {self.value!r}"


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
        return f"{'returned' if self.returned else 'raised'} {kind.__module__}.{kind.__qualname__}: {self.error}"


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


def returned(value: object) -> Transcript | Failure:
    """Tell a transcript from a failure that was returned: an exception, nothing at all, or an error without text."""
    if isinstance(value, BaseException) or value is None:
        return Failure(value, returned=True)
    error = None if isinstance(value, str) else read(value, "error")
    if error is None or callable(error) or read(value, "text") is not None:
        return Transcript(value)
    return Failure(value, returned=True)


def read(value: object, name: str) -> Any:
    """Return the item of a mapping, or the attribute of anything else; ``None`` when there is none."""
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)
