"""Hypothesis strategies from the contract: calls, requests, and the bodies that answer them."""

from ._audio import AWKWARD_AUDIO, audio, audio_data
from ._calls import (
    api_keys,
    header_values,
    provider_options,
    provider_slugs,
    transcription_calls,
    transcription_requests,
)
from ._errors import UnsupportedKeyword
from ._invalid import (
    InvalidCall,
    InvalidRequest,
    every_invalid_call,
    every_invalid_request,
    invalid_transcription_calls,
    invalid_transcription_requests,
)
from ._responses import error_responses, transcription_responses
from ._schema import from_schema

__all__ = [
    "AWKWARD_AUDIO",
    "InvalidCall",
    "InvalidRequest",
    "UnsupportedKeyword",
    "api_keys",
    "audio",
    "audio_data",
    "error_responses",
    "every_invalid_call",
    "every_invalid_request",
    "from_schema",
    "header_values",
    "invalid_transcription_calls",
    "invalid_transcription_requests",
    "provider_options",
    "provider_slugs",
    "transcription_calls",
    "transcription_requests",
    "transcription_responses",
]
