"""The virtual clock: however a client waits, an hour of it passes at once, and only for the client."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import socket
import sys
import threading
import time
from functools import partial
from time import monotonic as captured_monotonic
from time import sleep as captured_sleep
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import anyio
import pytest
import trio
import trio.testing

from pytest_openrouter_stt.client import ClientUnderTest, Failure, Transcript, VirtualClock, target_of
from pytest_openrouter_stt.client.clock.waiting import GLANCE, PATIENCE, waiting_times
from pytest_openrouter_stt.contract import Call, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from pytest_openrouter_stt.client import Mode, Outcome

HOUR = 3600.0
DAY = 24 * HOUR
CALL = Call(input_audio={"data": "", "format_": "wav"}, model="m")
LONG_AGO = concurrent.futures.ThreadPoolExecutor(1)


def a_condition() -> None:
    with pytest.raises(queue.Empty):
        queue.Queue[None]().get(timeout=HOUR)


def until_the_clock_says_so() -> None:
    end = captured_monotonic() + HOUR
    while captured_monotonic() < end:
        captured_sleep(60)


def another_thread() -> None:
    thread = threading.Thread(target=captured_sleep, args=(HOUR,))
    thread.start()
    thread.join()


SYNC: dict[str, Callable[[], object]] = {
    "sleep": lambda: time.sleep(HOUR),
    "captured-sleep": lambda: captured_sleep(HOUR),
    "event": lambda: threading.Event().wait(HOUR),
    "condition": a_condition,
    "until": until_the_clock_says_so,
    "thread": another_thread,
    "pool": lambda: LONG_AGO.submit(captured_sleep, HOUR).result(timeout=2 * HOUR),
    "trio": lambda: trio.run(trio.sleep, HOUR),
    "anyio-on-trio": lambda: anyio.run(anyio.sleep, HOUR, backend="trio"),
    "asyncio": lambda: anyio.run(_to_thread_of_a_loop_of_its_own),
}


async def _to_thread_of_a_loop_of_its_own() -> None:
    await asyncio.to_thread(captured_sleep, HOUR)


async def a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(HOUR):
            await asyncio.Event().wait()


async def a_silent_socket() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 - the name says it
    with ours, theirs, pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ours, 1), HOUR)


ASYNC: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
    "asyncio": lambda: asyncio.sleep(HOUR),
    "anyio": lambda: anyio.sleep(HOUR),
    "timeout": a_timeout,
    "socket": a_silent_socket,
    "thread": lambda: asyncio.to_thread(captured_sleep, HOUR),
    "wait-for": lambda: asyncio.wait_for(asyncio.sleep(HOUR), 2 * HOUR),
}


class Driven:
    """A client whose operation does what a test says, driven on a virtual clock."""

    def __init__(self) -> None:
        self._function: Callable[[], Any] = lambda: None

        def operation(**_: Any) -> Any:
            return self._function()

        async def operation_async(**_: Any) -> Any:
            return await self._function()

        clients = {"sync": operation, "async": operation_async}
        self._clients = {mode: self._driven(client) for mode, client in clients.items()}

    @property
    def clock(self) -> VirtualClock:
        """That of synchronous calls."""
        return self.clock_of("sync")

    def clock_of(self, mode: Mode) -> VirtualClock:
        return self._clients[mode].clock

    def _driven(self, client: object) -> ClientUnderTest:
        return ClientUnderTest(target_of(client), load_contract(), deadline=20, flooded=threading.Event())

    def run(self, function: Callable[[], Any], mode: Mode = "sync") -> tuple[Outcome, float]:
        """Return how a call of *function* ended, and how many seconds of the client's time it waited."""
        self._function = lambda: function() or "done" if mode == "sync" else self._awaited(function)
        client = self._clients[mode]
        with client.clock.running():
            outcome = client.call(CALL, mode, "key")
        return outcome, sum(client.clock.waits)

    async def _awaited(self, function: Callable[[], Coroutine[Any, Any, object]]) -> object:
        return await function() or "done"

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="module")
def driven() -> Iterator[Driven]:
    driven = Driven()
    yield driven
    driven.close()


@pytest.mark.parametrize("way", SYNC)
def test_an_hour_passes_at_once(way: str, driven: Driven) -> None:
    for _ in range(2):  # the second time, threads of the first may still be there
        outcome, waited = driven.run(SYNC[way])

        assert isinstance(outcome, Transcript), outcome
        assert waited == pytest.approx(HOUR, abs=1)


@pytest.mark.parametrize("way", ASYNC)
def test_an_hour_passes_at_once_in_an_event_loop(way: str, driven: Driven) -> None:
    for _ in range(2):
        outcome, waited = driven.run(ASYNC[way], "async")

        assert isinstance(outcome, Transcript), outcome
        assert waited == pytest.approx(HOUR, abs=1)


