"""Defects in what one call leaves behind for another."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import httpx

from tests.clients.reference import Client, ConnectionFailed, Transcription

from ._catch import caught_by

_AT_ONCE = "state::test_calls_at_once_do_not_cross"
_USABLE = "state::test_usable_after_each_error"
_ARGUMENTS = "state::test_failures_change_no_arguments"
_TWO = "state::test_two_clients_keep_their_own"
_TWICE = "state::test_closing_may_be_repeated"
_CLOSED = "state::test_a_closed_client_answers_or_fails"
_SAYS_SO = "state::test_a_closed_client_says_so"
_OTHERS = "state::test_closing_leaves_other_clients_alone"
_LOOP = "state::test_the_event_loop_goes_on"
_CANCEL = "state::test_cancelling_leaves_the_client_usable"
_SEQUENCE = "state::test_any_sequence_of_calls"


@caught_by(_AT_ONCE)
class RefusesWhileBusy(Client):
    busy = False

    def exchange(self, request: httpx.Request) -> httpx.Response:
        if self.busy:
            raise ConnectionFailed("Another call is under way.")
        self.busy = True
        try:
            return super().exchange(request)
        finally:
            self.busy = False


@caught_by(_AT_ONCE)
class SharesTheRequest(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        self.prepared = super().request(arguments)
        return self.prepared

    def send(self, request: httpx.Request) -> httpx.Response:
        return super().send(self.prepared)


@caught_by(_AT_ONCE)
class SharesTheRequestAcrossTasks(Client):
    async def send_async(self, request: httpx.Request) -> httpx.Response:
        self.prepared = request
        await asyncio.sleep(0)
        return await super().send_async(self.prepared)


@caught_by(_AT_ONCE)
class SharesTheResponse(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        self.response = super().send(request)
        return self.response


@caught_by(_AT_ONCE)
class SharesTheDefaultHeaders(Client):
    defaults: ClassVar[dict[str, str]] = {}

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        self.defaults.clear()
        self.defaults.update(super().app_headers(arguments))
        return self.defaults


@caught_by(_AT_ONCE)
class ErrorsNameTheLatestModel(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.model = arguments["model"]
        return super().body(arguments)

    def message(self, response: httpx.Response) -> str:
        return f"{super().message(response)} ({self.model})"


@caught_by(_USABLE)
class SendsTheBodyOfA429Next(Client):
    refused = b""

    def encode(self, body: dict[str, Any]) -> bytes:
        refused, self.refused = self.refused, b""
        return refused or super().encode(body)

    def error(self, response: httpx.Response) -> Exception:
        if response.status_code == 429:
            self.refused = response.request.content
        return super().error(response)


@caught_by(_USABLE)
class DistrustsTheKeyAfter401(Client):
    doubted = False

    def authorization(self) -> str:
        doubted, self.doubted = self.doubted, False
        return "Bearer expired" if doubted else super().authorization()

    def error(self, response: httpx.Response) -> Exception:
        self.doubted = response.status_code == 401
        return super().error(response)


@caught_by(_USABLE)
class TellsOfTheLastFault(Client):
    failed = False

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        failed, self.failed = self.failed, False
        return {**super().app_headers(arguments), **({"X-After-Failure": "1"} if failed else {})}

    def connection_failed(self, error: httpx.RequestError) -> Exception:
        self.failed = True
        return super().connection_failed(error)


@caught_by(_USABLE)
class RestsAfterAnUnreadableAnswer(Client):
    unwell = False

    def exchange(self, request: httpx.Request) -> httpx.Response:
        unwell, self.unwell = self.unwell, False
        if unwell:
            raise ConnectionFailed("The API does not answer well.")
        return super().exchange(request)

    def transcription(self, body: Any, response: httpx.Response) -> Any:
        self.unwell = isinstance(body, dict) and "words" in body
        return super().transcription(body, response)


@caught_by(_ARGUMENTS)
class TakesFormatOutOnErrors(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        self.given = arguments
        return super().request(arguments)

    def error(self, response: httpx.Response) -> Exception:
        self.given["input_audio"].pop("format_", None)
        return super().error(response)


@caught_by(_ARGUMENTS)
class NotesFaultsInTheOptions(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        self.provider = arguments["provider"]
        return super().request(arguments)

    def connection_failed(self, error: httpx.RequestError) -> Exception:
        for options in (self.provider or {}).get("options", {}).values():
            options["failed"] = True
        return super().connection_failed(error)


@caught_by(_TWO, "request::test_bearer_key", perhaps=(_SEQUENCE,))
class KeyOfTheNewestClient(Client):
    newest = ""

    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        type(self).newest = api_key

    def authorization(self) -> str:
        return f"Bearer {self.newest}"


@caught_by(_TWO, perhaps=(_SEQUENCE,))
class NewClientsInheritTheTitle(Client):
    last: ClassVar[dict[str, str]] = {}

    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.inherited = dict(self.last)

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        self.last.update(super().app_headers(arguments))
        return {**self.inherited, **super().app_headers(arguments)}


@caught_by(_TWO, perhaps=(_SEQUENCE,))
class NewClientsInheritTheProvider(Client):
    last: ClassVar[dict[str, Any]] = {}

    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.inherited = dict(self.last)

    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        self.last.update(provider=body["provider"]) if "provider" in body else self.last.clear()
        return {**self.inherited, **body}


@caught_by(_TWICE)
class ClosesOnce(Client):
    def close(self) -> None:
        if self.http.is_closed:
            raise ConnectionFailed("The client is closed.")
        super().close()


@caught_by(_TWICE)
class ClosesWhatIsNotThere(Client):
    async def aclose(self) -> None:
        await super().aclose()
        await self.pool.aclose()  # type: ignore[attr-defined] # the defect


@caught_by(_CLOSED)
class EmptyTextAfterClosing(Client):
    def exchange(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"text": ""}) if self.http.is_closed else super().exchange(request)


@caught_by(_CLOSED)
class EmptyTextAfterItsContext(Client):
    close = aclose = None  # type: ignore[assignment] # it is closed by leaving it
    left = False

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.left = True

    def exchange(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"text": ""}) if self.left else super().exchange(request)


@caught_by(_CLOSED)
class ExitsAfterClosing(Client):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        if self.async_http.is_closed:
            raise SystemExit("The client is closed.")
        return await super().exchange_async(request)


@caught_by(_SAYS_SO)
class DropsItsTransportOnClosing(Client):
    def close(self) -> None:
        transport = vars(self).pop("http", None)
        if transport is not None:
            transport.close()


@caught_by(_OTHERS, perhaps=(_SEQUENCE,))
class ClosesForAll(Client):
    shared: ClassVar[list[httpx.Client]] = []

    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        if not self.shared or self.shared[-1].is_closed:
            self.shared.append(self.http)
        self.http = self.shared[-1]


@caught_by(_LOOP)
class BlocksTheLoop(Client):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        return self.exchange(request)


@caught_by(_LOOP)
class BlocksTheLoopOnAThread(Client):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        with ThreadPoolExecutor() as threads:
            return threads.submit(self.exchange, request).result()


@caught_by(_CANCEL)
class WrapsCancellation(Client):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().exchange_async(request)
        except asyncio.CancelledError as error:
            raise ConnectionFailed("The call was cancelled.") from error


@caught_by(_CANCEL)
class SendsTheCancelledCallNext(Client):
    pending: httpx.Request | None = None

    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        request, self.pending = self.pending or request, None
        try:
            return await super().exchange_async(request)
        except asyncio.CancelledError:
            self.pending = request
            raise


@caught_by(_SEQUENCE)
class ReopensAClosedTransport(Client):
    pool: ClassVar[dict[str, httpx.Client]] = {}

    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.http = self.pool.setdefault(api_key, self.http)


@caught_by(
    _SEQUENCE,
    perhaps=(_AT_ONCE, "hostile::test_no_wrong_text_is_returned", "hostile::test_unusual_json_is_understood"),
)
class LastTranscriptAfterTwoErrors(Client):
    last: Transcription | None = None
    errors = 0

    def read(self, response: httpx.Response) -> Any:
        self.errors += 1
        value = super().read(response)
        stale, self.errors, self.last = self.last if self.errors > 2 else None, 0, value
        return stale or value


@caught_by(_AT_ONCE, "errors::test_message_is_kept", perhaps=(_SEQUENCE,))
class RemembersMessagesByStatus(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.messages: dict[int, str] = {}

    def message(self, response: httpx.Response) -> str:
        return self.messages.setdefault(response.status_code, super().message(response))
