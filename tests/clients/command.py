"""The reference client as a command, and without retries: ``python -m tests.clients.command``."""

from __future__ import annotations

import json
import sys
from typing import Any

from pytest_openrouter_stt.client.command.json_codec import tagged, untagged
from tests.clients import reference


class Client(reference.Client):
    def __init__(self, api_key: str, base_url: str) -> None:
        super().__init__(api_key)
        self.base_url = base_url

    def url(self) -> str:
        return f"{self.base_url}/audio/transcriptions"

    def max_attempts(self, retries: object) -> int:
        return 1


FEATURES = ["api_key", "input_audio", "model", "language", "provider", "temperature", *reference.APP_HEADERS]
_CLIENTS: dict[tuple[str, str], Client] = {}


def transcribe(call: dict[str, Any]) -> dict[str, Any]:
    known = call["api_key"], call["base_url"]
    if known not in _CLIENTS:
        _CLIENTS[known] = Client(*known)
    transcription = _CLIENTS[known].create_transcription(**untagged(call["arguments"]))
    return {"text": transcription.text, "usage": transcription.usage}


def described(error: Exception) -> dict[str, Any]:
    types = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"]
    found = {"types": types or [type(error).__name__], "message": str(error)}
    if not hasattr(error, "status_code"):
        return found
    return {**found, "status": error.status_code, "headers": dict(error.headers), "body": error.body}  # type: ignore[attr-defined]


def outcome(call: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"ok": transcribe(call)}
    except Exception as error:  # noqa: BLE001 - whatever it raises is the outcome
        return {"error": described(error)}


def types_of(kind: type) -> list[str]:
    return [base.__name__ for base in kind.__mro__ if base.__module__ != "builtins"]


def say(line: object) -> None:
    print(json.dumps(tagged(line), allow_nan=False), flush=True)  # noqa: T201 - standard output is what it answers on


def main() -> None:
    errors = {str(status): types_of(kind) for status, kind in Client.stt_errors.items()}
    say({"protocol": 1, "name": "the reference client", "version": "1.0", "features": FEATURES, "errors": errors})
    for line in sys.stdin:
        call = json.loads(line)
        say({"id": call["id"], **outcome({**call, "api_key": untagged(call["api_key"])})})


if __name__ == "__main__":
    main()
