"""Clients that have the API's URL in their code, led to this machine without a change to them."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import httpx
import pytest
import requests
import urllib3

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, LoopbackServer, Reply, redirected
from pytest_openrouter_stt.guard import NetworkGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL = "https://api.invalid/v1/audio/transcriptions"
CONTRACT = replace(load_contract(), base_url="https://api.invalid/v1")
OLD_CONTEXT = ssl.create_default_context()


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    endpoint = Endpoint(CONTRACT)
    endpoint.reply_with(Reply.transcript("heard"))
    with NetworkGuard() as guard, LoopbackServer(endpoint) as server, guard.armed(), redirected(server):
        yield server
        assert not guard.take_egress_attempts()


def _aiohttp(url: str) -> str:
    async def post() -> str:
        async with aiohttp.ClientSession() as session, session.post(url, json={}) as response:
            return await response.text()

    return asyncio.run(post())


def _async_httpx(url: str) -> str:
    async def post() -> str:
        async with httpx.AsyncClient() as client:
            return (await client.post(url, json={})).text

    return asyncio.run(post())


def _httpx2(url: str) -> str:
    httpx2 = pytest.importorskip("httpx2")
    text: str = httpx2.post(url, json={}).text
    return text


CLIENTS: dict[str, Callable[[str], str]] = {
    "requests": lambda url: requests.post(url, json={}, timeout=10).text,
    "urllib3": lambda url: urllib3.PoolManager().request("POST", url, json={}).data.decode(),
    "urllib": lambda url: urllib.request.urlopen(urllib.request.Request(url, b"{}"), timeout=10).read().decode(),
    "httpx": lambda url: httpx.post(url, json={}).text,
    "async-httpx": _async_httpx,
    "httpx2": _httpx2,
    "aiohttp": _aiohttp,
}


@pytest.mark.parametrize("post", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("url", [URL, URL.replace("https", "http"), "https://other.invalid:8443/x"])
def test_it_is_seen_under_the_url_that_it_used(server: LoopbackServer, post: Callable[[str], str], url: str) -> None:
    assert post(url) == '{"text":"heard"}'
    assert [request.url for request in server.endpoint.requests] == [url]


def test_a_context_from_before_trusts_too(server: LoopbackServer) -> None:
    with urllib.request.urlopen(URL, b"{}", timeout=10, context=OLD_CONTEXT) as response:
        assert response.status == 200


def test_who_trusts_anybody_is_left_alone(server: LoopbackServer) -> None:
    assert httpx.post(URL, json={}, verify=False).is_success


def test_names_of_this_machine_keep_their_meaning(server: LoopbackServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_connection(other.getsockname()) as connection:
        assert connection.getpeername() == other.getsockname()
    assert socket.gethostbyname("localhost") == "127.0.0.1"


def test_addresses_are_left_to_the_guard() -> None:
    with NetworkGuard() as guard, LoopbackServer(Endpoint(CONTRACT)) as server, guard.armed(), redirected(server):
        with pytest.raises(OSError, match="beyond this machine"):
            socket.create_connection(("192.0.2.1", 443), timeout=0.1)
        assert [egress.target for egress in guard.egress_attempts] == ["192.0.2.1:443"]
    assert not server.endpoint.requests


def test_afterwards_all_is_as_before() -> None:
    before = [socket.getaddrinfo, socket.socket.connect, ssl.SSLContext.wrap_socket, dict(os.environ)]
    own = set(vars(socket.socket))
    with LoopbackServer(Endpoint(CONTRACT)) as server, redirected(server):
        assert before[0] is not socket.getaddrinfo
    assert before == [socket.getaddrinfo, socket.socket.connect, ssl.SSLContext.wrap_socket, dict(os.environ)]
    assert set(vars(socket.socket)) == own
