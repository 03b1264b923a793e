"""How long to look for what may come from outside before a client's time is moved on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterator, Sequence
    from concurrent.futures import Future

GLANCE = 0.002
"""How long an idle thread of the client may take to begin with its work, in real seconds."""

PATIENCE = 0.05
"""How long to wait, in real seconds, for what a busy thread or a socket may bring."""

_MORE = 20
"""How many times as long, while a thread of the client does something that will end, such as a look-up of a name."""

_IDLE = frozenset({"", "concurrent.futures.thread._worker"})
"""Where threads are that have ended, or do nothing until they are given work: they wait for it in C."""

_MAY_BE_IDLE = frozenset({"selectors.select", "threading.wait", "threading._wait_for_tstate_lock"})
"""Where threads are that may be at work, or wait for something that never comes."""


def patience(helpers: Sequence[threading.Thread], work: Collection[Future[Any]]) -> Iterator[float]:
    """Return how long to look, in real seconds, as long as the work of *helpers* may be what is waited for.

    Args:
        helpers: The client's threads beside the one that waits.
        work: What it gave to pools of threads, as far as that has not ended.
    """
    if helpers or work:
        yield GLANCE
    if work or any(_place_of(helper) not in _IDLE for helper in helpers):
        yield PATIENCE
    tries = iter(range(_MORE))
    while _will_end(helpers, work) and next(tries, None) is not None:
        yield PATIENCE
    if helpers:
        yield 0.0  # what was done since the last look is only now known to be done


def _will_end(helpers: Sequence[threading.Thread], work: Collection[Future[Any]]) -> bool:
    """Whether something is done that will surely end: a thread is at it, or about to begin with it."""
    places = {_place_of(helper) for helper in helpers}
    return (
        bool(places - _IDLE - _MAY_BE_IDLE)
        or any(not f.running() for f in tuple(work))
        or (bool(work) and places <= _IDLE)
    )


def _place_of(thread: threading.Thread) -> str:
    """Return the module and the function in which a thread is, or an empty string once it has ended."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the only way to see another thread
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}" if frame is not None else ""
