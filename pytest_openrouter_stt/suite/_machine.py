"""A machine that drives one client through sequences of calls, errors, faults and closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from ._course import GOOD, faults, new_key, statuses, unreadable
from ._stand import API_KEY

if TYPE_CHECKING:
    from ._bench import Bench
    from ._repertoire import Repertoire

_STEPS = 15
_EXAMPLES_PER_SEQUENCE = 4
"""A sequence costs as much as so many examples of other checks."""

_WHAT = ("good", "status", "good", "fault", "good", "status", "good", "unreadable")
"""What a call is answered with; half of them well, so that what errors leave behind can show."""

_numbers = st.integers(0, 119)  # a range that Hypothesis draws from evenly


def run_machine(stt: Bench, known: Repertoire) -> None:
    """Take sequences of steps of what the client has in its repertoire.

    Raises:
        CheckFailed: A step failed; the smallest sequence that shows it is in its details.
    """
    profile = stt.stand.profile
    drive = _Drive(stt, known)
    limits = stt.settings_for(max(1, profile.max_examples // _EXAMPLES_PER_SEQUENCE), stateful_step_count=_STEPS)
    machines = cast("type[ClientMachine]", seed(profile.seed)(lambda: ClientMachine(drive)))
    try:
        run_state_machine_as_test(machines, settings=limits)
    finally:
        drive.end()


class ClientMachine(RuleBasedStateMachine):
    """One sequence.

    Args:
        drive: What takes the steps; shared by all sequences.
    """

    def __init__(self, drive: _Drive) -> None:
        super().__init__()
        self.drive = drive
        self.reopened = False
        drive.begin()

    @rule(shape=_numbers, what=_numbers, kind=_numbers, client=_numbers)
    def call(self, shape: int, what: int, kind: int, client: int) -> None:
        """Make a call."""
        self.drive.call(shape, what, kind, client)

    @rule(shape=_numbers, what=_numbers, kind=_numbers, client=_numbers)
    def close_and_call(self, shape: int, what: int, kind: int, client: int) -> None:
        """Close a client, make another with its key, and make a call; close only once, since clients are costly."""
        if self.drive.closable and not self.reopened:
            self.reopened = True
            self.drive.reopen(client)
        self.drive.call(shape, what, kind, client)


class _Drive:
    """Takes the steps, each sequence with two new clients: else it could not be told what it takes to fail.

    Each step is chosen by numbers; the lowest stand for the simplest.
    """

    def __init__(self, stt: Bench, known: Repertoire) -> None:
        kinds = {"status": statuses(stt.contract), "fault": faults(), "unreadable": unreadable()}
        self._stt = stt
        self._shapes = known.shapes[::-1]
        self._kinds = {what: [kind for kind in known.kinds if kind in some] or [GOOD] for what, some in kinds.items()}
        self._known = known
        self._course = known.course(stt)
        self.closable = stt.stand.client.closable(API_KEY, stt.mode)

    def begin(self) -> None:
        """Begin a sequence."""
        self.end()
        self._course = self._known.course(self._stt, new_key(), new_key())

    def end(self) -> None:
        """Forget the clients, and the usual one: what they share may have been closed with one of them."""
        for api_key in (API_KEY, *self._course.keys):
            self._stt.stand.client.forget(api_key)

    def call(self, shape: int, what: int, kind: int, client: int) -> None:
        """Make a call."""
        kinds = self._kinds.get(_WHAT[what % len(_WHAT)], [GOOD])
        self._course.call(self._shapes[shape % len(self._shapes)], kinds[kind % len(kinds)], _client(client))

    def reopen(self, client: int) -> None:
        """Close a client, and go on with a new one."""
        driven, api_key = self._stt.stand.client, self._course.keys[_client(client)]
        with self._course.step(f"{self._course.name(_client(client))} is closed, and made anew with the same key"):
            driven.open(api_key)
            driven.close_one(api_key, self._stt.mode)
            driven.forget(api_key)


def _client(number: int) -> int:
    """Return which client a number stands for: in most cases the first, since state is that of one client."""
    return int(number % 8 == 7)
