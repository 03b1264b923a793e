"""The client under test: resolved, driven, and what came of each call."""

from ._client import Ask, ClientUnderTest, Feature, Mode
from ._clock import VirtualClock
from ._error_table import ErrorTable
from ._errors import ClientNotFound
from ._failure import headers_of, kept, message_of, status_of
from ._outcome import Failure, NoAnswer, Outcome, Transcript
from ._resolve import Target, resolve, target_of

__all__ = [
    "Ask",
    "ClientNotFound",
    "ClientUnderTest",
    "ErrorTable",
    "Failure",
    "Feature",
    "Mode",
    "NoAnswer",
    "Outcome",
    "Target",
    "Transcript",
    "VirtualClock",
    "headers_of",
    "kept",
    "message_of",
    "resolve",
    "status_of",
    "target_of",
]
