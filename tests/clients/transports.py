"""The reference client on the HTTP libraries that Python has: what differs is how a request is sent.

``httpx.Request`` and ``httpx.Response`` only hold what is sent and what came; no other part of httpx is at work, but in
`OnHttpx`. A library that is not installed makes the clients on it unusable, and no others.
"""

from __future__ import annotations

import http.client
import io
import ssl
import urllib.request
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from tests.clients.reference import Client, ConnectionFailed

with suppress(ImportError):
    import aiohttp
with suppress(ImportError):
    import httpx2
with suppress(ImportError):
    import requests
with suppress(ImportError):
    import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterable

TRANSPORTS = {
    "OnAiohttp": "aiohttp",
    "OnHttpClient": "http.client",
    "OnHttpx": "httpx",
    "OnHttpx2": "httpx2",
    "OnRequests": "requests",
    "OnUrllib": "urllib.request",
    "OnUrllib3": "urllib3",
}
"""The name of each client → the library that it is on."""

TIMEOUT = 30.0
"""Seconds that a server may be silent."""

_MADE_BY_LIBRARIES = {"content-length", "host"}
_DECODED = {"content-encoding", "content-length", "transfer-encoding"}


def headers_of(request: httpx.Request) -> dict[str, str]:
    """Return the headers of *request* that no library makes itself, spelled as the client spells them."""
    pairs = ((name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw)
    return {name: value for name, value in pairs if name.lower() not in _MADE_BY_LIBRARIES}


def received(request: httpx.Request, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> httpx.Response:
    """Return what a library received; *body* is as it has decoded it, so the headers of its codings are left out."""
    kept = [(name, value) for name, value in headers if name.lower() not in _DECODED]
    lines = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in kept]
    return httpx.Response(status, headers=lines, content=body, request=request)


def failed(error: Exception) -> ConnectionFailed:
    return ConnectionFailed(f"There was no response: {type(error).__name__}")


class OnHttpx(Client):
    """The reference as it is; with ``--stt-endpoint=loopback`` it is judged over sockets."""


class OnHttpx2(Client):
    def __init__(self, api_key: str) -> None:
        self.api_key = self.usable(api_key)
        self.http2 = httpx2.Client(timeout=TIMEOUT)
        self.async_http2 = httpx2.AsyncClient(timeout=TIMEOUT)

    def close(self) -> None:
        self.http2.close()

    async def aclose(self) -> None:
        await self.async_http2.aclose()

    def exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            return self.send(request)
        except httpx2.RequestError as error:
            raise failed(error) from error

    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self.send_async(request)
        except httpx2.RequestError as error:
            raise failed(error) from error

    def send(self, request: httpx.Request) -> httpx.Response:
        return self.taken(request, self.http2.send(self.made(request)))

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        return self.taken(request, await self.async_http2.send(self.made(request)))

    def made(self, request: httpx.Request) -> httpx2.Request:
        return httpx2.Request("POST", str(request.url), headers=headers_of(request), content=request.content)

    def taken(self, request: httpx.Request, response: httpx2.Response) -> httpx.Response:
        return received(request, response.status_code, response.headers.multi_items(), response.content)


class SyncClient(Client):
    """A client whose library is synchronous.

    Attributes:
        closed: Whether it was closed; then it makes no calls.
    """

    create_transcription_async = None  # type: ignore[assignment] # it has none
    aclose = None  # type: ignore[assignment] # it has none

    def __init__(self, api_key: str) -> None:
        self.api_key = self.usable(api_key)
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def exchange(self, request: httpx.Request) -> httpx.Response:
        if self.closed:
            raise ConnectionFailed("The client is closed.")
        try:
            return self.send(request)
        except self.failures() as error:
            raise failed(error) from error

    def failures(self) -> tuple[type[Exception], ...]:
        return (OSError, http.client.HTTPException)


class OnRequests(SyncClient):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.session = requests.Session()
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        super().close()
        self.session.close()

    def failures(self) -> tuple[type[Exception], ...]:
        return (requests.RequestException,)

    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.session.post(str(request.url), **self.options(request))
        return received(request, response.status_code, response.headers.items(), response.content)

    def options(self, request: httpx.Request) -> dict[str, Any]:
        headers = headers_of(request)
        return {"data": request.content, "headers": headers, "timeout": TIMEOUT, "allow_redirects": False}


class OnUrllib3(SyncClient):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.pool = urllib3.PoolManager()

    def close(self) -> None:
        super().close()
        self.pool.clear()

    def failures(self) -> tuple[type[Exception], ...]:
        return (urllib3.exceptions.HTTPError,)

    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.pool.request("POST", str(request.url), **self.options(request))
        return received(request, response.status, response.headers.items(), self.body_of(response))

    def options(self, request: httpx.Request) -> dict[str, Any]:
        headers = {**headers_of(request), "Accept-Encoding": "gzip"}
        return {"body": request.content, "headers": headers, "retries": False, "timeout": TIMEOUT}

    def body_of(self, response: urllib3.BaseHTTPResponse) -> bytes:
        return response.data


class EveryStatus(urllib.request.HTTPErrorProcessor):
    """Gives every response back as it is: one that is an error is not raised, and no redirect is followed."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response

    https_response = http_response


class OnUrllib(SyncClient):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self.opener = urllib.request.build_opener(https, *self.handlers())

    def handlers(self) -> tuple[type[urllib.request.BaseHandler], ...]:
        return (EveryStatus,)

    def send(self, request: httpx.Request) -> httpx.Response:
        made = urllib.request.Request(str(request.url), request.content, headers_of(request), method="POST")
        with self.opened(made) as response:
            return received(request, response.status, response.headers.items(), response.read())

    def opened(self, request: urllib.request.Request) -> Any:
        return self.opener.open(request, timeout=TIMEOUT)


class OnHttpClient(SyncClient):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.tls = ssl.create_default_context()

    def send(self, request: httpx.Request) -> httpx.Response:
        connection = self.connected(request)
        try:
            connection.request("POST", request.url.raw_path.decode(), self.content_of(request), headers_of(request))
            response = connection.getresponse()
            return received(request, response.status, response.getheaders(), self.body_of(response))
        finally:
            connection.close()

    def connected(self, request: httpx.Request) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(request.url.host, request.url.port, timeout=TIMEOUT, context=self.tls)

    def content_of(self, request: httpx.Request) -> bytes | str:
        return request.content

    def body_of(self, response: http.client.HTTPResponse) -> bytes:
        return response.read()


class OnAiohttp(Client):
    create_transcription = None  # type: ignore[assignment] # it has none
    close = None  # type: ignore[assignment] # it has none

    def __init__(self, api_key: str) -> None:
        self.api_key = self.usable(api_key)
        self.closed = False
        self.session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        self.closed = True
        if self.session is not None:
            await self.session.close()

    def opened(self) -> aiohttp.ClientSession:
        """Return the session; it is made by the first call, since it belongs to the event loop that runs then."""
        if self.session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=TIMEOUT)
            self.session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self.session

    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        if self.closed:
            raise ConnectionFailed("The client is closed.")
        try:
            return await self.send_async(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise failed(error) from None  # the repr() of a ClientResponseError shows the headers of the request

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        async with self.opened().post(str(request.url), **self.options(request)) as response:
            return received(request, response.status, response.headers.items(), await self.body_of(response))

    def options(self, request: httpx.Request) -> dict[str, Any]:
        data = io.BytesIO(request.content)  # of many bytes, aiohttp warns that they stop the event loop
        return {"data": data, "headers": headers_of(request), "allow_redirects": False}

    async def body_of(self, response: aiohttp.ClientResponse) -> bytes:
        return await response.read()
