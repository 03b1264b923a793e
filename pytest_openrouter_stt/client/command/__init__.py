"""Clients in another process: the command protocol, the session and its supervisor."""

from .command import PREFIX, Command, CommandClient
from .protocol import Request
from .session import CommandFailed

__all__ = [
    "PREFIX",
    "Command",
    "CommandClient",
    "CommandFailed",
    "Request",
]
