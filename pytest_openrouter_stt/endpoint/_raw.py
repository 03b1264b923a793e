"""Replies given as the very bytes of the wire: httpcore's own HTTP/1.1 parser reads them, as from a socket."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
import httpx

from ._reply import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from ._reply import Reply


class _Pieces:
    """What a server sends, piece by piece, and how it ends."""

    def __init__(self, reply: Reply) -> None:
        self._pieces = reply.pieces()
        self._pause = reply.pause
        self._end = reply.fault or Fault.CLOSED

    def wait(self, timeout: float | None) -> float:
        """Return how long the next piece takes, in seconds, but no longer than the client's *timeout*."""
        return self._pause if timeout is None else min(self._pause, timeout)

    def take(self, timeout: float | None) -> bytes:
        """Return the next piece; empty when the connection is closed.

        Raises:
            httpcore.NetworkError: The connection broke.
            httpcore.TimeoutException: The next piece took longer than *timeout*.
        """
        if timeout is not None and timeout < self._pause:
            raise httpcore.ReadTimeout("simulated: the next bytes took too long")
        piece = next(self._pieces, b"")
        if not piece and self._end is not Fault.CLOSED:
            error: type[Exception] = getattr(httpcore, self._end.value)
            raise error(f"simulated: {self._end.name.lower()}")
        return piece


class _Stream(httpcore.NetworkStream):
    def __init__(self, reply: Reply) -> None:
        self._source = _Pieces(reply)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - httpcore's interface
        time.sleep(self._source.wait(timeout))
        return self._source.take(timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...

    def close(self) -> None: ...

    def get_extra_info(self, info: str) -> Any:
        """Return nothing: there is no socket, which httpcore takes for one that nothing can be read from."""


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, reply: Reply) -> None:
        self._source = _Pieces(reply)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109 - see above
        await anyio.sleep(self._source.wait(timeout))
        return self._source.take(timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None: ...  # noqa: ASYNC109

    async def aclose(self) -> None: ...

    def get_extra_info(self, info: str) -> Any:
        """Return nothing; see `_Stream`."""


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The rest of a response, read when the client reads it, with the errors of the layer that is simulated."""

    def __init__(self, response: httpcore.Response, errors: ModuleType) -> None:
        self._response = response
        self._errors = errors

    def __iter__(self) -> Iterator[bytes]:
        with _Translated(self._errors):
            yield from self._response.iter_stream()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _Translated(self._errors):
            async for piece in self._response.aiter_stream():
                yield piece


class _Translated:
    """Turns httpcore's errors into those of the same name of the layer that a client sees."""

    def __init__(self, errors: ModuleType) -> None:
        self._errors = errors

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is not None and kind.__module__.partition(".")[0] == "httpcore":
            raise getattr(self._errors, kind.__name__)(str(error)) from None


def raw_response(request: httpx.Request, reply: Reply, errors: ModuleType) -> httpx.Response:
    """Return the response that *reply* is to httpcore, or raise what httpcore raises for it."""
    asked = _asked(request)
    with _Translated(errors):
        connection = httpcore.HTTP11Connection(asked.url.origin, _Stream(reply))
        return _response(connection.handle_request(asked), errors)


async def raw_response_async(request: httpx.Request, reply: Reply, errors: ModuleType) -> httpx.Response:
    """Return what `raw_response` does, for a client that is awaited."""
    asked = _asked(request)
    with _Translated(errors):
        connection = httpcore.AsyncHTTP11Connection(asked.url.origin, _AsyncStream(reply))
        return _response(await connection.handle_async_request(asked), errors)


def _asked(request: httpx.Request) -> httpcore.Request:
    """Return the request without its body, which has arrived already."""
    timeouts = {name: value for name, value in request.extensions.items() if name == "timeout"}
    return httpcore.Request(b"GET", str(request.url), headers=[(b"Host", b"api")], extensions=timeouts)


def _response(response: httpcore.Response, errors: ModuleType) -> httpx.Response:
    return httpx.Response(response.status, headers=response.headers, stream=_Body(response, errors))
