"""The reply: what the endpoint is told to answer."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STATUS_LINE = re.compile(rb"HTTP/\d\.\d (\d{3})\b")


class Fault(Enum):
    """Something that goes wrong below HTTP, in place of an answer."""

    REFUSED = "ConnectError"
    """No connection is made; the server has seen nothing."""
    RESET = "ReadError"
    """The connection breaks after the request was sent."""
    CLOSED = "RemoteProtocolError"
    """The server closes the connection without an answer."""
    TIMEOUT = "ReadTimeout"
    """The answer does not come within the client's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP response, or a fault in its place.

    Attributes:
        status: The status code.
        headers: Names and values in the order of the wire.
        body: The bytes of the body.
        delay: How long the endpoint waits before it answers, in seconds.
        fault: What happens instead of an answer, or, after the bytes of `stream`, instead of their end.
        stream: What the server sends, byte for byte; headers and body are then without meaning.
        pause: How long the server waits before each piece of the stream, in seconds.
        size: How many bytes a piece of them has.

    Raises:
        ValueError: The delay is no time that can be waited for, or a header is not Latin-1.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    fault: Fault | None = None
    stream: bytes | None = None
    pause: float = 0.0
    size: int = 65_536

    def __post_init__(self) -> None:
        # What cannot be served has to fail here: later, it would fail inside the client's call stack.
        for name, seconds in (("delay", self.delay), ("pause", self.pause)):
            if not 0 <= seconds <= threading.TIMEOUT_MAX:
                raise ValueError(f"{name}={seconds!r} is no time that can be waited for")
        if self.size < 1:
            raise ValueError(f"size={self.size!r}: a piece has at least one byte")
        for name, value in self.headers:
            f"{name}: {value}".encode("latin-1")

    @classmethod
    def json(
        cls, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None, delay: float = 0.0
    ) -> Reply:
        """Answer with *value* as JSON; *headers* are added to its content type, and may replace it."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        body = text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape
        return cls.raw(body, "application/json", status=status, headers=headers, delay=delay)

    @classmethod
    def raw(
        cls,
        body: bytes,
        content_type: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
    ) -> Reply:
        """Answer with *body* as it is."""
        given = headers or {}
        defaults = {"Content-Type": content_type, "Content-Length": str(len(body))}
        kept = {name: value for name, value in defaults.items() if name.lower() not in map(str.lower, given)}
        return cls(status=status, headers=tuple({**kept, **given}.items()), body=body, delay=delay)

    @classmethod
    def transcript(cls, text: str, usage: Mapping[str, Any] | None = None, *, delay: float = 0.0) -> Reply:
        """Answer 200 with a transcript."""
        return cls.json({"text": text} if usage is None else {"text": text, "usage": dict(usage)}, delay=delay)

    @classmethod
    def error(
        cls, status: int, message: str = "", *, headers: Mapping[str, str] | None = None, delay: float = 0.0
    ) -> Reply:
        """Answer *status* with the error body that the API has for it."""
        body = {"error": {"code": status, "message": message or f"This is a {status}."}}
        return cls.json(body, status=status, headers=headers, delay=delay)

    @classmethod
    def broken(cls, fault: Fault) -> Reply:
        """Let *fault* happen in place of an answer."""
        return cls(fault=fault)

    @classmethod
    def wire(cls, raw: bytes, *, then: Fault = Fault.CLOSED, pause: float = 0.0, size: int = 65_536) -> Reply:
        """Send *raw*, byte for byte, status line and headers included, and then let *then* happen.

        Args:
            raw: Anything; a client's HTTP library reads it as if it came from a socket.
            then: How the connection ends.
            pause: How long the server waits before each piece, in seconds.
            size: How many bytes a piece has.
        """
        status = _STATUS_LINE.match(raw)
        return cls(status=int(status[1]) if status else 0, stream=raw, fault=then, pause=pause, size=size)

    def pieces(self) -> Iterator[bytes]:
        """Return the raw bytes as they are sent, one piece after the other."""
        raw = self.stream or b""
        return (raw[start : start + self.size] for start in range(0, len(raw), self.size))

    def header(self, name: str) -> str | None:
        """Return the first value of header *name*, whatever its case, or ``None``."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __str__(self) -> str:
        if self.stream is not None:
            end = self.fault.name.lower() if self.fault is not None else "closed"
            return f"{len(self.stream):,} raw bytes, then {end}"
        if self.fault is not None:
            return self.fault.name.lower()
        return f"{self.status} {self.header('content-type') or 'without content type'}, {len(self.body)} bytes"
