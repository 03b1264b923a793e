"""httpx, intercepted: the API's host here is reserved (.invalid), so that nothing is reached even if all is broken."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Literal

import anyio
import httpcore
import httpx
import pytest
import respx

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, Fault, Reply, WireRequest, intercept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

Layer = Literal["httpcore", "httpx"]

CONTRACT = replace(load_contract(), base_url="https://api.invalid/v1")
URL = CONTRACT.url
OTHER = "https://other.invalid/"
BODY = b'{"input_audio":{"data":"","format":"wav"},"model":"m"}'
HEADERS = {"Authorization": "Bearer sk-1", "Content-Type": "application/json"}
PATCHED = (
    (httpx.Client, "_transport_for_url"),
    (httpx.AsyncClient, "_transport_for_url"),
    (httpcore.ConnectionPool, "handle_request"),
    (httpcore.AsyncConnectionPool, "handle_async_request"),
    (httpcore.HTTPConnection, "handle_request"),
)


@pytest.fixture(params=["httpcore", "httpx"])
def layer(request: pytest.FixtureRequest) -> Layer:
    chosen: Layer = request.param
    return chosen


@pytest.fixture(params=["sync", "asyncio", *(["trio"] if importlib.util.find_spec("trio") else [])])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint(CONTRACT)


def post(mode: str = "sync", content: Any = BODY, *, url: str = URL, **options: Any) -> httpx.Response:
    """Send a POST from a fresh client; without TLS contexts, which cost more than all the rest."""
    request = httpx.Request("POST", url, headers=HEADERS, content=content)
    return send(request, mode, **options)


def send(request: httpx.Request, mode: str = "sync", **options: Any) -> httpx.Response:
    settings = {"verify": False, "trust_env": False, "timeout": 5, **options}
    # A request that is sent by itself has no timeout of the client.
    request.extensions.setdefault("timeout", httpx.Timeout(settings["timeout"]).as_dict())
    if mode == "sync":
        with httpx.Client(**settings) as client:
            return client.send(request)

    async def send_async() -> httpx.Response:
        async with httpx.AsyncClient(**settings) as client:
            return await client.send(request)

    return asyncio.run(send_async()) if mode == "asyncio" else anyio.run(send_async, backend=mode)


@pytest.fixture
def loopback() -> Iterator[str]:
    """A real server's URL; it answers every GET with 204."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class TestEveryLayerAndMode:
    def test_the_request_arrives_and_its_answer_returns(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        with intercept(endpoint, layer=layer) as same:
            response = post(mode, url=f"{URL}?q=%2F%20ü#fragment")
        assert same is endpoint
        (exchange,) = endpoint.ledger
        request = exchange.request
        assert (request.method, request.body, request.bearer) == ("POST", BODY, "sk-1")
        assert request.url == f"{URL}?q=%2F%20%C3%BC"
        assert (response.status_code, response.content) == (200, exchange.reply.body)
        assert response.json()["text"]

    def test_headers_keep_their_case_and_order(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        lines = [("X-b", "1"), ("x-A", "2"), ("X-B", "3"), ("X-u", "ÿ")]
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]
        endpoint.reply_with(Reply(headers=tuple(lines)))
        with intercept(endpoint, layer=layer):
            response = send(httpx.Request("POST", URL, headers=raw), mode)
        assert response.headers.raw == raw
        assert [line for line in endpoint.requests[0].headers if line[0].lower().startswith("x-")] == lines

    @pytest.mark.parametrize("line", [(b"X-A", b"a\r\nX-B: b"), (b"X-\xfc", b"a"), (b"X-A", b" a")])
    def test_what_no_connection_carries_is_refused(
        self, endpoint: Endpoint, layer: Layer, mode: str, line: tuple[bytes, bytes]
    ) -> None:
        with intercept(endpoint, layer=layer), pytest.raises(httpx.LocalProtocolError):
            send(httpx.Request("POST", URL, headers=[line]), mode)
        assert endpoint.requests == ()

    @pytest.mark.parametrize("fault", Fault)
    def test_faults_are_those_of_httpx(self, endpoint: Endpoint, layer: Layer, mode: str, fault: Fault) -> None:
        endpoint.reply_with(Reply.broken(fault), Reply.transcript("the next call works"))
        with intercept(endpoint, layer=layer):
            with pytest.raises(httpx.TransportError) as caught:
                post(mode)
            assert post(mode).json() == {"text": "the next call works"}
        assert type(caught.value) is getattr(httpx, fault.value)
        assert caught.value.request.url == URL
        assert endpoint.ledger[0].reply.fault is fault

    def test_a_delay_beyond_the_read_timeout_is_a_timeout(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        endpoint.reply_with(Reply.transcript("late", delay=10))
        with intercept(endpoint, layer=layer), pytest.raises(httpx.ReadTimeout) as caught:
            post(mode, timeout=httpx.Timeout(5, read=0.01))
        assert caught.value.request.url == URL
        assert len(endpoint.ledger) == 1

    @pytest.mark.parametrize("timeout", [pytest.param(None, id="no limit"), pytest.param(5, id="longer limit")])
    def test_a_delay_within_it_is_waited_for(
        self, endpoint: Endpoint, layer: Layer, mode: str, timeout: float | None
    ) -> None:
        endpoint.reply_with(Reply.transcript("late", delay=0.02))
        with intercept(endpoint, layer=layer):
            assert post(mode, timeout=timeout).json() == {"text": "late"}

    def test_nothing_of_ours_is_raised_in_the_client(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        endpoint.reply_with(lambda _: 1 / 0, lambda _: None)  # type: ignore[arg-type, return-value] # both are broken
        with intercept(endpoint, layer=layer):
            assert [post(mode).status_code for _ in range(2)] == [200, 200]
        assert [type(problem) for problem in endpoint.problems] == [ZeroDivisionError, TypeError]

    def test_a_compressed_answer_is_decoded(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        packed = gzip.compress(b'{"text":"packed"}')
        endpoint.reply_with(Reply.raw(packed, "application/json", headers={"Content-Encoding": "gzip"}))
        with intercept(endpoint, layer=layer):
            assert post(mode).json() == {"text": "packed"}

    def test_a_body_of_25_MB_arrives_whole_and_once(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:  # noqa: N802 - the unit's name
        chunk, times = bytes(range(250)) * 4000, 25

        def stream() -> Iterator[bytes]:
            yield from [chunk] * times

        async def stream_async() -> AsyncIterator[bytes]:
            for part in stream():
                yield part

        endpoint.reply_with(Reply.transcript("large"))
        with intercept(endpoint, layer=layer):
            post(mode, stream() if mode == "sync" else stream_async())
        assert [request.body == chunk * times for request in endpoint.requests] == [True]

    def test_every_other_host_is_answered_too(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        with intercept(endpoint, layer=layer):
            assert post(mode, url=OTHER).status_code == 404
        assert [request.url for request in endpoint.requests] == [OTHER]

    def test_other_hosts_pass_through(self, endpoint: Endpoint, layer: Layer, mode: str, loopback: str) -> None:
        with intercept(endpoint, layer=layer, everything=False), intercept(endpoint, layer=layer, everything=False):
            assert send(httpx.Request("GET", loopback), mode).status_code == 204
            assert post(mode).status_code == 200
        assert [request.url for request in endpoint.requests] == [URL]


class TestBesideOtherRouters:
    """Only what is for the API's host is taken from a user's own router, whichever of them came first."""

    @pytest.mark.parametrize(
        "ours_first", [pytest.param(True, id="ours first"), pytest.param(False, id="theirs first")]
    )
    def test_their_routes_stay_theirs(self, endpoint: Endpoint, layer: Layer, mode: str, *, ours_first: bool) -> None:
        theirs = respx.MockRouter(using=layer)
        theirs.post(OTHER).respond(201)
        ours = intercept(endpoint, layer=layer, everything=False)
        first, second = (ours, theirs) if ours_first else (theirs, ours)
        with first, second:
            assert post(mode, url=OTHER).status_code == 201
            assert post(mode).status_code == 200
            with pytest.raises(AssertionError, match="not mocked"):
                post(mode, url=f"{OTHER}unknown")
        assert [request.url for request in endpoint.requests] == [URL]

    def test_theirs_goes_on_when_ours_ends_first(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        theirs = respx.MockRouter(using=layer, assert_all_called=False)
        theirs.post(OTHER).respond(201)
        with intercept(endpoint, layer=layer, everything=False):
            theirs.start()
        assert post(mode, url=OTHER).status_code == 201
        theirs.stop()


class TestNesting:
    def test_each_request_is_answered_once(self, layer: Layer, mode: str) -> None:
        endpoints = [Endpoint(CONTRACT) for _ in range(2)]
        with intercept(endpoints[0], layer=layer), intercept(endpoints[1], layer=layer):
            post(mode)
        assert sum(len(endpoint.ledger) for endpoint in endpoints) == 1

    def test_the_outer_one_stays_when_the_inner_one_closes(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        with intercept(endpoint, layer=layer):
            with intercept(Endpoint(CONTRACT), layer=layer):
                pass
            post(mode)
        assert len(endpoint.ledger) == 1

    def test_hosts_of_their_own(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        other = Endpoint(replace(CONTRACT, base_url=f"{OTHER}v1"))
        with intercept(endpoint, layer=layer, everything=False), intercept(other, layer=layer, everything=False):
            assert post(mode, url=other.contract.url).status_code == 200
            assert post(mode).status_code == 200
        assert [request.url for request in endpoint.requests] == [URL]
        assert [request.url for request in other.requests] == [other.contract.url]


class TestEnd:
    def test_httpx_is_as_before(self, endpoint: Endpoint, layer: Layer) -> None:
        def methods() -> list[Any]:
            return [getattr(owner, name) for owner, name in PATCHED]

        before = methods()
        with intercept(endpoint, layer=layer):
            assert methods() != before
        assert methods() == before
        with pytest.raises(KeyError), intercept(endpoint, layer=layer):
            raise KeyError
        assert methods() == before

    def test_an_endpoint_may_be_served_again(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        for _ in range(2):
            with intercept(endpoint, layer=layer):
                post(mode)
        assert len(endpoint.ledger) == 2


class Signing(httpx.HTTPTransport):
    """Changes what goes out, on the way to httpcore."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["X-Signed"] = "yes"
        return super().handle_request(request)


class SigningAsync(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["X-Signed"] = "yes"
        return await super().handle_async_request(request)


class Foreign(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Not built on httpcore."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(418)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(418)


class TestTransportsOfAClient:
    @pytest.mark.parametrize(
        ("layer", "seen"), [pytest.param("httpcore", "yes", id="below"), pytest.param("httpx", None, id="inside")]
    )
    def test_what_a_transport_really_sends_is_seen_below_httpx(
        self, endpoint: Endpoint, mode: str, layer: Layer, seen: str | None
    ) -> None:
        transport = (Signing if mode == "sync" else SigningAsync)(verify=False)
        with intercept(endpoint, layer=layer):
            post(mode, transport=transport)
        assert [request.header("x-signed") for request in endpoint.requests] == [seen]

    @pytest.mark.parametrize(
        ("layer", "status", "times"),
        [pytest.param("httpcore", 418, 0, id="below"), pytest.param("httpx", 200, 1, id="inside")],
    )
    def test_a_transport_without_httpcore_is_seen_inside_httpx_only(
        self, endpoint: Endpoint, mode: str, layer: Layer, status: int, times: int
    ) -> None:
        with intercept(endpoint, layer=layer):
            assert post(mode, transport=Foreign()).status_code == status
        assert len(endpoint.ledger) == times

    def test_a_proxy_makes_no_difference(self, endpoint: Endpoint, layer: Layer, mode: str) -> None:
        with intercept(endpoint, layer=layer):
            assert post(mode, proxy="http://proxy.invalid:1").status_code == 200
        assert [request.url for request in endpoint.requests] == [URL]

    def test_httpcore_without_httpx(self, endpoint: Endpoint) -> None:
        endpoint.reply_with(Reply.transcript("core"), Reply.broken(Fault.RESET))
        with intercept(endpoint), httpcore.ConnectionPool() as pool:
            assert pool.request("POST", URL, content=BODY).content == b'{"text":"core"}'
            with pytest.raises(httpcore.ReadError):
                pool.request("POST", URL)


def test_threads_and_tasks_each_get_their_own_answer(endpoint: Endpoint, layer: Layer) -> None:
    def echo(request: WireRequest) -> Reply:
        return Reply.raw(request.body, "text/plain", delay=0.001)

    async def tasks(client: httpx.AsyncClient, bodies: list[bytes]) -> list[bytes]:
        return [r.content for r in await asyncio.gather(*(client.post(URL, content=body) for body in bodies))]

    async def run_async(bodies: list[bytes]) -> list[bytes]:
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            return await tasks(client, bodies)

    bodies = [b"%d" % number for number in range(100)]
    endpoint.reply_with(echo)
    with intercept(endpoint, layer=layer):
        with httpx.Client(verify=False, trust_env=False) as client, ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda body: client.post(URL, content=body).content, bodies)) == bodies
        assert asyncio.run(run_async(bodies)) == bodies
    assert len(endpoint.ledger) == 200
