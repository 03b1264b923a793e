"""A clock for the client under test: what it waits for passes at once, and everybody else keeps real time.

While the clock runs, the functions of `time`, ``threading.Condition.wait`` (with what is built on it: events,
queues, futures) and ``trio.run`` tell by the thread whether a client called them. References that modules took
earlier (``from time import sleep``) are exchanged too. asyncio, and so anyio, waits in the selector of the private
event loop, which is a `VirtualSelector`. A client on real sockets waits in them: for the time of its own timeouts, or
until what the other end has put off is due, whichever comes first.

Out of reach: waiting in C (``select``, ``SimpleQueue.get``), and a function kept elsewhere than in a module.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import operator
import sys
import threading
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .waiting import PATIENCE, READS, patient, waiting_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from .waiting import Peer


class Timers:
    """Callbacks, each due at a time; from any thread."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._tickets = itertools.count()
        self._lock = threading.Lock()

    def add(self, due: float, callback: Callable[[], None]) -> None:
        """Call *callback* at the time *due*."""
        with self._lock:
            heapq.heappush(self._entries, (due, next(self._tickets), callback))

    def next_due(self) -> float | None:
        """Return the time at which the first callback is due; ``None`` when there is none."""
        with self._lock:
            return self._entries[0][0] if self._entries else None

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._entries.clear()

    def call_back(self, now: float) -> None:
        """Call, and forget, those that are due; without the lock, since they may want to be called again."""
        while True:
            with self._lock:
                if not self._entries or self._entries[0][0] > now:
                    return
                _, _, callback = heapq.heappop(self._entries)
            callback()


WORKER_PREFIX = "stt-client"
"""The names of the threads in which a client is called begin with it."""

_NO_HELPERS = (WORKER_PREFIX, "stt-endpoint")
"""A thread of such a name does nothing that a client could wait for: nothing of its own."""

_TOO_LONG = 4e7
"""More than a year, in seconds."""

_NANO = 1_000_000_000
_sleep, _monotonic, _perf_counter, _time = time.sleep, time.monotonic, time.perf_counter, time.time
_condition_wait = threading.Condition.wait


