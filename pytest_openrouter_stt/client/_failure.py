"""What an error keeps of the reply: read from whatever shape the client gave it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._outcome import read, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STATUS_NAMES = ("status_code", "status", "http_status", "code")


def status_of(error: object) -> int | None:
    """Return the HTTP status that *error* carries, itself or on its ``response``, or ``None``."""
    owners = (error, read(error, "response"), read(error, "raw_response"))
    for name in _STATUS_NAMES:  # names first: an error's own "code" may be that of the body
        for owner in owners:
            value = read(owner, name)
            if isinstance(value, int) and not isinstance(value, bool):
                return int(value)
    return None


def message_of(error: object) -> str:
    """Return the message of *error* as a user sees it: ``str()`` of it, and its ``message`` when that adds to it."""
    shown, message = rendered(error), read(error, "message")
    return f"{shown} {message}" if isinstance(message, str) and message not in shown else shown


def headers_of(error: object) -> Mapping[str, str] | None:
    """Return the response headers that *error* carries, with names in lower case, or ``None``."""
    for owner in (error, read(error, "response"), read(error, "raw_response")):
        headers = read(owner, "headers")
        if headers is not None and hasattr(headers, "items"):
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return None


def kept(error: object, *path: str) -> Any:
    """Return what *error* kept of the error body at *path*, for example ``kept(error, "error", "code")``.

    The parsed ``data`` is asked first, then the error itself, then the raw body that it or its response kept;
    ``None`` when none has it.
    """
    for body in _bodies(error):
        value: Any = body
        for name in path:
            value = read(value, name)
        if value is not None:
            return value
    return None


def _bodies(error: object) -> Iterator[object]:
    yield read(error, "data")
    yield error
    yield _parsed(read(error, "body"))
    yield _parsed(read(read(error, "response"), "text"))


def _parsed(body: object) -> object:
    if not isinstance(body, str | bytes):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
