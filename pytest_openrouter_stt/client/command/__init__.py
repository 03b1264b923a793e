"""Clients in another process: the command protocol, the session and its supervisor."""

from .command import PREFIX, Command, CommandClient
from .conversation import CommandFailed
from .protocol import Request

__all__ = [
    "PREFIX",
    "Command",
    "CommandClient",
    "CommandFailed",
    "Request",
]
