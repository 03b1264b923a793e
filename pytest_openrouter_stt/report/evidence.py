"""A call as text: as Python and curl to paste, and what was sent, answered and raised."""

from __future__ import annotations

import json
import linecache
import math
import os
import re
import shlex
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.client import Failure, Request, Transcript

from .text import LONG, escaped, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType, TracebackType

    from pytest_openrouter_stt.client import Mode, Outcome
    from pytest_openrouter_stt.contract import Call, Contract
    from pytest_openrouter_stt.endpoint import Exchange, Reply, WireRequest

    from .text import Redactor

_SITE_PACKAGES = r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"():]+)+[\\/](?:site|dist)-packages[\\/]"
"""Up to where packages are installed, whatever the environment."""


def pathless(text: str, project: Path) -> str:
    """Return *text* with paths of *project* relative to it, and those of this machine without where they are.

    Args:
        text: Anything.
        project: The folder that readers know. A module that comes from elsewhere is known by its path below the
            entry of ``sys.path`` that it was imported from.
    """
    pattern, marks = _machine_paths(project, tuple(sys.path))
    return pattern.sub(lambda found: marks.get(found.group(), ""), text)


@lru_cache(maxsize=4)
def _machine_paths(project: Path, imported_from: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return what finds the beginnings of paths, and what stands for each of them."""
    marks = {f"{folder}{os.sep}": "" for folder in (project, project.resolve())}
    known = {
        tempfile.gettempdir(): "<tmp>",
        sysconfig.get_path("stdlib"): "<python>",
        sys.base_prefix: "<python>",
        sys.prefix: "<environment>",
        str(Path.home()): "~",
    }
    for folder, mark in known.items():
        for spelled in (folder, os.path.realpath(folder)):
            if len(spelled) > 1:
                marks.setdefault(spelled, mark)
    for folder in imported_from:
        if Path(folder).is_absolute() and Path(folder).parent != Path(folder) and not folder.startswith(tuple(known)):
            marks.setdefault(f"{folder.rstrip(os.sep)}{os.sep}", "")
    ordered = sorted(marks, key=len, reverse=True)
    return re.compile("|".join([_SITE_PACKAGES, *map(re.escape, ordered)])), marks


_ONE_LINE = 90
_MOST_PASTED = 2000
"""Characters of a call that are shown in full; what is longer is no use in a terminal."""

_ENTRIES = 4
"""Entries of a container that are shown in a call that is too long to be shown in full."""

_KEY = "the-key-of-the-shell"
"""What stands in the place of the key until it is known where the quotes end."""

_LONGEST_PERIOD = 64
_DEEPEST = 40
_SPECIAL = frozenset("\\'")


def as_python(call: Call, mode: Mode, spelling: str, redactor: Redactor) -> str:
    """Return the call as a Python expression, which can be evaluated unless it is too long to be shown in full.

    Args:
        call: What is passed.
        mode: Asynchronous calls are awaited.
        spelling: What stands before the opening parenthesis.
        redactor: Takes the secrets out.
    """
    arguments = call.kwargs()
    writer = _Literals(redactor, entries=None if _weight(arguments, folded=True) <= _MOST_PASTED else _ENTRIES)
    written = [f"{name}={writer.literal(value)}" for name, value in arguments.items()]
    before = f"{'await ' if mode == 'async' else ''}{spelling}("
    line = f"{before}{', '.join(written)})"
    return line if len(line) <= _ONE_LINE else "\n".join([before, *(f"    {item}," for item in written), ")"])


def as_literal(value: object, redactor: Redactor) -> str:
    """Return *value* as Python, with what is long about it left out."""
    return _Literals(redactor, entries=_ENTRIES).literal(value)


class _Literals:
    """Writes values as Python literals.

    Args:
        redactor: Takes the secrets out.
        entries: How many entries of a container, and as many strings in full, are written; all when ``None``.
    """

    def __init__(self, redactor: Redactor, entries: int | None) -> None:
        self._redactor = redactor
        self._entries = entries

    def literal(self, value: object, depth: int = _DEEPEST) -> str:
        """Return *value* as Python; what is left out of it is marked by ``…``."""
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, Mapping | list | tuple) and value and depth == 0:
            return "…"
        if isinstance(value, Mapping):
            items = [f"{self._string(str(key))}: {self.literal(value[key], depth - 1)}" for key in self._some(value)]
            return f"{{{self._joined(items, len(value))}}}"
        if isinstance(value, list | tuple):
            return f"[{self._joined([self.literal(item, depth - 1) for item in self._some(value)], len(value))}]"
        return _scalar(value)

    def _some(self, values: Mapping[object, object] | list[object] | tuple[object, ...]) -> list[object]:
        return list(values)[: self._entries]

    def _joined(self, items: list[str], count: int) -> str:
        more = count - len(items)
        return ", ".join([*items, f"… {more:,} more"] if more else items)

    def _string(self, value: str) -> str:
        if len(value) <= LONG:
            return repr(self._redactor.clean(value))
        unit = _period(value)
        if unit and self._redactor.clean(unit * 2) == unit * 2:
            times, rest = divmod(len(value), len(unit))
            return f"{unit!r} * {times}" + (f" + {unit[:rest]!r}" if rest else "")
        if self._entries is None and len(value) <= _MOST_PASTED:
            return repr(self._redactor.clean(value))
        shown, _ = self._redactor.window(value, 0, LONG)
        return f"{shown!r}… ({len(value):,} characters)"


def _scalar(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value!r}')"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value) if value.bit_length() > LONG else repr(value)  # Python refuses to write long ones as decimals
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, bytes | bytearray):
        return repr(bytes(value)) if len(value) <= LONG else f"{bytes(value[:LONG])!r}… ({len(value):,} bytes)"
    return f"<{type(value).__qualname__}>"  # its own repr may be long, slow or wrong


def _period(text: str) -> str:
    """Return what *text* repeats from its beginning to its end; empty when that is too long to be seen."""
    head = text[: 2 * _LONGEST_PERIOD]
    for length in range(1, _LONGEST_PERIOD + 1):
        if head.startswith(head[length:]) and text.startswith(text[length:]):
            return text[:length]
    return ""


def _weight(value: object, *, folded: bool) -> int:
    """Return about how many characters *value* has, counted no further than that is of use.

    Args:
        value: Anything.
        folded: Whether a string that repeats itself is written as a multiplication.
    """
    weight, values = 0, [value]
    while values and weight <= _MOST_PASTED:
        found = values.pop()
        weight += 4
        if isinstance(found, Mapping):
            values += [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple):
            values += found
        elif isinstance(found, str | bytes):
            short = folded and isinstance(found, str) and len(found) > LONG and _period(found)
            weight += LONG if short else len(found)
    return weight


def as_curl(call: Call, contract: Contract, redactor: Redactor) -> str:
    """Return a curl command that sends what the contract requires for the call; empty when JSON cannot carry it."""
    try:
        wire = contract.wire_body(call)
        is_short = _weight(wire, folded=False) <= _MOST_PASTED
        body = escaped(json.dumps(wire, ensure_ascii=False, allow_nan=False)) if is_short else ""
    except (TypeError, ValueError, RecursionError):
        return ""
    headers = {"Content-Type": "application/json", **contract.wire_headers(call)}
    lines = [
        f"curl {shlex.quote(contract.url)}",
        '-H "Authorization: Bearer $OPENROUTER_API_KEY"',
        *(f"-H {_quoted(redactor.short(f'{name}: {value}', _MOST_PASTED))}" for name, value in headers.items()),
        f"-d {_quoted(redactor.clean(body))}" if body else "-d @body.json",
    ]
    note = "" if body else "\n(body.json: the arguments above under their wire names; too long for a command line)"
    return " \\\n  ".join(lines) + note


def as_command(call: Call, contract: Contract, command: str, redactor: Redactor) -> str:
    """Return a shell command that makes the call with a client which is a command; empty when it cannot be told.

    Args:
        call: What is passed.
        contract: The server.
        command: The client, quoted for a shell.
        redactor: Takes the secrets out.
    """
    try:
        line = Request(1, contract.base_url, _KEY, call.kwargs(), retries=False, timeout=60).line()
    except (TypeError, ValueError, RecursionError):
        return ""
    if len(line) > 2 * _MOST_PASTED:
        shown, _ = redactor.window(line, 0, LONG)
        return f"{command} < request.json\n(request.json: {shown}… ({len(line):,} characters))"
    before, _, after = redactor.clean(line).partition(_KEY)
    return f"printf '%s\\n' {shlex.quote(before)}\"$OPENROUTER_API_KEY\"{shlex.quote(after)} | {command}"


def _quoted(text: str) -> str:
    """Return *text* quoted for a shell; what cannot be seen is written as the escapes of bash and zsh."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(c if c.isprintable() and c not in _SPECIAL else _shell_escape(c) for c in text)}'"


def _shell_escape(character: str) -> str:
    if character in _SPECIAL:
        return f"\\{character}"
    return f"\\x{ord(character):02x}" if character.isascii() else f"\\U{ord(character):08x}"


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


def request_text(request: WireRequest, redactor: Redactor) -> str:
    """Return a wire request: its first line, its headers, and the beginning of its body."""
    headers = [_header(name, value, redactor) for name, value in request.headers[:_MAX_HEADERS]]
    more = len(request.headers) - _MAX_HEADERS
    if more > 0:
        headers.append(f"… {more:,} more headers")
    first = f"{request.method} {redactor.short(request.url)}"
    return "\n".join([first, *headers, *_body(request.body, redactor)])


def _header(name: str, value: str, redactor: Redactor) -> str:
    scheme, space, token = value.rpartition(" ")
    shown = redactor.clean(token)
    if name.lower() == "authorization" and shown == token and len(token) > _MAX_TOKEN:
        return f"{name}: {scheme}{space}{token[:4]}… ({len(token)} characters, not the key that was given)"
    return f"{redactor.short(name, _MAX_VALUE)}: {redactor.short(value, _MAX_VALUE)}"


def _body(body: bytes, redactor: Redactor) -> Iterator[str]:
    if body:
        yield ""
        yield redactor.head(body, _MAX_BODY).replace("\r\n", "\n").rstrip("\n")  # the lines of a multipart body


def exchanges_text(ledger: Sequence[Exchange], redactor: Redactor) -> str:
    """Return a line for each request: after which time it came, which body it had, and what it was answered."""
    gaps = [0.0, *(later.at - earlier.at for earlier, later in pairwise(ledger))]
    shown = zip(ledger[:_MAX_EXCHANGES], gaps, strict=False)
    lines = [f"{place}. {_exchange(exchange, gap, redactor)}" for place, (exchange, gap) in enumerate(shown, 1)]
    more = len(ledger) - _MAX_EXCHANGES
    return "\n".join([*lines, f"… {more:,} more requests"] if more > 0 else lines)


def _exchange(exchange: Exchange, gap: float, redactor: Redactor) -> str:
    request, reply = exchange.request, exchange.reply
    answered = str(reply) if reply.fault else str(reply.status)
    after = f"after {_seconds(gap)} " if gap >= _NOTICEABLE else ""
    return f"{after}{request.method} {redactor.short(request.url, _MAX_VALUE)}, body {request.digest} → {answered}"


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


def reply_text(reply: Reply, redactor: Redactor) -> str:
    """Return a reply: its status, the headers that not every reply has, and the beginning of its body."""
    waited = f", after {reply.delay:g} s" if reply.delay else ""
    headers = [pair for pair in reply.headers if pair[0].lower() not in _OF_EVERY_REPLY]
    lines = [
        f"{redactor.short(name, _MAX_VALUE)}: {redactor.short(value, _MAX_VALUE)}"
        for name, value in headers[:_MAX_HEADERS]
    ]
    body = redactor.head(reply.body, _MAX_BODY)
    return "\n".join(filter(None, [f"{reply}{waited}", *lines, body]))


def outcome_text(outcome: Transcript | Failure, redactor: Redactor) -> str:
    """Return what a call gave, or which error it ended with."""
    if isinstance(outcome, Transcript):
        return f"returned {_transcript(outcome, redactor)}"
    verb = "returned" if outcome.returned else "raised"
    kind = type(outcome.error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    message = _safely(lambda: redactor.short(str(outcome.error), _MAX_MESSAGE))
    return f"{verb} {module}{kind.__qualname__}: {message or '(no message)'}"


def _transcript(outcome: Transcript, redactor: Redactor) -> str:
    kind = type(outcome.value)
    if kind.__module__ == "builtins":
        return _safely(lambda: as_literal(outcome.value, redactor))
    text = _safely(lambda: as_literal(outcome.text, redactor))
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
