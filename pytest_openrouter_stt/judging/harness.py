"""The harness: endpoint, network guard and clock around one client, and the proof that they see it."""

from __future__ import annotations

import socket
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

from pytest_openrouter_stt.client import (
    MODES,
    ClientNotFound,
    ClientUnderTest,
    Failure,
    Feature,
    NoAnswer,
    Outcome,
    Target,
    VirtualClock,
)
from pytest_openrouter_stt.endpoint import (
    LAYERS,
    LOOPBACK_EXTRA,
    Endpoint,
    Exchange,
    LoopbackServer,
    Reply,
    intercept,
    redirected,
)
from pytest_openrouter_stt.report import CouldNotRun, Observation, Sender, Subject, one_line
from pytest_openrouter_stt.strategies import every_invalid_call, invalid_transcription_calls, transcription_calls

from .invalidity import Invalidity, kind_of
from .recordings import smallest_call, with_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from hypothesis.strategies import SearchStrategy

    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.contract import Call, Contract
    from pytest_openrouter_stt.guard import EgressAttempt, NetworkGuard
    from pytest_openrouter_stt.strategies import InvalidCall

    from .checks import Profile


def require_sockets() -> None:
    """See that sockets can be made, which an event loop needs as well as the endpoint.

    Raises:
        CouldNotRun: They cannot.
    """
    try:
        pair = socket.socketpair()
    except Exception as error:  # whatever forbids them chooses what it raises
        what = one_line(f"{type(error).__name__}: {error}")
        raise CouldNotRun(
            reason=f"sockets are forbidden in this run, not by the client: {what}",
            remedy="Let the checks make them (node IDs that begin with stt/): nothing they send leaves the machine.",
        ) from error
    for end in pair:
        end.close()


API_KEY = "sk-or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f900-not-a-key"
"""Given to every client; whatever is found to hold it held the key."""

TransportName = Literal["respx", "loopback"]
"""How an endpoint is served: to httpx in this process, or to everybody on this machine."""

TRANSPORTS: tuple[TransportName, ...] = ("respx", "loopback")
_MAX_OUTCOME = 150
_MAX_REQUESTS = 100
"""Requests in one call after which it is given up: no client needs so many, retries included."""


def listed(egress_attempts: Iterable[EgressAttempt]) -> str:
    """Return each different escape once, for a sentence."""
    return ", ".join(dict.fromkeys(map(str, egress_attempts)))


def _of_one_member(calls: Iterable[InvalidCall]) -> Iterator[InvalidCall]:
    """Yield those of *calls* that break an argument, a member of one, or what is in the first of a member's members."""
    first: dict[tuple[str, ...], str] = {}
    for invalid in calls:
        tokens = tuple(invalid.violation.pointer.split("/")[1:])
        parent, below = tokens[:2], tokens[2:]
        if not below or first.setdefault(parent, below[0]) == below[0]:
            yield invalid


def _spares_audio(invalid: InvalidCall) -> bool:
    """Whether it is not the audio that is wrong: an adapter that decodes it could not pass it on."""
    return "input_audio" in invalid.call.arguments and not f"{invalid.violation.pointer}/".startswith("/input_audio/")


def _with_audio(invalid: InvalidCall) -> InvalidCall:
    return replace(invalid, call=invalid.call.replace(input_audio=smallest_call().arguments["input_audio"]))


_MOST = 4096
"""Exchanges that are kept; a run with the usual number of examples makes fewer."""

_LARGEST = 32_768
"""Bytes of one exchange, requests and replies together. Few checks share a larger one."""


