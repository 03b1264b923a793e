"""The examples of property checks: how many are tried, where they start, and when they end."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import CheckFailed

from ._constants import without_constants

if TYPE_CHECKING:
    from collections.abc import Iterator


USUAL_EXAMPLES = 20
"""Examples of a property check, unless the user says otherwise."""


class _TimeIsUp(BaseException):  # no Exception, so that Hypothesis lets it pass
    """There is no time for another example."""


@dataclass(slots=True)
class Profile:
    """How much is tried; it changes between the rounds of ``--stt-fuzz``.

    Attributes:
        max_examples: Examples of a property check.
        seed: Where Hypothesis starts.
        deadline: How long a call may take, in seconds.
        until: When no more examples are tried, as `time.monotonic` tells it.
        tried: How many were tried so far, by all checks.
        failure: What the last example failed with, while a smaller one is looked for.
        interrupted: Whether the user wants no more of it.
    """

    max_examples: int
    seed: int
    deadline: float
    until: float = math.inf
    tried: int = 0
    failure: CheckFailed | None = field(default=None, repr=False)
    interrupted: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether each check tries the same examples in the same order: no time runs out meanwhile."""
        return self.until == math.inf

    @property
    def is_thorough(self) -> bool:
        """Whether more is tried than usual."""
        return self.max_examples > USUAL_EXAMPLES

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let Hypothesis draw the same examples everywhere, until the time is up."""
        self.failure = None
        with without_constants():
            try:
                yield
            except _TimeIsUp:
                return

    @contextmanager
    def example(self) -> Iterator[None]:
        """Try one example, unless the time is up; what has failed is made smaller all the same.

        Raises:
            KeyboardInterrupt: The user wants no more of it.
        """
        if self.interrupted:
            raise KeyboardInterrupt
        if self.failure is None and monotonic() > self.until:
            raise _TimeIsUp
        self.tried += 1
        try:
            yield
        except CheckFailed as failure:
            self.failure = failure
            raise
