"""The client under test: resolved once, driven many times."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from .adapter import Adapter, adapter_of
from .clock import WORKER_PREFIX, VirtualClock, VirtualSelector
from .command import CommandFailed
from .error_table import ErrorTable, error_table
from .interleaving import Interleaving, packages_of
from .outcome import Failure, NoAnswer, Outcome, Transcript, returned
from .target import Connection, closer_of, closing_method_of, connect
from .worker import GivenUp, Worker, WorkerPool

if TYPE_CHECKING:
    import threading
    from collections.abc import Coroutine, Sequence

    from pytest_openrouter_stt.contract import Call, Contract

    from .target import Target

Mode = Literal["sync", "async"]
MODES: tuple[Mode, ...] = ("sync", "async")
Ask = Callable[["Call"], Awaitable[Outcome]]
"""Makes an asynchronous call; what is awaited is how it ended."""

FEATURES = "stt_features"
"""The attribute by which a client declares its features itself."""

EXTRA_FEATURES = "stt_extra_features"
"""The attribute by which a client declares features that no signature shows, beside the others."""

_MAX_FORGOTTEN = 256
"""Client objects that are kept until they are closed at the end; a long run makes more than memory has room for."""

_TURNS = 5
"""How often an event loop goes round until what came on a socket is through all the layers above it."""

_MAX_UNANSWERED = 3
"""Calls without an answer before the client is not driven any more: each costs the whole deadline."""


class Feature(StrEnum):
    """Optional behaviour; every argument that the operation takes is a feature too, under its own name."""

    SYNC = "sync"
    ASYNC = "async"
    API_KEY = "api_key"
    RETRY_CONTROL = "retries"
    AUDIO_BYTES = "audio_bytes"
    """The argument for the audio may be the bytes of a file; their beginning tells its format."""
    AUDIO_PATH = "audio_path"
    """It may be an `os.PathLike`."""
    AUDIO_FILE = "audio_file"
    """It may be a file object that is open for reading bytes."""
    AUDIO_DECODED = "audio_decoded"
    """An adapter takes the audio out of its base64, or leaves out its format: only real recordings can be passed."""


class ClientUnderTest:
    """Drives the implementation that is judged.

    One client object is made per key, and reused; asynchronous calls run on one private event loop, in a thread of
    their own.

    Args:
        target: What makes the client.
        contract: The names of arguments.
        deadline: How long a call may take, in seconds.
        flooded: Set from elsewhere when a call sends more requests than anybody needs.
        clock: The time that the client sees, for whoever wants to run it.

    Attributes:
        base_url: The server, for a client that has to be told; whoever serves the endpoint sets it before the first
            client object is made.

    Raises:
        ClientNotFound: The first question finds that the target leads to no operation; of a call it is the failure.
    """

    def __init__(
        self,
        target: Target,
        contract: Contract,
        *,
        deadline: float,
        flooded: threading.Event,
        clock: VirtualClock | None = None,
    ) -> None:
        self._target = target
        self._contract = contract
        self._deadline = deadline
        self._flooded = flooded
        self._connections: dict[str, Connection] = {}
        self._forgotten: deque[object] = deque(maxlen=_MAX_FORGOTTEN)
        self._workers: dict[Mode, Worker] = {}
        self._pool = WorkerPool(f"{WORKER_PREFIX}-sync")
        self._runner: asyncio.Runner | None = None
        self._unanswered = 0
        self.clock = clock or VirtualClock()
        self.base_url = ""
        if target.command is not None:
            target.command.timeout = deadline

    @property
    def title(self) -> str:
        """The client's name and, where it is known, its version."""
        command = self._target.command
        if command is not None and command.title:
            return f"{command.title} ({self._target.name})"
        return f"{self._target.name} {self._target.version}".strip()

    @property
    def waits_in_real_time(self) -> bool:
        """Whether the virtual clock is none for the client, because it waits in a process of its own."""
        return self._target.command is not None

    @property
    def exhausted(self) -> bool:
        """Whether so many calls did not end that driving the client further would only cost time."""
        return self._unanswered >= _MAX_UNANSWERED

    def open(self, api_key: str) -> Outcome:
        """Make the client object for *api_key*; it is the value of the transcript that comes back."""
        command = self._target.command
        limit = self._deadline if command is None else max(self._deadline, command.start_limit)
        return self._worker("sync").run(lambda: self._connection(api_key).owner, limit, self._why_endless)

    def features(self, api_key: str) -> frozenset[str]:
        """Return what the client offers: what it declares, or else what its signatures show, and what it adds."""
        declared = self._declared(api_key, FEATURES)
        found = self._shown(api_key) if declared is None else declared
        return found | (self._declared(api_key, EXTRA_FEATURES) or frozenset())

    def _declared(self, api_key: str, attribute: str) -> frozenset[str] | None:
        owner = self._connection(api_key).owner
        declared = getattr(owner, attribute, None) or getattr(self._target.module, attribute, None)
        return None if declared is None else frozenset(map(str, declared))

    def adapter(self, api_key: str) -> Adapter | None:
        """Return the adapter that the client object is; ``None`` when it is the client itself."""
        return adapter_of(self._target, self._connection(api_key).owner)

    def _shown(self, api_key: str) -> frozenset[str]:
        """Return the features that the client's signatures show."""
        connection = self._connection(api_key)
        found = {
            Feature.SYNC: connection.sync is not None,
            Feature.ASYNC: connection.asynchronous is not None,
            Feature.API_KEY: connection.takes_key,
        }
        controls = {parameter.name for parameter in self._contract.sdk.in_place("control")}
        arguments = {name for name in self._contract.sdk.parameters if name not in controls and connection.takes(name)}
        arguments |= controls & connection.accepts  # **kwargs may end in the body, so it says nothing of these
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
        is_excused = retries and self.waits_in_real_time
        return _judged(
            self._run_in(mode, lambda: self._run(arguments, mode, api_key, retries=retries), is_excused=is_excused)
        )

    def call_within(
        self, around: Callable[[Callable[[], object]], object], call: Call, mode: Mode, api_key: str
    ) -> Outcome:
        """Make one call, with the client's own retries, and return how it ended.

        Args:
            around: Runs what it is given, in the client's thread, for which it may set a trace or profile function.
            call: What a user passes.
            mode: Which of the client's two operations is used.
            api_key: The key of the client that makes the call.
        """
        run = partial(self._run, call.kwargs(), mode, api_key, retries=True)
        return _judged(self._run_in(mode, lambda: around(run), traced=True))

    def call_in_threads(self, calls: Sequence[Call], api_key: str) -> list[Outcome]:
        """Make synchronous calls at once, each in a thread of its own, and return how each ended."""
        opened = self.open(api_key)  # else each thread would make a client object
        if not isinstance(opened, Transcript):
            return [opened] * len(calls)
        adapter = self.adapter(api_key)
        behind = {adapter.package.partition(".")[0]} if adapter else set()
        threads = Interleaving(packages_of(opened.value, self._target.module) | behind, len(calls))
        functions = [
            partial(threads.run, partial(self._run, call.kwargs(), "sync", api_key, retries=False)) for call in calls
        ]
        self.clock.forget_waits()
        with self.clock.watching():
            outcomes = self._pool.run(functions, self._deadline, self._why_endless)
        if any(isinstance(outcome, NoAnswer) for outcome in outcomes):
            self._recover("sync")
        return list(map(_judged, outcomes))

    def run_in_loop(self, scenario: Callable[[Ask], Coroutine[Any, Any, object]], api_key: str) -> Outcome:
        """Run *scenario* on the event loop of the asynchronous calls; what it returns is the value of the transcript.

        Args:
            scenario: Gets what makes a call.
            api_key: The key of the client that makes the calls.
        """

        async def ask(call: Call) -> Outcome:
            try:
                return returned(await self._awaited(self._connection(api_key), call.kwargs(), retries=False))
            except GivenUp:
                raise
            except BaseException as error:  # noqa: BLE001 - SystemExit and the like are outcomes, not ends
                return Failure(error)

        opened = self.open(api_key)  # as it is made for a single call: outside of the loop
        if not isinstance(opened, Transcript):
            return opened
        return self._run_in("async", lambda: self._in_loop(scenario(ask)))

    def closable(self, api_key: str, mode: Mode, *, repeatedly: bool = False) -> bool:
        """Whether the client object for *api_key* can be closed, and nobody else has it.

        Args:
            api_key: The key of the client.
            mode: Whether closing is awaited.
            repeatedly: Whether a method is asked for, which can be called again; a context is left only once.
        """
        owner = self._connection(api_key).owner
        shared = [other.owner for key, other in self._connections.items() if key != api_key]
        if owner is self._target.value or any(owner is other for other in shared):
            return False
        return (closing_method_of if repeatedly else closer_of)(owner, mode) is not None

    def close_one(self, api_key: str, mode: Mode) -> Outcome:
        """Close the client object for *api_key* as its user would, and return how that ended."""
        owner = self._connection(api_key).owner
        close = closer_of(owner, mode)
        assert close is not None, "the caller asks first"  # noqa: S101
        return self._closed(close, mode)

    def forget(self, api_key: str) -> None:
        """Let the next call with *api_key* be made by a new client object; the one that there is stays open."""
        if api_key in self._connections:
            self._forgotten.append(self._connections.pop(api_key).owner)

    def notice(self) -> None:
        """Let the event loop take in what came on its sockets meanwhile, such as the end of a connection."""
        if self._runner is not None and self._worker("async").usable:
            self._worker("async").run(lambda: self._in_loop(_turns()), self._deadline, lambda: "")

    def close(self) -> None:
        """Close the client objects as far as that is possible; end the threads, the event loop, a command's process."""
        self._close_objects()
        self._close_loop()
        for worker in self._workers.values():
            worker.close()
        self._pool.close()
        if self._target.command is not None:
            self._target.command.close()

    def _close_objects(self) -> None:
        """Close every client object in every way that it has; what comes of it is for the checks that close one."""
        owners = {id(owner): owner for owner in (*self._forgotten, *(c.owner for c in self._connections.values()))}
        owners.pop(id(self._target.value), None)
        modes: tuple[Mode, ...] = ("async", "sync")
        for owner, mode in itertools.product(owners.values(), modes):
            close = closer_of(owner, mode)
            if close is not None and (mode not in self._workers or self._workers[mode].usable):
                self._closed(close, mode)

    def _closed(self, close: Callable[[], Any], mode: Mode) -> Outcome:
        return self._run_in(mode, close if mode == "sync" else lambda: self._in_loop(close()))

    def _run_in(
        self, mode: Mode, function: Callable[[], object], *, is_excused: bool = False, traced: bool = False
    ) -> Outcome:
        self.clock.forget_waits()
        with self.clock.watching():
            worker = self._worker(mode)
            outcome = worker.finish(worker.begin(function, traced=traced), self._deadline, self._why_endless)
        if isinstance(outcome, NoAnswer):
            self._recover(mode, is_excused=is_excused)
        return outcome

    def _run(self, arguments: dict[str, Any], mode: Mode, api_key: str, *, retries: bool) -> object:
        connection = self._connection(api_key)
        if mode == "async":
            return self._in_loop(self._awaited(connection, arguments, retries=retries))
        assert connection.sync is not None, "the caller looks at the features first"  # noqa: S101
        return connection.sync(**_with_retries(connection, arguments, retries=retries))

    async def _awaited(self, connection: Connection, arguments: dict[str, Any], *, retries: bool) -> object:
        assert connection.asynchronous is not None, "the caller looks at the features first"  # noqa: S101
        return await connection.asynchronous(**_with_retries(connection, arguments, retries=retries))

    def _in_loop(self, coroutine: Coroutine[Any, Any, object]) -> object:
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=self._new_loop)
        return self._runner.run(coroutine)

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(VirtualSelector(self.clock))

    def _connection(self, api_key: str) -> Connection:
        if api_key not in self._connections:
            target = self._target
            naming = self._contract.sdk
            self._connections[api_key] = connect(target.value, target.spelled, naming, api_key, self.base_url)
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

    def _recover(self, mode: Mode, *, is_excused: bool = False) -> None:
        """Start afresh: whatever the call held, a lock or a connection, it may hold for ever."""
        if not is_excused and (not self._why_endless() or not self._workers[mode].usable):
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


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _judged(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Failure) and isinstance(outcome.error, CommandFailed):
        return NoAnswer(str(outcome.error), "")  # nobody may take it for an error of the client's
    return returned(outcome.value) if isinstance(outcome, Transcript) else outcome


def _with_retries(connection: Connection, arguments: dict[str, Any], *, retries: bool) -> dict[str, Any]:
    if retries or Feature.RETRY_CONTROL not in connection.accepts:
        return arguments
    return {str(Feature.RETRY_CONTROL): None, **arguments}
