"""What a check observes of one call, and how it says that it failed or could not judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_openrouter_stt.client import Failure, Transcript
from pytest_openrouter_stt.contract import MISSING
from pytest_openrouter_stt.endpoint import BodyError, Fault, WireRequest

from .result import Repeat
from .text import same_json

if TYPE_CHECKING:
    from pytest_openrouter_stt.client import Mode, Outcome
    from pytest_openrouter_stt.contract import Call
    from pytest_openrouter_stt.endpoint import Exchange

_REFUSED = 300
"""The least status by which a server says that it did not do what it was asked for."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One call of the client, its outcome, and what was on the wire.

    Checks judge it: each of its methods fails the check, or ends it, when what it returns is not there.

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

    @property
    def requests(self) -> tuple[WireRequest, ...]:
        """Every wire request of the call, in the order of arrival."""
        return tuple(exchange.request for exchange in self.ledger)

    @property
    def request(self) -> WireRequest:
        """The first wire request of the call.

        Raises:
            CheckStopped: There is none; a check of its own judges that.
        """
        if not self.requests:
            raise could_not_run("nothing was sent for a valid call; see request::test_a_valid_call_is_sent")
        return self.requests[0]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object in the body of the first request.

        Raises:
            CheckStopped: There is none; a check of its own judges that.
        """
        see = "see request::test_body_is_one_json_object"
        try:
            body = self.request.json()
        except BodyError:
            kind = self.request.media_type
            named = f"{kind}, " if kind and kind != "application/json" else ""
            raise could_not_run(f"the body is {named}not JSON; {see}") from None
        if not isinstance(body, dict):
            raise could_not_run(f"the body is not an object; {see}")
        return body

    def at(self, *path: str) -> Any:
        """Return what the body holds at *path*, or `MISSING`."""
        value: Any = self.body
        for name in path:
            if not isinstance(value, dict) or name not in value:
                return MISSING
            value = value[name]
        return value

    def transcript(self) -> Transcript:
        """Return the transcript; that there is none is a failure."""
        self._witness()
        if not isinstance(self.outcome, Transcript):
            self.fail(f"it {self.outcome}, where a transcript is due")
        return self.outcome

    def error(self) -> object:
        """Return what was raised, or returned as a failure; that there is none is a failure."""
        self._witness()
        outcome = self.outcome
        if not isinstance(outcome, Failure):
            self.fail("it returned a transcript, where an error is due")
        if isinstance(outcome.error, BaseException) and not isinstance(outcome.error, Exception):
            self.fail(f"it {outcome}, which ends programs")
        return outcome.error

    def require(self, holds: bool, observed: str, expected: Any = MISSING, actual: Any = MISSING) -> None:  # noqa: FBT001 - a condition
        """Fail with *observed* unless *holds*; *expected* and *actual* are shown as a difference."""
        if not holds:
            self.fail(observed, expected, actual)

    def require_same(self, expected: Any, actual: Any, what: str) -> None:
        """Fail unless both are the same JSON value."""
        self.require(same_json(expected, actual), f"changed on the way: {what}", expected, actual)

    def fail(self, observed: str, expected: Any = MISSING, actual: Any = MISSING) -> NoReturn:
        """Fail the check."""
        raise CheckFailed(observed=observed, observation=self, expected=expected, actual=actual)

    def _witness(self) -> None:
        """The case has to have reached the client: a request was made, and the reply that is judged answered it."""
        _ = self.request


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


def could_not_run(reason: str) -> CheckStopped:
    """Return the exception that ends a check which could not judge; the caller raises it."""
    return CheckStopped(CouldNotRun(reason=reason))
