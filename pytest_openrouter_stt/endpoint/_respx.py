"""Serving an endpoint to every httpx client of this process, through respx."""

from __future__ import annotations

import importlib
import time
from contextlib import contextmanager, nullcontext
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal

import anyio
import h11
import httpx
from respx import MockRouter
from respx.mocks import Mocker
from respx.models import AllMockedAssertionError, PassThrough

from ._httpcore2 import HTTPCORE2, Httpcore2Mocker, has_httpcore2
from ._origin import origin
from ._raw import raw_response, raw_response_async
from ._reply import Fault, Reply
from ._wire import WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

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


@cache
def _places(mocker: type[Mocker]) -> tuple[tuple[Any, str], ...]:
    """Return each class and method that *mocker* patches."""
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
