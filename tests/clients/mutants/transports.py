"""Defects that HTTP libraries invite to, each in the reference client on that library."""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import httpx

from tests.clients.reference import ConnectionFailed
from tests.clients.transports import (
    OnAiohttp,
    OnHttpClient,
    OnHttpx,
    OnHttpx2,
    OnRequests,
    OnUrllib,
    OnUrllib3,
    headers_of,
    received,
)

from ._catch import caught_by

with suppress(ImportError):
    import aiohttp
with suppress(ImportError):
    import urllib3

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from urllib.request import BaseHandler

_CONTENT_TYPE = "request::test_content_type_is_json"
_OBJECT = "request::test_body_is_one_json_object"
_FAULT = "network::test_a_fault_is_an_error"
_OWN_FAULT = "network::test_faults_are_own_errors"
_SILENT = "network::test_a_silent_server_is_given_up"
_AS_GET = "errors::test_redirects_do_not_turn_post_into_get"
_KEY_AWAY = "errors::test_redirects_do_not_carry_the_key_away"
_WRONG_TEXT = "hostile::test_no_wrong_text_is_returned"
_CHARSET = "hostile::test_charset_label_has_no_effect"
_ABSURD = "hostile::test_absurd_responses_are_own_errors"
_OFF = "retry::test_retries_off_means_one_request"
_ACCEPTED = "retry::test_accepted_requests_are_not_repeated"
_IDENTICAL = "retry::test_attempts_are_identical"


def _without_type(headers: dict[str, str]) -> dict[str, str]:
    """Return *headers* for a library that writes the type of a body itself."""
    return {name: value for name, value in headers.items() if name != "Content-Type"}


# --- requests ---------------------------------------------------------------------------------------------------------


@caught_by(_CONTENT_TYPE, _OBJECT, _IDENTICAL)
class UploadsAFile(OnRequests):
    def options(self, request: httpx.Request) -> dict[str, Any]:
        call = json.loads(request.content)
        files = {"file": ("audio.wav", call["input_audio"]["data"].encode(), "audio/wav")}
        headers = _without_type(headers_of(request))
        return {**super().options(request), "headers": headers, "data": {"model": call["model"]}, "files": files}


@caught_by(_AS_GET)
class LetsSessionsRedirect(OnRequests):
    def options(self, request: httpx.Request) -> dict[str, Any]:
        return {**super().options(request), "allow_redirects": True}


@caught_by(_WRONG_TEXT)
class RaisesForStatusOnly(OnRequests):
    def read(self, response: httpx.Response) -> Any:
        if not 400 <= response.status_code < 600:  # as requests' raise_for_status() sees it
            response.status_code = 200
        return super().read(response)


# --- urllib3 ----------------------------------------------------------------------------------------------------------


@caught_by(_OFF, _ACCEPTED, "retry::test_retry_after_in_milliseconds_is_honoured", "retry::test_retry_after_is_capped")
class LetsThePoolRetry(OnUrllib3):
    def options(self, request: httpx.Request) -> dict[str, Any]:
        again = urllib3.Retry(2, redirect=False, allowed_methods=None, status_forcelist=[503], raise_on_status=False)
        return {**super().options(request), "retries": again}


@caught_by(_CONTENT_TYPE, _OBJECT, _IDENTICAL)
class SendsFields(OnUrllib3):
    def options(self, request: httpx.Request) -> dict[str, Any]:
        options = super().options(request)
        fields = {name: json.dumps(value) for name, value in json.loads(options.pop("body")).items()}
        return {**options, "headers": _without_type(options["headers"]), "fields": fields}


@caught_by(_FAULT, _OWN_FAULT)
class TakesWhatCameInTheStream(OnUrllib3):
    def options(self, request: httpx.Request) -> dict[str, Any]:
        return {**super().options(request), "preload_content": False}

    def body_of(self, response: urllib3.BaseHTTPResponse) -> bytes:
        body = b""
        try:
            for piece in response.stream():
                body += piece
        except urllib3.exceptions.ProtocolError:
            response.close()
        return body


# --- urllib -----------------------------------------------------------------------------------------------------------


