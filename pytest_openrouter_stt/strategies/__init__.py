"""Hypothesis strategies from the contract: calls, and the bodies that answer them."""

from ._calls import api_keys, audio_data, header_values, provider_options, provider_slugs, transcription_calls
from ._responses import error_responses, transcription_responses
from ._schema import UnsupportedKeyword

__all__ = [
    "UnsupportedKeyword",
    "api_keys",
    "audio_data",
    "error_responses",
    "header_values",
    "provider_options",
    "provider_slugs",
    "transcription_calls",
    "transcription_responses",
]
