"""How a check says that it failed, or that it did not get to judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.contract import MISSING
from pytest_openrouter_stt.endpoint import Fault

from ._notes import Repeat

if TYPE_CHECKING:
    from pytest_openrouter_stt.client import Mode, Outcome
    from pytest_openrouter_stt.contract import Call
    from pytest_openrouter_stt.endpoint import Exchange

_REFUSED = 300
"""The least status by which a server says that it did not do what it was asked for."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that one call brought to light.

    Attributes:
        call: What was passed to the client.
        mode: Which of its operations was used.
        outcome: How the call ended.
        ledger: What was on the wire meanwhile.
        waits: What the client waited for on its virtual clock, in seconds each: back-off, and slow replies.
    """

    call: Call
    mode: Mode
    outcome: Outcome
    ledger: tuple[Exchange, ...]
    waits: tuple[float, ...] = ()

    @property
    def repeat(self) -> Repeat | None:
        """The body that was sent again although the server had received it and had not refused it, if there is one."""
        for place, exchange in enumerate(self.ledger):
            again = sum(later.request.digest == exchange.request.digest for later in self.ledger[place + 1 :])
            if again and exchange.reply.fault is not Fault.REFUSED and exchange.reply.status < _REFUSED:
                return Repeat(again + 1, str(exchange.reply))
        return None


@dataclass(eq=False, kw_only=True)
class CheckFailed(AssertionError):
    """The client does not do what the check requires.

    Attributes:
        observed: What it did, in one sentence.
        observation: The call that shows it.
        expected: The JSON value that should have been on the wire, to show a difference.
        actual: The one that was.
        details: More to look at, such as where a call was stuck.
    """

    observed: str
    observation: Observation | None = None
    expected: Any = MISSING
    actual: Any = MISSING
    details: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.observed


@dataclass(eq=False, kw_only=True)
class CouldNotRun(Exception):
    """A check did not get to judge.

    Attributes:
        reason: Why, in one sentence; the same for every check with the same cause.
        remedy: What to do about it.
    """

    reason: str
    remedy: str = ""

    @property
    def explanation(self) -> str:
        """The reason, and what to do about it."""
        return f"{self.reason}. {self.remedy}" if self.remedy else self.reason

    def __str__(self) -> str:
        return f"could not run: {self.explanation}"


@dataclass(eq=False)
class CheckStopped(BaseException):  # no Exception, so that Hypothesis does not try again what would only cost time
    """A check ended at once, whatever was still to be tried.

    Attributes:
        cause: What to report.
    """

    cause: CheckFailed | CouldNotRun


def judgement_in(error: BaseException | None) -> CheckFailed | CouldNotRun | None:
    """Return what a check says of itself; Hypothesis wraps a failure that does not happen every time."""
    if isinstance(error, CheckFailed | CouldNotRun):
        return error
    if isinstance(error, CheckStopped):
        return error.cause
    if isinstance(error, pytest.fail.Exception):  # as which it is raised where pytest is to write no traceback
        return judgement_in(error.__cause__)
    if isinstance(error, BaseExceptionGroup):
        found = (judgement_in(inner) for inner in error.exceptions)
        return next((judgement for judgement in found if judgement is not None), None)
    return None
