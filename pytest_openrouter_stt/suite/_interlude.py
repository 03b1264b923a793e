"""An asynchronous call, and something else that happens on its event loop meanwhile."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import suppress
from functools import partial
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

    _Task = asyncio.Future[Outcome]

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

    def call(self, call: Call) -> Seen:
        """Make the call, and return what it brought to light."""
        self._stt.ready()

        async def scenario(ask: Ask) -> Outcome:
            task = asyncio.ensure_future(ask(call))
            # Only now: what a client sends while it is made is not what something is to happen beside.
            self._stt.stand.endpoint.reply_with(partial(self._answer, task, threading.get_ident()))
            return await task

        ended = self._stt.stand.client.run_in_loop(scenario, API_KEY)
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
            acted.get(timeout=patience(self._stt))
        given_up.set()

    def _act(self, task: _Task, *, in_time: bool) -> None:
        self.in_time = self.in_time or in_time
        if self._cancels:
            self._cancel(task)

    def _cancel(self, task: _Task) -> None:
        """Cancel the call once its request is on the ledger: from another thread, it comes there with the answer."""
        if self._stt.stand.endpoint.requests or task.done():
            task.cancel()  # which does nothing to a call that has ended meanwhile
        else:
            task.get_loop().call_soon(self._cancel, task)