class SharedExchanges:
    """Keeps what a client did for a call, for the next check that asks for the same."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Observation] = {}

    def find(self, key: Hashable) -> Observation | None:
        """Return what is kept under *key*, or ``None``."""
        return self._kept.get(key)

    def keep(self, key: Hashable, observation: Observation) -> None:
        """Keep *observation* unless it is large; the oldest one makes room for it."""
        if sum(map(_size, observation.ledger)) > _LARGEST:
            return
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = observation


def _size(exchange: Exchange) -> int:
    reply = exchange.reply
    return len(exchange.request.body) + len(reply.body) + len(reply.stream or b"")


@dataclass(frozen=True)
class Transport:
    """One way for requests of the client to reach the endpoint.

    Attributes:
        name: How the endpoint is served.
        opened: Makes what lets them.
    """

    name: TransportName
    opened: Callable[[], AbstractContextManager[object]]


@dataclass
class Harness:
    """Everything that is made once for a client and shared by all checks.

    Attributes:
        target: What makes the client.
        contract: What it is judged against.
        profile: How much is tried.
        guard: What keeps every packet on this machine.
        transports: How the endpoint may be served.
        senders: Where the requests of each mode are sent from, as far as that was noted down.
        is_examined: Whether it was noted down what an adapter does itself.
        exchanges: What the client did for calls that several checks look at.
        examples: What Hypothesis drew, by the strategies and the number of examples.
    """

    target: Target
    contract: Contract
    profile: Profile
    guard: NetworkGuard
    transports: tuple[TransportName, ...] = TRANSPORTS
    endpoint: Endpoint = field(init=False)
    client: ClientUnderTest = field(init=False)
    senders: dict[Mode, Sender] = field(init=False, default_factory=dict)
    is_examined: bool = field(init=False, default=False)
    exchanges: SharedExchanges = field(init=False, default_factory=SharedExchanges)
    examples: dict[tuple[object, ...], list[tuple[object, ...]]] = field(init=False, default_factory=dict)
    _strategies: dict[Hashable, SearchStrategy[Any]] = field(init=False, default_factory=dict)
    _clock: VirtualClock = field(init=False, default_factory=VirtualClock)
    _server: LoopbackServer | None = field(init=False, default=None)
    _transport: Transport | None = field(init=False, default=None)
    _features: frozenset[str] = field(init=False, default=frozenset())
    _blocked: CouldNotRun | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.endpoint = Endpoint(self.contract, max_requests=_MAX_REQUESTS, now=self._clock.now)
        self.client = ClientUnderTest(
            self.target,
            self.contract,
            deadline=self.profile.deadline,
            flooded=self.endpoint.flooded,
            clock=self._clock,
        )
        if self.target.command is not None:
            self.guard.permit(self.target.command.argv)

    @contextmanager
    def opened(self) -> Iterator[frozenset[str]]:
        """Guard the network, intercept the client and let its waiting cost no time; gives the client's features.

        Raises:
            CouldNotRun: The first time, nothing proved that the endpoint sees this client; the same ever after. Or
                sockets are forbidden.
        """
        require_sockets()
        with self.guard.armed():
            if self._transport is None and self._blocked is None:
                self._find_transport()
            if self._transport is None:
                assert self._blocked is not None, "either is set by the search"  # noqa: S101
                raise replace(self._blocked)  # a new one each time: tracebacks would grow on the same
            with self._served(self._transport):
                yield self._features
                self.endpoint.reset()
                escaped = self.escaped("after its last call")
                if escaped is not None:
                    raise escaped

    @property
    def transport_name(self) -> TransportName | None:
        """How the endpoint is served; ``None`` as long as no transport to the client is known."""
        return self._transport.name if self._transport is not None else None

    @cached_property
    def calls(self) -> SearchStrategy[Call]:
        """Valid calls with the arguments that the client takes; made once, since that takes longer than a draw."""
        calls = transcription_calls(self.contract, arguments=self._offered)
        return with_recording(calls) if self._is_audio_decoded else calls

    @cached_property
    def every_invalid_call(self) -> tuple[InvalidCall, ...]:
        """The smallest call with each single violation in what the client takes, of 113 providers in the first one."""
        calls = every_invalid_call(self.contract, call=smallest_call(), arguments=self._offered)
        return tuple(
            _of_one_member(map(_with_audio, filter(_spares_audio, calls)) if self._is_audio_decoded else calls)
        )

    @cached_property
    def kinds_of_invalid_calls(self) -> tuple[Invalidity, ...]:
        """What is wrong with each of `every_invalid_call`."""
        return tuple(kind_of(invalid, self.contract) for invalid in self.every_invalid_call)

    @cached_property
    def wrong_calls(self) -> SearchStrategy[InvalidCall]:
        """Calls with one wrong value anywhere in the arguments that the client takes."""
        calls = invalid_transcription_calls(self.contract, arguments=self._offered)
        spared = calls.filter(_spares_audio).map(_with_audio) if self._is_audio_decoded else calls
        return spared.filter(lambda invalid: kind_of(invalid, self.contract) is Invalidity.WRONG)

    def strategy(self, make: Callable[..., SearchStrategy[Any]], *arguments: Any) -> SearchStrategy[Any]:
        """Return what *make* returns, for the same arguments the very same object: it is drawn from only once."""
        key = (make, *(argument for argument in arguments if argument is not self.contract))  # of which there is one
        if key not in self._strategies:
            self._strategies[key] = make(*arguments)
        return self._strategies[key]

    @property
    def _is_audio_decoded(self) -> bool:
        return Feature.AUDIO_DECODED in self._features

    @property
    def _offered(self) -> list[str]:
        return [name for name in self.contract.sdk.parameters if name in self._features]

    @property
    def subject(self) -> Subject:
        """Who is judged, for reports on what it does."""
        spellings = {mode: self.client.spelling(API_KEY, mode) for mode in MODES}
        command = self.target.command.shell if self.target.command is not None else ""
        return Subject(self.client.title, spellings["sync"], (API_KEY,), spellings["async"], command)

    def escaped(self, when: str = "") -> CouldNotRun | None:
        """Return why nothing can be judged, if the client went past the endpoint since this was asked the last time.

        Args:
            when: What the client did meanwhile.
        """
        egress_attempts = self.guard.take_egress_attempts()
        if not egress_attempts:
            return None
        reason = f"the client went past the endpoint{when and ' '}{when}; it was refused: {listed(egress_attempts)}"
        return CouldNotRun(reason=reason, remedy="A client under test has to send its calls, and nothing else.")

    def settle(self) -> None:
        """Let what is under way between the client and the endpoint come to its end, before another call begins."""
        if self.transport_name == "loopback" and self._server is not None:
            self._server.settle()
            self.client.notice()

    def close(self) -> None:
        """Close the client, end its threads, and the server if there is one."""
        with self.guard.armed(), self._served(self._transport) if self._transport is not None else nullcontext():
            self.client.close()
        if self._server is not None:
            self._server.close()

    @contextmanager
    def _served(self, transport: Transport) -> Iterator[None]:
        server = self._server if transport.name == "loopback" else None
        self._clock.peer = server
        self.client.base_url = self.contract.base_url if server is None else server.base_url
        with self._clock.running(), transport.opened():
            yield

    def _transports(self) -> Iterator[Transport]:
        """Yield the transports to try: below httpx and httpx2, inside of httpx, and over sockets."""
        if "respx" in self.transports:
            for layer in LAYERS:
                yield Transport("respx", partial(intercept, self.endpoint, layer=layer))
        else:
            yield Transport(
                "loopback", nullcontext
            )  # nothing is served: shows what leaves the process unseen by Python
        if "loopback" in self.transports:
            server = self._started_server()
            is_told = self.target.command is not None  # which must heed the proxies, where this unsets them
            yield Transport("loopback", nullcontext if is_told else lambda: redirected(server))

    def _started_server(self) -> LoopbackServer:
        self._server = LoopbackServer(self.endpoint, after=self._clock.after, patience=self.profile.deadline / 2)
        self._server.start()
        return self._server

    def _find_transport(self) -> None:
        """Make the canary call over each transport until the endpoint sees it."""
        self._blocked = self.escaped("while it was imported")
        if self._blocked is not None:
            return
        for transport in self._transports():
            self.client.forget(API_KEY)  # it may have found the proxies of the transport before, which lead nowhere
            with self._served(transport):
                outcome, seen = self._canary()
                self.endpoint.reset()
                if seen:
                    self._features = self.client.features(API_KEY)
                    self._blocked = self.escaped("beside its first call")
                    self._transport = transport if self._blocked is None else None
                    return
            egress_attempts = self.guard.take_egress_attempts()
            self._blocked = self._why_unseen(outcome, egress_attempts)
            if isinstance(outcome, NoAnswer) or any(egress.native for egress in egress_attempts):
                return

    def _canary(self) -> tuple[Outcome, bool]:
        """Make a call in each mode, and return how the last one ended, and whether they were seen.

        The modes may use two libraries. One that sends nothing at all is left to the checks, if the other was seen.
        """
        outcome = self.client.open(API_KEY)
        if isinstance(outcome, Failure | NoAnswer):
            return outcome, False
        features, seen = self.client.features(API_KEY), False
        for mode in [mode for mode in MODES if mode in features] or MODES[1:]:
            self.endpoint.reset()
            self.endpoint.reply_with(Reply.transcript("canary"))
            outcome = self.client.call(smallest_call(), mode, API_KEY)
            seen = bool(self.endpoint.requests) or (seen and not self.guard.egress_attempts)
            if not seen:
                break
        return outcome, seen

    def _why_unseen(self, outcome: Outcome, egress_attempts: tuple[EgressAttempt, ...]) -> CouldNotRun:
        error = outcome.error if isinstance(outcome, Failure) else None
        if isinstance(error, ClientNotFound) and not egress_attempts:
            return CouldNotRun(reason=f"client {error.wanted!r}: {error.problem}", remedy=error.remedy)
        refused = f"the client is not intercepted; it was refused: {listed(egress_attempts)}"
        unseen = f"the canary call reached no endpoint ({one_line(str(outcome), _MAX_OUTCOME)})"
        return CouldNotRun(reason=refused if egress_attempts else unseen, remedy=self._remedy(egress_attempts))

    def _remedy(self, egress_attempts: tuple[EgressAttempt, ...]) -> str:
        needs_tls = self.target.command is None
        if needs_tls and self._server is not None and self._server.tls_port is None:
            return f"To see clients that are not on httpx, install {LOOPBACK_EXTRA}."
        if not egress_attempts:
            return "Make one call with the client by hand, and mend what it shows."
        if "loopback" not in self.transports:
            return "Only clients on httpx are seen by respx; leave --stt-endpoint at auto."
        return "It opens sockets past Python; drive it as a command, with the base URL that it is given."
