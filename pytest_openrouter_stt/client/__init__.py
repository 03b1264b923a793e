"""The client under test: resolved, driven, and what came of each call."""

from .adapter import Adapter, AudioForm, from_function
from .client import MODES, Ask, ClientUnderTest, Feature, Mode
from .clock import VirtualClock
from .command import Command, CommandClient, CommandFailed, Request
from .error_table import ErrorTable, configured_errors
from .inspection import Candidate, Findings, audio_form, carries_status, inspected, matching, statuses_of
from .outcome import (
    ClientNotFound,
    Failure,
    NoAnswer,
    Outcome,
    Transcript,
    UnusableErrors,
    headers_of,
    kept,
    message_of,
    status_of,
)
from .target import Target, resolve, target_of

__all__ = [
    "MODES",
    "Adapter",
    "Ask",
    "AudioForm",
    "Candidate",
    "ClientNotFound",
    "ClientUnderTest",
    "Command",
    "CommandClient",
    "CommandFailed",
    "ErrorTable",
    "Failure",
    "Feature",
    "Findings",
    "Mode",
    "NoAnswer",
    "Outcome",
    "Request",
    "Target",
    "Transcript",
    "UnusableErrors",
    "VirtualClock",
    "audio_form",
    "carries_status",
    "configured_errors",
    "from_function",
    "headers_of",
    "inspected",
    "kept",
    "matching",
    "message_of",
    "resolve",
    "status_of",
    "statuses_of",
    "target_of",
]
