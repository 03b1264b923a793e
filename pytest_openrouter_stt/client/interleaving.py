"""Letting threads cross where they can: each gives way after a line that changes what the others may see.

A value that is kept on the client between two lines is mixed up with another thread's only when the threads happen to
change places between these lines, which is about once in a thousand calls. Here they do.
"""

from __future__ import annotations

import dis
import queue
import sys
from collections import Counter, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .worker import may_be_traced

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

_PATIENCE = 0.02
"""How long a thread waits for another to change something, in real seconds: on a busy machine they are late."""

_PAUSE = 0.0005
"""How long it waits once it is known that the others do not come, as when each call waits for the one before."""

_IN_VAIN = 8
"""After so many waits in vain, that is known."""

_TIMES = 3
"""How often it gives way after the same line of one call: not each time around a loop."""

_STORES = frozenset({"STORE_ATTR", "STORE_SUBSCR", "STORE_GLOBAL", "DELETE_ATTR", "DELETE_SUBSCR", "DELETE_GLOBAL"})
_CHANGING_METHODS = frozenset({"add", "append", "clear", "extend", "pop", "popitem", "remove", "setdefault", "update"})


class Interleaving:
    """Runs functions whose threads give way to each other.

    Args:
        packages: The top-level packages in whose code they do.
        threads: How many functions are run at once.
    """

    def __init__(self, packages: frozenset[str], threads: int) -> None:
        self._packages = packages
        self._threads = threads
        self._lines: dict[CodeType, frozenset[int]] = {}
        # Changed by one operation at a time, so that no lock is needed, which the client's clock would look after.
        self._waiting: deque[queue.SimpleQueue[None]] = deque()
        self._ended: deque[None] = deque()
        self._in_vain: deque[None] = deque()

    def run(self, function: Callable[[], object]) -> object:
        """Run *function* in the calling thread; a debugger of that thread does not see it."""
        if not may_be_traced():
            return function()
        times: Counter[tuple[CodeType, int]] = Counter()

        def enter(frame: FrameType, _event: str, _arg: object) -> Any:  # pragma: no cover - a tracer is not traced
            if str(frame.f_globals.get("__name__")).partition(".")[0] not in self._packages:
                return None
            lines = self._changing_lines(frame.f_code)
            return self._watch(lines, times) if lines else None

        before = sys.gettrace()
        sys.settrace(enter)
        try:
            return function()
        finally:
            sys.settrace(before)
            self._ended.append(None)
            self._wake()

    def _watch(  # pragma: no cover - called by the tracer
        self, lines: frozenset[int], times: Counter[tuple[CodeType, int]]
    ) -> Callable[..., Any]:
        last = 0

        def watch(frame: FrameType, event: str, _arg: object) -> Callable[..., Any]:
            nonlocal last
            if last in lines:
                times[frame.f_code, last] += 1
                if times[frame.f_code, last] <= _TIMES:
                    self._give_way()
            last = frame.f_lineno if event == "line" else 0
            return watch

        return watch

    def _give_way(self) -> None:  # pragma: no cover - called by the tracer
        self._wake()
        if len(self._ended) >= self._threads - 1:
            return  # there is nobody left
        turn: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiting.append(turn)
        try:
            turn.get(timeout=_PATIENCE if len(self._in_vain) < _IN_VAIN else _PAUSE)  # in C, beyond the client's clock
        except queue.Empty:
            self._in_vain.append(None)

    def _wake(self) -> None:
        with suppress(IndexError):
            while True:
                self._waiting.popleft().put(None)

    def _changing_lines(self, code: CodeType) -> frozenset[int]:  # pragma: no cover - called by the tracer
        if code not in self._lines:
            self._lines[code] = frozenset(_lines_that_change(code))
        return self._lines[code]


def packages_of(owner: object, module: object) -> frozenset[str]:
    """Return the top-level packages that hold the code of a client object, which comes from *module*."""
    names = (type(owner).__module__, getattr(owner, "__module__", ""), getattr(module, "__name__", ""))
    return frozenset(str(name).partition(".")[0] for name in names if name) - {"builtins"}


def _lines_that_change(code: CodeType) -> set[int]:  # pragma: no cover - called by the tracer
    found = (step for step in dis.get_instructions(code) if step.opname in _STORES or step.argval in _CHANGING_METHODS)
    return {step.positions.lineno for step in found if step.positions is not None and step.positions.lineno is not None}
