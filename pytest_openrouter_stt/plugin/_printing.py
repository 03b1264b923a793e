"""Lines for a terminal, whatever it can show and for how long it listens."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = str.maketrans({"…": "...", "→": "->", "≥": ">=", "–": "-", "—": "-", "×": "x", "’": "'"})
"""What stands for a typographic character where it cannot be shown."""


class Line(NamedTuple):
    """A line of text.

    Attributes:
        text: Without the line end.
        bold: Whether it is a title.
    """

    text: str
    bold: bool = False


def print_lines(config: pytest.Config, lines: Iterable[Line]) -> None:
    """Write *lines* to standard output, in colour where pytest has it; whoever reads may stop at any line."""
    write = _Writer(config)
    try:
        for line in lines:
            write(line)
        sys.stdout.flush()
    except BrokenPipeError:  # as with head; what is left in the buffer would raise again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def showable(text: str, encoding: str | None) -> str:
    """Return *text* as far as *encoding* can show it: plain characters for typographic ones, escapes for the rest."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        known = encoding or "utf-8"
        return text.translate(_PLAIN).encode(known, "backslashreplace").decode(known)
    return text


class _Writer:
    """Writes lines as pytest does, or plainly where pytest's terminal is switched off."""

    def __init__(self, config: pytest.Config) -> None:
        has_terminal = hasattr(config.option, "color")
        self._terminal = pytest.TerminalReporter(config, sys.stdout) if has_terminal else None

    def __call__(self, line: Line) -> None:
        text = showable(line.text, getattr(sys.stdout, "encoding", None))
        if self._terminal is None:
            sys.stdout.write(f"{text}\n")
        else:
            self._terminal.write_line(text, bold=line.bold)