@pytest.mark.parametrize("name", ["monotonic", "perf_counter", "time"])
def test_every_clock_of_the_client_shows_what_it_waited(name: str, driven: Driven) -> None:
    seen: list[float] = []

    def look() -> None:
        for _ in range(2):
            seen.append(getattr(time, name)())
            seen.append(getattr(time, f"{name}_ns")() / 1e9)
            time.sleep(HOUR)

    driven.run(look)

    assert seen[2] - seen[0] == pytest.approx(HOUR, abs=20)
    assert seen[3] - seen[1] == pytest.approx(HOUR, abs=20)


def test_everybody_else_keeps_real_time(driven: Driven) -> None:
    seen: list[float] = []
    asked, answered = threading.Event(), threading.Event()

    def elsewhere() -> None:
        asked.wait(20)
        seen.append(time.monotonic())
        answered.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    before = time.monotonic()

    def wait() -> None:
        time.sleep(HOUR)
        asked.set()
        answered.wait()

    driven.run(wait)
    thread.join()

    assert seen[0] - before < HOUR


@pytest.mark.parametrize(
    ("seconds", "kind"), [(-1.0, ValueError), (float("nan"), ValueError), (float("inf"), OverflowError)]
)
def test_what_cannot_be_slept_is_refused_as_by_the_real_sleep(
    seconds: float, kind: type[Exception], driven: Driven
) -> None:
    outcome, waited = driven.run(lambda: time.sleep(seconds))

    assert isinstance(outcome, Failure)
    assert isinstance(outcome.error, kind)
    assert waited == 0


def test_nothing_of_it_is_left(driven: Driven) -> None:
    before = (time.sleep, captured_sleep, threading.Condition.wait, trio.run)

    driven.run(lambda: time.sleep(HOUR))

    assert (time.sleep, captured_sleep, threading.Condition.wait, trio.run) == before


def test_a_client_on_trio_may_have_a_clock_of_its_own(driven: Driven) -> None:
    clock = trio.testing.MockClock(autojump_threshold=0)

    outcome, waited = driven.run(lambda: trio.run(trio.sleep, HOUR, clock=clock))

    assert isinstance(outcome, Transcript), outcome
    assert clock.current_time() == HOUR
    assert waited == 0


def test_nobody_needs_trio(driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "trio")

    outcome, waited = driven.run(lambda: time.sleep(HOUR))

    assert isinstance(outcome, Transcript), outcome
    assert waited == HOUR


class Late:
    """A peer that has said all, and yet says more when it is asked for the second time."""

    is_holding = False

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._times = 0

    def settle(self) -> bool:
        self._times += 1
        if self._times == 2:
            self._sock.send(b"x")
        return True


def test_without_a_timeout_where_nothing_is_due_no_time_is_moved_on(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(driven.clock, "peer", Late(theirs))

    with ours, theirs:
        outcome, waited = driven.run(lambda: ours.recv(1))

    assert outcome == Transcript(b"x")
    assert waited == 0


def test_a_notified_thread_goes_on_at_once(driven: Driven) -> None:
    def work() -> object:
        done = threading.Event()
        thread = threading.Thread(target=done.set)
        thread.start()
        return done.wait(HOUR)

    outcome, waited = driven.run(work)

    assert isinstance(outcome, Transcript)
    assert outcome.value is True
    assert waited == 0


def test_how_long_is_looked_for_something_depends_on_what_is_going_on() -> None:
    ended = threading.Thread(target=int)
    ended.start()
    ended.join()

    assert [*waiting_times([], [])] == []
    assert [*waiting_times([ended], [])] == [0.0]

    begun, asked = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        asked.wait()

    waiting = threading.Thread(target=wait)
    waiting.start()
    begun.wait()
    first, second, *_, last = waiting_times([waiting], [])
    asked.set()
    waiting.join()
    assert (first, second, last) == (GLANCE, PATIENCE, 0.0)
    assert [*waiting_times([], [concurrent.futures.Future()])] == [GLANCE, PATIENCE, *[PATIENCE] * 20]


def _noted(looks: list[str]) -> tuple[float, ...]:
    looks.append("a look")
    return ()


def test_a_year_in_an_event_loop_is_one_look_though_it_is_waited_for_by_days(driven: Driven) -> None:
    looks: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driven.clock_of("async"), "waiting_times", partial(_noted, looks))
        outcome, waited = driven.run(lambda: asyncio.sleep(365 * DAY), "async")

    assert isinstance(outcome, Transcript), outcome
    assert waited == pytest.approx(365 * DAY, abs=1)
    assert len(looks) <= 2


def test_afterwards_sockets_are_as_before() -> None:
    clock = VirtualClock()
    clock.peer = ANY  # somebody whose answers are waited for
    before = dict(vars(socket.socket))

    with clock.running():
        assert dict(vars(socket.socket)) != before

    assert dict(vars(socket.socket)) == before
