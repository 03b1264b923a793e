"""The loopback server: an endpoint on real sockets of this machine, plain and under TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import selectors
import socket
import ssl
import tempfile
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from time import monotonic as real_time
from typing import TYPE_CHECKING, Any, Self
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

from pytest_openrouter_stt.guard import is_local

from .http_connection import HttpConnection
from .wire import UNKNOWN, Origin, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from .endpoint import Endpoint, Reply
    from .wire import WireRequest

_MODULE = "trustme"
EXTRA = "pytest-openrouter-stt[loopback]"
"""What to install for TLS."""


def has_authority() -> bool:
    """Whether the library that makes certificates is installed: it comes with the extra `EXTRA`."""
    return find_spec(_MODULE) is not None


class Authority:
    """Signs for any host; its key is in the memory of this process only, and dies with it.

    Attributes:
        path: A file with its certificate, for what reads it by its name.
    """

    def __init__(self) -> None:
        import trustme  # noqa: PLC0415 - an extra

        self._ca = trustme.CA()
        self._pem = self._ca.cert_pem.bytes().decode("ascii")
        self._folder = tempfile.TemporaryDirectory(prefix="stt-")
        self._trusting: weakref.WeakSet[ssl.SSLContext] = weakref.WeakSet()
        self._for_host = lru_cache(maxsize=64)(self._made_for)
        self.path = Path(self._folder.name, "authority.pem")
        self.path.write_text(self._pem, encoding="ascii")

    def close(self) -> None:
        """Remove the file."""
        self._folder.cleanup()

    def let_trust(self, context: ssl.SSLContext) -> None:
        """Let a client's *context* trust this authority, unless it trusts anybody."""
        if context not in self._trusting and context.verify_mode != ssl.CERT_NONE:
            context.load_verify_locations(cadata=self._pem)
            self._trusting.add(context)

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return what a server uses for clients that ask for another host by its name, and for *host* if for none."""
        context = self._made_for(host)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
        if host:
            connection.context = self._for_host(host)

    def _made_for(self, host: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        context.num_tickets = 0  # a ticket makes a client's socket readable when there is nothing to read
        self._ca.issue_cert(host).configure_cert(context)
        return context


THREAD_NAME = "stt-endpoint"
"""The names of the server's threads begin with it."""

_MAX_AT_WORK = 64
"""Functions of the script that may wait for each other."""

_ROUNDS = 5
"""How often a loop comes round until an accepted socket has become a connection."""

_SILENCE = 600.0
"""Seconds of the client's clock after which a silent connection is reset: balancers do not wait longer."""

_NEXT_BYTES = 0.25
"""Seconds in which more of a request comes, if it is on its way: kernels may hold a large one back for a moment."""

_MAX_ORIGINS = 1000
"""Connections whose origin is remembered; afterwards it begins anew."""

_LIMIT = 10.0
"""Seconds that the server's thread may take for a little: one that takes longer is stuck."""

_ADDRESS = "127.0.0.1"
_ADDRESS_6 = "::1"
_ALIAS = "localhost"
"""Under this name, redirects to other hosts lead back here, for clients that were given a base URL."""


class _Selector(selectors.DefaultSelector):
    """Tells when a loop has nothing left to do but to wait.

    Attributes:
        waiting: Who wants to be told, each once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[queue.SimpleQueue[None]] = []

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; before it waits for that, it says so."""
        if not self.waiting:
            return super().select(timeout)
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        while self.waiting:
            self.waiting.pop().put(None)
        return super().select(timeout)


