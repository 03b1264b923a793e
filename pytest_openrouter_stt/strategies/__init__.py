"""Hypothesis strategies from the contract: calls, requests, and the bodies that answer them."""

from .calls import (
    AWKWARD_AUDIO,
    api_keys,
    audio,
    audio_data,
    error_responses,
    header_values,
    provider_options,
    provider_slugs,
    transcription_calls,
    transcription_requests,
    transcription_responses,
)
from .invalid import (
    InvalidCall,
    InvalidRequest,
    every_invalid_call,
    every_invalid_request,
    invalid_transcription_calls,
    invalid_transcription_requests,
)
from .normal import UnsupportedKeyword
from .schema import from_schema

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
