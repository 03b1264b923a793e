"""One connection of the loopback server: HTTP/1.1 as a client sends it, answered with the bytes of a reply."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, cast

import h11

from .endpoint import Fault, Reply
from .wire import WireRequest

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket
    from collections.abc import Callable, Iterator

    from .wire import Origin

_MAX_HEAD = 1 << 20
"""A head of more bytes is refused; h11's own limit is less than clients with long headers need."""

_AT_ONCE = 32_768
"""So many bytes the system takes at once, so that nothing waits to be sent any more."""

_WITHOUT_BODY = frozenset({204, 304})
_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing the socket then resets the connection (RFC 9293, 3.10.7.4)."""


class Site(Protocol):
    """What a connection needs of the server that it belongs to."""

    def ask(self, request: WireRequest, give: Callable[[Reply], None]) -> None:
        """Find out what is answered, and give it, on the server's loop."""

    def opened(self, connection: HttpConnection) -> None:
        """Take note of a new connection."""

    def closed(self, connection: HttpConnection) -> None:
        """Forget one that has ended."""

    def expect_more(self, connection: HttpConnection, *, more: bool) -> None:
        """Take note of whether a request has begun on *connection* that has not ended."""

    def origin_of(self, peer: object) -> Origin:
        """Return which code opened the connection that has *peer* at its other end."""

    def url(self, scheme: str, host: str, target: str) -> str:
        """Return the URL that the client asked for."""

    def location(self, scheme: str, value: str) -> str:
        """Return where a redirect to *value* leads this client."""

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Call *function* on the server's loop once *seconds* have passed."""

    def in_silence(self, function: Callable[[], None]) -> None:
        """Call *function* when nobody would wait any longer."""


class HttpConnection(asyncio.Protocol):
    """Takes requests, one after the other, and answers each.

    Args:
        site: Whom it belongs to.
        scheme: ``http`` or ``https``.
    """

    def __init__(self, site: Site, scheme: str) -> None:
        self._site = site
        self._scheme = scheme
        self._begin(b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a new connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._site.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take what a client has sent."""
        self._parser.receive_data(data)
        self._advance()
        self._site.expect_more(self, more=self._has_begun())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's interface
        """Forget the connection."""
        self._site.closed(self)

    def drop(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    def eof_received(self) -> bool:
        """Close at once, unless an answer is under way: a client may close its half when it has asked, but for TLS."""
        return self._is_answering and self._scheme == "http"

    def _has_begun(self) -> bool:
        """Whether there is a part of a request, but not all of it."""
        return self._head is not None and not self._is_answering

    def _begin(self, rest: bytes) -> None:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self._head: h11.Request | None = None
        self._body: list[bytes] = []
        self._is_answering = False
        if rest:
            self.data_received(rest)

    def _advance(self) -> None:
        try:
            while not self._is_answering and self._take(self._parser.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._refuse(str(error))

    def _take(self, event: object) -> bool:
        """Take what the parser found; return whether there may be more."""
        match event:
            case h11.Request():
                self._head = event
                if self._parser.they_are_waiting_for_100_continue:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            case h11.Data():
                self._body.append(bytes(event.data))
            case h11.EndOfMessage():
                self._answer()
            case _:
                return False
        return True

    def _refuse(self, problem: str) -> None:
        """Answer what cannot be parsed as servers do; it is no request, so it is on no ledger."""
        self._is_answering = True
        self._send(Reply.error(400, f"This is not HTTP/1.1: {problem}."), keep=False)

    def _answer(self) -> None:
        assert self._head is not None, "a message has a beginning"  # noqa: S101
        self._is_answering = True
        self._site.ask(self._request(self._head), self._give_in_time)

    def _give_in_time(self, reply: Reply) -> None:
        if reply.delay:
            self._site.later(reply.delay, lambda: self._give(reply))
        else:
            self._give(reply)

    def _request(self, head: h11.Request) -> WireRequest:
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers.raw_items())
        host = next((value for name, value in headers if name.lower() == "host"), "")
        url = self._site.url(self._scheme, host, head.target.decode("latin-1"))
        sent_from = self._site.origin_of(self._transport.get_extra_info("peername"))
        return WireRequest(head.method.decode("latin-1"), url, headers, b"".join(self._body), sent_from)

    def _give(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        if reply.stream is not None:
            self._send_pieces(reply, reply.pieces())
        elif reply.fault is not None:
            self._end_with(reply.fault, reply)
        else:
            self._send(reply, keep=self._is_kept(reply))

    def _is_kept(self, reply: Reply) -> bool:
        """Whether the client knows where the reply ends, and wants to go on."""
        assert self._head is not None, "a message has a beginning"  # noqa: S101
        asks = [value.lower() for name, value in self._head.headers if name == b"connection"]
        framed = _is_bodiless(reply) or reply.header("content-length") == str(len(reply.body))
        closes = (reply.header("connection") or "").lower() == "close"
        return framed and not closes and b"close" not in asks and self._head.http_version == b"1.1"

    def _send(self, reply: Reply, *, keep: bool) -> None:
        is_head = self._head is not None and self._head.method == b"HEAD"
        parts = [self._head_of(reply, keep=keep), b"" if is_head or _is_bodiless(reply) else reply.body]
        for part in [b"".join(parts)] if len(reply.body) <= _AT_ONCE else parts:
            self._transport.write(part)
        if keep:
            self._begin(self._parser.trailing_data[0])
        else:
            self._close(len(reply.body))

    def _head_of(self, reply: Reply, *, keep: bool) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
        lines += [f"{name}: {self._value(name, value)}" for name, value in reply.headers]
        if not keep and reply.header("connection") is None:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _value(self, name: str, value: str) -> str:
        return self._site.location(self._scheme, value) if name.lower() == "location" else value

    def _send_pieces(self, reply: Reply, pieces: Iterator[bytes]) -> None:
        while (piece := next(pieces, None)) is not None:
            if reply.pause:
                self._site.later(reply.pause, lambda piece=piece: self._send_piece(reply, piece, pieces))  # type: ignore[misc] # one argument, with a default
                return
            self._transport.write(piece)
        self._end_with(reply.fault or Fault.CLOSED, reply)

    def _send_piece(self, reply: Reply, piece: bytes, others: Iterator[bytes]) -> None:
        if not self._transport.is_closing():
            self._transport.write(piece)
            self._send_pieces(reply, others)

    def _end_with(self, fault: Fault, reply: Reply) -> None:
        match fault:
            case Fault.CLOSED:
                self._close(len(reply.stream or b""))
            case Fault.TIMEOUT:
                self._site.in_silence(self._reset)
            case _:  # nobody can be refused who is connected already, so this is a reset too
                self._reset()

    def _close(self, size: int) -> None:
        """Close after *size* bytes; under TLS, asyncio would wait until the client, which is not reading, agrees."""
        self._transport.close()
        connection: TransportSocket | None = self._transport.get_extra_info("socket")
        if self._scheme == "https" and connection is not None and size <= _AT_ONCE:
            with contextlib.suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_WR)

    def _reset(self) -> None:
        connection: TransportSocket | None = self._transport.get_extra_info("socket")
        if connection is not None and not self._transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()


def _is_bodiless(reply: Reply) -> bool:
    return reply.status < 200 or reply.status in _WITHOUT_BODY  # noqa: PLR2004 - RFC 9110, 6.4.1


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
