"""The one error of this layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False, kw_only=True)
class SpecError(Exception):
    """A contract that cannot be used.

    Attributes:
        source: The file, as the user named it.
        problem: What is wrong with it, naming the offending value or place.
        remedy: What to do about it.
    """

    source: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}. {self.remedy}"
