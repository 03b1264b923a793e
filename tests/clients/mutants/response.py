"""Defects in how a 200 is read."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

from tests.clients.reference import (
    Client,
    Transcription,
    UnreadableResponse,
)

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx


@caught_by("response::test_text_is_verbatim", perhaps=("response::test_every_valid_response_is_accepted",))
class StripsText(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        transcription.text = transcription.text.strip()
        return transcription


@caught_by(
    "response::test_text_is_verbatim",
    "response::test_content_type_in_every_form",
    "response::test_a_body_without_length_is_read_whole",
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


@caught_by(
    "response::test_unknown_fields_are_ignored",
    "hostile::test_unusual_json_is_understood",
    perhaps=("response::test_every_valid_response_is_accepted",),
)
class RefusesUnknownFields(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if isinstance(body, dict) and "text" in body and body.keys() - {"text", "usage"}:
            raise UnreadableResponse("The response has unknown fields.", response)
        return super().transcription(body, response)


@caught_by("response::test_content_type_in_every_form", "hostile::test_charset_label_has_no_effect")
class ComparesWholeContentType(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if response.headers["content-type"] != "application/json":
            raise UnreadableResponse("The response is not JSON.", response)
        return super().transcription(body, response)


@caught_by("response::test_content_type_in_every_form")
class TakesParametersForLatin1(Client):
    def parse(self, response: httpx.Response) -> Any:
        *_, parameters = response.headers.get("content-type", "").partition(";")
        if parameters and response.charset_encoding is None:
            return json.loads(response.content.decode("latin-1"))
        return super().parse(response)


@caught_by("response::test_gzip_is_decoded")
class AcceptsGzipButDoesNotDecode(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Accept-Encoding": "gzip"}

    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if "content-encoding" in response.headers:
            raise UnreadableResponse("The response is not JSON.", response)
        return super().transcription(body, response)


@caught_by("response::test_a_body_without_length_is_read_whole")
class TakesWhatHasNoLengthForEmpty(Client):
    def parse(self, response: httpx.Response) -> Any:
        if "content-length" not in response.headers:
            raise UnreadableResponse("The response is empty.", response)
        return super().parse(response)


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
