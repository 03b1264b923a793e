"""The examples of property checks: how many are tried, where they start, and what they are drawn from."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers

from pytest_openrouter_stt.report import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

# Hypothesis mixes constants from the source of each module of the project that is loaded into what it draws. From one
# seed, a check would then try other examples when it runs alone than beside the project's tests. There is no setting
# for that; a version that has none of these names draws nothing of the kind.
_WITHOUT_CONSTANTS = {
    "_get_local_constants": getattr(providers, "Constants", None),
    "CONSTANTS_CACHE": LRUCache(1024),
}


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

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let Hypothesis draw the same examples everywhere, until the time is up."""
        self.failure = None
        with pytest.MonkeyPatch.context() as patch:
            if all(hasattr(providers, name) for name in _WITHOUT_CONSTANTS):
                for name, stand_in in _WITHOUT_CONSTANTS.items():
                    patch.setattr(providers, name, stand_in)
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
