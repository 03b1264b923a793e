"""What names say of functions that may make a call, and of what they take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterable

_NAMES = (("create_transcription", 6), ("transcri", 5), ("speech_?to_?text|speech2text|recogni[sz]e", 4), ("stt", 3))
"""What the name of an operation may be, and how much that says."""

_PARAMETERS = {
    "input_audio": r"input_audio|audio(?!_format)\w*|\w*(?:speech|wav|recording|sound)\w*|data|file\w*|path|content",
    "format": r"format_?|fmt|audio_format|file_format|input_format",
    "model": r"model(?:_id|_name)?|engine",
    "language": r"language(?:_code)?|lang|locale",
    "temperature": r"temperature|temp",
    "provider": r"provider",
    "api_key": r"api_?key|token|access_token|auth_token|key|secret",
}
"""The SDK's name of an argument, and what a package may call it."""

_FORMS = (
    ("base64", r"b64|base64"),
    ("path", r"path|filename"),
    ("bytes", r"bytes"),
    ("file", r"BinaryIO|BufferedReader|\bIO\b|file_?obj|\bfp\b|stream"),
    ("mapping", r"dict|Mapping|TypedDict"),
)
"""What a function takes for the audio, and what its parameter's name or type says then."""


def likeness(name: str) -> int:
    """Return how much an operation of that name looks like transcription; 0 for not at all."""
    return max((worth for pattern, worth in _NAMES if re.search(pattern, name, re.IGNORECASE)), default=0)


def matching(parameters: Iterable[inspect.Parameter]) -> dict[str, str]:
    """Return which of *parameters* stands for which argument of the SDK, as far as the names tell."""
    named = [p.name for p in parameters if p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}]
    found: dict[str, str] = {}
    for argument, pattern in _PARAMETERS.items():
        fitting = [name for name in named if name not in found.values() and re.fullmatch(pattern, name, re.IGNORECASE)]
        if fitting:
            found[argument] = fitting[0]
    return found


def audio_form(parameter: inspect.Parameter) -> str:
    """Return what is taken for the audio, as far as the name and the type tell; empty when they do not."""
    annotation = "" if parameter.annotation is parameter.empty else str(parameter.annotation)
    for text in (parameter.name, annotation):
        for form, pattern in _FORMS:
            if re.search(pattern, text, re.IGNORECASE):
                return form
    return ""
