"""What is judged beside other versions and plugins: a client that is right, and one with defects in several areas."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from tests.clients.reference import Client, SttError


class Right(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        request = super().request(arguments)
        request.extensions["timeout"] = httpx.Timeout(5).as_dict()  # before 0.27.1, send() adds none
        return request


class Wrong(Right):
    def without_absent(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if value}

    def authorization(self) -> str:
        logging.getLogger(__name__).warning("authorized by %s", self.api_key)
        return super().authorization()

    def is_retryable(self, response: httpx.Response) -> bool:
        return response.status_code == 429 or super().is_retryable(response)

    async def attempts_async(self, request: httpx.Request, retries: object) -> httpx.Response:
        return await self.exchange_async(request)

    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        return SttError(str(error), response) if response.status_code == 502 else error

    def parse(self, response: httpx.Response) -> Any:
        return response.json() if response.content else {"text": ""}
