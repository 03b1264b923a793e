"""Measures what an answer costs, beside other fake servers: ``python -m tests.benchmarks.serving [--write]``."""

from __future__ import annotations

import argparse
import contextlib
import socket
import socketserver
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median, quantiles
from typing import TYPE_CHECKING

import httpx
import pytest
import respx

from pytest_openrouter_stt import Endpoint, LoopbackServer, Reply, intercept, load_contract
from tests.benchmarks.tables import COMMAND, DOCUMENT, machine, spread, verdict, write
from tests.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

URL = load_contract().url
BODY = b'{"text":"a transcript"}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
MICRO = 1e6
Call = Callable[..., None]
"""Sends a body, or a small one."""
Way = contextlib.AbstractContextManager[Call]
"""Has requests answered as long as it is entered."""

RAW, OURS = "a raw socket", "`LoopbackServer`"
BARE, RESPX, INTERCEPT = "`httpx.MockTransport`", "respx alone, one route", "`intercept()`"


def endpoint() -> Endpoint:
    made = Endpoint(load_contract(), max_requests=sys.maxsize)
    made.reply_with(Reply.raw(BODY, "application/json"))
    return made


# Inside of the process


def posting(client: httpx.Client, url: str = URL) -> Callable[..., None]:
    headers = {"Authorization": "Bearer k", "Content-Type": "application/json"}

    def post(body: bytes = b"{}") -> None:
        client.post(url, content=body, headers=headers).json()

    return post


@contextlib.contextmanager
def bare() -> Iterator[Call]:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=BODY))
    with httpx.Client(transport=transport) as client:
        yield posting(client)


@contextlib.contextmanager
def respx_alone() -> Iterator[Call]:
    with respx.mock() as router, httpx.Client() as client:
        router.post(URL).respond(200, content=BODY)
        yield posting(client)


@contextlib.contextmanager
def pytest_httpx() -> Iterator[Call]:
    from pytest_httpx._httpx_mock import HTTPXMock  # what its fixture makes, and how
    from pytest_httpx._options import _HTTPXMockOptions

    mock = HTTPXMock(_HTTPXMockOptions(can_send_already_matched_responses=True))
    mock.add_response(url=URL, content=BODY)
    with pytest.MonkeyPatch.context() as patch, httpx.Client() as client:

        def handle(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            response: httpx.Response = mock._handle_request(transport, request)  # noqa: SLF001
            return response

        patch.setattr(httpx.HTTPTransport, "handle_request", handle)
        yield posting(client)


@contextlib.contextmanager
def intercepted() -> Iterator[Call]:
    with intercept(endpoint()) as served, httpx.Client() as client:
        post = posting(client)

        def call(body: bytes = b"{}") -> None:
            post(body)
            if len(served.requests) > 1000:
                served.reset()
                served.reply_with(Reply.raw(BODY, "application/json"))

        yield call


# Over sockets


@contextlib.contextmanager
def exchanging(port: int) -> Iterator[Call]:
    with httpx.Client(trust_env=False) as client:
        yield posting(client, f"http://127.0.0.1:{port}/api/v1/audio/transcriptions")


@contextlib.contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Raw(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        while chunk := self.request.recv(65_536):
            received += chunk
            if received.endswith(b"\r\n\r\n{}"):
                received = b""
                self.request.sendall(RESPONSE)


class _AsItComes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None: ...


class _NoDelay(_AsItComes):
    disable_nagle_algorithm = True
    wbufsize = 65_536

    def do_POST(self) -> None:
        super().do_POST()
        self.wfile.flush()


@contextlib.contextmanager
def raw() -> Iterator[Call]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Raw)
    server.daemon_threads = True
    with running(server), exchanging(server.server_address[1]) as exchange:
        yield exchange


def _http_server(
    handler: type[BaseHTTPRequestHandler],
) -> Callable[[], Way]:
    @contextlib.contextmanager
    def serve() -> Iterator[Call]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        with running(server), exchanging(server.server_port) as exchange:
            yield exchange

    return serve


@contextlib.contextmanager
def ours() -> Iterator[Call]:
    with LoopbackServer(endpoint()) as server, exchanging(server.port) as exchange:
        yield exchange


@contextlib.contextmanager
def peer() -> Iterator[Call]:
    from pytest_httpserver import HTTPServer

    with HTTPServer(threaded=True) as server:
        server.expect_request("/api/v1/audio/transcriptions").respond_with_data(BODY, content_type="application/json")
        with exchanging(server.port) as exchange:
            yield exchange


INSIDE = {BARE: bare, RESPX: respx_alone, "pytest-httpx": pytest_httpx, INTERCEPT: intercepted}
SOCKETS = {
    RAW: raw,
    OURS: ours,
    "`http.server`, no delay, one write": _http_server(_NoDelay),
    "`http.server` as it comes": _http_server(_AsItComes),
    "pytest-httpserver, which keeps no connection": peer,
}


def measured(
    ways: Mapping[str, Callable[[], Way]],
    clock: Callable[[], float],
    rounds: int,
    calls: int,
) -> dict[str, list[list[float]]]:
    """Return the microseconds of each call of each round, the ways taken in turns."""
    figures: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, way in ways.items():
            with contextlib.suppress(ImportError), way() as call:
                for _ in range(20):
                    call()
                figures[name].append([_timed(call, clock) for _ in range(calls if "as it comes" not in name else 20)])
    return figures


def _timed(call: Call, clock: Callable[[], float]) -> float:
    begun = clock()
    call()
    return (clock() - begun) * MICRO


def tables(rounds: int, calls: int) -> str:
    inside = measured(INSIDE, time.process_time, rounds, calls)
    sockets = measured(SOCKETS, time.perf_counter, rounds, calls)
    return "\n\n".join(
        [
            (
                f"{machine()}, httpx {httpx.__version__}, respx {respx.__version__}; "
                f"{rounds} rounds of {calls} calls; `{COMMAND}`."
            ),
            _inside(inside),
            _sockets(sockets),
        ]
    )


def _inside(figures: dict[str, list[list[float]]]) -> str:
    rows = []
    bare = [median(part) for part in figures[BARE]]
    for name, parts in figures.items():
        middles = [median(part) for part in parts]
        more = median(one - base for one, base in zip(middles, bare, strict=True))
        target = f"≤ +150 µs: {verdict(more <= 150)}" if name == INTERCEPT else ""
        rows.append([name, spread(middles, ".0f"), f"+{more:.0f}", target])
    return table(["Inside of the process", "µs per call", "more than bare", "target"], *rows)


def _sockets(figures: dict[str, list[list[float]]]) -> str:
    rows = []
    floor = [median(part) for part in figures[RAW]]
    for name, parts in figures.items():
        middles = [median(part) for part in parts]
        ratio = median(one / base for one, base in zip(middles, floor, strict=True))
        late = median(quantiles(part, n=100)[98] for part in parts) / 1000
        target = f"≤ 1.25 × raw, ≤ 5 ms: {verdict(ratio <= 1.25 and late <= 5)}" if name == OURS else ""
        rows.append([name, spread(middles, ".0f"), f"{late:.2f}", f"{ratio:.2f}", target])
    return table(["Over sockets", "µs per call", "99th percentile, ms", "× raw", "target"], *rows)


def main() -> None:
    """Measure and print, and write into the documentation if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=300)
    arguments = parser.parse_args()
    text = tables(arguments.rounds, arguments.calls)
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        write("serving", text)


if __name__ == "__main__":
    main()
