"""Clients that are measured, and a count of what is asked of them."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.clients.reference import Client

if TYPE_CHECKING:
    import httpx

HOUR = 3600.0


class Counted(Client):
    """The reference; at the end of the process, it writes how often it was called into the file ``STT_CALLS``."""

    calls = 0

    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        Counted.calls += 1
        return super().request(arguments)


class Patient(Client):
    """The reference, but it waits for an hour before its last attempt."""

    def back_off(self, attempt: int) -> float:
        return HOUR


@atexit.register
def _tell() -> None:
    if "STT_CALLS" in os.environ:
        Path(os.environ["STT_CALLS"]).write_text(str(Counted.calls), "utf-8")
