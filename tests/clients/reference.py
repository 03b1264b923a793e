"""The reference client: does what the contract requires, with httpx, in as few lines as that takes.

Every step is a method of its own, so that a mutant can get exactly one of them wrong.
"""

from __future__ import annotations

import asyncio
import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from tests.clients.audio_input import AudioInput

ON = object()
"""The default of ``retries``: as the client thinks best; ``None`` turns them off."""
MAX_ATTEMPTS = 4
FIRST_DELAY = 0.5
LONGEST_DELAY = 60.0

URL = "https://openrouter.ai/api/v1/audio/transcriptions"
APP_HEADERS = {
    "http_referer": "HTTP-Referer",
    "x_open_router_title": "X-OpenRouter-Title",
    "x_open_router_categories": "X-OpenRouter-Categories",
}


class SttError(Exception):
    """The base of every error of this client."""

    def __init__(self, message: str, response: httpx.Response) -> None:
        super().__init__(message)
        self.status_code = response.status_code
        self.headers = response.headers
        self.body = response.content.decode(errors="replace")  # whatever charset is claimed


class ConnectionFailed(SttError):
    """There is no response, or only a part of one."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)


class UnusableKey(SttError):
    """No header can carry the key."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)


class UnreadableResponse(SttError): ...


class BadRequest(SttError): ...


class Unauthorized(SttError): ...


class PaymentRequired(SttError): ...


class NotFound(SttError): ...


class TooManyRequests(SttError): ...


class InternalServerError(SttError): ...


class BadGateway(SttError): ...


class ServiceUnavailable(SttError): ...


class EdgeNetworkTimeout(SttError): ...


class ProviderOverloaded(SttError): ...


class Transcription:
    def __init__(self, text: str, usage: dict[str, Any] | None) -> None:
        self.text = text
        self.usage = usage


