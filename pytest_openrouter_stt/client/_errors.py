"""What can go wrong between a name on the command line, or in the configuration, and a client that can be called."""

from __future__ import annotations

from dataclasses import dataclass


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
