"""Clients whose calls do not come back, or end more than the call; no check of their own names them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.clients.reference import Client

if TYPE_CHECKING:
    import httpx


class RetriesForEver(Client):
    """Sends a 5xx again at once, for ever."""

    def send(self, request: httpx.Request) -> httpx.Response:
        while (response := super().send(request)).status_code >= 500:
            pass
        return response


class BlocksForEver(Client):
    """Never comes back, and cannot be interrupted."""

    def send(self, request: httpx.Request) -> httpx.Response:
        super().send(request)
        threading.Event().wait()
        raise AssertionError


class Exits(Client):
    """Ends the program when anything goes wrong."""

    def error(self, response: httpx.Response) -> Exception:
        raise SystemExit(f"error: {response.status_code}")
