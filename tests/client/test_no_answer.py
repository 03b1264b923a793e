"""A call that does not end is given up; the next one is answered."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.client import ClientUnderTest, NoAnswer, Transcript, target_of
from pytest_openrouter_stt.contract import Call, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Drive = Callable[..., ClientUnderTest]

CONTRACT = load_contract()
CALL = Call(input_audio={"data": "", "format_": "wav"}, model="m")
ENDLESS, NORMAL = (CALL.replace(model=model) for model in ("endless", "normal"))


@pytest.fixture
def drive() -> Iterator[Drive]:
    driven: list[ClientUnderTest] = []

    def put(value: object, *, deadline: float = 0.6, flooded: threading.Event | None = None) -> ClientUnderTest:
        client = ClientUnderTest(target_of(value), CONTRACT, deadline=deadline, flooded=flooded or threading.Event())
        driven.append(client)
        return client

    yield put
    for client in driven:
        client.close()


def no_answer(outcome: object) -> NoAnswer:
    assert isinstance(outcome, NoAnswer), outcome
    return outcome


def this_thread() -> list[threading.Thread]:
    """Return what a transcript can hold and be compared by."""
    return [threading.current_thread()]


def busy(*, input_audio: Any, model: str) -> list[threading.Thread]:
    while model == "endless":
        pass  # never ends
    return this_thread()


def blocked(*, input_audio: Any, model: str) -> list[threading.Thread]:
    if model == "endless":
        threading.Event().wait()  # out of the interpreter's reach: the thread is left behind
    return this_thread()


def stubborn(*, input_audio: Any, model: str) -> list[threading.Thread]:
    try:
        return busy(input_audio=input_audio, model=model)
    except BaseException:  # noqa: BLE001 - what retry loops do
        return this_thread()


class TestSync:
    @pytest.mark.parametrize("operation", [busy, stubborn])
    def test_a_busy_call_is_interrupted_and_its_thread_used_again(self, drive: Drive, operation: object) -> None:
        client = drive(operation)
        before = client.call(NORMAL, "sync", "k")
        assert no_answer(client.call(ENDLESS, "sync", "k")).reason == "it was still under way after 0.6 s"
        assert client.call(NORMAL, "sync", "k") == before

    def test_a_blocked_call_is_left_behind_with_its_thread(self, drive: Drive) -> None:
        client = drive(blocked)
        before = client.call(NORMAL, "sync", "k")
        no_answer(client.call(ENDLESS, "sync", "k"))
        after = client.call(NORMAL, "sync", "k")
        assert isinstance(after, Transcript)
        assert after != before

    @pytest.mark.parametrize(
        ("operation", "line"),
        [
            pytest.param(busy, "pass  # never ends", id="busy"),
            pytest.param(blocked, "threading.Event().wait()", id="blocked"),
        ],
    )
    def test_the_stack_names_the_line(self, drive: Drive, operation: Any, line: str) -> None:
        stack = no_answer(drive(operation).call(ENDLESS, "sync", "k")).stack
        assert line in stack or (operation is busy and "while model ==" in stack)
        assert f"in {operation.__name__}" in stack
        assert __file__ in stack

    def test_a_new_client_object_is_made(self, drive: Drive) -> None:
        made: list[str] = []

        def factory(api_key: str) -> object:
            made.append(api_key)
            return busy

        client = drive(factory)
        for call in (NORMAL, ENDLESS, NORMAL, NORMAL):
            client.call(call, "sync", "k")
        assert made == ["k", "k"]

    def test_a_constructor_that_does_not_end(self, drive: Drive) -> None:
        def factory(api_key: str) -> object:
            return busy(input_audio=None, model="endless")

        no_answer(drive(factory).open("k"))

    def test_the_client_is_given_up_after_three(self, drive: Drive) -> None:
        client = drive(busy, deadline=0.1)
        exhausted = []
        for call in (ENDLESS, ENDLESS, NORMAL, ENDLESS):
            client.call(call, "sync", "k")
            exhausted.append(client.exhausted)
        assert exhausted == [False, False, False, True]


class TestFlood:
    def test_it_is_stopped_before_the_deadline(self, drive: Drive) -> None:
        flooded = threading.Event()

        def flood(*, input_audio: Any, model: str) -> list[threading.Thread]:
            if model == "endless":
                flooded.set()
            return busy(input_audio=input_audio, model=model)

        client = drive(flood, deadline=60, flooded=flooded)
        before = client.call(NORMAL, "sync", "k")
        for _ in range(4):
            assert no_answer(client.call(ENDLESS, "sync", "k")).reason == "it sent requests without end"
            assert not flooded.is_set()
            assert client.call(NORMAL, "sync", "k") == before
        assert not client.exhausted, "it has cost next to nothing"

    def test_a_call_that_ends_while_it_is_given_up_spoils_no_other(self, drive: Drive) -> None:
        class Late(threading.Event):
            """Says yes once the call that is asked about has ended."""

            asked = threading.Event()

            def is_set(self) -> bool:
                self.asked.set()
                ended.wait()
                threading.Event().wait(0.1)  # until its thread waits for the next one
                return super().is_set()

        def operation(*, input_audio: Any, model: str) -> list[threading.Thread]:
            if model == "endless":
                flooded.asked.wait()
                ended.set()
            return this_thread()

        flooded, ended = Late(), threading.Event()
        client = drive(operation, deadline=1, flooded=flooded)
        flooded.set()
        no_answer(client.call(ENDLESS, "sync", "k"))
        flooded.clear()
        assert isinstance(client.call(NORMAL, "sync", "k"), Transcript)


class TestAsync:
    def test_a_busy_call_is_interrupted_and_its_loop_closed(self, drive: Drive) -> None:
        loops: list[asyncio.AbstractEventLoop] = []

        async def operation(*, input_audio: Any, model: str) -> list[threading.Thread]:
            loops.append(asyncio.get_running_loop())
            while model == "endless":  # noqa: ASYNC110 - it is to be busy
                await asyncio.sleep(0)
            return this_thread()

        client = drive(operation)
        before = client.call(NORMAL, "async", "k")
        no_answer(client.call(ENDLESS, "async", "k"))
        assert loops[0] is loops[1]
        assert loops[0].is_closed(), "else its sockets are reported in the tests that come after"
        assert client.call(NORMAL, "async", "k") == before
        assert not loops[2].is_closed()

    def test_a_waiting_call_does_not_disturb_the_next(self, drive: Drive) -> None:
        async def operation(*, input_audio: Any, model: str) -> str:
            if model == "endless":
                await asyncio.Event().wait()
            return "answer"

        client = drive(operation)
        no_answer(client.call(ENDLESS, "async", "k"))
        assert client.call(NORMAL, "async", "k") == Transcript("answer")

    def test_the_other_mode_goes_on(self, drive: Drive) -> None:
        class Both:
            def create_transcription(self, *, input_audio: Any, model: str) -> list[threading.Thread]:
                return busy(input_audio=input_audio, model=model)

            async def create_transcription_async(self, *, input_audio: Any, model: str) -> list[Any]:
                return [asyncio.get_running_loop(), *this_thread()]

        client = drive(Both)
        before = client.call(NORMAL, "async", "k")
        no_answer(client.call(ENDLESS, "sync", "k"))
        assert client.call(NORMAL, "async", "k") == before
