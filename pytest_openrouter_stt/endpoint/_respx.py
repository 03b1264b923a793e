"""Serving an endpoint to every httpx client of this process, through respx."""

from __future__ import annotations

import importlib
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import anyio
import h11
import httpx
from respx import MockRouter
from respx.models import AllMockedAssertionError, PassThrough

from ._httpcore2 import HTTPCORE2, Httpcore2Mocker, has_httpcore2
from ._origin import origin
from ._raw import raw_response, raw_response_async
from ._reply import Fault, Reply
from ._wire import WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._endpoint import Endpoint

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
    router = _EndpointRouter(endpoint, layer, everything=everything)
    try:
        router.start()  # in here: respx registers a router before it patches, so a start that fails has to be undone
        yield endpoint
    finally:
        router.stop(quiet=True)


class _EndpointRouter(MockRouter):
    """A router without routes: matching is the endpoint's business, and respx would keep every body for ever."""

    def __init__(self, endpoint: Endpoint, layer: Layer, *, everything: bool) -> None:
        super().__init__(assert_all_called=False, using=Httpcore2Mocker.name if layer == HTTPCORE2 else layer)
        self._endpoint = endpoint
        self._errors = importlib.import_module(layer)
        self._everything = everything

    def handler(self, request: httpx.Request) -> httpx.Response:
        reply = self._reply(request)
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
        routers = self.Mocker.routers if self.Mocker is not None else []
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
