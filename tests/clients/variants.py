"""Variants: clients that differ from the reference in one way that the contract allows; no check may blame them."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pydantic

from tests.clients.reference import (
    APP_HEADERS,
    Client,
    InternalServerError,
    SttError,
    Transcription,
    UnreadableResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

VARIANTS: list[str] = []
"""The names of all of them."""

_IN_BODY = ("language", "provider", "temperature")
_OPTIONALS = (*_IN_BODY, *APP_HEADERS)
_Variant = TypeVar("_Variant", bound="Callable[..., Any]")


def variant(client: _Variant) -> _Variant:
    VARIANTS.append(client.__name__)
    return client


def _all(arguments: dict[str, Any]) -> dict[str, Any]:
    return {**dict.fromkeys(_OPTIONALS), **arguments}


# --- another request that means the same ------------------------------------------------------------------------------


@variant
class Utf8(Client):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


@variant
class CreditsItself(Client):
    stt_features = frozenset({"sync", "async", "api_key", "retries", "input_audio", "model", *_IN_BODY})

    def app_headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {"HTTP-Referer": "https://library.example", "X-OpenRouter-Title": "A library"}


@variant
class IndentedJson(Client):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body, indent=2).encode()


@variant
class OtherKeyOrder(Client):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return dict(reversed(super().body(arguments).items()))


@variant
class LowerCaseBearer(Client):
    def authorization(self) -> str:
        return f"bearer {self.api_key}"


@variant
class CharsetParameter(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Content-Type": "application/json; charset=utf-8"}


@variant
class AcceptsAnything(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Accept": "*/*"}


@variant
class NoAccept(Client):
    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        request = super().request(arguments)
        del request.headers["Accept"]
        return request


@variant
class NamesItself(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "User-Agent": "a-client/1.0", "X-Client-Language": "python"}


@variant
class NoCompression(Client):
    def headers(self, arguments: dict[str, Any]) -> dict[str, str]:
        return {**super().headers(arguments), "Accept-Encoding": "identity"}


@variant
class ExplicitPort(Client):
    def url(self) -> str:
        return super().url().replace("openrouter.ai", "openrouter.ai:443")


@variant
class CountsItsAttempts(Client):
    def delay(self, attempt: int, response: httpx.Response) -> float:
        response.request.headers["X-Retry-Count"] = str(attempt)
        return super().delay(attempt, response)


# --- another way to be called -----------------------------------------------------------------------------------------


@variant
class SyncOnly(Client):
    create_transcription_async = None  # type: ignore[assignment] # it has none


@variant
class AsyncOnly(Client):
    create_transcription = None  # type: ignore[assignment] # it has none


@variant
class TakesAnyKeyword(Client):
    def create_transcription(self, **arguments: Any) -> Any:
        return super().create_transcription(**arguments)

    async def create_transcription_async(self, **arguments: Any) -> Any:
        return await super().create_transcription_async(**arguments)


@variant
class NoAppHeaders(Client):
    def create_transcription(  # type: ignore[override] # it takes less
        self,
        *,
        input_audio: dict[str, Any],
        model: str,
        language: str | None = None,
        provider: dict[str, Any] | None = None,
        temperature: float | None = None,
    ) -> Any:
        return super().create_transcription(
            input_audio=input_audio, model=model, language=language, provider=provider, temperature=temperature
        )

    create_transcription_async = None  # type: ignore[assignment] # it has none


@variant
class WithResource:
    stt_errors = Client.stt_errors

    def __init__(self, api_key: str) -> None:
        self.stt = Client(api_key)


@variant
def made_by_a_factory(api_key: str) -> Client:
    return Client(api_key)


@variant
def plain_function(
    *,
    api_key: str,
    input_audio: dict[str, Any],
    model: str,
    language: str | None = None,
    provider: dict[str, Any] | None = None,
    temperature: float | None = None,
) -> Any:
    arguments = _all(locals())
    return Client(arguments.pop("api_key")).create_transcription(**arguments)


plain_function.stt_errors = Client.stt_errors  # type: ignore[attr-defined] # how a function declares them


@variant
async def async_function(*, api_key: str, **arguments: Any) -> Any:
    return await Client(api_key).create_transcription_async(**arguments)


async_function.stt_errors = Client.stt_errors  # type: ignore[attr-defined] # how a function declares them


# --- another way to work ----------------------------------------------------------------------------------------------


@variant
class NewConnectionPerCall(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        with httpx.Client() as http:
            return http.send(request)

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient() as http:
            return await http.send(request)


@variant
class OneCallAtATime(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.lock = threading.Lock()

    def send(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            return super().send(request)


@variant
class ReadsInAStream(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = self.http.send(request, stream=True)
        response.read()
        return response


@variant
class NeverRetries(Client):
    def create_transcription(self, **arguments: Any) -> Any:
        return self.read(self.exchange(self.request(_all(arguments))))

    async def create_transcription_async(self, **arguments: Any) -> Any:
        return self.read(await self.exchange_async(self.request(_all(arguments))))


@variant
class Retries429(Client):
    def is_retryable(self, response: httpx.Response) -> bool:
        return response.status_code == 429 or super().is_retryable(response)


@variant
class CountsDelaysFromItsRequest(Client):
    def retry_after(self, response: httpx.Response) -> float:
        return super().retry_after(response) - 0.5


@variant
class RetriesRefusedConnections(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        with httpx.Client(transport=httpx.HTTPTransport(retries=2)) as http:
            return http.send(request)


@variant
class PatientTimeout(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.http.timeout = self.async_http.timeout = httpx.Timeout(600.0)


# --- another way to say what came -------------------------------------------------------------------------------------


@variant
class ReturnsDict(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        result = super().transcription(body, response)
        return {"text": result.text, "usage": result.usage}


@variant
class ReturnsString(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        return super().transcription(body, response).text


@dataclasses.dataclass(frozen=True, slots=True)
class _Usage:
    cost: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    total_tokens: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Result:
    text: str
    usage: _Usage | None


@variant
class ReturnsDataclass(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        result = super().transcription(body, response)
        known = {field.name: (result.usage or {}).get(field.name) for field in dataclasses.fields(_Usage)}
        return _Result(result.text, None if result.usage is None else _Usage(**known))


class _Model(pydantic.BaseModel):
    text: str
    usage: dict[str, Any] | None = None


@variant
class ReturnsPydanticModel(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        result = super().transcription(body, response)
        try:
            return _Model(text=result.text, usage=result.usage)
        except pydantic.ValidationError as error:
            raise UnreadableResponse("The response holds no transcript.", response) from error


@variant
class ReturnsResponseToo(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        result: Transcription = super().transcription(body, response)
        return SimpleNamespace(text=result.text, usage=result.usage, raw=response)


# --- another family of errors -----------------------------------------------------------------------------------------


class ServerError(SttError): ...


class DeepInternalServerError(ServerError, InternalServerError): ...


@variant
class DeeperErrors(Client):
    stt_errors = {**Client.stt_errors, 500: DeepInternalServerError}  # noqa: RUF012 - read only


class Forbidden(SttError): ...


class PayloadTooLarge(SttError): ...


@variant
class MoreTypedErrors(Client):
    stt_errors = {**Client.stt_errors, 403: Forbidden, 413: PayloadTooLarge}  # noqa: RUF012 - read only


class OtherStatus(SttError): ...


@variant
class DefaultErrorOfItsOwn(Client):
    stt_errors = {**Client.stt_errors, "default": OtherStatus}  # noqa: RUF012 - read only


@variant
class UndeclaredErrors(Client):
    stt_errors = None  # type: ignore[assignment] # they are inferred from what it raises

    def error(self, response: httpx.Response) -> Exception:
        kind = Client.stt_errors.get(response.status_code, SttError)
        return kind(self.message(response), response)


@variant
class ErrorsAreValueErrorsToo(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.add_note(f"See the documentation of status {response.status_code}.")
        return error


class InvalidCall(SttError, ValueError):
    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)


@variant
class ValidatesItself(Client):
    def expect(self, kind: Any, name: str, value: object) -> None:
        try:
            super().expect(kind, name, value)
        except TypeError as error:
            raise InvalidCall(str(error)) from error


@variant
class LeavesRefusalsToTheApi(Client):
    def validate(self, arguments: dict[str, Any]) -> None: ...

    def audio(self, audio: Any) -> Any:
        if not isinstance(audio, dict):
            return audio
        return {"format" if name == "format_" else name: value for name, value in audio.items()}


# --- other forms of audio ---------------------------------------------------------------------------------------------


@variant
class LeavesRefusalsAndTypesToTheApi(LeavesRefusalsToTheApi, UndeclaredErrors): ...


@variant
class IsGivenFiles(Client):
    """Through an adapter that decodes: what is no base64, or in no format that it knows, it cannot be asked."""

    stt_extra_features = frozenset({"audio_decoded"})

    def audio_object(self, audio: Any) -> Any:
        try:
            suffix = audio["format_"] if "format_" in audio else audio["format"]
            return self.audio_of(base64.b64decode(audio["data"], validate=True), "audio." + suffix)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidCall("This is no audio.") from error


@variant
class TakesBytesOnly(Client):
    stt_extra_features = frozenset({"audio_bytes"})


@variant
class KnowsWavOnly(Client):
    def format(self, content: bytes, name: str) -> str:
        if not content.startswith(b"RIFF"):
            raise ValueError("This is no WAV file.")
        return super().format(content, name)


@variant
class NamesCodecs(Client):
    def format(self, content: bytes, name: str) -> str:
        return {".opus": "opus", ".m4a": "mp4"}.get(Path(name).suffix) or super().format(content, name)


@variant
class ReadsFilesFromTheirBeginning(Client):
    def read_file(self, file: Any) -> bytes:
        if not file.seekable():
            raise TypeError("A pipe cannot be rewound.")
        file.seek(0)
        return super().read_file(file)


@variant
class ReadsTheBytesOfTextFiles(Client):
    def read_file(self, file: Any) -> bytes:
        return super().read_file(getattr(file, "buffer", file))
