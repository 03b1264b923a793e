"""Calls at once, in threads and on the event loop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.client import Ask, ClientUnderTest, Failure, NoAnswer, Outcome, Transcript, target_of, worker
from pytest_openrouter_stt.client.worker import may_be_traced
from pytest_openrouter_stt.contract import Call, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Drive = Callable[..., ClientUnderTest]

CONTRACT = load_contract()
CALLS = tuple(Call(input_audio={"data": "", "format_": "wav"}, model=model) for model in "abcd")
ENDLESS = CALLS[0].replace(model="endless")


@pytest.fixture
def drive() -> Iterator[Drive]:
    driven: list[ClientUnderTest] = []

    def put(value: object, *, deadline: float = 5) -> ClientUnderTest:
        driven.append(ClientUnderTest(target_of(value), CONTRACT, deadline=deadline, flooded=threading.Event()))
        return driven[-1]

    yield put
    for client in driven:
        client.close()


def texts(outcomes: list[Outcome]) -> list[object]:
    return [outcome.text if isinstance(outcome, Transcript) else outcome for outcome in outcomes]


class TestThreads:
    def test_the_calls_are_under_way_at_once_and_each_gets_its_own_outcome(self, drive: Drive) -> None:
        all_there = threading.Barrier(len(CALLS))

        def operation(*, input_audio: Any, model: str) -> str:
            all_there.wait(5)
            if model == "b":
                raise ValueError(model)
            return model

        first, second, *others = drive(operation).call_in_threads(CALLS, "k")
        assert isinstance(second, Failure)
        assert str(second.error) == "b"
        assert texts([first, *others]) == ["a", "c", "d"]

    def test_they_are_made_by_one_client_object(self, drive: Drive) -> None:
        made: list[str] = []

        def factory(api_key: str) -> object:
            made.append(api_key)
            return lambda *, input_audio, model: f"{threading.current_thread().name} {model}"

        client = drive(factory)
        first = client.call_in_threads(CALLS, "k")
        assert client.call_in_threads(CALLS, "k") == first, "the threads are kept"
        assert made == ["k"]

    def test_a_client_that_cannot_be_made_fails_every_call(self, drive: Drive) -> None:
        def factory(api_key: str) -> object:
            raise ValueError(api_key)

        outcomes = drive(factory).call_in_threads(CALLS, "k")
        assert len(outcomes) == len(CALLS)
        assert all(isinstance(outcome, Failure) for outcome in outcomes)

    @pytest.mark.slow
    @pytest.mark.parametrize("is_blocked", [False, True], ids=["busy", "blocked"])
    def test_those_that_end_are_told_beside_one_that_does_not(self, drive: Drive, *, is_blocked: bool) -> None:
        released = threading.Event()

        def operation(*, input_audio: Any, model: str) -> str:
            while model == "endless" and not released.is_set():  # else it would keep the processor from other tests
                if is_blocked:
                    released.wait()
            return model

        client = drive(operation, deadline=2)
        endless, *others = client.call_in_threads((ENDLESS, *CALLS), "k")
        assert isinstance(endless, NoAnswer)
        assert texts(others) == list("abcd")
        assert texts(client.call_in_threads((*CALLS, CALLS[0]), "k")) == list("abcda")
        released.set()


THREADS = """
import sys, threading
from pytest_openrouter_stt.client.interleaving import Interleaving

class Shared:
    def keep(self, value):
        self.kept = value
        return self.kept

    def keep_in_a_variable(self, value):
        kept = value
        return kept

def trace(*_): ...

