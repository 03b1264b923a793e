"""The client under test: resolved once, driven many times."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from ._clock import WORKER_PREFIX, VirtualClock, VirtualSelector
from ._connection import Connection, connect
from ._error_table import ErrorTable, error_table
from ._outcome import NoAnswer, Outcome, Transcript, returned
from ._worker import Worker

if TYPE_CHECKING:
    import threading

    from pytest_openrouter_stt.contract import Call, Contract

    from ._resolve import Target

Mode = Literal["sync", "async"]

FEATURES = "stt_features"
"""The attribute by which a client declares its features itself."""

_MAX_UNANSWERED = 3
"""Calls without an answer before the client is not driven any more: each costs the whole deadline."""


class Feature(StrEnum):
    """Optional behaviour; every argument that the operation takes is a feature too, under its own name."""

    SYNC = "sync"
    ASYNC = "async"
    API_KEY = "api_key"
    RETRY_CONTROL = "retries"


class ClientUnderTest:
    """Drives the implementation that is judged.

    One client object is made per key, and reused; asynchronous calls run on one private event loop, in a thread of
    their own.

    Args:
        target: What makes the client.
        contract: The names of arguments.
        deadline: How long a call may take, in seconds.
        flooded: Set from elsewhere when a call sends more requests than anybody needs.

    Attributes:
        clock: The time that the client sees, for whoever wants to run it.

    Raises:
        ClientNotFound: The first question finds that the target leads to no operation; of a call it is the failure.
    """

    def __init__(self, target: Target, contract: Contract, *, deadline: float, flooded: threading.Event) -> None:
        self._target = target
        self._contract = contract
        self._deadline = deadline
        self._flooded = flooded
        self._connections: dict[str, Connection] = {}
        self._workers: dict[Mode, Worker] = {}
        self._runner: asyncio.Runner | None = None
        self._unanswered = 0
        self.clock = VirtualClock()

    @property
    def title(self) -> str:
        """The client's name and, where it is known, its version."""
        return f"{self._target.name} {self._target.version}".strip()

    @property
    def exhausted(self) -> bool:
        """Whether so many calls did not end that driving the client further would only cost time."""
        return self._unanswered >= _MAX_UNANSWERED

    def open(self, api_key: str) -> Outcome:
        """Make the client object for *api_key*; it is the value of the transcript that comes back."""
        return self._worker("sync").run(lambda: self._connection(api_key).owner, self._deadline, self._why_endless)

    def features(self, api_key: str) -> frozenset[str]:
        """Return what the client offers: what it declares, else what its signatures show."""
        connection = self._connection(api_key)
        declared = getattr(connection.owner, FEATURES, None) or getattr(self._target.module, FEATURES, None)
        if declared is not None:
            return frozenset(map(str, declared))
        found = {
            Feature.SYNC: connection.sync is not None,
            Feature.ASYNC: connection.asynchronous is not None,
            Feature.API_KEY: connection.takes_key,
        }
        arguments = {name for name in self._contract.sdk.parameters if connection.takes(name)}
        return frozenset({str(feature) for feature, offered in found.items() if offered} | arguments)

    def errors(self, api_key: str) -> ErrorTable:
        """Return the client's error types by status."""
        return error_table(self._target, self._connection(api_key).owner, self._contract.sdk)

    def spelling(self, api_key: str, mode: Mode = "sync") -> str:
        """Return how a user writes a call, up to its opening parenthesis."""
        connection = self._connection(api_key)
        return connection.spelling if mode == "sync" else connection.async_spelling

    def call(
        self,
        call: Call,
        mode: Mode,
        api_key: str,
        kwargs: dict[str, Any] | None = None,
        *,
        retries: bool = False,
    ) -> Outcome:
        """Make one call, and return how it ended.

        Args:
            call: What a user passes.
            mode: Which of the client's two operations is used.
            api_key: The key of the client that makes the call.
            kwargs: The very objects to pass in place of copies of the call's arguments.
            retries: Whether the client may retry as it does by default; else it is told not to, if it can be told.
        """
        arguments = call.kwargs() if kwargs is None else kwargs
        self.clock.forget_waits()
        with self.clock.watching():
            outcome = self._worker(mode).run(
                lambda: self._run(arguments, mode, api_key, retries=retries), self._deadline, self._why_endless
            )
        if isinstance(outcome, NoAnswer):
            self._recover(mode)
        return returned(outcome.value) if isinstance(outcome, Transcript) else outcome

    def close(self) -> None:
        """End the threads and the event loop."""
        self._close_loop()
        for worker in self._workers.values():
            worker.close()

    def _run(self, arguments: dict[str, Any], mode: Mode, api_key: str, *, retries: bool) -> object:
        connection = self._connection(api_key)
        if not retries and Feature.RETRY_CONTROL in connection.accepts:
            arguments = {str(Feature.RETRY_CONTROL): None, **arguments}
        if mode == "sync":
            assert connection.sync is not None, "the caller looks at the features first"  # noqa: S101
            return connection.sync(**arguments)
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=self._new_loop)
        return self._runner.run(self._awaited(connection, arguments))

    async def _awaited(self, connection: Connection, arguments: dict[str, Any]) -> object:
        assert connection.asynchronous is not None, "the caller looks at the features first"  # noqa: S101
        return await connection.asynchronous(**arguments)

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(VirtualSelector(self.clock))

    def _connection(self, api_key: str) -> Connection:
        if api_key not in self._connections:
            target = self._target
            self._connections[api_key] = connect(target.value, target.spelled, self._contract.sdk, api_key)
        return self._connections[api_key]

    def _worker(self, mode: Mode) -> Worker:
        worker = self._workers.get(mode)
        if worker is None or not worker.usable:
            worker = self._workers[mode] = Worker(f"{WORKER_PREFIX}-{mode}")
        return worker

    def _why_endless(self) -> str:
        if self._flooded.is_set():
            return "it sent requests without end"
        return "it waited for more than a year" if self.clock.is_spent else ""

    def _recover(self, mode: Mode) -> None:
        """Start afresh: whatever the call held, a lock or a connection, it may hold for ever."""
        if not self._why_endless() or not self._workers[mode].usable:
            self._unanswered += 1  # what could be stopped at once has cost next to nothing
        self._connections.clear()
        self._flooded.clear()
        if mode == "async":
            self._close_loop()

    def _close_loop(self) -> None:
        """Close the loop in its own thread, unless that was left behind: tasks may resist being cancelled."""
        runner, self._runner = self._runner, None
        if runner is not None and self._workers["async"].usable:
            self._workers["async"].run(runner.close, self._deadline, self._why_endless)
