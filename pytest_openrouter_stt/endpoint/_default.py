"""What the endpoint answers when nothing is scripted: what the real one would."""

from __future__ import annotations

import base64
import io
import math
import wave
from typing import TYPE_CHECKING, Any

from ._reply import Reply
from ._wire import BodyError

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Contract

    from ._wire import WireRequest

_COMPRESSED_BYTES_PER_SECOND = 16_000
"""128 kbit/s: the duration of what is not a WAV is guessed from its size."""

_TOKENS_PER_SECOND = 10
_DOLLARS_PER_SECOND = 0.0001


def faithful_reply(contract: Contract, request: WireRequest) -> Reply:
    """Answer like the API: 404, 401, 400 with the violation in the message, or 200 with text and usage.

    Args:
        contract: What a request has to be.
        request: What arrived.
    """
    if request.method != contract.method or not request.path.endswith(contract.path):
        return Reply.error(404, f"There is no {request.method} {request.path} here.")
    if request.bearer is None:
        return Reply.error(401, "No auth credentials found: send 'Authorization: Bearer KEY'.")
    if request.media_type != "application/json":
        return Reply.error(400, f"Send application/json, not {request.media_type or 'a body without a type'}.")
    try:
        body = request.json()
    except BodyError as error:
        return Reply.error(400, f"The body cannot be read: {error}.")
    violations = contract.request.violations(body)
    if violations or not isinstance(body, dict):
        return Reply.error(400, "; ".join(map(str, violations)) or "The body is not an object.")
    return _transcript(contract, body)


def _transcript(contract: Contract, body: dict[str, Any]) -> Reply:
    audio = body.get("input_audio", {})
    data = _decoded(audio.get("data", ""))
    usage = _usage(_seconds(data))
    known = contract.transcript.document.get("properties", {}).get("usage", {}).get("properties", usage)  # type: ignore[attr-defined] # a schema
    text = f"Transcript of {len(data)} bytes of {audio.get('format', 'unknown')} audio."
    return Reply.transcript(text, {name: value for name, value in usage.items() if name in known})


def _decoded(data: str) -> bytes:
    """Decode as much as can be: the API's own sample, ``UklGRiQA...``, is not valid base64."""
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4))
    except ValueError:
        return data.encode("utf-8", "surrogatepass")


def _seconds(audio: bytes) -> float:
    try:
        with wave.open(io.BytesIO(audio)) as file:
            samples = file.readframes(file.getnframes())  # what is there: a streamed file's header claims 4 GiB
            return float(len(samples) / (file.getnchannels() * file.getsampwidth() * file.getframerate()))
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError):  # RuntimeError: a chunk that ends too early
        return len(audio) / _COMPRESSED_BYTES_PER_SECOND


def _usage(seconds: float) -> dict[str, float]:
    tokens = math.ceil(seconds * _TOKENS_PER_SECOND)
    return {
        "cost": round(seconds * _DOLLARS_PER_SECOND, 9),
        "input_tokens": tokens,
        "output_tokens": 0,
        "seconds": seconds,
        "total_tokens": tokens,
    }
