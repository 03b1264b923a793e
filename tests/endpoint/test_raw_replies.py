"""Replies given as bytes: an HTTP client reads them as it reads a socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from pytest_openrouter_stt import Endpoint, Fault, Reply
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import intercept

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_openrouter_stt.endpoint.respx import Layer

URL = load_contract().url
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n"
WHOLE = HEAD + b'\r\n{"text": "a"}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TIMEOUT = 0.01

BROKEN = {
    "no bytes": (Reply.wire(b""), httpx.RemoteProtocolError),
    "truncated": (Reply.wire(WHOLE[:-3]), httpx.RemoteProtocolError),
    "reset in the head": (Reply.wire(HEAD, then=Fault.RESET), httpx.ReadError),
    "reset in the body": (Reply.wire(WHOLE[:-3], then=Fault.RESET), httpx.ReadError),
    "silent in the body": (Reply.wire(WHOLE[:-3], then=Fault.TIMEOUT), httpx.ReadTimeout),
    "too slow": (Reply.wire(WHOLE, pause=60), httpx.ReadTimeout),
    "no HTTP": (Reply.wire(b"\x00\x01\r\n\r\n"), httpx.RemoteProtocolError),
    "bad chunk": (Reply.wire(CHUNKED + b"zz\r\n{}"), httpx.RemoteProtocolError),
    "cut chunk": (Reply.wire(CHUNKED + b"ff\r\n{}"), httpx.RemoteProtocolError),
}
READ = {
    "whole": Reply.wire(WHOLE),
    "in pieces": Reply.wire(WHOLE, pause=0.0001, size=7),
    "with more behind it": Reply.wire(WHOLE + b"HTTP/1.1 500"),
    "10,000 header lines": Reply.wire(HEAD + b"X-A: b\r\n" * 10_000 + WHOLE.removeprefix(HEAD)),
    "in chunks": Reply.wire(CHUNKED + b'd\r\n{"text": "a"}\r\n0\r\n\r\n'),
}


def _post(reply: Reply, layer: Layer) -> httpx.Response:
    endpoint = Endpoint(load_contract())
    endpoint.reply_with(reply)
    with intercept(endpoint, layer=layer), httpx.Client(timeout=TIMEOUT) as client:
        return client.post(URL, json={})


def _post_async(reply: Reply, layer: Layer) -> httpx.Response:
    async def post() -> httpx.Response:
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            return await client.post(URL, json={})

    endpoint = Endpoint(load_contract())
    endpoint.reply_with(reply)
    with intercept(endpoint, layer=layer):
        return asyncio.run(post())


both_ways = pytest.mark.parametrize("post", [_post, _post_async], ids=["sync", "async"])
both_layers = pytest.mark.parametrize("layer", ["httpcore", "httpx"])


@both_ways
@both_layers
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_response_is_the_transports_own_error(
    name: str, layer: Layer, post: Callable[[Reply, Layer], httpx.Response]
) -> None:
    reply, error = BROKEN[name]

    with pytest.raises(error):
        post(reply, layer)


@both_ways
@both_layers
@pytest.mark.parametrize("name", READ)
def test_a_sound_response_is_read(name: str, layer: Layer, post: Callable[[Reply, Layer], httpx.Response]) -> None:
    response = post(READ[name], layer)

    assert response.status_code == 200
    assert response.json() == {"text": "a"}


def test_the_status_line_is_the_status() -> None:
    assert Reply.wire(WHOLE).status == 200
    assert Reply.wire(b"garbage").status == 0


def test_it_says_how_it_ends() -> None:
    assert str(Reply.wire(WHOLE)) == f"{len(WHOLE)} raw bytes, then closed"
    assert str(Reply.wire(b"", then=Fault.RESET)) == "0 raw bytes, then reset"


@pytest.mark.parametrize(("name", "arguments"), [("pause", {"pause": -1.0}), ("size", {"size": 0})])
def test_what_cannot_be_served_is_refused(name: str, arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=name):
        Reply.wire(WHOLE, **arguments)  # type: ignore[arg-type] # sizes are whole numbers
