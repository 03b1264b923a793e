"""A failure in the form in which pytest, its short summary and JUnit XML take one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Writer(Protocol):
    """What pytest writes to a terminal with."""

    def line(self, s: str = "") -> None:
        """Write a line."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What is shown of a failure where there is room for one line; named as pytest names it.

    Attributes:
        node_id: pytest's name of the item.
        message: What was observed.
    """

    node_id: str
    message: str

    def __str__(self) -> str:
        return f"{self.node_id}: {self.message}"


@dataclass(frozen=True, slots=True)
class FailureText:
    """The text of a failure, with one line of it apart.

    A mere string would not do: with ``CI`` set, pytest's short summary repeats the whole of it for each failure.

    Attributes:
        text: All of it.
        shown: What the terminal shows of it; may be empty.
        reprcrash: Its one line.
    """

    text: str
    shown: str
    reprcrash: Crash

    def __str__(self) -> str:
        return self.text

    def toterminal(self, writer: Writer) -> None:
        """Write it as pytest does a traceback."""
        for line in self.shown.split("\n") if self.shown else ():  # what cannot be encoded spoils one line only
            writer.line(line)
