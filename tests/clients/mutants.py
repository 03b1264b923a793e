"""Mutants: the reference client with exactly one defect each, and the checks that must catch it."""

from __future__ import annotations

import json
import time
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.clients.reference import (
    APP_HEADERS,
    BadRequest,
    Client,
    SttError,
    TooManyRequests,
    Transcription,
    UnreadableResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


@dataclass(frozen=True)
class Catch:
    """Which checks fail on a mutant.

    Attributes:
        surely: Those that name the defect.
        perhaps: Those that see it only when an example happens to show it.
    """

    surely: frozenset[str]
    perhaps: frozenset[str]


CAUGHT_BY: dict[str, Catch] = {}
"""Name of a mutant → the checks that fail on it; no others do."""

_WHOLE_BODY = "request::test_body_is_the_wire_form"


def caught_by(*surely: str, perhaps: tuple[str, ...] = ()) -> Callable[[type], type]:
    def register(mutant: type) -> type:
        CAUGHT_BY[mutant.__name__] = Catch(frozenset(surely), frozenset(perhaps))
        return mutant

    return register


# --- request ----------------------------------------------------------------------------------------------------------


@caught_by("request::test_a_valid_call_is_sent")
class SendsTwice(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        self.http.send(request)
        return super().send(request)

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        await self.async_http.send(request)
        return await super().send_async(request)


@caught_by("request::test_method_and_url")
class AddsQuery(Client):
    def url(self) -> str:
        return super().url() + "?source=sdk"


@caught_by("request::test_method_and_url")
class PlainHttp(Client):
    def url(self) -> str:
        return super().url().replace("https:", "http:")


@caught_by("request::test_method_and_url")
class TrailingSlash(Client):
    def url(self) -> str:
        return super().url() + "/"


@caught_by("request::test_method_and_url")
class Puts(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        request = super().request(arguments)
        request.method = "PUT"
        return request


@caught_by("request::test_bearer_key")
class KeyWithoutScheme(Client):
    def authorization(self) -> str:
        return self.api_key


@caught_by("request::test_bearer_key")
class BearerNone(Client):
    def authorization(self) -> str:
        return f"Bearer {None}"


@caught_by("request::test_bearer_key")
class LowersKey(Client):
    def authorization(self) -> str:
        return f"Bearer {self.api_key.lower()}"


@caught_by("request::test_key_is_nowhere_else")
class KeyInSecondHeader(Client):
    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().app_headers(arguments), "X-Api-Key": self.api_key}


@caught_by("request::test_method_and_url", "request::test_key_is_nowhere_else")
class KeyInUrl(Client):
    def url(self) -> str:
        return f"{super().url()}?key={self.api_key}"


@caught_by("request::test_content_type_is_json", "request::test_body_is_one_json_object")
class Multipart(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        import httpx  # noqa: PLC0415 - a mutant stays in one place

        audio = arguments["input_audio"]["data"].encode()
        headers = {"Authorization": self.authorization(), **self.app_headers(arguments)}
        files = {"file": ("audio.wav", audio, "audio/wav")}
        return httpx.Request("POST", self.url(), headers=headers, data={"model": arguments["model"]}, files=files)


@caught_by("request::test_content_type_is_json")
class NoContentType(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {name: value for name, value in super().headers(arguments).items() if name != "Content-Type"}


@caught_by("request::test_content_type_is_json")
class Latin1Charset(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Content-Type": "application/json; charset=iso-8859-1"}


@caught_by("request::test_accept_admits_json")
class AcceptsText(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Accept": "text/plain"}


@caught_by("request::test_body_is_one_json_object")
class ByteOrderMark(Client):
    def encode(self, body: dict[str, Any]) -> bytes:
        return b"\xef\xbb\xbf" + super().encode(body)


@caught_by("request::test_body_is_one_json_object")
class BodyInList(Client):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps([body]).encode()


@caught_by("request::test_format_is_renamed", _WHOLE_BODY)
class ForgetsToRenameFormat(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        return dict(audio)


@caught_by("request::test_format_is_renamed", "request::test_format_is_accepted_by_its_wire_name", _WHOLE_BODY)
class SendsFormatTwice(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        sent = super().audio(audio)
        return {**sent, "format_": sent["format"]}


@caught_by("request::test_format_is_accepted_by_its_wire_name")
class LosesFormatByItsWireName(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        return {"data": audio["data"], "format": audio.get("format_", "mp3")}


@caught_by("request::test_format_is_renamed", _WHOLE_BODY)
class GuessesFormat(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        return {**super().audio(audio), "format": "wav"}


@caught_by("request::test_audio_is_verbatim", _WHOLE_BODY)
class DataUri(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        sent = super().audio(audio)
        return {**sent, "data": f"data:audio/wav;base64,{sent['data']}"}


@caught_by("request::test_audio_is_verbatim", perhaps=(_WHOLE_BODY,))
class StripsAudio(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        sent = super().audio(audio)
        return {**sent, "data": sent["data"].strip()}


@caught_by("request::test_audio_is_verbatim")
class TruncatesAudio(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        sent = super().audio(audio)
        return {**sent, "data": sent["data"][:1_000_000]}


@caught_by("request::test_model_is_verbatim", "request::test_falsy_values_are_sent", perhaps=(_WHOLE_BODY,))
class DefaultModel(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {**super().body(arguments), "model": arguments["model"] or "openai/whisper-1"}


@caught_by("request::test_model_is_verbatim", perhaps=(_WHOLE_BODY,))
class NormalisesModel(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {**super().body(arguments), "model": arguments["model"].strip().lower()}


@caught_by("request::test_language_is_verbatim", perhaps=(_WHOLE_BODY,))
class ShortensLanguage(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        return {**body, "language": body["language"][:2]} if "language" in body else body


@caught_by(
    "request::test_omitted_arguments_are_absent",
    "request::test_none_arguments_are_absent",
    _WHOLE_BODY,
)
class LanguageNull(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {**super().body(arguments), "language": arguments["language"]}


@caught_by("request::test_temperature_keeps_its_value", "request::test_falsy_values_are_sent", perhaps=(_WHOLE_BODY,))
class TemperatureAsText(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        return {**body, "temperature": str(body["temperature"])} if "temperature" in body else body


@caught_by("request::test_temperature_keeps_its_value", perhaps=(_WHOLE_BODY,))
class RoundsTemperature(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        return {**body, "temperature": round(body["temperature"], 2)} if "temperature" in body else body


@caught_by("request::test_falsy_values_are_sent", perhaps=(_WHOLE_BODY,))
class DropsZeroTemperature(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        if not body.get("temperature"):
            body.pop("temperature", None)
        return body


@caught_by("request::test_falsy_values_are_sent", perhaps=(_WHOLE_BODY,))
class DropsEmptyLanguage(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        if not body.get("language"):
            body.pop("language", None)
        return body


@caught_by("request::test_falsy_values_are_sent", perhaps=(_WHOLE_BODY,))
class DropsEmptyProvider(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        if not body.get("provider"):
            body.pop("provider", None)
        return body


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


@caught_by(
    "request::test_provider_options_are_verbatim",
    "request::test_every_provider_slug_is_sent_as_it_is",
    perhaps=(_WHOLE_BODY,),
)
class DropsNestedNulls(Client):
    def without_absent(self, body: dict[str, Any]) -> dict[str, Any]:
        return _without_nulls(body)  # type: ignore[no-any-return] # a dict gives a dict


@caught_by(
    "request::test_every_provider_slug_is_sent_as_it_is",
    "request::test_unknown_provider_slugs_are_kept",
    perhaps=(_WHOLE_BODY, "request::test_provider_options_are_verbatim"),
)
class RewritesSlugs(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        options = body.get("provider", {}).get("options")
        if options is not None:
            body["provider"] = {"options": {slug.replace("-", "_"): value for slug, value in options.items()}}
        return body


@caught_by("request::test_unknown_provider_slugs_are_kept")
class DropsUnknownSlugs(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        options = body.get("provider", {}).get("options")
        if options is not None:
            kept = {slug: value for slug, value in options.items() if slug != "a-provider-of-tomorrow"}
            body["provider"] = {"options": kept}
        return body


@caught_by(_WHOLE_BODY)
class AddsProperty(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {**super().body(arguments), "stream": False}


@caught_by("request::test_app_headers_are_sent")
class OfficialLookingTitleHeader(Client):
    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        renamed = {"X-OpenRouter-Title": "X-Title"}
        return {renamed.get(name, name): value for name, value in super().app_headers(arguments).items()}


@caught_by("request::test_app_headers_do_not_stay")
class AppHeadersStay(Client):
    remembered: dict[str, str] = {}  # noqa: RUF012 - replaced, never changed

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        self.remembered = {**self.remembered, **super().app_headers(arguments)}
        return self.remembered


@caught_by("request::test_arguments_are_not_changed")
class PopsFormat(Client):
    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        audio["format"] = audio.pop("format_", audio.get("format"))
        return dict(audio)


@caught_by(
    "request::test_each_call_sends_its_own_body",
    "request::test_omitted_arguments_are_absent",
    "request::test_none_arguments_are_absent",
    perhaps=(_WHOLE_BODY, "request::test_falsy_values_are_sent"),
)
class RemembersLanguage(Client):
    remembered: str | None = None

    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.remembered = arguments["language"] or self.remembered
        return super().body({**arguments, "language": arguments["language"] or self.remembered})


@caught_by("request::test_sync_and_async_send_the_same")
class AsyncWithoutAppHeaders(Client):
    async def send_async(self, request: httpx.Request) -> httpx.Response:
        request.headers["Content-Type"] = "application/json; charset=utf-8"
        return await super().send_async(request)


# --- response ---------------------------------------------------------------------------------------------------------


@caught_by("response::test_text_is_verbatim", perhaps=("response::test_every_valid_response_is_accepted",))
class StripsText(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        transcription.text = transcription.text.strip()
        return transcription


@caught_by(
    "response::test_text_is_verbatim",
    "response::test_content_type_in_every_form",
    perhaps=("response::test_every_valid_response_is_accepted",),
)
class NormalisesText(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        transcription.text = unicodedata.normalize("NFC", transcription.text)
        return transcription


@caught_by("response::test_every_valid_response_is_accepted", "response::test_text_is_verbatim")
class RefusesEmptyText(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if isinstance(body, dict) and body.get("text") == "":
            raise UnreadableResponse("The response holds no transcript.", response)
        return super().transcription(body, response)


@caught_by("response::test_usage_fields_keep_their_value")
class DropsZeroUsage(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        if transcription.usage:
            transcription.usage = {name: value for name, value in transcription.usage.items() if value}
        return transcription


@caught_by("response::test_usage_fields_keep_their_value", "response::test_partial_usage")
class LosesCost(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        if transcription.usage:
            transcription.usage.pop("cost", None)
        return transcription


@caught_by("response::test_absent_usage_is_absent", "response::test_partial_usage")
class InventsUsage(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        transcription.usage = {"seconds": 0.0, **(transcription.usage or {})}
        return transcription


@caught_by("response::test_every_valid_response_is_accepted", "response::test_partial_usage")
class NeedsTotalTokens(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        if transcription.usage and "cost" in transcription.usage and len(transcription.usage) > 1:
            raise UnreadableResponse("usage.total_tokens is missing.", response)
        return transcription


@caught_by("response::test_unknown_fields_are_ignored")
class RefusesUnknownFields(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if isinstance(body, dict) and "text" in body and body.keys() - {"text", "usage"}:
            raise UnreadableResponse("The response has unknown fields.", response)
        return super().transcription(body, response)


@caught_by("response::test_content_type_in_every_form")
class ComparesWholeContentType(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if response.headers["content-type"] != "application/json":
            raise UnreadableResponse("The response is not JSON.", response)
        return super().transcription(body, response)


@caught_by("response::test_gzip_is_decoded")
class AcceptsGzipButDoesNotDecode(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Accept-Encoding": "gzip"}

    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if "content-encoding" in response.headers:
            raise UnreadableResponse("The response is not JSON.", response)
        return super().transcription(body, response)


@caught_by("response::test_no_transcript_is_an_error", "response::test_unreadable_responses_are_own_errors")
class EmptyTextForMissing(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if isinstance(body, dict) and "text" not in body:
            return Transcription("", None)
        return super().transcription(body, response)


@caught_by("response::test_no_transcript_is_an_error", "response::test_unreadable_responses_are_own_errors")
class TextOfAnything(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if isinstance(body, dict) and "text" in body:
            return Transcription(str(body["text"]), body.get("usage"))
        return super().transcription(body, response)


@caught_by("response::test_no_transcript_is_an_error", "response::test_unreadable_responses_are_own_errors")
class RawTextForHtml(Client):
    def read(self, response: httpx.Response) -> Any:
        if response.status_code == 200 and response.headers["content-type"] == "text/html":
            return Transcription(response.text, None)
        return super().read(response)


@caught_by("response::test_unreadable_responses_are_own_errors")
class BareKeyError(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if isinstance(body, dict) and "text" not in body:
            raise KeyError("text")
        return super().transcription(body, response)


@caught_by("response::test_no_content_is_an_error")
class EmptyTextForNoContent(Client):
    def read(self, response: httpx.Response) -> Any:
        return Transcription("", None) if response.status_code == 204 else super().read(response)


# --- errors -----------------------------------------------------------------------------------------------------------


@caught_by("errors::test_status")
class DefaultErrorFor529(Client):
    def error(self, response: httpx.Response) -> Exception:
        if response.status_code == 529:
            return SttError(self.message(response), response)
        return super().error(response)


@caught_by(
    "errors::test_status",
    "errors::test_types_are_distinct",
    "errors::test_errors_share_a_base",
    "errors::test_failures_are_raised",
    "errors::test_status_is_kept",
    "errors::test_message_is_kept",
    "errors::test_body_code_does_not_win",
    "errors::test_error_body_is_kept",
    "errors::test_unreadable_error_body",
    "errors::test_unreadable_errors_are_own_errors",
    "errors::test_sync_and_async_agree",
)
class EmptyTextFor500(Client):
    def read(self, response: httpx.Response) -> Any:
        return Transcription("", None) if response.status_code == 500 else super().read(response)


@caught_by("errors::test_undocumented_status")
class BadRequestForEvery4xx(Client):
    def error(self, response: httpx.Response) -> Exception:
        if 400 < response.status_code < 500 and response.status_code not in self.stt_errors:
            return BadRequest(self.message(response), response)
        return super().error(response)


@caught_by("errors::test_status", "errors::test_types_are_distinct")
class OneErrorFor502And503(Client):
    def error(self, response: httpx.Response) -> Exception:
        kind = self.stt_errors[502] if response.status_code == 503 else None
        return kind(self.message(response), response) if kind else super().error(response)


@caught_by("errors::test_failures_are_raised")
class ReturnsFailures(Client):
    def read(self, response: httpx.Response) -> Any:
        return self.error(response) if response.status_code in self.stt_errors else super().read(response)


@caught_by("errors::test_status_is_kept", "errors::test_body_code_does_not_win", "errors::test_unreadable_error_body")
class LosesStatus(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.status_code = None  # type: ignore[attr-defined] # the defect
        return error


@caught_by("errors::test_message_is_kept")
class OwnMessageOnly(Client):
    def message(self, response: httpx.Response) -> str:
        return f"The API answered {response.status_code}."


@caught_by("errors::test_body_code_does_not_win")
class BodyCodeWins(Client):
    def error(self, response: httpx.Response) -> Exception:
        if '"code":429' in response.text:
            return TooManyRequests(self.message(response), response)
        return super().error(response)


@caught_by("errors::test_error_body_is_kept")
class LosesErrorBody(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.body = ""  # type: ignore[attr-defined] # the defect
        return error


@caught_by("errors::test_headers_are_kept")
class LosesHeaders(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.headers = {}  # type: ignore[attr-defined] # the defect
        return error


@caught_by(
    "errors::test_unreadable_error_body",
    "errors::test_unreadable_errors_are_own_errors",
)
class TrustsErrorBodies(Client):
    def message(self, response: httpx.Response) -> str:
        return str(response.json()["error"]["message"])


@caught_by("errors::test_unreadable_errors_are_own_errors")
class ForeignErrorForHtml(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        if "text/html" not in response.headers.get("content-type", ""):
            return error
        foreign = RuntimeError(str(error))
        foreign.status_code = response.status_code  # type: ignore[attr-defined] # as some clients do
        return foreign


def _followed(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    import httpx  # noqa: PLC0415 - a mutant stays in one place

    return httpx.Request(request.method, response.headers["location"], headers=request.headers, content=request.content)


@caught_by("errors::test_redirects_do_not_carry_the_key_away")
class FollowsRedirectsWithKey(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = super().send(request)
        return self.http.send(_followed(request, response)) if response.is_redirect else response

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        response = await super().send_async(request)
        return await self.async_http.send(_followed(request, response)) if response.is_redirect else response


@caught_by("errors::test_redirects_do_not_turn_post_into_get")
class FollowsRedirectsAsGet(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        return self.http.send(request, follow_redirects=True)

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        return await self.async_http.send(request, follow_redirects=True)


@caught_by("errors::test_status", "errors::test_sync_and_async_agree")
class AsyncDefaultErrorFor429(Client):
    async def create_transcription_async(self, **arguments: Any) -> Any:
        names = ("language", "provider", "temperature", *APP_HEADERS)
        arguments = {**dict.fromkeys(names), **arguments}
        response = await self.send_async(self.request(arguments))
        if response.status_code == 429:
            raise SttError(self.message(response), response)
        return self.read(response)


# --- without end: judged in bounded time, not named by checks of their own --------------------------------------------


class RetriesForEver(Client):
    """Sends a 5xx again at once, for ever."""

    def send(self, request: httpx.Request) -> httpx.Response:
        while (response := super().send(request)).status_code >= 500:
            pass
        return response


class BlocksForEver(Client):
    """Never comes back, and cannot be interrupted."""

    def send(self, request: httpx.Request) -> httpx.Response:
        super().send(request)
        time.sleep(3600)
        raise AssertionError


class Exits(Client):
    """Ends the program when anything goes wrong."""

    def error(self, response: httpx.Response) -> Exception:
        raise SystemExit(f"error: {response.status_code}")
