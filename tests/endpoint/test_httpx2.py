"""httpx2, intercepted as httpx is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, Fault, Reply, intercept

if TYPE_CHECKING:
    from collections.abc import Iterator

httpx2 = pytest.importorskip("httpx2")

CONTRACT = replace(load_contract(), base_url="https://api.invalid/v1")
LIMITS: dict[str, Any] = {"verify": False, "trust_env": False, "timeout": 5}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with intercept(Endpoint(CONTRACT), layer="httpcore2") as endpoint:
        yield endpoint


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def post(mode: str, **body: object) -> Any:
    if mode == "sync":
        with httpx2.Client(**LIMITS) as client:
            return client.post(CONTRACT.url, json=body)

    async def post_async() -> Any:
        async with httpx2.AsyncClient(**LIMITS) as client:
            return await client.post(CONTRACT.url, json=body)

    return asyncio.run(post_async())


def test_it_is_seen_and_answered(endpoint: Endpoint, mode: str) -> None:
    endpoint.reply_with(Reply.transcript("heard"))
    assert post(mode, a=1).json() == {"text": "heard"}
    (request,) = endpoint.requests
    assert (request.method, request.url, request.json()) == ("POST", CONTRACT.url, {"a": 1})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply.broken(Fault.REFUSED), "ConnectError"),
        (Reply.broken(Fault.RESET), "ReadError"),
        (Reply.broken(Fault.TIMEOUT), "ReadTimeout"),
        (Reply.wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), "RemoteProtocolError"),
    ],
    ids=["refused", "reset", "timeout", "cut"],
)
def test_faults_are_its_own_errors(endpoint: Endpoint, mode: str, reply: Reply, error: str) -> None:
    endpoint.reply_with(reply)
    with pytest.raises(getattr(httpx2, error)):
        post(mode)


def test_the_fixture_answers_it_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import httpx, httpx2

        def test_both(stt_endpoint, stt_contract):
            for library in (httpx, httpx2):
                assert library.post(stt_contract.url, json={}).status_code == 401
            assert len(stt_endpoint.requests) == 2
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
