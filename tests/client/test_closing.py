"""Closing a client object by whichever way it has, and going on with a new one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

import pytest

from pytest_openrouter_stt.client import ClientUnderTest, Failure, Transcript, target_of
from pytest_openrouter_stt.contract import Call, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_openrouter_stt.client import Mode

    Drive = Callable[..., ClientUnderTest]

CALL = Call(input_audio={"data": "", "format_": "wav"}, model="m")


@pytest.fixture
def drive() -> Iterator[Drive]:
    driven: list[ClientUnderTest] = []

    def put(value: object) -> ClientUnderTest:
        driven.append(ClientUnderTest(target_of(value), load_contract(), deadline=5, flooded=threading.Event()))
        return driven[-1]

    yield put
    for client in driven:
        client.close()


class Base:
    def __init__(self, api_key: str = "") -> None:
        self.closed: list[str] = []

    def create_transcription(self, *, input_audio: Any, model: str) -> str:
        return ", ".join(self.closed) or "open"

    async def create_transcription_async(self, *, input_audio: Any, model: str) -> str:
        return self.create_transcription(input_audio=input_audio, model=model)


class Context(Base):
    def __enter__(self) -> Self:
        self.closed.append("entered")
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.append("left")

    async def __aenter__(self) -> Self:
        self.closed.append("entered, awaited")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed.append("left, awaited")


class Methods(Context):
    def close(self) -> None:
        self.closed.append("close()")

    async def aclose(self) -> None:
        self.closed.append("aclose()")


class AsyncClose(Context):
    async def close(self) -> None:
        self.closed.append("close(), awaited")


class Broken(Base):
    def close(self) -> None:
        raise ValueError("no")


SINGLE = Methods()


def single(api_key: str) -> Methods:
    return SINGLE


def function(*, input_audio: Any, model: str, api_key: str) -> str:
    return "text"


@pytest.mark.parametrize(
    ("kind", "mode", "expected", "again"),
    [
        pytest.param(Methods, "sync", "close()", True, id="close"),
        pytest.param(Methods, "async", "aclose()", True, id="aclose"),
        pytest.param(AsyncClose, "async", "close(), awaited", True, id="asynchronous close"),
        pytest.param(AsyncClose, "sync", "entered, left", False, id="only asynchronous close"),
        pytest.param(Context, "sync", "entered, left", False, id="context"),
        pytest.param(Context, "async", "entered, awaited, left, awaited", False, id="asynchronous context"),
    ],
)
def test_each_way_to_close(drive: Drive, kind: object, mode: Mode, expected: str, *, again: bool) -> None:
    client = drive(kind)
    assert client.closable("k", mode)
    assert client.closable("k", mode, repeatedly=True) == again
    assert client.close_one("k", mode) == Transcript(None)
    assert client.call(CALL, mode, "k") == Transcript(expected)
    assert client.call(CALL, mode, "another") == Transcript("open")


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Base, id="nothing closes it"),
        pytest.param(SINGLE, id="an object of the user's"),
        pytest.param(function, id="a function"),
    ],
)
def test_what_cannot_be_closed(drive: Drive, value: object, mode: Mode) -> None:
    assert not drive(value).closable("k", mode)


def test_an_object_that_others_have_too_is_not_closed(drive: Drive) -> None:
    client = drive(single)
    client.open("another")
    assert not client.closable("k", "sync")


def test_what_closing_raises_is_its_outcome(drive: Drive) -> None:
    outcome = drive(Broken).close_one("k", "sync")
    assert isinstance(outcome, Failure)
    assert str(outcome.error) == "no"


def test_a_forgotten_client_is_made_anew(drive: Drive) -> None:
    client = drive(Methods)
    client.close_one("k", "sync")
    client.forget("k")
    assert client.call(CALL, "sync", "k") == Transcript("open")
    client.forget("never made")
