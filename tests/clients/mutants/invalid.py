"""Defects in what becomes of a call that the contract does not allow."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from tests.clients.reference import Client, SttError, Transcription
from tests.clients.variants import LeavesRefusalsToTheApi

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx

_WRONG = "invalid::test_wrong_values_are_not_repaired"
_SCALARS = "invalid::test_scalars_keep_their_type"
_MISSING = "invalid::test_what_is_missing_is_not_made_up"
_NULLS = "invalid::test_nulls_inside_are_not_dropped"
_ERROR = "invalid::test_an_invalid_call_is_an_error"
_REFUSALS = "invalid::test_refusals_are_meant"
_NAN = "invalid::test_nan_is_not_replaced"


@caught_by(_WRONG)
class DropsWrongProvider(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        return body if isinstance(body.get("provider", {}), dict) else {**body, "provider": {}}


@caught_by(_WRONG, _SCALARS)
class SendsTheReprOfALanguage(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        return {**body, "language": str(body["language"])} if "language" in body else body


@caught_by(_WRONG)
class TakesTheFirstOfAList(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        model = body.get("model")
        return {**body, "model": str(model[0])} if isinstance(model, list) and model else body


@caught_by(_WRONG)
class ZeroForNoNumber(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        try:
            float(body.get("temperature", 0))
        except (TypeError, ValueError):
            body["temperature"] = 0
        return body


@caught_by(_WRONG, _MISSING)
class TakesAnyAudioForWav(LeavesRefusalsToTheApi):
    def audio(self, audio: Any) -> Any:
        return super().audio(audio) if isinstance(audio, dict) else {"data": str(audio), "format": "wav"}


@caught_by(_SCALARS)
class ConvertsTemperature(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        value = body.get("temperature")
        return {**body, "temperature": float(value)} if isinstance(value, bool) or value == "1" else body


@caught_by(_SCALARS)
class NumbersAreText(LeavesRefusalsToTheApi):
    def audio(self, audio: Any) -> Any:
        sent = super().audio(audio)
        if isinstance(sent, dict) and isinstance(sent.get("data"), int | float):
            sent["data"] = json.dumps(sent["data"])
        return sent


@caught_by(_MISSING)
class HasADefaultFormat(LeavesRefusalsToTheApi):
    def audio(self, audio: Any) -> Any:
        sent = super().audio(audio)
        return {"format": "wav", **sent} if isinstance(sent, dict) else sent


@caught_by(_MISSING)
class HasADefaultModel(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"model": "openai/whisper-1", **super().body(arguments)}


@caught_by(_MISSING)
class NoDataIsNoAudio(LeavesRefusalsToTheApi):
    def audio(self, audio: Any) -> Any:
        sent = super().audio(audio)
        return {**sent, "data": ""} if isinstance(sent, dict) and sent.get("data") is None else sent


@caught_by(_NULLS)
class DropsNullOptions(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        if isinstance(body.get("provider"), dict) and body["provider"].get("options", {}) is None:
            body["provider"] = {}
        return body


@caught_by(_ERROR)
class EmptyTextForAWrongModel(Client):
    def create_transcription(self, **arguments: Any) -> Any:
        if isinstance(arguments.get("model", ""), str):
            return super().create_transcription(**arguments)
        return Transcription("", None)

    async def create_transcription_async(self, **arguments: Any) -> Any:
        if isinstance(arguments.get("model", ""), str):
            return await super().create_transcription_async(**arguments)
        return Transcription("", None)


@caught_by(_ERROR)
class DefaultErrorForViolations(LeavesRefusalsToTheApi):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        return SttError(str(error), response) if "is not of type" in str(error) else error


@caught_by(_REFUSALS)
class ComparesBeforeItLooks(Client):
    def validate(self, arguments: dict[str, Any]) -> None:
        arguments["model"].strip()
        super().validate(arguments)


@caught_by(_REFUSALS)
class AssertsTypes(Client):
    def expect(self, kind: Any, name: str, value: object) -> None:
        assert isinstance(value, kind), name
        super().expect(kind, name, value)


@caught_by(_REFUSALS)
class LooksUpWhatIsMissing(Client):
    def validate(self, arguments: dict[str, Any]) -> None:
        if isinstance(arguments["input_audio"], dict):
            arguments["input_audio"]["data"]
        super().validate(arguments)


@caught_by("invalid::test_nan_is_not_on_the_wire")
class WritesNan(LeavesRefusalsToTheApi):
    def encode(self, body: dict[str, Any]) -> bytes:
        return json.dumps(body).encode()


def _without_nan(value: Any, instead: object) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(item, instead) for name, item in value.items()}
    return instead if isinstance(value, float) and not math.isfinite(value) else value


@caught_by(_NAN)
class NullForNan(LeavesRefusalsToTheApi):
    def encode(self, body: dict[str, Any]) -> bytes:
        return super().encode(_without_nan(body, None))


@caught_by(_NAN)
class TextForNan(LeavesRefusalsToTheApi):
    def encode(self, body: dict[str, Any]) -> bytes:
        return super().encode(_without_nan(body, "NaN"))


@caught_by(_NAN)
class DropsNanTemperature(LeavesRefusalsToTheApi):
    def body(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = super().body(arguments)
        if not math.isfinite(body.get("temperature", 0)):
            del body["temperature"]
        return body
