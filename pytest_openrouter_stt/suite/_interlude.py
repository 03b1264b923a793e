"""An asynchronous call, and something else that happens on its event loop meanwhile."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from pytest_openrouter_stt.client import Transcript
from pytest_openrouter_stt.endpoint import Reply

from ._crowd import patience
from ._stand import API_KEY

if TYPE_CHECKING:
    from pytest_openrouter_stt.client import Ask, Outcome
    from pytest_openrouter_stt.contract import Call
    from pytest_openrouter_stt.endpoint import WireRequest

    from ._bench import Bench, Seen

_ANSWER_AFTER = 1.0
"""Seconds of the client's own clock from a request to its answer."""

_SOON = 0.001


class Interlude:
    """One call, and something that its event loop is to do between the request and the answer.

    Args:
        stt: What makes the call.
        cancels: Whether the call is cancelled then; else it is only noted that the loop could do something.

    Attributes:
        in_time: Whether the loop did it before the answer was due.
    """

    def __init__(self, stt: Bench, *, cancels: bool = False) -> None:
        self.in_time = False
        self._stt = stt
        self._cancels = cancels
        self._thread = 0
        self._task: asyncio.Future[Outcome] | None = None

    def call(self, call: Call) -> Seen:
        """Make the call, and return what it brought to light."""
        self._stt.ready(self._answer)

        async def scenario(ask: Ask) -> Outcome:
            self._thread = threading.get_ident()
            self._task = asyncio.ensure_future(ask(call))
            return await self._task

        ended = self._stt.stand.client.run_in_loop(scenario, API_KEY)
        outcome = cast("Outcome", ended.value) if isinstance(ended, Transcript) else ended
        return self._stt.seen(call, outcome, "async")

    def _answer(self, _: WireRequest) -> Reply:
        if threading.get_ident() == self._thread:
            loop = asyncio.get_running_loop()
            due = loop.time() + _ANSWER_AFTER
            loop.call_later(_SOON, lambda: self._act(in_time=loop.time() < due))
        else:
            self._ask_the_loop()
        return Reply.transcript("after an interlude", delay=_ANSWER_AFTER)

    def _ask_the_loop(self) -> None:
        """Let the loop act now: this thread, which is another, holds the answer back until then."""
        acted: queue.SimpleQueue[None] = queue.SimpleQueue()
        given_up = threading.Event()

        def act() -> None:
            self._act(in_time=not given_up.is_set())
            acted.put(None)

        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(act)
            with suppress(queue.Empty):
                acted.get(timeout=patience(self._stt))
            given_up.set()

    def _act(self, *, in_time: bool) -> None:
        self.in_time = self.in_time or in_time
        if self._cancels:
            self._cancel()

    def _cancel(self) -> None:
        """Cancel the call once its request is on the ledger: from another thread, it comes there with the answer."""
        if self._task is None or self._task.done():
            return
        if self._stt.stand.endpoint.requests:
            self._task.cancel()
        else:
            self._task.get_loop().call_soon(self._cancel)
