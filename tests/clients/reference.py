"""The reference client: does what the contract requires, with httpx, in as few lines as that takes.

Every step is a method of its own, so that a mutant can get exactly one of them wrong.
"""

from __future__ import annotations

import json
from typing import Any

import httpx

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
        self.body = response.text


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


class Client:
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
        self.api_key = api_key
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
    ) -> Any:
        return self.read(self.send(self.request(locals())))

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
    ) -> Any:
        return self.read(await self.send_async(self.request(locals())))

    def send(self, request: httpx.Request) -> httpx.Response:
        return self.http.send(request)

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        return await self.async_http.send(request)

    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        body = self.encode(self.body(arguments))
        return httpx.Request("POST", self.url(), headers=self.headers(arguments), content=body)

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
        return json.dumps(body).encode()

    def read(self, response: httpx.Response) -> Any:
        if response.status_code != 200:
            raise self.error(response)
        try:
            body = response.json()
        except ValueError as error:
            raise UnreadableResponse("The response is not JSON.", response) from error
        return self.transcription(body, response)

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
        except (ValueError, LookupError, TypeError):
            return f"The API answered {response.status_code}."
