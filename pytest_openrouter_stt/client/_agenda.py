"""What is to happen when so much of a client's time has passed."""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Agenda:
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
