"""Measures what an answer costs, beside other fake servers: ``python -m tests.benchmarks.serving [--write]``."""

from __future__ import annotations

import argparse
import contextlib
import platform
import socket
import socketserver
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import httpx
import respx

from pytest_openrouter_stt import Endpoint, LoopbackServer, Reply, intercept, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "performance.md"
URL = load_contract().url
BODY = b'{"text":"a transcript"}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
MICRO = 1e6

RAW, OURS = "a raw socket", "`LoopbackServer`"
BARE, RESPX, INTERCEPT = "`httpx.MockTransport`", "respx alone, one route", "`intercept()`"


def endpoint() -> Endpoint:
    made = Endpoint(load_contract(), max_requests=sys.maxsize)
    made.reply_with(Reply.raw(BODY, "application/json"))
    return made


# Inside of the process


def posted(client: httpx.Client, url: str = URL) -> None:
    client.post(url, json={}, headers={"Authorization": "Bearer k"}).json()


@contextlib.contextmanager
def bare() -> Iterator[Callable[[], None]]:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=BODY))
    with httpx.Client(transport=transport) as client:
        yield lambda: posted(client)


@contextlib.contextmanager
def respx_alone() -> Iterator[Callable[[], None]]:
    with respx.mock() as router, httpx.Client() as client:
        router.post(URL).respond(200, content=BODY)
        yield lambda: posted(client)


@contextlib.contextmanager
def intercepted() -> Iterator[Callable[[], None]]:
    with intercept(endpoint()) as served, httpx.Client() as client:

        def call() -> None:
            posted(client)
            if len(served.requests) > 1000:
                served.reset()
                served.reply_with(Reply.raw(BODY, "application/json"))

        yield call


# Over sockets


@contextlib.contextmanager
def exchanging(port: int) -> Iterator[Callable[[], None]]:
    with httpx.Client(trust_env=False) as client:
        yield lambda: posted(client, f"http://127.0.0.1:{port}/api/v1/audio/transcriptions")


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
def raw() -> Iterator[Callable[[], None]]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Raw)
    server.daemon_threads = True
    with running(server), exchanging(server.server_address[1]) as exchange:
        yield exchange


def _http_server(
    handler: type[BaseHTTPRequestHandler],
) -> Callable[[], contextlib.AbstractContextManager[Callable[[], None]]]:
    @contextlib.contextmanager
    def serve() -> Iterator[Callable[[], None]]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        with running(server), exchanging(server.server_port) as exchange:
            yield exchange

    return serve


@contextlib.contextmanager
def ours() -> Iterator[Callable[[], None]]:
    with LoopbackServer(endpoint()) as server, exchanging(server.port) as exchange:
        yield exchange


@contextlib.contextmanager
def peer() -> Iterator[Callable[[], None]]:
    from pytest_httpserver import HTTPServer

    with HTTPServer(threaded=True) as server:
        server.expect_request("/api/v1/audio/transcriptions").respond_with_data(BODY, content_type="application/json")
        with exchanging(server.port) as exchange:
            yield exchange


INSIDE = {BARE: bare, RESPX: respx_alone, INTERCEPT: intercepted}
SOCKETS = {
    RAW: raw,
    OURS: ours,
    "`http.server`, no delay, one write": _http_server(_NoDelay),
    "`http.server` as it comes": _http_server(_AsItComes),
    "pytest-httpserver, which keeps no connection": peer,
}


def measured(
    ways: Mapping[str, Callable[[], contextlib.AbstractContextManager[Callable[[], None]]]],
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


def _timed(call: Callable[[], None], clock: Callable[[], float]) -> float:
    begun = clock()
    call()
    return (clock() - begun) * MICRO


def tables(rounds: int, calls: int) -> str:
    inside = measured(INSIDE, time.process_time, rounds, calls)
    sockets = measured(SOCKETS, time.perf_counter, rounds, calls)
    return "\n\n".join(
        [
            (
                f"{platform.machine()}, Linux, CPython {platform.python_version()}, httpx {httpx.__version__}, respx "
                f"{respx.__version__}; {rounds} rounds of {calls} calls; `nox -f .ci/noxfile.py -s benchmarks`."
            ),
            _inside(inside),
            _sockets(sockets),
        ]
    )


def _inside(figures: dict[str, list[list[float]]]) -> str:
    lines = ["| Inside of the process | µs per call | more than bare | target |", "| --- | --- | --- | --- |"]
    bare = [median(part) for part in figures[BARE]]
    for name, parts in figures.items():
        middles = [median(part) for part in parts]
        more = median(one - base for one, base in zip(middles, bare, strict=True))
        target = f"≤ +150 µs: {_verdict(more <= 150)}" if name == INTERCEPT else ""
        lines.append(
            f"| {name} | {median(middles):.0f} ({min(middles):.0f}–{max(middles):.0f}) | +{more:.0f} | {target} |"
        )
    return "\n".join(lines)


def _sockets(figures: dict[str, list[list[float]]]) -> str:
    lines = ["| Over sockets | µs per call | 99th percentile, ms | × raw | target |", "| --- | --- | --- | --- | --- |"]
    floor = [median(part) for part in figures[RAW]]
    for name, parts in figures.items():
        middles = [median(part) for part in parts]
        ratio = median(one / base for one, base in zip(middles, floor, strict=True))
        late = median(quantiles(part, n=100)[98] for part in parts) / 1000
        ok = ratio <= 1.25 and late <= 5
        target = f"≤ 1.25 × raw, ≤ 5 ms: {_verdict(ok)}" if name == OURS else ""
        spread = f"{median(middles):.0f} ({min(middles):.0f}–{max(middles):.0f})"
        lines.append(f"| {name} | {spread} | {late:.2f} | {ratio:.2f} | {target} |")
    return "\n".join(lines)


def _verdict(ok: bool) -> str:  # noqa: FBT001
    return "ok" if ok else "**not**"


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
        document = DOCUMENT.read_text("utf-8")
        opening, closing = "<!-- serving -->\n", "<!-- end of serving -->"
        before, after = document.partition(opening)[0], document.partition(closing)[2]
        DOCUMENT.write_text(f"{before}{opening}\n{text}\n\n{closing}{after}", "utf-8")


if __name__ == "__main__":
    main()