class LoopbackServer:
    """Serves *endpoint* on 127.0.0.1 and, where there is one, on [::1]; a context manager.

    Args:
        endpoint: Who answers.
        after: Calls back once so many seconds have passed on the client's clock; in reality only when left out.
        patience: After so many real seconds, a client that is still kept waiting is dropped: one whose clock nobody
            can move on, such as another process.

    Attributes:
        port: The TCP port of plain HTTP.
        tls_port: That of HTTPS; ``None`` without the extra that makes certificates.
        authority: Who signs for HTTPS, or ``None``.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        after: Callable[[float, Callable[[], None]], None] | None = None,
        patience: float = _SILENCE,
    ) -> None:
        self.endpoint = endpoint
        self.port = 0
        self.tls_port: int | None = None
        self.authority = Authority() if has_authority() else None
        self._after = after
        self._patience = patience
        self._origin = urlsplit(endpoint.contract.url)
        self._elsewhere: dict[str, str] = {}
        self._servers: list[asyncio.Server] = []
        self._origins: dict[int, Origin] = {}
        self._at_work = 0
        self._held = 0
        self._connections: set[HttpConnection] = set()
        self._unfinished: dict[HttpConnection, float] = {}
        self._pool = ThreadPoolExecutor(_MAX_AT_WORK, thread_name_prefix=THREAD_NAME)
        self._selector = _Selector()
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self._thread = threading.Thread(target=self._serve, name=THREAD_NAME, daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """What a client is given in place of the API's own base URL."""
        return f"http://{_ADDRESS}:{self.port}{urlsplit(self.endpoint.contract.base_url).path}".rstrip("/")

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: This machine does not let a process listen on 127.0.0.1.
        """
        self._thread.start()
        self.port = self._run(self._listen("http"))
        if self.authority is not None:
            self.tls_port = self._run(self._listen("https"))

    def close(self) -> None:
        """Stop listening, drop every connection and end the thread; harmless when repeated."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_LIMIT)
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self.authority is not None:
            self.authority.close()

    def settle(self) -> bool:
        """Return as soon as all that was sent so far is taken, and answered if it is answered at once.

        Returns:
            Whether it is; else a request is still on its way, or a function of the endpoint's script at work.
        """
        at_rest: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._loop.call_soon_threadsafe(self._selector.waiting.append, at_rest)
        with contextlib.suppress(queue.Empty):
            at_rest.get(timeout=_LIMIT)
        now = real_time()
        is_sending = any(now - last < _NEXT_BYTES for last in tuple(self._unfinished.values()))
        return self._at_work == 0 and not is_sending

    @property
    def is_holding(self) -> bool:
        """Whether something is kept back that a client may wait for."""
        return self._held > 0

    def ask(self, request: WireRequest, give: Callable[[Reply], None]) -> None:
        """Find out what the endpoint answers; functions of its script may wait for each other, so each has a thread."""
        if not self.endpoint.runs_code:
            give(self.endpoint.answer(request))
            return
        self._at_work += 1
        self._pool.submit(self.endpoint.answer, request).add_done_callback(
            lambda future: self._soon(partial(self._finish, give, future.result()))
        )

    def opened(self, connection: HttpConnection) -> None:
        """Take note of a new connection."""
        self._connections.add(connection)

    def closed(self, connection: HttpConnection) -> None:
        """Forget one that has ended."""
        self._connections.discard(connection)
        self._unfinished.pop(connection, None)

    def expect_more(self, connection: HttpConnection, *, more: bool) -> None:
        """Take note of whether a request has begun on *connection* that has not ended."""
        if more:
            self._unfinished[connection] = real_time()
        else:
            self._unfinished.pop(connection, None)

    def note_origin(self, sock: socket.socket) -> None:
        """Take note of the code that has connected *sock*; called by it, so that it is under way."""
        if len(self._origins) > _MAX_ORIGINS:
            self._origins.clear()
        with contextlib.suppress(OSError):  # not connected after all
            self._origins[sock.getsockname()[1]] = origin()

    def origin_of(self, peer: object) -> Origin:
        """Return which code opened the connection that has *peer* at its other end."""
        return self._origins.get(peer[1], UNKNOWN) if isinstance(peer, tuple) else UNKNOWN

    def _finish(self, give: Callable[[Reply], None], reply: Reply) -> None:
        self._at_work -= 1
        give(reply)

    def url(self, scheme: str, host: str, target: str) -> str:
        """Return the URL that the client asked for: what came by the base URL is for the API."""
        if "://" in target:
            return target
        if scheme == "http" and host.lower() in {f"{_ADDRESS}:{self.port}", f"[{_ADDRESS_6}]:{self.port}"}:
            return urlunsplit((self._origin.scheme, self._origin.netloc, "", "", "")) + target
        return self._elsewhere.get(host.lower(), f"{scheme}://{host}") + target

    def location(self, scheme: str, value: str) -> str:
        """Return where a redirect to *value* leads: back here under another name, for who has the base URL."""
        parts = urlsplit(value)
        if scheme != "http" or not parts.netloc:
            return value
        if parts.netloc == self._origin.netloc:
            return urlunsplit(("http", f"{_ADDRESS}:{self.port}", *parts[2:]))
        alias = f"{_ALIAS}:{self.port}"
        self._elsewhere[alias] = f"{parts.scheme}://{parts.netloc}"
        return urlunsplit(("http", alias, *parts[2:]))

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Call *function* on the loop once *seconds* have passed: on the client's clock, or in reality, but once."""
        left = [function]
        self._held += 1

        def run() -> None:
            if left:
                self._held -= 1
                left.pop()()

        self._loop.call_later(min(seconds, self._patience), run)
        if self._after is not None:
            self._after(seconds, partial(self._soon, run))

    def in_silence(self, function: Callable[[], None]) -> None:
        """Call *function* when nobody would wait any longer."""
        self.later(_SILENCE, function)

    def _soon(self, function: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            self._loop.call_soon_threadsafe(function)

    def _serve(self) -> None:
        self._loop.set_exception_handler(lambda *_: None)  # a client that breaks off is no news
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for _ in range(_ROUNDS):  # so that what was accepted last is a connection
            await asyncio.sleep(0)
        while self._connections:
            for connection in tuple(self._connections):
                connection.drop()
            await asyncio.sleep(0)

    async def _listen(self, scheme: str) -> int:
        host = self._origin.hostname or ""
        context = self.authority.server_context(host) if scheme == "https" and self.authority is not None else None
        make = partial(HttpConnection, self, scheme)
        first = await self._loop.create_server(make, _ADDRESS, 0, ssl=context)
        self._servers.append(first)
        port: int = first.sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # no IPv6 here, or the port is taken there
            self._servers.append(await self._loop.create_server(make, _ADDRESS_6, port, ssl=context))
        return port

    def _run(self, coroutine: Coroutine[None, None, int]) -> int:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_LIMIT)


