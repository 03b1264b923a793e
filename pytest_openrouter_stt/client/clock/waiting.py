"""How long to wait for sockets and other threads before the client's time moves on."""

from __future__ import annotations

import itertools
import selectors
import socket
import ssl
import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterator, Sequence
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


def waiting_times(helpers: Sequence[threading.Thread], work: Collection[Future[Any]]) -> Iterator[float]:
    """Return how long to look, in real seconds, as long as the work of *helpers* may be what is waited for.

    Args:
        helpers: The client's threads beside the one that waits.
        work: What it gave to pools of threads, as far as that has not ended.
    """
    if _may_bring_something(helpers, work):
        yield GLANCE
    if _may_bring_something(helpers, work):
        yield PATIENCE
    tries = iter(range(_MORE))
    while _will_end(helpers, work) and next(tries, None) is not None:
        yield PATIENCE
    if helpers:
        yield 0.0  # what was done since the last look is only now known to be done


def _may_bring_something(helpers: Sequence[threading.Thread], work: Collection[Future[Any]]) -> bool:
    """Whether something was given to threads, or one of them does more than wait to be given something."""
    return bool(work) or any(_place_of(helper) not in _IDLE for helper in helpers)


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


_Ready = TypeVar("_Ready")

_DAY = 86_400.0
"""The longest that asyncio waits at once, in seconds."""

_SHORTEST_LOOK, _LONGEST_LOOK, _LOOK_PER_SECOND = 0.02, 0.25, 0.001

READS: tuple[tuple[type, str], ...] = ((socket.socket, "recv"), (socket.socket, "recv_into"), (ssl.SSLSocket, "read"))
"""The methods in which a client on sockets of its own waits for an answer."""


class Peer(Protocol):
    """The other end of a client's sockets."""

    def settle(self) -> bool:
        """Return as soon as all that was sent is taken, and answered if that is done at once; whether it is."""

    @property
    def is_holding(self) -> bool:
        """Whether it keeps something back that a client may wait for."""


class Clock(Protocol):
    """The client's time; a `VirtualClock`."""

    @property
    def governs(self) -> bool:
        """Whether the calling thread is one of the client's."""

    @property
    def peer(self) -> Peer | None:
        """Who is at the other end of the client's sockets."""

    def now(self) -> float:
        """Return the client's time, in seconds."""

    def pass_time(self, seconds: float) -> None:
        """Move time on."""

    def waiting_times(self) -> Iterator[float]:
        """Return how long to look for the work of the client's other threads, in real seconds."""

    def until_due(self) -> float | None:
        """Return the seconds until the other end does something that it has put off."""


def await_socket(clock: Clock, look: Callable[[float], _Ready], timeout: float | None) -> _Ready:
    """Look for what comes on sockets, and when nothing does, move time on; return what was seen, if anything.

    Args:
        clock: Whose time is moved on.
        look: Looks for so many real seconds.
        timeout: How long the client would wait, in its own seconds. Time is moved on by no more than this, nor past
            what is due before; without either, nothing but a moment passes.
    """
    if ready := look(0.0):
        return ready
    if clock.peer is not None and not clock.peer.settle():
        return look(PATIENCE)
    for seconds in itertools.chain([_first_look(clock.peer, timeout)], clock.waiting_times()):
        if ready := look(seconds if timeout is None else min(timeout, seconds)):
            return ready
    waits = [seconds for seconds in (timeout, clock.until_due()) if seconds is not None]
    if not waits:
        return look(PATIENCE)
    clock.pass_time(min(waits))
    return look(0.0)


def _first_look(peer: Peer | None, timeout: float | None) -> float:
    """Return how long to look, in real seconds: a busy kernel takes some time to carry bytes from here to there.

    There is no hurry unless it is known that none are under way; least of all where much time would be skipped.
    """
    if peer is None:
        return PATIENCE
    return GLANCE if peer.is_holding else min(_LONGEST_LOOK, max(_SHORTEST_LOOK, (timeout or 0) * _LOOK_PER_SECOND))


def patient(read: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    """Return the method *read* of a socket, so that for a client it waits on *clock*."""

    def read_in_time(sock: socket.socket, /, *args: Any, **kwargs: Any) -> Any:
        if clock.governs and sock.gettimeout() != 0:
            _await_bytes(sock, clock)
        return read(sock, *args, **kwargs)

    return read_in_time


def _await_bytes(sock: socket.socket, clock: Clock) -> None:
    timeout = sock.gettimeout()
    end = None if timeout is None else clock.now() + timeout
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        while not (_is_pending(sock) or await_socket(clock, selector.select, timeout)):
            if end is not None and (timeout := end - clock.now()) <= 0:
                raise TimeoutError("timed out")


def _is_pending(sock: socket.socket) -> bool:
    """Whether bytes wait in the TLS layer, where no selector sees them."""
    return isinstance(sock, ssl.SSLSocket) and bool(sock.pending())


class VirtualSelector(selectors.DefaultSelector):
    """The selector of an event loop on whose timers no time is lost.

    Args:
        clock: Whose time is moved on instead.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._has_waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; when nothing is, let the clock jump to the end of *timeout*, in seconds.

        With a socket that may be ready later, it jumps to what is due before, and returns early.
        """
        look = super().select
        has_sockets = len(self.get_map()) > 1  # beside the loop's own wake-up
        if not self._clock.governs or (timeout is not None and timeout <= 0) or (timeout is None and not has_sockets):
            return look(timeout)
        if has_sockets:
            return await_socket(self._clock, look, timeout)
        assert timeout is not None, "that was the first question"  # noqa: S101
        for seconds in itertools.chain([0.0], () if self._is_going_on(timeout) else self._clock.waiting_times()):
            if ready := look(min(timeout, seconds)):
                self._has_waited = 0.0
                return ready
        self._has_waited = timeout
        self._clock.pass_time(timeout)
        return []

    def _is_going_on(self, timeout: float) -> bool:
        """Whether an event loop goes on with a wait of days, which it makes a day at a time."""
        return timeout == self._has_waited >= _DAY
