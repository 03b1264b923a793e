"""Clients that differ from the reference in a way that no check is named for: some are right, some are wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from tests.clients.reference import APP_HEADERS, Client, ConnectionFailed, SttError, Transcription

if TYPE_CHECKING:
    import httpx

_NAMES = ("language", "provider", "temperature", *APP_HEADERS)


# --- what is sent -----------------------------------------------------------------------------------------------------


class RefusesOtherLanguages(Client):
    def validate(self, arguments: dict[str, Any]) -> None:
        super().validate(arguments)
        if arguments["language"] not in {None, "en"}:
            raise ValueError("The language is not supported.")


class RefusesUnknownSlugs(Client):
    def validate(self, arguments: dict[str, Any]) -> None:
        super().validate(arguments)
        if "a-provider-of-tomorrow" in (arguments["provider"] or {}).get("options", {}):
            raise ValueError("There is no such provider.")


class AnotherModelWhenAsynchronous(Client):
    async def create_transcription_async(self, **arguments: Any) -> Any:
        return await super().create_transcription_async(**{**arguments, "model": "another"})


class StripsItsKey(Client):
    def usable(self, api_key: str) -> str:
        return super().usable(api_key.strip())


def with_a_key_of_its_own(*, input_audio: dict[str, Any], model: str) -> Any:
    return Client("a key of its own").create_transcription(input_audio=input_audio, model=model)


with_a_key_of_its_own.stt_errors = Client.stt_errors  # type: ignore[attr-defined] # how a function declares them


# --- what comes of it -------------------------------------------------------------------------------------------------


class EmptyTextForAnyError(Client):
    def create_transcription(self, **arguments: Any) -> Any:
        try:
            return super().create_transcription(**arguments)
        except SttError:
            return Transcription("", None)

    async def create_transcription_async(self, **arguments: Any) -> Any:
        try:
            return await super().create_transcription_async(**arguments)
        except SttError:
            return Transcription("", None)


class ErrorsOfPython(Client):
    stt_errors = None  # type: ignore[assignment] # they are inferred from what it raises

    def error(self, response: httpx.Response) -> Exception:
        return RuntimeError(self.message(response))


class NanIsText(Client):
    def parse(self, response: httpx.Response) -> Any:
        return json.loads(response.content, parse_constant=str)


class TellsOthersOfErrors(Client):
    def error(self, response: httpx.Response) -> Exception:
        with suppress(OSError):
            socket.create_connection(("192.0.2.1", 443))
        return super().error(response)


# --- what is left of it -----------------------------------------------------------------------------------------------


class WaitsForAnotherKey(Client):
    def error(self, response: httpx.Response) -> Exception:
        while response.status_code == 401:
            time.sleep(1e7)
        return super().error(response)


class KeyOfTheFirstClient(Client):
    first = ""

    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        type(self).first = self.first or api_key

    def authorization(self) -> str:
        return f"Bearer {self.first}"


class StumblesOnce(Client):
    errors = 0

    def exchange(self, request: httpx.Request) -> httpx.Response:
        if self.errors == 1:
            type(self).errors += 1
            raise ConnectionFailed("It has not recovered yet.")
        return super().exchange(request)

    def error(self, response: httpx.Response) -> Exception:
        type(self).errors += 1
        return super().error(response)


class CutsTheBodyAfterErrors(Client):
    has_failed = False

    def encode(self, body: dict[str, Any]) -> bytes:
        cut, self.has_failed = self.has_failed, False
        return super().encode(body)[: 9 if cut else None]

    def error(self, response: httpx.Response) -> Exception:
        self.has_failed = True
        return super().error(response)


class LooksAtTheStatusWhileBusy(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.under_way: list[httpx.Request] = []

    def send(self, request: httpx.Request) -> httpx.Response:
        self.under_way.append(request)
        try:
            if len(self.under_way) > 1:
                self.http.get("https://openrouter.ai/api/v1/status")
            return super().send(request)
        finally:
            self.under_way.remove(request)


class NeverDoneWithClosing(Client):
    def close(self) -> NoReturn:
        while True:
            time.sleep(1e7)


class FinishesWhatWasCancelled(Client):
    async def exchange_async(self, request: httpx.Request) -> httpx.Response:
        sending = asyncio.ensure_future(super().exchange_async(request))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            return await sending


# --- what becomes of files --------------------------------------------------------------------------------------------


class RetriesNoFiles(Client):
    has_file = False

    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        self.has_file = hasattr(arguments["input_audio"], "read")
        return super().request(arguments)

    def max_attempts(self, retries: object) -> int:
        return 1 if self.has_file else super().max_attempts(retries)


class EmptyTextForOtherBytes(Client):
    def create_transcription(self, **arguments: Any) -> Any:
        if arguments["input_audio"] == b"This is no audio.":
            return Transcription("", None)
        return super().create_transcription(**{**dict.fromkeys(_NAMES), **arguments})


class LosesTheEndOfFiles(Client):
    def base64(self, content: bytes) -> str:
        return super().base64(content).rstrip("=")[:-2]
