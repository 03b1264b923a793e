"""Where a request was sent from is known from the code that was under way."""

from __future__ import annotations

import asyncio
import socket
import threading
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import httpx
import pytest
import requests
import urllib3

from pytest_openrouter_stt import Endpoint, Reply, intercept, load_contract
from pytest_openrouter_stt.endpoint import CallSite, LoopbackServer, Origin, WireRequest, origin, redirected
from pytest_openrouter_stt.guard import NetworkGuard
from tests.clients import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTRACT = load_contract()
AUDIO = {"data": "UklGRg==", "format_": "wav"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with intercept(Endpoint(CONTRACT)) as served:
        yield served


def sent_from(endpoint: Endpoint) -> Origin:
    (request,) = endpoint.requests
    return request.sent_from


def post() -> None:
    with httpx.Client() as client:
        client.post(CONTRACT.url)


async def post_async() -> None:
    async with httpx.AsyncClient() as client:
        await client.post(CONTRACT.url)


def test_it_names_the_library_and_the_line_that_calls_it(endpoint: Endpoint) -> None:
    post()

    found = sent_from(endpoint)
    line = post.__code__.co_firstlineno + 2
    assert str(found) == f"httpx, called from tests/endpoint/test_origin.py:{line} in post"
    assert found.steps[0] == CallSite(__name__, "tests/endpoint/test_origin.py", line, "post")
    assert found.is_whole


def test_it_leads_through_the_client_to_its_caller(endpoint: Endpoint) -> None:
    reference.Client("key").create_transcription(input_audio=AUDIO, model="m")

    functions = [step.function for step in sent_from(endpoint).steps]
    assert functions[0] == "send"
    assert functions[-2:] == ["create_transcription", "test_it_leads_through_the_client_to_its_caller"]


def test_what_is_awaited_leads_to_its_caller(endpoint: Endpoint) -> None:
    async def call() -> None:
        await post_async()

    asyncio.run(call())

    found = sent_from(endpoint)
    assert [step.function for step in found.steps[:2]] == ["post_async", "call"]


@pytest.mark.parametrize("way", ["thread", "task"])
def test_a_thread_or_a_task_of_its_own_leads_no_further(endpoint: Endpoint, way: str) -> None:
    async def in_task() -> None:
        await asyncio.create_task(post_async())

    if way == "thread":
        thread = threading.Thread(target=post)
        thread.start()
        thread.join()
    else:
        asyncio.run(in_task())

    found = sent_from(endpoint)
    assert found.steps[0].function.startswith("post")
    assert not found.is_whole


def test_a_package_is_part_of_the_path() -> None:
    namespace = {"__name__": "mypkg", "__path__": [], "origin": origin}
    exec(compile("def send():\n  return origin()", "/home/me/lib/mypkg/__init__.py", "exec"), namespace)
    found = namespace["send"]()  # type: ignore[operator]

    assert str(found) == "mypkg/__init__.py:2 in send"


def test_nothing_known_is_said_plainly() -> None:
    assert str(Origin()) == "code that cannot be told"
    assert str(Origin("httpx")) == "httpx"


def test_requests_are_equal_wherever_they_were_sent_from() -> None:
    request = WireRequest("POST", CONTRACT.url, (), b"")

    assert replace(request, sent_from=Origin("httpx")) == request
    assert "httpx" not in repr(replace(request, sent_from=Origin("httpx")))


def _aiohttp() -> None:
    async def call() -> None:
        async with aiohttp.ClientSession() as session:
            await session.post(CONTRACT.url)

    asyncio.run(call())


_OVER_SOCKETS: dict[str, Callable[[], object]] = {
    "requests": lambda: requests.post(CONTRACT.url, timeout=10),
    "urllib.request": lambda: urllib.request.urlopen(urllib.request.Request(CONTRACT.url, b"{}"), timeout=10).close(),
    "urllib3": lambda: urllib3.PoolManager().request("POST", CONTRACT.url),
    "aiohttp": _aiohttp,
}


@pytest.mark.parametrize("library", _OVER_SOCKETS)
def test_over_sockets_it_is_the_code_that_connects(library: str) -> None:
    endpoint = Endpoint(CONTRACT)
    endpoint.reply_with(Reply.transcript("heard"))
    with NetworkGuard() as guard, LoopbackServer(endpoint) as server, guard.armed(), redirected(server):
        _OVER_SOCKETS[library]()

    found = sent_from(endpoint)
    assert str(found).startswith(f"{library}, called from tests/endpoint/test_origin.py:")


def test_over_sockets_only_so_many_are_remembered() -> None:
    peers = []
    with LoopbackServer(Endpoint(CONTRACT)) as server:
        for _ in range(2000):
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                server.note_origin(sock)
                peers.append(sock.getsockname())

    known = {peer for peer in peers if server.origin_of(peer) != Origin()}
    assert peers[-1] in known
    assert len(known) <= 1001
