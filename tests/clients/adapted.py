"""The functions of `shapes`, each made a client by `from_function`."""

from __future__ import annotations

from typing import Any

from pytest_openrouter_stt import from_function
from tests.clients import shapes

_NAMES = {"input_audio": "audio", "format": "fmt", "api_key": "token"}
_ERRORS = {"default": shapes.ApiError}
_FILE = {"input_audio": "file", "api_key": "token"}

by_base64 = from_function(shapes.from_base64, arguments={**_NAMES, "input_audio": "b64"}, errors=_ERRORS)
by_bytes = from_function(shapes.from_bytes, audio="bytes", arguments=_NAMES, errors=_ERRORS)
by_bytes_async = from_function(shapes.from_bytes_async, audio="bytes", arguments=_NAMES, errors=_ERRORS)
by_file = from_function(shapes.from_file, audio="file", arguments=_FILE, errors=_ERRORS)
by_path = from_function(shapes.from_path, audio="path", arguments={**_FILE, "input_audio": "path"}, errors=_ERRORS)
by_pair = from_function(
    shapes.pair,
    audio="bytes",
    arguments={"input_audio": "audio", "api_key": "token"},
    transcript=lambda returned: returned[0],
    returned_failure=lambda returned: returned[1],
)
"""It has no way to tell the format, and returns its failures."""
by_sniffed = from_function(shapes.sniffed, audio="bytes", arguments={"input_audio": "audio", "api_key": "token"})


def by_method(api_key: str) -> object:
    names = {"input_audio": "audio", "format": "fmt"}
    return from_function(shapes.Client(api_key).transcribe, audio="bytes", arguments=names, errors=_ERRORS)


def undeclared(*, input_audio: Any, model: str, api_key: str) -> str:
    """It is a plain function of the SDK's names, and says nothing of its errors."""
    return shapes.from_base64(input_audio["data"], input_audio["format_"], model, token=api_key)