def in_threads(operation):
    def put(place):
        sys.settrace(trace)
        results[place] = ways.run(lambda: operation(place))
        assert sys.gettrace() is trace

    results = [None] * 4
    ways = Interleaving(frozenset({sys.argv[1]}), len(results))
    threads = [threading.Thread(target=put, args=(place,)) for place in range(len(results))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results

shared = Shared()
print(in_threads(getattr(shared, sys.argv[2])) != [0, 1, 2, 3])
"""


@pytest.mark.parametrize(
    ("package", "operation", "is_mixed_up"),
    [
        pytest.param("__main__", "keep", True, id="what is kept on an object"),
        pytest.param("__main__", "keep_in_a_variable", False, id="what is kept in a variable"),
        pytest.param("another", "keep", False, id="in the code of another package"),
    ],
)
def test_threads_that_give_way_mix_up_what_they_share(package: str, operation: str, *, is_mixed_up: bool) -> None:
    # In a process of its own: in this one, other tests may have left a thread behind.
    done = subprocess.run(
        [sys.executable, "-c", THREADS, package, operation], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == (f"{is_mixed_up}\n", "")


class TestWhereAnExceptionThatWaitsLetsThreadsSpin:
    @pytest.fixture
    def client(self, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientUnderTest]:
        """A client whose calls are traced, and blocked until the end of the test."""
        monkeypatch.setattr(worker, "_SPINS", True)
        monkeypatch.setattr(worker, "_left_behind", [])
        released = threading.Event()

        def operation(*, input_audio: Any, model: str) -> str:
            if model == "endless":
                released.wait()
            return model

        yield drive(operation, deadline=0.6)
        released.set()

    @pytest.mark.skipif(sys.version_info < (3, 12) and sys.gettrace() is not None, reason="threads would spin indeed")
    def test_a_thread_for_which_one_waits_is_remembered(
        self, client: ClientUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr("time.pthread_getcpuclockid", raising=False)  # which would tell that the thread is blocked
        client.call_within(lambda run: run(), ENDLESS, "sync", "k")
        assert not may_be_traced()

    @pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="nothing tells that a thread is blocked")
    def test_none_is_left_waiting_for_a_blocked_thread_that_is_traced(self, client: ClientUnderTest) -> None:
        outcome = client.call_within(lambda run: run(), ENDLESS, "sync", "k")
        assert isinstance(outcome, NoAnswer)
        assert may_be_traced()
        assert client.call(CALLS[0], "sync", "k") == Transcript("a")


def test_threads_do_not_give_way_where_they_would_spin_for_ever(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    def operation(*, input_audio: Any, model: str) -> str:
        return repr(sys.gettrace())

    monkeypatch.setattr(worker, "_left_behind", [threading.current_thread()])
    assert not any("Interleaving" in str(text) for text in texts(drive(operation).call_in_threads(CALLS, "k")))


class Async:
    async def create_transcription_async(self, *, input_audio: Any, model: str) -> str:
        if model == "b":
            raise ValueError(model)
        if model == "c":
            raise asyncio.CancelledError
        if model == "d":
            raise SystemExit
        if model == "endless":
            await asyncio.Event().wait()
        return model


class TestLoop:
    def test_calls_are_told_as_outcomes_whatever_they_raise(self, drive: Drive) -> None:
        async def all_at_once(ask: Ask) -> list[Outcome]:
            return await asyncio.gather(*map(ask, CALLS))

        ended = drive(Async).run_in_loop(all_at_once, "k")
        assert isinstance(ended, Transcript)
        assert isinstance(ended.value, list)
        transcript, *failures = ended.value
        assert transcript == Transcript("a")
        assert [type(failure.error) for failure in failures] == [ValueError, asyncio.CancelledError, SystemExit]

    def test_it_is_the_loop_of_the_other_calls(self, drive: Drive) -> None:
        loops: list[object] = []

        async def operation(*, input_audio: Any, model: str) -> str:
            loops.append(asyncio.get_running_loop())
            return model

        async def ask_once(ask: Ask) -> Outcome:
            return await ask(CALLS[0])

        client = drive(operation)
        client.call(CALLS[0], "async", "k")
        assert client.run_in_loop(ask_once, "k") == Transcript(Transcript("a"))
        assert loops[0] is loops[1]

    @pytest.mark.slow
    def test_one_that_does_not_end_ends_all(self, drive: Drive) -> None:
        async def all_at_once(ask: Ask) -> object:
            return await asyncio.gather(ask(ENDLESS), ask(CALLS[0]))

        client = drive(Async, deadline=2)
        assert isinstance(client.run_in_loop(all_at_once, "k"), NoAnswer)
        assert client.call(CALLS[0], "async", "k") == Transcript("a")

    def test_one_that_is_given_up_is_told_to_nobody(self, drive: Drive) -> None:
        told: list[Outcome] = []

        async def operation(*, input_audio: Any, model: str) -> str:
            while model == "endless":
                pass
            return model

        async def one_after_the_other(ask: Ask) -> None:
            told.append(await ask(CALLS[0]))
            told.append(await ask(ENDLESS))

        assert isinstance(drive(operation, deadline=0.6).run_in_loop(one_after_the_other, "k"), NoAnswer)
        assert told == [Transcript("a")]

    def test_a_client_that_cannot_be_made_is_a_failure(self, drive: Drive) -> None:
        def factory(api_key: str) -> object:
            raise ValueError(api_key)

        async def nothing(ask: Ask) -> None: ...

        assert isinstance(drive(factory).run_in_loop(nothing, "k"), Failure)
