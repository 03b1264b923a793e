"""Adapters for `shapes`: one that only passes on, and each of the others with one piece of work of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import queue
import time
from typing import Any

import httpx

from pytest_openrouter_stt import from_function
from tests.clients import shapes

stt_adapter_for = "tests.clients.shapes"
NAMES = {"input_audio": "b64", "format": "fmt", "api_key": "token"}

passing_on = from_function(shapes.from_base64, arguments=NAMES)


class Failed(Exception): ...


class PassesOn:
    def __init__(self, api_key: str) -> None:
        self.token = api_key

    def create_transcription(self, *, input_audio: Any, model: str) -> str:
        return self.call(input_audio["data"], input_audio["format_"], model)

    def call(self, data: str, kind: str, model: str) -> str:
        return shapes.from_base64(data, kind, model, token=self.token)


class Decodes(PassesOn):
    def call(self, data: str, kind: str, model: str) -> str:
        return shapes.from_bytes(base64.b64decode(data), model, self.token, kind)


class Serialises(PassesOn):
    def call(self, data: str, kind: str, model: str) -> str:
        return super().call(*json.loads(json.dumps([data, kind, model])))


class Sends(PassesOn):
    def call(self, data: str, kind: str, model: str) -> str:
        body = {"input_audio": {"data": data, "format": kind}, "model": model}
        response = httpx.post(shapes.URL, json=body, headers={"Authorization": f"Bearer {self.token}"})
        return shapes.text_of(response)


class GoesPast(PassesOn):
    """It has another package send what it is to be judged by."""

    def call(self, data: str, kind: str, model: str) -> str:
        from tests.clients.reference import Client  # noqa: PLC0415 - not for the other adapters

        audio = {"data": data, "format_": kind}
        text: str = Client(self.token).create_transcription(input_audio=audio, model=model, retries=None).text
        return text


class Repeats(PassesOn):
    def call(self, data: str, kind: str, model: str) -> str:
        for _ in range(5):
            try:
                return super().call(data, kind, model)
            except shapes.ApiError as error:
                last = error
        raise last


class Waits(PassesOn):
    def call(self, data: str, kind: str, model: str) -> str:
        time.sleep(1)
        return super().call(data, kind, model)


class WaitsAsynchronously(PassesOn):
    async def create_transcription_async(self, *, input_audio: Any, model: str) -> str:
        await asyncio.sleep(1)
        return self.call(input_audio["data"], input_audio["format_"], model)

    create_transcription = None  # type: ignore[assignment] # a client with one operation


class MapsErrors(PassesOn):
    def call(self, data: str, kind: str, model: str) -> str:
        try:
            return super().call(data, kind, model)
        except shapes.ApiError as error:
            raise Failed from error


class ReturnsErrors(PassesOn):
    def call(self, data: str, kind: str, model: str) -> Any:
        try:
            return super().call(data, kind, model)
        except shapes.ApiError as error:
            return Failed(str(error))


class Hangs(PassesOn):
    """Its first call is answered, and no other."""

    calls = 0

    def call(self, data: str, kind: str, model: str) -> str:
        type(self).calls += 1
        if self.calls > 1:
            queue.SimpleQueue[None]().get()
        return super().call(data, kind, model)
