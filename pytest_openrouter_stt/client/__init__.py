"""The client under test: resolved, driven, and what came of each call."""

from ._adapter import Adapter
from ._client import Ask, ClientUnderTest, Feature, Mode
from ._clock import VirtualClock
from ._command import Command, CommandClient
from ._conversation import CommandFailed
from ._error_settings import configured_errors
from ._error_table import ErrorTable
from ._errors import ClientNotFound, UnusableErrors
from ._failure import headers_of, kept, message_of, status_of
from ._from_function import AudioForm, from_function
from ._guesses import audio_form, matching
from ._inspection import Candidate, Findings, carries_status, inspected, statuses_of
from ._outcome import Failure, NoAnswer, Outcome, Transcript
from ._protocol import Request
from ._resolve import Target, resolve, target_of

__all__ = [
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