_ELSEWHERE = "127.0.83.84"
"""Stands for every host that is not this machine; nothing has to listen there, connects to it are led on."""

_HTTP = 80
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NO_PROXY = ("NO_PROXY", "no_proxy")


@contextlib.contextmanager
def redirected(server: LoopbackServer) -> Iterator[None]:
    """Let names of other machines resolve to *server*, and its certificates be trusted, while the context is open.

    Port 80 leads to plain HTTP, every other to TLS. For code that uses Python's own `socket` and `ssl`; native code
    (libcurl, uvloop) looks names up by itself.
    """
    with contextlib.ExitStack() as undo:
        for owner, name, function in (
            (socket, "getaddrinfo", _resolving(socket.getaddrinfo)),
            (socket, "gethostbyname", _resolving(socket.gethostbyname)),
            (socket.socket, "connect", _led(socket.socket.connect, server)),
            (socket.socket, "connect_ex", _led(socket.socket.connect_ex, server)),
        ):
            undo.enter_context(mock.patch.object(owner, name, function))
        changes = dict.fromkeys(_NO_PROXY, "*")
        if server.authority is not None:
            undo.enter_context(_trusting(server.authority))
            changes |= dict.fromkeys(_CA_VARIABLES, str(server.authority.path))
        undo.enter_context(mock.patch.dict(os.environ, changes))
        yield


def _resolving(look_up: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        return look_up(host if name is None or is_local(name) or _is_address(name) else _ELSEWHERE, *args, **kwargs)

    return resolve


def _is_address(name: str) -> bool:
    """Whether it is no name at all; what it reaches is the guard's business."""
    return ":" in name or name.replace(".", "").isdecimal()


def _led(connect: Callable[..., Any], server: LoopbackServer) -> Callable[..., Any]:
    def led(sock: socket.socket, address: Any) -> Any:
        if not isinstance(address, tuple) or address[:1] != (_ELSEWHERE,):
            return connect(sock, address)
        port = server.port if address[1] == _HTTP else server.tls_port
        try:
            return connect(sock, ("127.0.0.1", port or server.port))
        finally:  # a socket that does not block raises, and goes on
            server.note_origin(sock)

    return led


@contextlib.contextmanager
def _trusting(authority: Authority) -> Iterator[None]:
    """Let every TLS context trust *authority* as soon as it is used, also one that is older."""

    def trusting(wrap: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(context: ssl.SSLContext, *args: Any, **kwargs: Any) -> Any:
            authority.let_trust(context)
            return wrap(context, *args, **kwargs)

        return wrapped

    with (
        mock.patch.object(ssl.SSLContext, "wrap_socket", trusting(ssl.SSLContext.wrap_socket)),
        mock.patch.object(ssl.SSLContext, "wrap_bio", trusting(ssl.SSLContext.wrap_bio)),
    ):
        yield
