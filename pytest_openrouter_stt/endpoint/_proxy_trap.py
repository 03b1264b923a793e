"""A loopback proxy that forwards nothing: it writes down who was asked for and answers 502.

Native code (libcurl, a child process) opens sockets that no Python hook sees, but it obeys the proxy variables.
Pointing these here turns such a request into a recorded refusal.
"""

from __future__ import annotations

import contextlib
import socketserver
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

UNKNOWN_TARGET = "unknown host"
"""The target of a connection whose request names none, or that ended before its request."""

# http.server is not used: its bind() looks up the machine's full name, which is itself a name lookup.
_MAX_LINE = 65_536
_MAX_READS = 1_024
_BODY = b"pytest-openrouter-stt: this request was not intercepted\n"
_ANSWER = (
    b"HTTP/1.1 502 Bad Gateway\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: close\r\n\r\n%b"
) % (len(_BODY), _BODY)


class ProxyTrap:
    """A proxy on 127.0.0.1 that answers 502 to everything and reports each target.

    Args:
        on_target: Called in a thread of the trap, before the answer is sent, with the target as ``host:port`` (or
            ``UNKNOWN_TARGET``) and the client's own TCP port, which tells which socket of this process asked.
    """

    def __init__(self, on_target: Callable[[str, int], None]) -> None:
        self._on_target = on_target
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int | None:
        """The TCP port on 127.0.0.1; None while the trap does not listen."""
        return self._server.port if self._server else None

    def start(self) -> str:
        """Listen, unless it does already.

        Returns:
            The proxy's URL, such as ``http://127.0.0.1:40961``.

        Raises:
            OSError: This machine does not let a process listen on 127.0.0.1.
        """
        if self._server is None:
            self._server = _Server(self._on_target)
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.1},  # bounds how long close() waits
                name="stt-proxy-trap",
                daemon=True,
            )
            self._thread.start()
        return f"http://127.0.0.1:{self._server.port}"

    def close(self) -> None:
        """Stop listening and end the thread, within a fraction of a second; harmless when repeated."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, on_target: Callable[[str, int], None]) -> None:
        self.on_target = on_target
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port: int = self.socket.getsockname()[1]

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Stay silent: a client that hangs up early is no news, and the base class prints a traceback."""


class _Handler(socketserver.StreamRequestHandler):
    timeout = 2.0  # seconds for the request line; the threads are daemons, so nobody waits for it
    server: _Server

    def handle(self) -> None:
        target = self._read_target()
        # Before the answer, so that the record is there when the client's call returns.
        self.server.on_target(target, self.client_address[1])
        with contextlib.suppress(OSError):
            self.wfile.write(_ANSWER)
            self._drain()

    def _read_target(self) -> str:
        try:
            return _target(self.rfile.readline(_MAX_LINE))
        except OSError:
            return UNKNOWN_TARGET

    def _drain(self) -> None:
        """Read what is left: closing over unread bytes resets the connection, and the client loses the answer."""
        self.request.settimeout(0.5)
        for _ in range(_MAX_READS):
            if not self.request.recv(_MAX_LINE):
                return


def _target(line: bytes) -> str:
    """Return the ``host:port`` that a proxy request's first line asks for."""
    match line.decode("latin-1").split():
        case ["CONNECT", authority, *_]:
            return authority
        case [_, url, *_]:
            return _url_target(url)
        case _:
            return UNKNOWN_TARGET


def _url_target(url: str) -> str:
    """Return ``host:port`` of an absolute URL; never its path or query, which may hold a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (KeyError, ValueError):
        return UNKNOWN_TARGET
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