@caught_by(_KEY_AWAY, _AS_GET)
class OpensRedirects(OnUrllib):
    def handlers(self) -> tuple[type[BaseHandler], ...]:
        return ()

    def opened(self, request: urllib.request.Request) -> Any:
        try:
            return super().opened(request)
        except urllib.error.HTTPError as error:
            return error


@caught_by("errors::test_message_is_kept", "errors::test_error_body_is_kept")
class LosesTheBodyOfHttpErrors(OnUrllib):
    def error(self, response: httpx.Response) -> Exception:
        return super().error(received(response.request, response.status_code, response.headers.items(), b""))


@caught_by(_SILENT)
class OpensWithoutTimeout(OnUrllib):
    def opened(self, request: urllib.request.Request) -> Any:
        return self.opener.open(request)


# --- http.client ------------------------------------------------------------------------------------------------------


@caught_by(_FAULT, _OWN_FAULT)
class TakesPartialReads(OnHttpClient):
    def body_of(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return super().body_of(response)
        except http.client.IncompleteRead as error:
            return error.partial


@caught_by("request::test_a_valid_call_is_sent", perhaps=(_OBJECT,))
class LeavesTheEncodingToTheLibrary(OnHttpClient):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def content_of(self, request: httpx.Request) -> bytes | str:
        return request.content.decode("utf-8", "surrogatepass")  # written as Latin-1


@caught_by("state::test_calls_at_once_do_not_cross")
class KeepsOneConnection(OnHttpClient):
    connection: http.client.HTTPSConnection | None = None

    def connected(self, request: httpx.Request) -> http.client.HTTPSConnection:
        if self.connection is None:
            self.connection = super().connected(request)
        return self.connection


# --- aiohttp ----------------------------------------------------------------------------------------------------------


@caught_by("state::test_closing_leaves_other_clients_alone")
class HasOneSessionForAll(OnAiohttp):
    shared: ClassVar[MutableMapping[object, aiohttp.ClientSession]] = WeakKeyDictionary()

    def opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self.session is None and loop in self.shared and not self.shared[loop].closed:
            self.session = self.shared[loop]
        self.shared[loop] = super().opened()
        return self.shared[loop]


@caught_by("secrecy::test_key_is_not_in_errors")
class LetsTheLibraryRaise(OnAiohttp):
    async def body_of(self, response: aiohttp.ClientResponse) -> bytes:
        self.seen = response
        return await super().body_of(response)

    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        try:
            self.seen.raise_for_status()
        except aiohttp.ClientResponseError as behind:
            error.__cause__ = behind
        return error


@caught_by(_CHARSET, _ABSURD)
class ReadsTextByItsCharset(OnAiohttp):
    async def body_of(self, response: aiohttp.ClientResponse) -> bytes:
        return (await response.text(errors="replace")).encode()


# --- httpx ------------------------------------------------------------------------------------------------------------


@caught_by(_AS_GET)
class FollowsRedirects(OnHttpx):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.http.follow_redirects = True


@caught_by(_OBJECT)
class SendsAFormBesideTheJson(OnHttpx):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        request = super().request(arguments)
        body, headers = json.loads(request.content), headers_of(request)
        return httpx.Request("POST", request.url, headers=headers, data=body, json=body)


@caught_by("request::test_app_headers_do_not_stay")
class PutsAppHeadersOnTheClient(OnHttpx):
    async def send_async(self, request: httpx.Request) -> httpx.Response:
        self.async_http.headers.update(headers_of(request))
        headers, content = self.async_http.headers, request.content
        return await super().send_async(httpx.Request("POST", request.url, headers=headers, content=content))


# --- httpx2 -----------------------------------------------------------------------------------------------------------


@caught_by(_SILENT)
class SwitchesTheTimeoutOff(OnHttpx2):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.http2.timeout = None


@caught_by("hostile::test_cookies_do_not_come_back")
class PostsWithItsCookies(OnHttpx2):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.http2.post(str(request.url), headers=headers_of(request), content=request.content)
        return self.taken(request, response)


@caught_by(_OFF, _ACCEPTED)
class RepeatsWhatTimedOut(OnHttpx2):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().exchange_async(request)
        except ConnectionFailed as error:
            if "ReadTimeout" not in str(error):
                raise
        return await super().exchange_async(request)
