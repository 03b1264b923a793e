"""What a call brought to light, as text."""

from __future__ import annotations

import linecache
import re
import sysconfig
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.client import Failure, Transcript

from ._paste import as_literal
from ._paths import pathless
from ._text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType, TracebackType

    from pytest_openrouter_stt.client import Outcome
    from pytest_openrouter_stt.endpoint import Exchange, Reply, WireRequest

    from ._text import Redactor

_MAX_EXCHANGES = 4
_MAX_WAITS = 12
_NOTICEABLE = 0.1
"""Seconds between two requests from which on somebody may have waited."""

_MAX_HEADERS = 16
_MAX_BODY = 600
_MAX_VALUE = 160
_MAX_TOKEN = 16
_MAX_MESSAGE = 400
_MAX_FRAMES = 3
_MAX_CODE = 80
_OF_EVERY_REPLY = frozenset({"content-type", "content-length"})
_PLUMBING = frozenset({"anyio", "httpcore", "httpx", "httpx2", "pytest_openrouter_stt", "respx"})
"""Packages whose frames tell the author of a client nothing."""

_OWN = (sysconfig.get_path("stdlib"), str(Path(__file__).parents[1]), "<")
_INSTALLED = re.compile(r"[\\/](?:site|dist)-packages[\\/](\w+)")
_FRAME = re.compile(r'^ *File "(?P<path>.*)", line (?P<line>\d+), in (?P<name>.*)$', re.MULTILINE)


def request_text(request: WireRequest, ink: Redactor) -> str:
    """Return a wire request: its first line, its headers, and the beginning of its body."""
    headers = [_header(name, value, ink) for name, value in request.headers[:_MAX_HEADERS]]
    more = len(request.headers) - _MAX_HEADERS
    if more > 0:
        headers.append(f"… {more:,} more headers")
    first = f"{request.method} {ink.short(request.url)}"
    return "\n".join([first, *headers, *_body(request.body, ink)])


def _header(name: str, value: str, ink: Redactor) -> str:
    scheme, space, token = value.rpartition(" ")
    shown = ink.clean(token)
    if name.lower() == "authorization" and shown == token and len(token) > _MAX_TOKEN:
        return f"{name}: {scheme}{space}{token[:4]}… ({len(token)} characters, not the key that was given)"
    return f"{ink.short(name, _MAX_VALUE)}: {ink.short(value, _MAX_VALUE)}"


def _body(body: bytes, ink: Redactor) -> Iterator[str]:
    if body:
        yield ""
        yield ink.head(body, _MAX_BODY).replace("\r\n", "\n").rstrip("\n")  # the lines of a multipart body


def exchanges_text(ledger: Sequence[Exchange], ink: Redactor) -> str:
    """Return a line for each request: after which time it came, which body it had, and what it was answered."""
    gaps = [0.0, *(later.at - earlier.at for earlier, later in pairwise(ledger))]
    shown = zip(ledger[:_MAX_EXCHANGES], gaps, strict=False)
    lines = [f"{place}. {_exchange(exchange, gap, ink)}" for place, (exchange, gap) in enumerate(shown, 1)]
    more = len(ledger) - _MAX_EXCHANGES
    return "\n".join([*lines, f"… {more:,} more requests"] if more > 0 else lines)


def _exchange(exchange: Exchange, gap: float, ink: Redactor) -> str:
    request, reply = exchange.request, exchange.reply
    answered = str(reply) if reply.fault else str(reply.status)
    after = f"after {_seconds(gap)} " if gap >= _NOTICEABLE else ""
    return f"{after}{request.method} {ink.short(request.url, _MAX_VALUE)}, body {request.digest} → {answered}"


def waits_text(waits: Sequence[float]) -> str:
    """Return what a client waited for: the first waits, their number and their sum; empty for none."""
    if not waits:
        return ""
    shown = ", ".join(map(_seconds, waits[:_MAX_WAITS]))
    if len(waits) == 1:
        return shown
    more = ", …" if len(waits) > _MAX_WAITS else ""
    return f"{shown}{more}: {len(waits)} times, {_seconds(sum(waits))} in all"


def _seconds(seconds: float) -> str:
    return f"{round(seconds, 2):,g} s" if seconds < 1_000_000 else f"{seconds:.3g} s"  # noqa: PLR2004 - as %g does


def reply_text(reply: Reply, ink: Redactor) -> str:
    """Return a reply: its status, the headers that not every reply has, and the beginning of its body."""
    waited = f", after {reply.delay:g} s" if reply.delay else ""
    headers = [pair for pair in reply.headers if pair[0].lower() not in _OF_EVERY_REPLY]
    lines = [f"{ink.short(name, _MAX_VALUE)}: {ink.short(value, _MAX_VALUE)}" for name, value in headers[:_MAX_HEADERS]]
    body = ink.head(reply.body, _MAX_BODY)
    return "\n".join(filter(None, [f"{reply}{waited}", *lines, body]))


def outcome_text(outcome: Transcript | Failure, ink: Redactor) -> str:
    """Return what a call gave, or which error it ended with."""
    if isinstance(outcome, Transcript):
        return f"returned {_transcript(outcome, ink)}"
    verb = "returned" if outcome.returned else "raised"
    kind = type(outcome.error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    message = _safely(lambda: ink.short(str(outcome.error), _MAX_MESSAGE))
    return f"{verb} {module}{kind.__qualname__}: {message or '(no message)'}"


def _transcript(outcome: Transcript, ink: Redactor) -> str:
    kind = type(outcome.value)
    if kind.__module__ == "builtins":
        return _safely(lambda: as_literal(outcome.value, ink))
    text = _safely(lambda: as_literal(outcome.text, ink))
    return f"{kind.__module__}.{kind.__qualname__}, text {text}"


def _safely(show: Callable[[], str]) -> str:
    """Return what *show* gives: values of a client under test may fail even at being shown."""
    try:
        return show()
    except Exception as error:  # noqa: BLE001 - whatever it is, the failure has to be reported
        return f"(it cannot be shown: {type(error).__name__})"


def raised_at(outcome: Outcome) -> str:
    """Return the lines of the client that an exception came from, the last call first; empty when there are none."""
    error = outcome.error if isinstance(outcome, Failure) else None
    if not isinstance(error, BaseException):
        return ""
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in _frames(error.__traceback__)]
    return _places([frame for frame in frames if not _is_plumbing(frame[0])])


def stuck_at(stack: str) -> str:
    """Return the lines of the client in a formatted stack, the last call first."""
    frames = [(frame["path"], int(frame["line"]), frame["name"]) for frame in _FRAME.finditer(stack)]
    return _places([frame for frame in frames if not _is_plumbing(frame[0])] or frames)


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _is_plumbing(path: str) -> bool:
    installed = _INSTALLED.search(path)
    return installed[1] in _PLUMBING if installed else path.startswith(_OWN)


def _places(frames: Sequence[tuple[str, int, str]]) -> str:
    return "\n".join(_place(*frame) for frame in reversed(frames[-_MAX_FRAMES:]))


def _place(path: str, line: int, name: str) -> str:
    code = one_line(linecache.getline(path, line), _MAX_CODE)
    return f"{_relative(path)}:{line} in {name}{': ' if code else ''}{code}"


def _relative(path: str) -> str:
    return pathless(path, Path.cwd())
