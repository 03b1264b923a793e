"""The endpoint: our fake server side, however it is served."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._default import faithful_reply
from ._reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_openrouter_stt.contract import Contract

    from ._wire import WireRequest


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of the ledger: a request and what it was answered.

    Attributes:
        request: What arrived.
        reply: What was answered.
        at: When it arrived, in seconds of the client's clock.
    """

    request: WireRequest
    reply: Reply
    at: float = 0.0


class Endpoint:
    """Answers wire requests, keeps them all, and never raises inside the client's call stack.

    Without a script it behaves like the API: 401 without a bearer key, 400 for a body that breaks the schema, 404
    for another path, else a transcript with its usage.

    Args:
        contract: What a request has to be.
        max_requests: After so many requests since the last `reset`, `flooded` is set: a client that repeats for
            ever is then to be stopped by whoever drives it.
        now: Tells the time of arrivals, in seconds: ``time.monotonic()``, or the client's own clock.

    Attributes:
        flooded: Set as soon as more than *max_requests* arrived.
    """

    def __init__(
        self, contract: Contract, *, max_requests: int = 1000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.contract = contract
        self.flooded = threading.Event()
        self._max_requests = max_requests
        self._now = now
        self._lock = threading.Lock()
        self._script: tuple[Reply | Callable[[WireRequest], Reply], ...] = ()
        self._ledger: list[Exchange] = []
        self._problems: list[Exception] = []

    def reply_with(self, *script: Reply | Callable[[WireRequest], Reply]) -> None:
        """Say what is answered from now on.

        Args:
            script: Replies, or functions from the wire request to a reply. The first answers the next request, the
                second the one after it; the last one answers all that follow. None at all brings back the
                behaviour of the API.
        """
        with self._lock:
            self._script = script

    def reset(self) -> None:
        """Forget the script and the ledger."""
        with self._lock:
            self._script = ()
            self._ledger.clear()
            self._problems.clear()
            self.flooded.clear()

    @property
    def ledger(self) -> tuple[Exchange, ...]:
        """Every exchange since the last `reset`, in the order of arrival."""
        with self._lock:
            return tuple(self._ledger)

    @property
    def requests(self) -> tuple[WireRequest, ...]:
        """Every wire request since the last `reset`, in the order of arrival."""
        return tuple(exchange.request for exchange in self.ledger)

    @property
    def problems(self) -> tuple[Exception, ...]:
        """What functions of the script raised, or a `TypeError` for one that returned no reply.

        The client got the API's behaviour instead.
        """
        with self._lock:
            return tuple(self._problems)

    @property
    def runs_code(self) -> bool:
        """Whether a function of the script makes the next reply, which may take its time."""
        with self._lock:
            return bool(self._script) and not isinstance(self._script[0], Reply)

    def answer(self, request: WireRequest) -> Reply:
        """Take one request and return its reply; called by whatever serves this endpoint, from any thread."""
        at = self._now()
        step = self._next_step()
        reply = self._reply(step, request)
        with self._lock:
            self._ledger.append(Exchange(request, reply, at))
            if len(self._ledger) > self._max_requests and not self.flooded.is_set():
                self.flooded.set()  # only once: from now on this thread may be interrupted, and set() holds a lock
        return reply

    def _next_step(self) -> Reply | Callable[[WireRequest], Reply] | None:
        with self._lock:
            step = self._script[0] if self._script else None
            if len(self._script) > 1:
                self._script = self._script[1:]
            return step

    def _reply(self, step: Reply | Callable[[WireRequest], Reply] | None, request: WireRequest) -> Reply:
        if isinstance(step, Reply):
            return step
        if step is not None:
            try:
                return _required(step(request))
            except Exception as error:  # noqa: BLE001 - raised here, it would look like an error of the network to the client
                with self._lock:
                    self._problems.append(error)
        return faithful_reply(self.contract, request)


def _required(reply: object) -> Reply:
    if not isinstance(reply, Reply):
        raise TypeError(f"a function of the script returned {type(reply).__name__}, not a Reply")
    return reply
