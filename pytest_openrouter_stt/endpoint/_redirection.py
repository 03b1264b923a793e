"""Leads every name to the loopback server: for clients of this process that have the API's URL in their code."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from typing import TYPE_CHECKING, Any
from unittest import mock

from pytest_openrouter_stt.guard import is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._authority import Authority
    from ._loopback import LoopbackServer

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
