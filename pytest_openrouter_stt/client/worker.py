"""Running calls in threads that can be given up, one at a time or several at once."""

from __future__ import annotations

import contextlib
import ctypes
import queue
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .outcome import Failure, NoAnswer, Outcome, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_POLL = 0.05
"""How often a running call is looked at, in seconds; one that ends is noticed at once."""

_GRACE = 0.5
"""How long a call that is being stopped may take to unwind, in seconds."""


_SPINS = sys.version_info < (3, 12)
"""Python 3.11 under coverage or a debugger: every thread spins for ever while an exception waits for a blocked one."""

_left_behind: list[threading.Thread] = []
"""Threads for which an exception waits, where that matters."""


def may_be_traced() -> bool:
    """Whether a thread can have a trace function without spinning for ever."""
    return not any(thread.is_alive() for thread in _left_behind)


class GivenUp(BaseException):
    """Raised into the thread of a call that is given up."""


@dataclass(eq=False)
class Job:
    """A call that a worker is to make.

    Attributes:
        run: Makes it.
        done: Gets something as soon as it has ended.
        outcome: How it ended.
        begun: When it was given to the worker.
        traced: Whether it sets a trace function in its thread.
    """

    run: Callable[[], object]
    # In C: an exception that is raised into the thread can leave an Event locked for ever, but not this.
    done: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)
    outcome: Outcome | None = None
    begun: float = field(default_factory=time.monotonic)
    traced: bool = False

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end."""
        try:
            self.done.get(timeout=seconds)
        except queue.Empty:
            return False
        return True


class Worker:
    """One thread that runs calls, one after the other.

    A call that does not end is interrupted; when even that is ignored, its thread is left behind, and `usable` is
    false from then on.

    Args:
        name: The name of the thread.
    """

    def __init__(self, name: str) -> None:
        self.usable = True
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(self, function: Callable[[], object], deadline: float, why_endless: Callable[[], str]) -> Outcome:
        """Run *function*, and return how it ended: what it returned is the value of a transcript.

        Args:
            function: Makes one call.
            deadline: How long it may take, in seconds.
            why_endless: Says why a call that is under way will not end; empty as long as it may.
        """
        return self.finish(self.begin(function), deadline, why_endless)

    def begin(self, function: Callable[[], object], *, traced: bool = False) -> Job:
        """Run *function*, which may set a trace function; it is yet to be waited for."""
        job = Job(function, traced=traced)
        self._jobs.put(job)
        return job

    def finish(self, job: Job, deadline: float, why_endless: Callable[[], str]) -> Outcome:
        """Wait for *job*, and return how it ended; see `run`."""
        reason = self._wait(job, deadline, why_endless)
        if not reason and job.outcome is not None:
            return job.outcome
        stack = self._stack()
        self._interrupt(job)
        return NoAnswer(reason, stack)

    def close(self) -> None:
        """Let the thread end after its last call."""
        self._jobs.put(None)
        if self.usable:
            self._thread.join(_GRACE)

    def _wait(self, job: Job, deadline: float, why_endless: Callable[[], str]) -> str:
        end = job.begun + deadline
        while not job.ends_within(_POLL):
            if reason := why_endless():
                return reason
            if time.monotonic() > end:
                return f"it was still under way after {deadline:g} s"
        return ""

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._thread.ident or 0)  # noqa: SLF001 - the only way to see another thread
        return "".join(traceback.format_stack(frame)) if frame is not None else ""

    def _interrupt(self, job: Job) -> None:
        if _SPINS and (job.traced or sys.gettrace() is not None) and self._is_blocked():
            self.usable = False
            return
        ident = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(GivenUp))
        self.usable = job.ends_within(_GRACE)
        if _SPINS and not self.usable:
            _left_behind.append(self._thread)
        # A call that ended by itself meanwhile leaves the exception to the next job: to this one, then. To take it
        # back would leave its signal set, and Python 3.11 spins on that too.
        self._jobs.put(Job(lambda: None))

    def _is_blocked(self) -> bool:
        """Whether the thread uses no processor time, as in a lock or a socket; false where that cannot be known."""
        clock_of = getattr(time, "pthread_getcpuclockid", None)
        if clock_of is None:
            return False
        clock = clock_of(self._thread.ident)
        before = time.clock_gettime(clock)
        time.sleep(_POLL)
        return time.clock_gettime(clock) == before

    def _work(self) -> None:
        ended = False
        while not ended:
            with contextlib.suppress(GivenUp):  # it may come when its call has just ended
                self._work_off()
                ended = True

    def _work_off(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job.outcome = Transcript(job.run())
            except BaseException as error:  # noqa: BLE001 - SystemExit and the like are outcomes, not ends
                job.outcome = Failure(error)
            finally:
                job.done.put(None)


class WorkerPool:
    """Workers that are kept for the next time.

    Args:
        name: What the names of their threads begin with.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._workers: list[Worker] = []

    def run(
        self, functions: Sequence[Callable[[], object]], deadline: float, why_endless: Callable[[], str]
    ) -> list[Outcome]:
        """Run all *functions* at once, and return how each ended; see `Worker.run`."""
        self._workers = [worker for worker in self._workers if worker.usable]
        while len(self._workers) < len(functions):
            self._workers.append(Worker(f"{self._name}-{len(self._workers)}"))
        pool = self._workers[: len(functions)]
        jobs = [worker.begin(function, traced=True) for worker, function in zip(pool, functions, strict=True)]
        return [worker.finish(job, deadline, why_endless) for worker, job in zip(pool, jobs, strict=True)]

    def close(self) -> None:
        """Let every thread end after its last call."""
        for worker in self._workers:
            worker.close()
