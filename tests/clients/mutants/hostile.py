"""Defects that only a server that lies brings to light."""

from __future__ import annotations

import json
import sys
import zlib
from typing import Any

import httpx

from tests.clients.reference import Client, Transcription, UnreadableResponse

from ._catch import caught_by

_WRONG = "hostile::test_no_wrong_text_is_returned"
_OWN = "hostile::test_absurd_responses_are_own_errors"
_UNUSUAL = "hostile::test_unusual_json_is_understood"
_USAGE = "hostile::test_absurd_usage_is_no_other_number"
_CHARSET = "hostile::test_charset_label_has_no_effect"
_COOKIES = "hostile::test_cookies_do_not_come_back"


@caught_by(_WRONG)
class JoinsTextsOfTheSameName(Client):
    def parse(self, response: httpx.Response) -> Any:
        def joined(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            texts = [value for name, value in pairs if name == "text" and isinstance(value, str)]
            return {**dict(pairs), "text": "".join(texts)} if len(texts) > 1 else dict(pairs)

        return json.loads(response.content, object_pairs_hook=joined)


@caught_by(_WRONG)
class DropsBytesThatAreNotUtf8(Client):
    def parse(self, response: httpx.Response) -> Any:
        return json.loads(response.content.decode(errors="ignore"))


@caught_by(_WRONG)
class TakesTheFirstOfTwoDocuments(Client):
    def parse(self, response: httpx.Response) -> Any:
        return json.JSONDecoder().raw_decode(response.content.decode().lstrip())[0]


@caught_by(_WRONG)
class EmptyTextForDeepNesting(Client):
    def parse(self, response: httpx.Response) -> Any:
        try:
            return super().parse(response)
        except RecursionError:
            return {"text": ""}


@caught_by(_WRONG, _OWN)
class EndsTheProgram(Client):
    def parse(self, response: httpx.Response) -> Any:
        try:
            return super().parse(response)
        except RecursionError:
            sys.exit("The response is too deep.")


@caught_by(_WRONG)
class EveryOtherStatusIsATranscript(Client):
    def read(self, response: httpx.Response) -> Any:
        if response.status_code != 204 and response.status_code // 100 not in {4, 5}:
            response.status_code = 200
        return super().read(response)


@caught_by(_WRONG)
class IgnoresTheChecksumOfGzip(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.http.send(request, stream=True)
        if response.headers.get("content-encoding") != "gzip":
            response.read()
            return response
        body = b"".join(response.iter_raw())
        inflated = zlib.decompressobj(-15).decompress(body[10:]) if body.startswith(b"\x1f\x8b") else b""
        return httpx.Response(response.status_code, content=inflated, request=request)


@caught_by(_OWN)
class CatchesOnlyValueErrors(Client):
    def read(self, response: httpx.Response) -> Any:
        if response.status_code != 200:
            raise self.error(response)
        try:
            return self.transcription(self.parse(response), response)
        except ValueError as error:
            raise UnreadableResponse("The response is not JSON.", response) from error


@caught_by(_OWN)
class TrustsTheDepthOfErrors(Client):
    def message(self, response: httpx.Response) -> str:
        try:
            return str(response.json()["error"]["message"])
        except (ValueError, LookupError, TypeError):
            return f"The API answered {response.status_code}."


@caught_by(_UNUSUAL)
class RefusesLongResponses(Client):
    def parse(self, response: httpx.Response) -> Any:
        if len(response.content) > 500_000:
            raise ValueError
        return super().parse(response)


@caught_by(_UNUSUAL)
class RefusesToGoDeep(Client):
    def parse(self, response: httpx.Response) -> Any:
        if response.content.count(b"[") > 32:
            raise ValueError
        return super().parse(response)


@caught_by(_UNUSUAL)
class LooksForTheNameInTheBytes(Client):
    def parse(self, response: httpx.Response) -> Any:
        return super().parse(response) if b'"text"' in response.content else None


@caught_by(_USAGE)
class ClipsNumbers(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        transcription = super().transcription(body, response)
        for name, value in transcription.usage.items() if isinstance(transcription.usage, dict) else ():
            transcription.usage[name] = 2**63 - 1 if isinstance(value, int) and value >= 2**63 else value
        return transcription


@caught_by(_USAGE)
class NanIsNothingToPay(Client):
    def parse(self, response: httpx.Response) -> Any:
        return json.loads(response.content, parse_constant=lambda _: 0)


@caught_by(_CHARSET, _OWN)
class BelievesTheCharset(Client):
    def parse(self, response: httpx.Response) -> Any:
        return json.loads(response.text)


@caught_by(_CHARSET)
class BelievesTheCharsetOfLatin1(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if response.charset_encoding != "iso-8859-1":
            return super().transcription(body, response)
        return Transcription(json.loads(response.text)["text"], None)


@caught_by(_COOKIES)
class KeepsCookies(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        self.http.cookies.set_cookie_header(request)
        return super().send(request)