class VirtualClock:
    """Time as the client under test sees it.

    Attributes:
        peer: Who is at the other end of the client's sockets; ``None`` as long as it has none.
    """

    def __init__(self) -> None:
        self.peer: Peer | None = None
        self._timers = Timers()
        self._work: set[Future[Any]] = set()
        self._running = False
        self._offset = 0.0
        self._waits: list[float] = []
        self._real: frozenset[int] = frozenset()
        self._clients: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._captured: dict[str, tuple[ModuleType, tuple[tuple[str, str], ...]]] = {}
        self._loaded: list[ModuleType] = []
        self._holders: list[tuple[ModuleType, tuple[tuple[str, str], ...]]] = []
        self._stand_ins = self._made_stand_ins()

    @property
    def waits(self) -> tuple[float, ...]:
        """What was waited for since they were last forgotten, in seconds each."""
        return tuple(self._waits)

    @property
    def is_spent(self) -> bool:
        """Whether more than a year was waited for: by now it is sure that the call has no end."""
        return sum(self._waits) > _TOO_LONG

    def forget_waits(self) -> None:
        """Begin to count anew."""
        self._waits.clear()

    def now(self) -> float:
        """Return ``time.monotonic()`` as the client sees it, whoever asks."""
        return _monotonic() + self._offset

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call *callback* once *seconds* have passed for the client, by its waiting or in reality; from any thread."""
        self._timers.add(self.now() + seconds, callback)

    @property
    def governs(self) -> bool:
        """Whether the calling thread is one of the client's, and the clock runs."""
        return self._running and threading.get_ident() not in self._real

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let waiting cost no time in the client's threads: its workers, and all that are started meanwhile."""
        others = (thread for thread in threading.enumerate() if not self._is_the_clients(thread))
        self._real = frozenset(thread.ident for thread in others if thread.ident is not None)
        self._offset = 0.0
        self._timers.clear()
        self._work.clear()
        with contextlib.ExitStack() as undo:
            self._exchange(undo)
            _set(undo, self, "_running", value=True)
            yield

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Take the threads that are started meanwhile for the client's: a later call may wait in them."""
        before = threading.enumerate()
        try:
            yield
        finally:
            self._clients.update(thread for thread in threading.enumerate() if thread not in before)

    def pass_time(self, seconds: float) -> None:
        """Let *seconds* pass for the client.

        Raises:
            OverflowError: Nobody can wait so long, as ``time.sleep()`` says it.
            ValueError: It is negative, or not a number.
        """
        if not seconds >= 0:
            raise ValueError("sleep length must be non-negative")
        if seconds > threading.TIMEOUT_MAX:
            raise OverflowError("timestamp too large to convert to C PyTime_t")
        self._offset += seconds
        if seconds:
            self._waits.append(seconds)
        self._timers.call_back(self.now())
        _sleep(0)  # as a real sleep does, let other threads go on

    def waiting_times(self) -> Iterator[float]:
        """Return how long to look for what may come from outside, in real seconds, before time is moved on."""
        alive = threading.enumerate()
        helpers = [t for t in alive if t.ident not in self._real and not t.name.startswith(_NO_HELPERS)]
        return waiting_times(helpers, self._work)

    def until_due(self) -> float | None:
        """Return the seconds until something is due that was asked for with `after`; ``None`` when nothing is."""
        due = self._timers.next_due()
        return None if due is None else max(0.0, due - self.now())

    def _is_the_clients(self, thread: threading.Thread) -> bool:
        return thread.name.startswith(WORKER_PREFIX) or thread in self._clients

    def _made_stand_ins(self) -> dict[str, _StandIn]:
        def shifted(real: Callable[[], float]) -> Callable[[], float]:
            return lambda: real() + self._offset

        def in_nanoseconds(real: Callable[[], int]) -> Callable[[], int]:
            return lambda: real() + int(self._offset * _NANO)

        virtual: dict[str, Callable[..., Any]] = {"sleep": self.pass_time}
        for name in ("monotonic", "perf_counter", "time"):
            virtual[name] = shifted(getattr(time, name))
            virtual[f"{name}_ns"] = in_nanoseconds(getattr(time, f"{name}_ns"))
        return {name: _StandIn(self, getattr(time, name), function) for name, function in virtual.items()}

    def _exchange(self, undo: contextlib.ExitStack) -> None:
        _set(undo, threading.Condition, "wait", value=self._condition_wait())
        _set(undo, ThreadPoolExecutor, "submit", value=self._noted(ThreadPoolExecutor.submit))
        for module, names in self._modules():
            for attribute, name in names:
                _set(undo, module, attribute, value=self._stand_ins[name])
        if self.peer is not None:
            for owner, name in READS:
                _set(undo, owner, name, value=patient(getattr(owner, name), self))
        trio = sys.modules.get("trio")
        if trio is not None:
            _set(undo, trio, "run", value=self._trio_run(trio, trio.run))

    def _modules(self) -> list[tuple[ModuleType, tuple[tuple[str, str], ...]]]:
        """Return the modules that hold a function of `time`, each with its names for them; each is read once."""
        loaded = list(sys.modules.values())
        if len(loaded) != len(self._loaded) or not all(map(operator.is_, loaded, self._loaded)):
            self._loaded, self._holders = loaded, list(self._found_holders())
        return self._holders

    def _found_holders(self) -> Iterator[tuple[ModuleType, tuple[tuple[str, str], ...]]]:
        originals = {id(stand_in.real): name for name, stand_in in self._stand_ins.items()}
        for name, module in list(sys.modules.items()):
            known = self._captured.get(name)
            if known is None or known[0] is not module:
                held = list(getattr(module, "__dict__", {}).items()) if name != __name__ else []
                names = tuple((key, originals[id(value)]) for key, value in held if id(value) in originals)
                known = self._captured[name] = (module, names)
            if known[1]:
                yield known

    def _condition_wait(self) -> Callable[..., bool]:
        def wait(condition: threading.Condition, timeout: float | None = None) -> bool:
            if timeout is None or timeout <= 0 or not self.governs:
                return _condition_wait(condition, timeout)
            if any(_condition_wait(condition, min(timeout, look)) for look in self.waiting_times()):
                return True
            self.pass_time(timeout)
            return False

        return wait

    def _noted(self, submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
        def note(pool: ThreadPoolExecutor, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future = submit(pool, *args, **kwargs)
            if self.governs:
                self._work.add(future)
                future.add_done_callback(self._work.discard)
            return future

        return note

    def _trio_run(self, trio: ModuleType, run: Callable[..., Any]) -> Callable[..., Any]:
        def run_on_this_clock(*args: Any, **kwargs: Any) -> Any:
            if self.governs and kwargs.get("clock") is None:
                kwargs["clock"] = self._trio_clock(trio)
            return run(*args, **kwargs)

        return run_on_this_clock

    def _trio_clock(self, trio: ModuleType) -> Any:
        import trio.testing  # noqa: PLC0415 - only a client that is on trio has it

        clock = trio.testing.MockClock(autojump_threshold=PATIENCE if self.peer is not None else 0.0)
        jump = clock.jump

        def jump_both(seconds: float) -> None:
            jump(seconds)
            self.pass_time(seconds)

        clock.jump = jump_both
        return clock


class _StandIn:
    """A function of `time` that is the real one for every thread but the client's.

    An object, because a class that keeps it as an attribute must not make a method of it: the real ones never are.
    """

    def __init__(self, clock: VirtualClock, real: Callable[..., Any], virtual: Callable[..., Any]) -> None:
        self._clock = clock
        self.real = real
        self._virtual = virtual

    def __call__(self, *args: Any) -> Any:
        return self._virtual(*args) if self._clock.governs else self.real(*args)


def _set(undo: contextlib.ExitStack, owner: Any, name: str, *, value: object) -> None:
    if name in vars(owner):
        undo.callback(setattr, owner, name, vars(owner)[name])
    else:  # inherited, as what a socket has of C
        undo.callback(delattr, owner, name)
    setattr(owner, name, value)
