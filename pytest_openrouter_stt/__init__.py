"""A conformance test-suite for clients of OpenRouter's speech-to-text endpoint, as a pytest plugin.

The public names are loaded when they are first used: pytest imports this module on every run.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_openrouter_stt.client import from_function
    from pytest_openrouter_stt.contract import MISSING, Call, Contract, SpecError, load_contract
    from pytest_openrouter_stt.endpoint import Endpoint, Exchange, Fault, LoopbackServer, Reply, WireRequest, intercept
    from pytest_openrouter_stt.strategies import (
        InvalidCall,
        InvalidRequest,
        audio,
        error_responses,
        every_invalid_call,
        every_invalid_request,
        invalid_transcription_calls,
        invalid_transcription_requests,
        transcription_calls,
        transcription_requests,
        transcription_responses,
    )

__all__ = [
    "MISSING",
    "Call",
    "Contract",
    "Endpoint",
    "Exchange",
    "Fault",
    "InvalidCall",
    "InvalidRequest",
    "LoopbackServer",
    "Reply",
    "SpecError",
    "WireRequest",
    "audio",
    "error_responses",
    "every_invalid_call",
    "every_invalid_request",
    "from_function",
    "intercept",
    "invalid_transcription_calls",
    "invalid_transcription_requests",
    "load_contract",
    "transcription_calls",
    "transcription_requests",
    "transcription_responses",
]

_HOMES = {
    "client": ("from_function",),
    "contract": ("MISSING", "Call", "Contract", "SpecError", "load_contract"),
    "endpoint": ("Endpoint", "Exchange", "Fault", "LoopbackServer", "Reply", "WireRequest", "intercept"),
    "strategies": (
        *("InvalidCall", "InvalidRequest", "audio", "error_responses", "every_invalid_call", "every_invalid_request"),
        *("invalid_transcription_calls", "invalid_transcription_requests"),
        *("transcription_calls", "transcription_requests", "transcription_responses"),
    ),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
