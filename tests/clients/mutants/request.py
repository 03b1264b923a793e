"""Defects in what is sent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.clients.reference import (
    Client,
)

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx

_WHOLE_BODY = "request::test_body_is_the_wire_form"
_STATE = (
    "state::test_any_sequence_of_calls",
    "state::test_calls_at_once_do_not_cross",
    "state::test_cancelling_leaves_the_client_usable",
)
"""Checks of what is kept between calls, whose own calls may happen to show the defect."""


@caught_by(
    "request::test_a_valid_call_is_sent",
    "retry::test_attempts_are_spaced",
    "retry::test_client_errors_are_not_retried",
    "retry::test_retries_off_means_one_request",
    "retry::test_retry_after_in_milliseconds_is_honoured",
    "retry::test_retry_after_is_honoured",
)
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


@caught_by("request::test_method_and_url", "request::test_key_is_nowhere_else", "secrecy::test_key_is_not_logged")
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


@caught_by("request::test_format_is_accepted_by_its_wire_name")
class RefusesFormatByItsWireName(Client):
    def validate(self, arguments: dict[str, Any]) -> None:
        super().validate(arguments)
        self.expect(str, "input_audio.format_", arguments["input_audio"].get("format_"))


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


@caught_by("request::test_temperature_keeps_its_value", perhaps=(_WHOLE_BODY, *_STATE))
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


@caught_by("request::test_app_headers_do_not_stay", perhaps=_STATE)
class AppHeadersStay(Client):
    remembered: dict[str, str] = {}  # noqa: RUF012 - replaced, never changed

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        self.remembered = {**self.remembered, **super().app_headers(arguments)}
        return self.remembered


@caught_by("request::test_app_headers_cannot_inject")
class WritesHeadersAsText(Client):
    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        text = "\n".join(f"{name}: {value}" for name, value in super().app_headers(arguments).items())
        return dict(re.split(": ?", line, maxsplit=1) for line in text.splitlines() if ":" in line)


@caught_by("request::test_app_headers_cannot_inject")
class TranscriptForUnsendableHeaders(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        import httpx  # noqa: PLC0415 - a mutant stays in one place

        try:
            return super().send(request)
        except httpx.LocalProtocolError:
            return httpx.Response(200, json={"text": ""})


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