class Client(AudioInput):
    stt_extra_features = frozenset({"audio_bytes", "audio_path", "audio_file"})
    stt_errors: dict[int | str, type[SttError]] = {  # noqa: RUF012 - read only
        400: BadRequest,
        401: Unauthorized,
        402: PaymentRequired,
        404: NotFound,
        429: TooManyRequests,
        500: InternalServerError,
        502: BadGateway,
        503: ServiceUnavailable,
        524: EdgeNetworkTimeout,
        529: ProviderOverloaded,
        "default": SttError,
    }

    def __init__(self, api_key: str) -> None:
        self.api_key = self.usable(api_key)
        self.http = httpx.Client()
        self.async_http = httpx.AsyncClient()

    def create_transcription(
        self,
        *,
        input_audio: dict[str, Any],
        model: str,
        language: str | None = None,
        provider: dict[str, Any] | None = None,
        temperature: float | None = None,
        http_referer: str | None = None,
        x_open_router_title: str | None = None,
        x_open_router_categories: str | None = None,
        retries: object = ON,
    ) -> Any:
        return self.read(self.attempts(self.request(locals()), retries))

    async def create_transcription_async(
        self,
        *,
        input_audio: dict[str, Any],
        model: str,
        language: str | None = None,
        provider: dict[str, Any] | None = None,
        temperature: float | None = None,
        http_referer: str | None = None,
        x_open_router_title: str | None = None,
        x_open_router_categories: str | None = None,
        retries: object = ON,
    ) -> Any:
        return self.read(await self.attempts_async(self.request(locals()), retries))

    def usable(self, api_key: str) -> str:
        if not api_key:
            raise UnusableKey("There is no API key.")
        if not (api_key.isascii() and api_key.isprintable()):
            raise UnusableKey("The API key holds characters that no header can carry.")
        return api_key

    def close(self) -> None:
        self.http.close()

    async def aclose(self) -> None:
        await self.async_http.aclose()

    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        response = self.exchange(request)
        for attempt in range(1, self.max_attempts(retries)):
            if not self.is_retryable(response):
                break
            time.sleep(self.delay(attempt, response))
            response = self.exchange(request)
        return response

    async def attempts_async(self, request: httpx.Request, retries: object) -> httpx.Response:
        response = await self.exchange_async(request)
        for attempt in range(1, self.max_attempts(retries)):
            if not self.is_retryable(response):
                break
            await asyncio.sleep(self.delay(attempt, response))
            response = await self.exchange_async(request)
        return response

    def max_attempts(self, retries: object) -> int:
        return 1 if retries is None else MAX_ATTEMPTS

    def is_retryable(self, response: httpx.Response) -> bool:
        return response.status_code >= 500

    def delay(self, attempt: int, response: httpx.Response) -> float:
        return max(self.back_off(attempt), min(self.retry_after(response), LONGEST_DELAY))

    def back_off(self, attempt: int) -> float:
        return FIRST_DELAY * 2.0 ** (attempt - 1)

    def retry_after(self, response: httpx.Response) -> float:
        milliseconds, given = response.headers.get("retry-after-ms", ""), response.headers.get("Retry-After", "")
        if milliseconds.isascii() and milliseconds.isdigit():
            return float(milliseconds[:12]) / 1000
        if given.isascii() and given.isdigit():
            return float(given[:9])
        try:
            return parsedate_to_datetime(given).timestamp() - time.time()
        except (ValueError, OverflowError):
            return 0.0

    def exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            return self.send(request)
        except httpx.RequestError as error:
            raise self.connection_failed(error) from error

    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self.send_async(request)
        except httpx.RequestError as error:
            raise self.connection_failed(error) from error

    def connection_failed(self, error: httpx.RequestError) -> Exception:
        return ConnectionFailed(f"There was no response: {type(error).__name__}")

    def send(self, request: httpx.Request) -> httpx.Response:
        request.extensions.setdefault("timeout", self.http.timeout.as_dict())  # before httpx 0.27.1, send() adds none
        return self.http.send(request)

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        request.extensions.setdefault("timeout", self.async_http.timeout.as_dict())
        return await self.async_http.send(request)

    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        arguments = {**arguments, "input_audio": self.audio_object(arguments.get("input_audio"))}
        self.validate(arguments)
        body = self.encode(self.body(arguments))
        return httpx.Request("POST", self.url(), headers=self.headers(arguments), content=body)

    def validate(self, arguments: dict[str, Any]) -> None:
        audio, provider = arguments["input_audio"], arguments["provider"]
        self.expect(dict, "input_audio", audio)
        self.expect(str, "input_audio.data", audio.get("data"))
        self.expect(str, "input_audio.format", audio.get("format_", audio.get("format")))
        self.expect(str, "model", arguments.get("model"))
        self.expect(str | None, "language", arguments["language"])
        self.expect(int | float | None, "temperature", arguments["temperature"])
        self.expect(dict | None, "provider", provider)
        options = (provider or {}).get("options", {})
        self.expect(dict, "provider.options", options)
        for slug, value in options.items():
            self.expect(dict, slug, value)
        json.dumps([arguments["temperature"], provider], allow_nan=False)  # JSON has no such numbers: a ValueError

    def expect(self, kind: Any, name: str, value: object) -> None:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"{name} cannot be {type(value).__name__}")

    def url(self) -> str:
        return URL

    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {
            "Authorization": self.authorization(),
            "Content-Type": "application/json",
            "Accept": "application/json",
            **self.app_headers(arguments),
        }

    def authorization(self) -> str:
        return f"Bearer {self.api_key}"

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {wire: arguments[name] for name, wire in APP_HEADERS.items() if arguments[name] is not None}

    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = {
            "input_audio": self.audio(arguments["input_audio"]),
            "model": arguments["model"],
            "language": arguments["language"],
            "provider": arguments["provider"],
            "temperature": arguments["temperature"],
        }
        return self.without_absent(body)

    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        return {"data": audio["data"], "format": audio["format_"] if "format_" in audio else audio["format"]}

    def without_absent(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if value is not None}

    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, allow_nan=False).encode()

    def read(self, response: httpx.Response) -> Any:
        if response.status_code != 200:
            raise self.error(response)
        try:
            body = self.parse(response)
        except (ValueError, RecursionError) as error:
            raise UnreadableResponse("The response is not JSON.", response) from error
        return self.transcription(body, response)

    def parse(self, response: httpx.Response) -> Any:
        return response.json()

    def transcription(self, body: Any, response: httpx.Response) -> Any:
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            raise UnreadableResponse("The response holds no transcript.", response)
        return Transcription(body["text"], body.get("usage"))

    def error(self, response: httpx.Response) -> Exception:
        kind = self.stt_errors.get(response.status_code, self.stt_errors["default"])
        return kind(self.message(response), response)

    def message(self, response: httpx.Response) -> str:
        try:
            return str(response.json()["error"]["message"])
        except (ValueError, LookupError, TypeError, RecursionError):
            return f"The API answered {response.status_code}."
