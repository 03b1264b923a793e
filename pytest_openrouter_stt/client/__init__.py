"""The client under test: resolved, driven, and what came of each call."""

from ._client import Ask, ClientUnderTest, Feature, Mode
from ._clock import VirtualClock
from ._command import Command, CommandClient
from ._conversation import CommandFailed
from ._error_table import ErrorTable
from ._errors import ClientNotFound
from ._failure import headers_of, kept, message_of, status_of
from ._outcome import Failure, NoAnswer, Outcome, Transcript
from ._protocol import Request
from ._resolve import Target, resolve, target_of

__all__ = [
    "Ask",
    "ClientNotFound",
    "ClientUnderTest",
    "Command",
    "CommandClient",
    "CommandFailed",
    "ErrorTable",
    "Failure",
    "Feature",
    "Mode",
    "NoAnswer",
    "Outcome",
    "Request",
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
