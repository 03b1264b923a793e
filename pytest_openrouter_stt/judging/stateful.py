"""A state machine that drives clients through sequences of calls, errors, faults and closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from pytest_openrouter_stt.report import CheckFailed, CheckStopped

from .harness import API_KEY
from .sequences import GOOD, faults, new_key, statuses, unreadable

if TYPE_CHECKING:
    from .context import CheckContext
    from .sequences import Baseline, CallSequence

_STEPS = 15
_EXAMPLES_PER_SEQUENCE = 4
"""A sequence costs as much as so many examples of other checks."""

_WHAT = ("good", "status", "good", "fault", "good", "status", "good", "unreadable")
"""What a call is answered with; half of them well, so that what errors leave behind can show."""

_numbers = st.integers(0, 119)  # a range that Hypothesis draws from evenly


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One step of a sequence.

    Attributes:
        client: Which of the two clients takes it.
        shape: What is passed; empty when the client is closed, and made anew with the same key.
        kind: What is answered.
    """

    client: int
    shape: str = ""
    kind: str = GOOD

    def take(self, sequence: CallSequence) -> None:
        """Take it.

        Raises:
            CheckFailed: The call was not made, or did not end, as the contract has it.
        """
        if self.shape:
            sequence.call(self.shape, self.kind, self.client)
            return
        driven, api_key = sequence.stt.harness.client, sequence.keys[self.client]
        with sequence.step(f"{sequence.name(self.client)} is closed, and made anew with the same key"):
            driven.open(api_key)
            driven.close_one(api_key, sequence.stt.mode)
            driven.forget(api_key)


class SequenceRunner:
    """Where sequences are run, each with two new clients: else it could not be told what it takes to fail.

    Args:
        stt: What makes the calls.
        known: What may be part of a sequence.
    """

    def __init__(self, stt: CheckContext, known: Baseline) -> None:
        kinds = {"status": statuses(stt.contract), "fault": faults(), "unreadable": unreadable()}
        self._stt = stt
        self._known = known
        self._sequence = known.sequence(stt)
        self.profile = stt.harness.profile
        self.shapes = known.shapes
        self.kinds = {what: [kind for kind in known.kinds if kind in some] or [GOOD] for what, some in kinds.items()}
        self.closable = stt.harness.client.closable(API_KEY, stt.mode)

    def begin(self) -> None:
        """Begin a sequence."""
        self.end()
        self._sequence = self._known.sequence(self._stt, new_key(), new_key())

    def end(self) -> None:
        """Forget the clients, and the usual one: what they share may have been closed with one of them."""
        for api_key in (API_KEY, *self._sequence.keys):
            self._stt.harness.client.forget(api_key)

    def take(self, step: SequenceStep) -> None:
        """Take the next step; see `SequenceStep.take`."""
        step.take(self._sequence)

    def smallest(self, steps: list[SequenceStep], failure: CheckFailed) -> CheckFailed:
        """Return the failure of as few of *steps* as it takes, the last of which failed with *failure*."""
        place = len(steps) - 2
        while place >= 0:
            fewer = steps[:place] + steps[place + 1 :]
            found = self._failure_of(fewer)
            if found is not None:
                count, failure = found
                steps = fewer[:count]
            place = min(place, len(steps) - 1) - 1
        if len(steps) > 1:
            failure.observed = f"as the last of {len(steps)} steps, {failure.observed}"
        return failure

    def _failure_of(self, steps: list[SequenceStep]) -> tuple[int, CheckFailed] | None:
        """Return how a sequence fails, and after how many steps."""
        self.begin()
        for count, step in enumerate(steps, 1):
            try:
                self.take(step)
            except CheckFailed as failure:
                return count, failure
        return None


class ClientMachine(RuleBasedStateMachine):
    """One sequence.

    Args:
        runner: Where it is run.
    """

    def __init__(self, runner: SequenceRunner) -> None:
        super().__init__()
        self.runner = runner
        self.steps: list[SequenceStep] = []
        with runner.profile.example():
            runner.begin()

    @rule(shape=_numbers, what=_numbers, kind=_numbers, client=_numbers)
    def call(self, shape: int, what: int, kind: int, client: int) -> None:
        """Make a call."""
        shapes, kinds = self.runner.shapes, self.runner.kinds.get(_WHAT[what % len(_WHAT)], [GOOD])
        self._take(SequenceStep(_client(client), shapes[shape % len(shapes)], kinds[kind % len(kinds)]))

    @rule(shape=_numbers, what=_numbers, kind=_numbers, client=_numbers)
    def close_and_call(self, shape: int, what: int, kind: int, client: int) -> None:
        """Make a call, after a client was closed; that is done once only, since new ones are costly."""
        if self.runner.closable and not any(not step.shape for step in self.steps):
            self._take(SequenceStep(_client(client)))
        self.call(shape, what, kind, client)

    def _take(self, step: SequenceStep) -> None:
        self.steps.append(step)
        try:
            self.runner.take(step)
        except CheckFailed as failure:
            # Here, and not by Hypothesis: it takes fewer than a call for each step, where Hypothesis takes hundreds.
            raise CheckStopped(self.runner.smallest(self.steps, failure)) from None


def _client(number: int) -> int:
    """Return which client a number stands for: in most cases the first, since state is that of one client."""
    return int(number % 8 == 7)


def run_stateful(stt: CheckContext, known: Baseline) -> None:
    """Run sequences of steps, made of what the client does right without one.

    Raises:
        CheckStopped: A step failed; as few as it takes to show that are in the details.
    """
    runner = SequenceRunner(stt, known)
    profile = runner.profile
    limits = stt.settings_for(max(1, profile.max_examples // _EXAMPLES_PER_SEQUENCE), stateful_step_count=_STEPS)
    machines = cast("type[ClientMachine]", seed(profile.seed)(lambda: ClientMachine(runner)))
    try:
        with profile.drawing():
            run_state_machine_as_test(machines, settings=limits)
    finally:
        runner.end()
