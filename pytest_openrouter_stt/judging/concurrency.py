"""Calls that are under way at the same time, in threads or on one event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from pytest_openrouter_stt.client import Transcript
from pytest_openrouter_stt.endpoint import BodyError, Reply
from pytest_openrouter_stt.report import CheckFailed, Observation, same_json

from .harness import API_KEY
from .sequences import GOOD, numbers_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_openrouter_stt.client import Ask, Outcome
    from pytest_openrouter_stt.contract import Call
    from pytest_openrouter_stt.endpoint import Exchange, WireRequest

    from .context import CheckContext
    from .sequences import CallSequence

    _Task = asyncio.Future[Outcome]

_LONGEST_TIMEOUT = 1.0


def barrier_timeout(stt: CheckContext) -> float:
    """Return how long one thread may keep another waiting, in real seconds, so that no call reaches its deadline."""
    return min(_LONGEST_TIMEOUT, stt.harness.profile.deadline / 4)


class Barrier:
    """Lets threads go on once all have come, or once it is plain that some will not.

    It takes real time: a barrier of `threading` would wait on the client's clock, which is not to be waited for.

    Args:
        size: How many are expected.
        timeout: How long each waits for the others, in seconds.
    """

    def __init__(self, size: int, timeout: float) -> None:
        self._missing = size
        self._timeout = timeout
        self._lock = threading.Lock()
        self._gate: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wait(self) -> None:
        """Wait for the others."""
        with self._lock:
            self._missing -= 1
            if self._missing == 0:
                self._gate.put(None)
        with suppress(queue.Empty):
            self._gate.get(timeout=self._timeout)
        self._gate.put(None)

    @property
    def is_complete(self) -> bool:
        """Whether all have come."""
        return self._missing <= 0


class ConcurrentCalls:
    """Calls that are made at once, each with a number and an answer of its own.

    Args:
        sequence: What numbers them, and what they are held against.
        shape: What is passed in each.
        kinds: What each is answered with.
        barrier: Where their threads wait for each other; ``None`` when they need not.
    """

    def __init__(self, sequence: CallSequence, shape: str, kinds: Sequence[str], barrier: Barrier | None) -> None:
        self._barrier = barrier
        self._stt = sequence.stt
        self._sequence = sequence
        self._shape = shape
        self._kinds = {sequence.next_number(): kind for kind in kinds}
        self._calls = {number: sequence.numbered(shape, number) for number in self._kinds}

    def judge(self) -> None:
        """Make the calls, and hold each against the contract as if it had been alone.

        Raises:
            CheckFailed: One is not as it has to be.
        """
        self._stt.ready(self._answer)
        outcomes = self._made()
        requests = self._requests()
        for (number, call), outcome in zip(self._calls.items(), outcomes, strict=True):
            self._stt.seen(call, outcome, self._stt.mode)
            seen = Observation(call, self._stt.mode, outcome, tuple(requests[number]))
            try:
                self._sequence.judge(seen, self._shape, self._kinds[number])
            except CheckFailed as failure:
                failure.observed = f"of {len(self._calls)} calls at once, one went wrong: {failure.observed}"
                raise

    def _made(self) -> Sequence[Outcome]:
        client, calls = self._stt.harness.client, tuple(self._calls.values())
        if self._stt.mode == "sync":
            return client.call_in_threads(calls, API_KEY)

        async def at_once(ask: Ask) -> tuple[Outcome, ...]:
            return tuple(await asyncio.gather(*map(ask, calls)))

        ended = client.run_in_loop(at_once, API_KEY)
        return cast("tuple[Outcome, ...]", ended.value) if isinstance(ended, Transcript) else [ended] * len(calls)

    def _answer(self, request: WireRequest) -> Reply:
        # Tasks meet by themselves: all of them send before the first is answered, since an answer is awaited.
        if self._stt.mode == "sync" and self._barrier is not None:
            self._barrier.wait()
        number = min(_numbers_of(request) & self._calls.keys(), default=min(self._calls))
        return self._sequence.answer(self._kinds[number], number)

    def _requests(self) -> dict[int, list[Exchange]]:
        """Return the requests of each call: those with its body, and for a call without any one that is left over."""
        wanted = {number: self._stt.contract.wire_body(call) for number, call in self._calls.items()}
        found: dict[int, list[Exchange]] = {number: [] for number in wanted}
        left: list[Exchange] = []
        for exchange in self._stt.harness.endpoint.ledger:
            body = _json(exchange)
            number = next((number for number, due in wanted.items() if same_json(due, body)), 0)
            is_due = number and not (found[number] and self._kinds[number] == GOOD)
            (found[number] if is_due else left).append(exchange)
        for exchanges in found.values():
            if not exchanges and left:
                exchanges.append(left.pop(0))
        found[min(found)].extend(left)
        return found


def _numbers_of(request: WireRequest) -> set[int]:
    return numbers_in(request.body.decode("utf-8", "replace"))


def _json(exchange: Exchange) -> object:
    try:
        return exchange.request.json()
    except BodyError:
        return None


_ANSWER_AFTER = 1.0
"""Seconds of the client's own clock from a request to its answer."""

_SOON = 0.001


class DuringCall:
    """One call, and something that its event loop is to do between the request and the answer.

    Args:
        stt: What makes the call.
        cancels: Whether the call is cancelled then; else it is only noted that the loop could do something.

    Attributes:
        in_time: Whether the loop did it before the answer was due.
    """

    def __init__(self, stt: CheckContext, *, cancels: bool = False) -> None:
        self.in_time = False
        self._stt = stt
        self._cancels = cancels

    def call(self, call: Call) -> Observation:
        """Make the call, and return what it brought to light."""
        self._stt.ready()

        async def scenario(ask: Ask) -> Outcome:
            task = asyncio.ensure_future(ask(call))
            # Only now: what a client sends while it is made is not what something is to happen beside.
            self._stt.harness.endpoint.reply_with(partial(self._answer, task, threading.get_ident()))
            return await task

        ended = self._stt.harness.client.run_in_loop(scenario, API_KEY)
        outcome = cast("Outcome", ended.value) if isinstance(ended, Transcript) else ended
        return self._stt.seen(call, outcome, "async")

    def _answer(self, task: _Task, thread: int, _: WireRequest) -> Reply:
        if threading.get_ident() == thread:
            loop = task.get_loop()
            due = loop.time() + _ANSWER_AFTER
            loop.call_later(_SOON, lambda: self._act(task, in_time=loop.time() < due))
        else:
            self._ask_the_loop(task)
        return Reply.transcript("after an interlude", delay=_ANSWER_AFTER)

    def _ask_the_loop(self, task: _Task) -> None:
        """Let the loop act now: this thread, which is another, holds the answer back until then."""
        acted: queue.SimpleQueue[None] = queue.SimpleQueue()
        given_up = threading.Event()

        def act() -> None:
            self._act(task, in_time=not given_up.is_set())
            acted.put(None)

        task.get_loop().call_soon_threadsafe(act)
        with suppress(queue.Empty):
            acted.get(timeout=barrier_timeout(self._stt))
        given_up.set()

    def _act(self, task: _Task, *, in_time: bool) -> None:
        self.in_time = self.in_time or in_time
        if self._cancels:
            self._cancel(task)

    def _cancel(self, task: _Task) -> None:
        """Cancel the call once its request is on the ledger: from another thread, it comes there with the answer."""
        if self._stt.harness.endpoint.requests or task.done():
            task.cancel()  # which does nothing to a call that has ended meanwhile
        else:
            task.get_loop().call_soon(self._cancel, task)
