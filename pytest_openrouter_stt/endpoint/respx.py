"""Serving an endpoint through respx to every httpx and httpx2 client of this process."""

from __future__ import annotations

import importlib
import sys
import time
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal

import anyio
import h11
import httpcore
import httpx
from respx import MockRouter
from respx.mocks import HTTPCoreMocker, Mocker
from respx.models import AllMockedAssertionError, PassThrough

from .endpoint import Fault, Reply
from .wire import WireRequest, origin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from .endpoint import Endpoint

HTTPCORE2: Literal["httpcore2"] = "httpcore2"


def has_httpcore2() -> bool:
    """Whether there can be clients on httpx2 at all."""
    return find_spec(HTTPCORE2) is not None


class Httpcore2Mocker(HTTPCoreMocker):
    """Patches the classes of the same names; what a response is made of has other ones."""

    name = f"{__package__}.{HTTPCORE2}"  # respx admits one of a name, and pytest-httpx2 takes the plain one
    targets = [target.replace("httpcore", HTTPCORE2, 1) for target in HTTPCoreMocker.targets]  # noqa: RUF012 - as respx declares it

    @classmethod
    def from_sync_httpx_response(cls, httpx_response: httpx.Response, target: object, **_: Any) -> Any:  # noqa: ARG003
        """Return the response as httpcore2 has it."""
        import httpcore2  # noqa: PLC0415 - it need not be installed

        return httpcore2.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=httpx_response.stream,
            extensions=httpx_response.extensions,
        )


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


Layer = Literal["httpcore", "httpcore2", "httpx"]
"""Where requests are taken: below httpx, below httpx2, or, for httpx on another transport, inside of it."""

LAYERS: tuple[Layer, ...] = ("httpcore", *((HTTPCORE2,) if has_httpcore2() else ()), "httpx")
"""Those that there can be here, the first ones to be tried first."""


@contextmanager
def intercept(endpoint: Endpoint, *, layer: Layer = "httpcore", everything: bool = True) -> Iterator[Endpoint]:
    """Let *endpoint* answer the requests of httpx while the context is open.

    Args:
        endpoint: Who answers.
        layer: ``httpcore`` and, for httpx2, ``httpcore2`` see what is really sent, a client's own transports
            included; ``httpx`` also sees clients whose transport is not built on httpcore, but not what it does.
        everything: Whether requests to other hosts are answered too; else they pass through, to other routers of
            respx if there are any.
    """
    mocker = Mocker.registry[Httpcore2Mocker.name if layer == HTTPCORE2 else layer]
    router = _EndpointRouter(endpoint, mocker, importlib.import_module(layer), everything=everything)
    with nullcontext() if mocker.routers else _patched(mocker):  # the first router of all patches for the others
        mocker.register(router)
        try:
            yield endpoint
        finally:
            mocker.unregister(router)
            mocker.stop()  # undoes what respx itself has patched, unless another router is left


@contextmanager
def _patched(mocker: type[Mocker]) -> Iterator[None]:
    """Patch what *mocker* patches, at a tenth of the cost: respx looks up each name again for every first router."""
    before = []
    try:
        for owner, name in _places(mocker):
            own = vars(owner).get(name)
            before.append((owner, name, own))
            setattr(owner, name, _mock(mocker, own if own is not None else getattr(owner, name)))
        yield
    finally:
        mocker.stop(force=True)
        for owner, name, own in reversed(before):
            if own is None:  # it is inherited
                delattr(owner, name)
            else:
                setattr(owner, name, own)
        if mocker.routers:  # they began after this one, and go on
            mocker.start()


def _places(mocker: type[Mocker]) -> tuple[tuple[Any, str], ...]:
    """Return each class and method that *mocker* patches."""
    return _places_in(mocker, tuple(sys.modules.get(target.rpartition(".")[0]) for target in mocker.targets))


@cache
def _places_in(mocker: type[Mocker], _modules: tuple[ModuleType | None, ...]) -> tuple[tuple[Any, str], ...]:
    """Return them for modules as they are loaded now: who loads one again gets other classes."""
    owners = [resolve_name(target) for target in mocker.targets]
    return tuple((owner, name) for owner in owners for name in mocker.target_methods if hasattr(owner, name))


@cache
def _mock(mocker: Any, method: Any) -> Any:
    """Return what stands in for *method*; for what another router has put there already, that itself."""
    return mocker.mock(spec=method)


class _EndpointRouter(MockRouter):
    """A router without routes: matching is the endpoint's business, and respx would keep every body for ever."""

    def __init__(self, endpoint: Endpoint, mocker: type[Mocker], errors: ModuleType, *, everything: bool) -> None:
        super().__init__(assert_all_called=False)
        self._endpoint = endpoint
        self._mocker = mocker
        self._errors = errors
        self._everything = everything

    def handler(self, request: httpx.Request) -> httpx.Response:
        reply = self._reply(request)
        if reply.delay:
            time.sleep(_patience(request, reply))
        if reply.stream is not None and _is_patient(request, reply):
            return raw_response(request, reply, self._errors)
        return self._response(request, reply)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        reply = self._reply(request)
        await anyio.sleep(_patience(request, reply))
        if reply.stream is not None and _is_patient(request, reply):
            return await raw_response_async(request, reply, self._errors)
        return self._response(request, reply)

    def _reply(self, request: httpx.Request) -> Reply:
        contract = self._endpoint.contract
        if not self._everything and request.url.host != contract.host:
            raise self._declined(request)
        self._refuse_unsendable(request)
        return self._endpoint.answer(_wire_request(request))

    def _refuse_unsendable(self, request: httpx.Request) -> None:
        """Raise what the transport would for a request that no connection carries, such as a header with a line end."""
        try:
            h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        except h11.LocalProtocolError as error:
            raise self._errors.LocalProtocolError(str(error)) from error

    def _declined(self, request: httpx.Request) -> Exception:
        """Return what makes respx go on: to the next router, or, where all are ours, past the last to the network."""
        routers = self._mocker.routers
        if routers[-1:] == [self] and all(isinstance(router, _EndpointRouter) for router in routers):
            return PassThrough("for another host", request=request, origin=self)  # type: ignore[arg-type] # respx wants a route, and there is none
        return AllMockedAssertionError(f"RESPX: {request!r} not mocked!")

    def _response(self, request: httpx.Request, reply: Reply) -> httpx.Response:
        """Make a response, or raise what the transport itself would: that is no opinion, but the fault."""
        fault = reply.fault if _is_patient(request, reply) else Fault.TIMEOUT
        if fault is not None:
            raise getattr(self._errors, fault.value)(f"simulated: {fault.name.lower()}")
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        return httpx.Response(reply.status, headers=headers, stream=httpx.ByteStream(reply.body))


def _patience(request: httpx.Request, reply: Reply) -> float:
    """Return how long the client waits for *reply*, in seconds: not longer than its own read timeout."""
    limit = request.extensions.get("timeout", {}).get("read")
    return reply.delay if limit is None else min(reply.delay, limit)


def _is_patient(request: httpx.Request, reply: Reply) -> bool:
    return _patience(request, reply) == reply.delay


def _wire_request(request: httpx.Request) -> WireRequest:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    url = str(request.url).partition("#")[0]  # inside of httpx, the fragment is still there
    return WireRequest(request.method, url, headers, request.content, origin())
