"""The endpoint and its replies: what it is told to answer, and what it answers by itself."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import threading
import time
import wave
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from .wire import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_openrouter_stt.contract import Contract

    from .wire import WireRequest

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


_COMPRESSED_BYTES_PER_SECOND = 16_000
"""128 kbit/s: the duration of what is not a WAV is guessed from its size."""

_TOKENS_PER_SECOND = 10
_DOLLARS_PER_SECOND = 0.0001


def faithful_reply(contract: Contract, request: WireRequest) -> Reply:
    """Answer like the API: 404, 401, 400 with the violation in the message, or 200 with text and usage.

    Args:
        contract: What a request has to be.
        request: What arrived.
    """
    if request.method != contract.method or not request.path.endswith(contract.path):
        return Reply.error(404, f"There is no {request.method} {request.path} here.")
    if request.bearer is None:
        return Reply.error(401, "No auth credentials found: send 'Authorization: Bearer KEY'.")
    if request.media_type != "application/json":
        return Reply.error(400, f"Send application/json, not {request.media_type or 'a body without a type'}.")
    try:
        body = request.json()
    except BodyError as error:
        return Reply.error(400, f"The body cannot be read: {error}.")
    violations = contract.request.violations(body)
    if violations or not isinstance(body, dict):
        return Reply.error(400, "; ".join(map(str, violations)) or "The body is not an object.")
    return _transcript(contract, body)


def _transcript(contract: Contract, body: dict[str, Any]) -> Reply:
    audio = body.get("input_audio", {})
    data = _decoded(audio.get("data", ""))
    usage = _usage(_seconds(data))
    known = contract.transcript.document.get("properties", {}).get("usage", {}).get("properties", usage)  # type: ignore[attr-defined] # a schema
    text = f"Transcript of {len(data)} bytes of {audio.get('format', 'unknown')} audio."
    return Reply.transcript(text, {name: value for name, value in usage.items() if name in known})


def _decoded(data: str) -> bytes:
    """Decode as much as can be: the API's own sample, ``UklGRiQA...``, is not valid base64."""
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4))
    except ValueError:
        return data.encode("utf-8", "surrogatepass")


def _seconds(audio: bytes) -> float:
    try:
        with wave.open(io.BytesIO(audio)) as file:
            samples = file.readframes(file.getnframes())  # what is there: a streamed file's header claims 4 GiB
            return float(len(samples) / (file.getnchannels() * file.getsampwidth() * file.getframerate()))
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError):  # RuntimeError: a chunk that ends too early
        return len(audio) / _COMPRESSED_BYTES_PER_SECOND


def _usage(seconds: float) -> dict[str, float]:
    tokens = math.ceil(seconds * _TOKENS_PER_SECOND)
    return {
        "cost": round(seconds * _DOLLARS_PER_SECOND, 9),
        "input_tokens": tokens,
        "output_tokens": 0,
        "seconds": seconds,
        "total_tokens": tokens,
    }


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of the ledger: a request and what it was answered.

    Attributes:
        request: What arrived.
        reply: What was answered.
        at: When it arrived, in seconds of the client's clock.
    """

    request: WireRequest
    reply: Reply
    at: float = 0.0


class Endpoint:
    """Answers wire requests, keeps them all, and never raises inside the client's call stack.

    Without a script it behaves like the API: 401 without a bearer key, 400 for a body that breaks the schema, 404
    for another path, else a transcript with its usage.

    Args:
        contract: What a request has to be.
        max_requests: After so many requests since the last `reset`, `flooded` is set: a client that repeats for
            ever is then to be stopped by whoever drives it.
        now: Tells the time of arrivals, in seconds: ``time.monotonic()``, or the client's own clock.

    Attributes:
        flooded: Set as soon as more than *max_requests* arrived.
    """

    def __init__(
        self, contract: Contract, *, max_requests: int = 1000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.contract = contract
        self.flooded = threading.Event()
        self._max_requests = max_requests
        self._now = now
        self._lock = threading.Lock()
        self._script: tuple[Reply | Callable[[WireRequest], Reply], ...] = ()
        self._ledger: list[Exchange] = []
        self._problems: list[Exception] = []

    def reply_with(self, *script: Reply | Callable[[WireRequest], Reply]) -> None:
        """Say what is answered from now on.

        Args:
            script: Replies, or functions from the wire request to a reply. The first answers the next request, the
                second the one after it; the last one answers all that follow. None at all brings back the
                behaviour of the API.
        """
        with self._lock:
            self._script = script

    def reset(self) -> None:
        """Forget the script and the ledger."""
        with self._lock:
            self._script = ()
            self._ledger.clear()
            self._problems.clear()
            self.flooded.clear()

    @property
    def ledger(self) -> tuple[Exchange, ...]:
        """Every exchange since the last `reset`, in the order of arrival."""
        with self._lock:
            return tuple(self._ledger)

    @property
    def requests(self) -> tuple[WireRequest, ...]:
        """Every wire request since the last `reset`, in the order of arrival."""
        return tuple(exchange.request for exchange in self.ledger)

    @property
    def problems(self) -> tuple[Exception, ...]:
        """What functions of the script raised, or a `TypeError` for one that returned no reply.

        The client got the API's behaviour instead.
        """
        with self._lock:
            return tuple(self._problems)

    @property
    def runs_code(self) -> bool:
        """Whether a function of the script makes the next reply, which may take its time."""
        with self._lock:
            return bool(self._script) and not isinstance(self._script[0], Reply)

    def answer(self, request: WireRequest) -> Reply:
        """Take one request and return its reply; called by whatever serves this endpoint, from any thread."""
        at = self._now()
        step = self._next_step()
        reply = self._reply(step, request)
        with self._lock:
            self._ledger.append(Exchange(request, reply, at))
            if len(self._ledger) > self._max_requests and not self.flooded.is_set():
                self.flooded.set()  # only once: from now on this thread may be interrupted, and set() holds a lock
        return reply

    def _next_step(self) -> Reply | Callable[[WireRequest], Reply] | None:
        with self._lock:
            step = self._script[0] if self._script else None
            if len(self._script) > 1:
                self._script = self._script[1:]
            return step

    def _reply(self, step: Reply | Callable[[WireRequest], Reply] | None, request: WireRequest) -> Reply:
        if isinstance(step, Reply):
            return step
        if step is not None:
            try:
                return _required(step(request))
            except Exception as error:  # noqa: BLE001 - raised here, it would look like an error of the network to the client
                with self._lock:
                    self._problems.append(error)
        return faithful_reply(self.contract, request)


def _required(reply: object) -> Reply:
    if not isinstance(reply, Reply):
        raise TypeError(f"a function of the script returned {type(reply).__name__}, not a Reply")
    return reply
