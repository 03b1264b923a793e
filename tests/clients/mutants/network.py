"""Defects in what becomes of a call when the connection fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from tests.clients.reference import Client

from ._catch import caught_by

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERROR = "network::test_a_fault_is_an_error"
_OWN = "network::test_faults_are_own_errors"
_OFF = "retry::test_retries_off_means_one_request"
_SILENT = "network::test_a_silent_server_is_given_up"
_SLOW = "network::test_a_slow_answer_is_read_whole"
_ABSURD = "hostile::test_absurd_responses_are_own_errors"
_CARRIED = "secrecy::test_errors_do_not_carry_the_key"
_EMPTY = {"text": ""}


@caught_by(_ERROR, _OWN, _OFF)
class EmptyTextWithoutConnection(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().send(request)
        except httpx.ConnectError:
            return httpx.Response(200, json=_EMPTY)


@caught_by(_ERROR, _OWN, _OFF, _SILENT)
class EmptyTextAfterTimeouts(Client):
    async def send_async(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().send_async(request)
        except httpx.TimeoutException:
            return httpx.Response(200, json=_EMPTY)


def _until_it_breaks(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.RemoteProtocolError:
        return


@caught_by(_ERROR, _OWN)
class TakesWhatCame(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.http.send(request, stream=True)
        body = b"".join(_until_it_breaks(response))
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)


@caught_by(_OWN, _ABSURD, _CARRIED)
class HttpxErrorsEscape(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        return error


@caught_by(_OWN)
class PythonsErrorForResets(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        if isinstance(error, httpx.ReadError):
            return ConnectionResetError("The connection was reset.")
        return super().connection_failed(error)


@caught_by(_OWN, _ABSURD, _CARRIED)
class OwnErrorsForConnectingOnly(Client):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self.send_async(request)
        except httpx.ConnectError as error:
            raise self.connection_failed(error) from error


@caught_by(_SILENT)
class NoTimeout(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.http.timeout = httpx.Timeout(None)


@caught_by(_SILENT)
class TimeoutInMilliseconds(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.async_http.timeout = httpx.Timeout(30_000)


@caught_by(_SLOW, _ERROR, _OWN, "response::test_a_body_without_length_is_read_whole")
class ReadsOnePiece(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.http.send(request, stream=True)
        body = next(response.iter_raw(), b"")
        response.close()
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)


@caught_by(_SLOW)
class DecodesEachPiece(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.http.send(request, stream=True)
        body = "".join(piece.decode("utf-8", "replace") for piece in response.iter_raw())
        return httpx.Response(response.status_code, headers=response.headers, text=body, request=request)


@caught_by(_SLOW)
class ImpatientBetweenPieces(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.async_http.timeout = httpx.Timeout(0.002)
