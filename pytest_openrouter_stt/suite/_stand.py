"""The stand on which a client is put: its endpoint, the guard around it, and the proof that they see it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_openrouter_stt.client import ClientUnderTest, Failure, Feature, NoAnswer, Outcome, Target
from pytest_openrouter_stt.contract import Call, Contract
from pytest_openrouter_stt.endpoint import Endpoint, NetworkGuard, Reply, intercept
from pytest_openrouter_stt.report import CouldNotRun, Subject
from pytest_openrouter_stt.strategies import every_invalid_call, invalid_transcription_calls, transcription_calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hypothesis.strategies import SearchStrategy

    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.endpoint import Escape
    from pytest_openrouter_stt.endpoint._respx import Layer
    from pytest_openrouter_stt.strategies import InvalidCall

    from ._examples import Profile

API_KEY = "sk-or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f900-not-a-key"
"""Given to every client; whatever is found to hold it held the key."""

MODES: tuple[Mode, ...] = ("sync", "async")
_MAX_REQUESTS = 100
"""Requests in one call after which it is given up: no client needs so many, retries included."""


def smallest_call(**more: object) -> Call:
    """Return a valid call with as little in it as a real one has, and *more*."""
    audio = {"data": "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=", "format_": "wav"}
    return Call(input_audio=audio, model="openai/whisper-large-v3", **more)


def listed(escapes: Iterable[Escape]) -> str:
    """Return each different escape once, for a sentence."""
    return ", ".join(dict.fromkeys(map(str, escapes)))


def _of_one_member(calls: Iterable[InvalidCall]) -> Iterator[InvalidCall]:
    """Yield those of *calls* that break an argument, a member of one, or what is in the first of a member's members."""
    first: dict[tuple[str, ...], str] = {}
    for invalid in calls:
        tokens = tuple(invalid.violation.pointer.split("/")[1:])
        parent, below = tokens[:2], tokens[2:]
        if not below or first.setdefault(parent, below[0]) == below[0]:
            yield invalid


@dataclass
class Stand:
    """Everything that is made once for a client and shared by all checks.

    Attributes:
        target: What makes the client.
        contract: What it is judged against.
        profile: How much is tried.
        guard: What keeps every packet on this machine.
    """

    target: Target
    contract: Contract
    profile: Profile
    guard: NetworkGuard
    endpoint: Endpoint = field(init=False)
    client: ClientUnderTest = field(init=False)
    _layer: Layer = field(init=False, default="httpcore")
    _features: frozenset[str] | None = field(init=False, default=None)
    _blocked: CouldNotRun | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.endpoint = Endpoint(self.contract, max_requests=_MAX_REQUESTS)
        self.client = ClientUnderTest(
            self.target, self.contract, deadline=self.profile.deadline, flooded=self.endpoint.flooded
        )
        if self.target.command is not None:
            self.guard.permit(self.target.command.argv)

    @contextmanager
    def opened(self) -> Iterator[frozenset[str]]:
        """Guard the network, intercept the client and let its waiting cost no time; gives the client's features.

        Raises:
            CouldNotRun: The first time, nothing proved that the endpoint sees this client; the same ever after.
        """
        with self.guard.armed(), self.client.clock.running():
            if self._features is None and self._blocked is None:
                self._prove_interception()
            if self._blocked is not None:
                raise replace(self._blocked)  # a new one each time: tracebacks would grow on the same
            assert self._features is not None, "either is set by the proof"  # noqa: S101
            with intercept(self.endpoint, layer=self._layer):
                yield self._features
                self.endpoint.reset()

    @cached_property
    def calls(self) -> SearchStrategy[Call]:
        """Valid calls with the arguments that the client takes; made once, since that takes longer than a draw."""
        return transcription_calls(self.contract, arguments=self._offered)

    @cached_property
    def every_invalid_call(self) -> tuple[InvalidCall, ...]:
        """The smallest call with each single violation in what the client takes, of 113 providers in the first one."""
        calls = every_invalid_call(self.contract, call=smallest_call(), arguments=self._offered)
        return tuple(_of_one_member(calls))

    @cached_property
    def invalid_calls(self) -> SearchStrategy[InvalidCall]:
        """Calls with one violation anywhere in the arguments that the client takes."""
        return invalid_transcription_calls(self.contract, arguments=self._offered)

    @property
    def _offered(self) -> list[str]:
        return [name for name in self.contract.sdk.parameters if name in (self._features or ())]

    @property
    def subject(self) -> Subject:
        """Who is judged, for reports."""
        if self._features is None:
            return Subject(self.client.title, self.target.spelled, (API_KEY,))
        spellings = {mode: self.client.spelling(API_KEY, mode) for mode in MODES}
        command = self.target.command.shell if self.target.command is not None else ""
        return Subject(self.client.title, spellings["sync"], (API_KEY,), spellings["async"], command)

    def close(self) -> None:
        """End the client's threads."""
        self.client.close()

    def _prove_interception(self) -> None:
        """Make the canary call: once below httpx, and, when that does not see it, inside of httpx."""
        layers: tuple[Layer, ...] = ("httpcore", "httpx")
        for layer in layers:
            self._layer = layer
            with intercept(self.endpoint, layer=layer):
                outcome = self._canary()
            seen = self.endpoint.requests
            self.endpoint.reset()
            if seen:
                self._features = self.client.features(API_KEY)
                self.guard.take_escapes()
                return
            self._blocked = self._why_unseen(outcome)
            if isinstance(outcome, NoAnswer):
                return

    def _canary(self) -> Outcome:
        opened = self.client.open(API_KEY)
        if isinstance(opened, Failure | NoAnswer):
            return opened
        features = self.client.features(API_KEY)
        mode: Mode = "sync" if Feature.SYNC in features else "async"
        self.endpoint.reply_with(Reply.transcript("canary"))
        return self.client.call(smallest_call(), mode, API_KEY)

    def _why_unseen(self, outcome: Outcome) -> CouldNotRun:
        escapes = self.guard.take_escapes()
        if escapes:
            reason = f"the client is not intercepted; it was refused: {listed(escapes)}"
            remedy = "Only clients on httpx are seen. Let it use httpx, or wait for the loopback endpoint."
            return CouldNotRun(reason=reason, remedy=remedy)
        reason = f"the canary call reached no endpoint ({outcome})"
        return CouldNotRun(reason=reason, remedy="Make one call with the client by hand, and mend what it shows.")
