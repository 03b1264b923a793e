"""What the docstring of a check says: its requirement, and what passes and what does not."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass

_FORM = re.compile(
    r"(?P<requirement>[^\n]+\.)\n\nPasses: (?P<passes>.+?\.)\nFails: (?P<fails>(?:(?!\n\n).)+\.)", re.DOTALL
)
_WITHOUT_DOCSTRINGS = 2


@dataclass(eq=False, kw_only=True)
class UntoldCheck(Exception):
    """The docstring of a check does not say what a user of the suite has to know.

    Attributes:
        check: The check's ID.
    """

    check: str

    def __str__(self) -> str:
        return (
            f"{self.check}: its docstring has to be its requirement in one line, an empty line, "
            "'Passes: …' and 'Fails: …', each beginning a line and ending in a full stop"
        )


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of a check's docstring, each as one line.

    Attributes:
        requirement: What is required.
        passes: What a client may do.
        fails: What it may not.
    """

    requirement: str
    passes: str
    fails: str


def told(check: str, docstring: str | None) -> Told:
    """Return what *docstring* says; nothing where Python leaves docstrings out (``-OO``).

    Args:
        check: The ID of the check whose it is.
        docstring: As it is in the source.

    Raises:
        UntoldCheck: A part is missing or empty.
    """
    if docstring is None and sys.flags.optimize >= _WITHOUT_DOCSTRINGS:
        return Told("", "", "")
    match = _FORM.fullmatch(inspect.cleandoc(docstring or ""))
    if match is None:
        raise UntoldCheck(check=check)
    return Told(**{name: " ".join(part.split()) for name, part in match.groupdict().items()})
