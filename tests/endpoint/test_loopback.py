"""The endpoint on real sockets, as other clients than httpx meet it."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, Fault, LoopbackServer, Reply, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = replace(load_contract(), base_url="https://api.invalid/v1")
BODY = b'{"input_audio":{"data":"","format":"wav"},"model":"m"}'
HEADERS = {"Authorization": "Bearer sk-1", "Content-Type": "application/json"}
PATH = "/v1/audio/transcriptions"
LIMIT = 10
Connect = Callable[[], http.client.HTTPConnection]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(Endpoint(CONTRACT)) as server:
        yield server


@pytest.fixture
def connect(server: LoopbackServer) -> Iterator[Connect]:
    with contextlib.ExitStack() as undo:

        def made() -> http.client.HTTPConnection:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
            undo.callback(connection.close)
            return connection

        yield made


def post(connection: http.client.HTTPConnection, body: bytes = BODY) -> http.client.HTTPResponse:
    connection.request("POST", PATH, body, HEADERS)
    return connection.getresponse()


def raw(server: LoopbackServer, sent: bytes, *, until_closed: bool = True) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
        connection.sendall(sent)
        received = connection.recv(65_536)
        while until_closed and (more := connection.recv(65_536)):
            received += more
    return received


def head(*lines: str) -> bytes:
    return "\r\n".join([f"POST {PATH} HTTP/1.1", f"Host: {urlsplit(CONTRACT.url).netloc}", *lines, "", ""]).encode()


class TestRequests:
    def test_the_endpoint_sees_what_was_sent(self, server: LoopbackServer, connect: Connect) -> None:
        post(connect()).read()
        (request,) = server.endpoint.requests
        assert (request.method, request.url, request.body) == ("POST", CONTRACT.url, BODY)
        assert ("Authorization", "Bearer sk-1") in request.headers

    def test_the_base_url_leads_to_the_operation(self, server: LoopbackServer) -> None:
        assert server.base_url == f"http://127.0.0.1:{server.port}/v1"

    def test_names_keep_their_case_and_repetitions(self, server: LoopbackServer) -> None:
        raw(server, head("x-A: 1", "X-a: 2", "Content-Length: 0", "Connection: close"))
        names = [name for name, _ in server.endpoint.requests[0].headers if name.lower() == "x-a"]
        assert names == ["x-A", "X-a"]

    def test_other_hosts_keep_their_name(self, server: LoopbackServer) -> None:
        raw(server, b"GET /x?y=1 HTTP/1.1\r\nHost: other.invalid:81\r\nConnection: close\r\n\r\n")
        assert server.endpoint.requests[0].url == "http://other.invalid:81/x?y=1"

    def test_a_target_may_be_a_whole_url(self, server: LoopbackServer) -> None:
        raw(server, b"GET http://other.invalid/x HTTP/1.1\r\nHost: other.invalid\r\nConnection: close\r\n\r\n")
        assert server.endpoint.requests[0].url == "http://other.invalid/x"

    def test_a_chunked_body_is_put_together(self, server: LoopbackServer, connect: Connect) -> None:
        connection = connect()
        connection.request("POST", PATH, iter([BODY[:9], BODY[9:]]), HEADERS, encode_chunked=True)
        assert connection.getresponse().status == 200
        assert server.endpoint.requests[0].body == BODY

    def test_a_client_that_waits_for_100_is_told_to_go_on(self, server: LoopbackServer) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
            connection.sendall(head(f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
            assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(BODY)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")

    def test_25_mb_arrive_whole(self, server: LoopbackServer, connect: Connect) -> None:
        body = b'{"input_audio":{"data":"%s","format":"wav"},"model":"m"}' % (b"A" * (25 << 20))
        assert post(connect(), body).status == 200
        assert server.endpoint.requests[0].digest == WireRequest("POST", "", (), body).digest

    def test_a_header_with_a_line_end_is_a_header_more(self, server: LoopbackServer) -> None:
        raw(server, head("X-Title: a\r\nX-Injected: b", "Content-Length: 0", "Connection: close"))
        assert server.endpoint.requests[0].header("x-injected") == "b"

    def test_what_is_no_http_is_told_so_and_is_on_no_ledger(self, server: LoopbackServer) -> None:
        assert raw(server, b"\x16\x03\x01 nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert not server.endpoint.requests


class TestReplies:
    def test_a_connection_is_kept(self, server: LoopbackServer, connect: Connect) -> None:
        connection = connect()
        post(connection).read()
        kept = connection.sock
        assert kept is not None
        post(connection).read()
        assert connection.sock is kept

    def test_requests_may_follow_each_other_unasked(self, server: LoopbackServer) -> None:
        once = head("Content-Length: 0")
        received = raw(server, once + once + head("Content-Length: 0", "Connection: close"))
        assert received.count(b"HTTP/1.1 401 ") == 3

    def test_a_request_that_comes_before_the_last_is_answered_waits_for_that(self, server: LoopbackServer) -> None:
        asked, go_on = threading.Event(), threading.Event()

        def answer(_: WireRequest) -> Reply:
            asked.set()
            go_on.wait(LIMIT)
            return Reply.transcript("first")

        server.endpoint.reply_with(answer, Reply.transcript("second"))
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
            connection.sendall(head("Content-Length: 0"))
            assert asked.wait(LIMIT)
            connection.sendall(head("Content-Length: 0", "Connection: close"))
            assert not server.settle()
            assert not server.endpoint.requests
            go_on.set()
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert received.index(b'{"text":"first"}') < received.index(b'{"text":"second"}')

    def test_headers_are_sent_as_they_are(self, server: LoopbackServer) -> None:
        server.endpoint.reply_with(Reply(status=299, headers=(("x-A", "ä"), ("X-a", "2")), body=b"{}"))
        received = raw(server, head("Content-Length: 0"))
        assert received == "HTTP/1.1 299 Unknown\r\nx-A: ä\r\nX-a: 2\r\nConnection: close\r\n\r\n{}".encode("latin-1")

    def test_a_length_may_be_a_lie(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply.raw(b"{}", "application/json", headers={"Content-Length": "3"}))
        with pytest.raises(http.client.IncompleteRead):
            post(connect()).read()

    def test_no_content_has_none(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply(status=204), Reply.transcript("next"))
        connection = connect()
        assert post(connection).read() == b""
        assert json.loads(post(connection).read()) == {"text": "next"}

    def test_functions_of_the_script_may_wait_for_each_other(self, server: LoopbackServer, connect: Connect) -> None:
        meeting = threading.Barrier(12, timeout=LIMIT)

        def answer(_: WireRequest) -> Reply:
            meeting.wait()
            return Reply.transcript("met")

        server.endpoint.reply_with(answer)
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(post(connect()).status)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        assert statuses == [200] * 12

    def test_a_delay_ends_with_the_clients_own_time(self) -> None:
        asked: list[tuple[float, Callable[[], None]]] = []
        noted = threading.Event()

        def after(seconds: float, callback: Callable[[], None]) -> None:
            asked.append((seconds, callback))
            noted.set()

        with LoopbackServer(Endpoint(CONTRACT), after=after) as server:
            server.endpoint.reply_with(Reply.transcript("late", delay=3600))
            with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
                connection.sendall(head("Content-Length: 0"))
                assert noted.wait(LIMIT)
                ((seconds, callback),) = asked
                assert (seconds, server.is_holding) == (3600, True)
                callback()
                assert connection.recv(65_536).endswith(b'{"text":"late"}')
            assert not server.is_holding


class TestFaults:
    @pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.RESET])
    def test_a_reset(self, server: LoopbackServer, connect: Connect, fault: Fault) -> None:
        server.endpoint.reply_with(Reply.broken(fault))
        with pytest.raises(ConnectionResetError):
            post(connect())

    def test_a_close_without_an_answer(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply.broken(Fault.CLOSED))
        with pytest.raises(http.client.RemoteDisconnected):
            post(connect())

    def test_a_body_that_is_cut(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply.wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"))
        with pytest.raises(http.client.IncompleteRead):
            post(connect()).read()

    def test_a_reset_within_the_body(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply.wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", then=Fault.RESET))
        with pytest.raises(ConnectionResetError):
            post(connect()).read()

    def test_bytes_in_pieces(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply.wire(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", pause=0.0001, size=5))
        assert post(connect()).read() == b"{}"

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param(Reply.wire(b"HTTP/1.1 200 OK", pause=3600, size=1), id="pieces"),
            pytest.param(Reply.transcript("late", delay=3600), id="delay"),
            pytest.param(Reply.broken(Fault.TIMEOUT), id="silence"),
        ],
    )
    def test_nothing_more_is_put_off_for_who_has_broken_off(self, reply: Reply) -> None:
        asked: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        with LoopbackServer(Endpoint(CONTRACT), after=lambda _, callback: asked.put(callback)) as server:
            server.endpoint.reply_with(reply)
            with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
                connection.sendall(head("Content-Length: 0"))
                go_on = asked.get(timeout=LIMIT)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
            server.settle()
            go_on()
            server.settle()
            assert not server.is_holding
            assert asked.empty()

    def test_silence_ends_when_nobody_would_wait_any_longer(self) -> None:
        with LoopbackServer(Endpoint(CONTRACT), patience=0.01) as server:
            server.endpoint.reply_with(Reply.broken(Fault.TIMEOUT))
            with pytest.raises(ConnectionResetError):
                raw(server, head("Content-Length: 0"))
            assert server.endpoint.requests

    @pytest.mark.parametrize("fault", [Fault.RESET, Fault.CLOSED])
    def test_the_next_connection_is_as_good_as_ever(
        self, server: LoopbackServer, connect: Connect, fault: Fault
    ) -> None:
        server.endpoint.reply_with(Reply.broken(fault), Reply.transcript("good"))
        with pytest.raises(ConnectionError):
            post(connect())
        assert post(connect()).status == 200


class TestRedirects:
    def test_to_another_host_they_lead_here_under_another_name(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(
            Reply.raw(b"", "text/plain", status=307, headers={"Location": "https://b.invalid/x"})
        )
        location = post(connect()).headers["location"]
        assert location == f"http://localhost:{server.port}/x"
        raw(server, f"GET /x HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: close\r\n\r\n".encode())
        assert server.endpoint.requests[-1].url == "https://b.invalid/x"

    def test_to_the_api_itself_they_lead_to_the_base_url(self, server: LoopbackServer, connect: Connect) -> None:
        headers = {"Location": "https://api.invalid/v2?x=1"}
        server.endpoint.reply_with(Reply.raw(b"", "text/plain", status=307, headers=headers))
        assert post(connect()).headers["location"] == f"http://127.0.0.1:{server.port}/v2?x=1"

    def test_a_path_stays_one(self, server: LoopbackServer, connect: Connect) -> None:
        server.endpoint.reply_with(Reply.raw(b"", "text/plain", status=307, headers={"Location": "/there"}))
        assert post(connect()).headers["location"] == "/there"


class TestTls:
    def test_any_name_has_a_certificate(self, server: LoopbackServer) -> None:
        assert server.authority is not None
        assert server.tls_port is not None
        context = ssl.create_default_context(cafile=str(server.authority.path))
        for host in ("api.invalid", "other.invalid"):
            with (
                socket.create_connection(("127.0.0.1", server.tls_port), timeout=LIMIT) as plain,
                context.wrap_socket(plain, server_hostname=host) as connection,
            ):
                connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                assert connection.recv(1024).startswith(b"HTTP/1.1 404 ")
        assert [request.url for request in server.endpoint.requests] == [
            "https://api.invalid/",
            "https://other.invalid/",
        ]

    def test_who_asks_for_no_name_gets_the_certificate_of_the_api(self, server: LoopbackServer) -> None:
        assert server.authority is not None
        assert server.tls_port is not None
        context = ssl.create_default_context(cafile=str(server.authority.path))
        context.check_hostname = False  # by which Python insists on a name
        with (
            socket.create_connection(("127.0.0.1", server.tls_port), timeout=LIMIT) as plain,
            context.wrap_socket(plain) as connection,
        ):
            assert (connection.getpeercert() or {})["subjectAltName"] == (("DNS", "api.invalid"),)

    def test_nobody_else_trusts_it(self, server: LoopbackServer) -> None:
        assert server.tls_port is not None
        with (
            socket.create_connection(("127.0.0.1", server.tls_port), timeout=LIMIT) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(plain, server_hostname="api.invalid")


class TestLife:
    def test_it_listens_on_ipv6_where_there_is_one(self, server: LoopbackServer) -> None:
        try:
            connection = socket.create_connection(("::1", server.port), timeout=LIMIT)
        except OSError as error:
            pytest.skip(f"no IPv6 here: {error}")
        connection.close()

    def test_closing_ends_it_and_may_be_repeated(self, server: LoopbackServer, connect: Connect) -> None:
        held = connect()
        post(held).read()
        server.close()
        server.close()
        with pytest.raises(OSError):  # noqa: PT011 - refused, or reset: what counts is that nobody answers
            post(connect())
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("stt-endpoint")]

    def test_settled_means_that_the_answer_is_there(self, server: LoopbackServer) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
            connection.sendall(head("Content-Length: 0"))
            assert server.settle()
            connection.setblocking(False)  # noqa: FBT003 - the name says it
            assert connection.recv(1024).startswith(b"HTTP/1.1 401 ")

    def test_a_request_that_is_on_its_way_is_not_settled(self, server: LoopbackServer) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
            connection.sendall(head("Content-Length: 1"))
            assert not server.settle()
