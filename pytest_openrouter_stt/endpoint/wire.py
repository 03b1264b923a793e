"""The wire request: what the endpoint received, byte for byte, and which code sent it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_PACKAGE = __name__.partition(".")[0]
_DRIVERS = frozenset({_PACKAGE, "_pytest"})
_PLUMBING = frozenset({"aiohappyeyeballs", "anyio", "h11", "h2", "httpcore", "httpcore2", "respx", "sniffio", "trio"})
"""What is below HTTP libraries, or among them: its frames tell nobody anything."""

_HTTP_LIBRARIES = frozenset({"aiohttp", "http.client", "httpx", "httpx2", "requests", "urllib.request", "urllib3"})
"""What clients send requests with."""

_LOOP = "asyncio.events"
"""Code beyond this module has not called what is on this side of it, but has only let it run."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One function that was under way when a request was sent.

    Attributes:
        module: The dotted name of the module that it is in.
        path: The file of the module, from its package on, such as ``mypkg/_http.py``.
        line: The line that was running, from 1.
        function: The name of the function.
    """

    module: str
    path: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} in {self.function}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request was sent from.

    Attributes:
        library: The HTTP library that was called, such as ``httpx``; empty when it is none of those known.
        steps: The functions that led to that, the innermost first; without those of Python and of HTTP libraries.
        is_whole: Whether they lead back to whoever made the call, and not only to a thread or a task of the client's.
    """

    library: str = ""
    steps: tuple[CallSite, ...] = ()
    is_whole: bool = False

    def __str__(self) -> str:
        if not self.steps:
            return self.library or "code that cannot be told"
        return f"{self.library}, called from {self.steps[0]}" if self.library else str(self.steps[0])


UNKNOWN = Origin()


def origin() -> Origin:
    """Return where the calling thread is asked to send something from; call it below the HTTP library."""
    library = ""
    steps: list[CallSite] = []
    frame: FrameType | None = None
    for frame in _client_frames():
        module = module_of(frame)
        if module == _LOOP:
            return Origin(library, tuple(steps))
        if _is_client(module):
            steps.append(call_site_of(frame))
        elif not steps:
            library = library_of(module) or library
    return Origin(library, tuple(steps), is_whole=frame is not None and frame.f_back is not None)


@cache
def library_of(module: str) -> str:
    """Return the HTTP library that *module* belongs to; empty when it is none of those known."""
    return next((name for name in (module, module.partition(".")[0]) if name in _HTTP_LIBRARIES), "")


def module_of(frame: FrameType) -> str:
    """Return the dotted name of the module whose code *frame* runs."""
    return str(frame.f_globals.get("__name__", ""))


def call_site_of(frame: FrameType) -> CallSite:
    """Return the line that *frame* is at."""
    module = module_of(frame)
    depth = module.count(".") + 1 + ("__path__" in frame.f_globals)
    return CallSite(module, _end_of(frame.f_code.co_filename, depth), frame.f_lineno, frame.f_code.co_name)


@cache
def _end_of(path: str, depth: int) -> str:
    return "/".join(PurePath(path).parts[-depth:])


def _client_frames() -> Iterator[FrameType]:
    """Yield the frames between this package, which takes the request, and whoever drives the client."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - inspect.stack() reads source files
    seen = False
    while frame is not None:
        is_driver = _is_driver(module_of(frame))
        if seen and is_driver:
            return
        if not is_driver:
            seen = True
            yield frame
        frame = frame.f_back


@cache
def _is_driver(module: str) -> bool:
    return module.partition(".")[0] in _DRIVERS


@cache
def _is_client(module: str) -> bool:
    top = module.partition(".")[0]
    return not (top in _PLUMBING or top in sys.stdlib_module_names or library_of(module))


_BOM = b"\xef\xbb\xbf"


class BodyError(ValueError):
    """A body that is not one JSON text as RFC 8259 has it; its message says why."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request as it arrived.

    Attributes:
        method: As sent, for example ``POST``.
        url: The whole URL, query included.
        headers: Names and values in the order of the wire, decoded as Latin-1.
        body: The bytes of the body.
        sent_from: The code that sent it, where that can be known; of no account to whether two requests are equal.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent_from: Origin = field(default=UNKNOWN, compare=False, repr=False)

    @property
    def path(self) -> str:
        """The path of the URL, without the query."""
        return urlsplit(self.url).path

    def values(self, name: str) -> tuple[str, ...]:
        """Return the value of every header line called *name*, whatever its case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def header(self, name: str) -> str | None:
        """Return the value of header *name*, several lines joined by commas (RFC 9110, 5.3), or ``None``."""
        values = self.values(name)
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """The media type of the body in lower case, without parameters; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def bearer(self) -> str | None:
        """The token of the Bearer scheme (RFC 6750, 2.1), or ``None``."""
        scheme, _, token = (self.header("authorization") or "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def digest(self) -> str:
        """The first eight hexadecimal digits of the body's SHA-256, which tell one body from another at a glance."""
        return hashlib.sha256(self.body).hexdigest()[:8]

    def json(self) -> object:
        """Return the body, parsed strictly.

        Raises:
            BodyError: It is not UTF-8, begins with a byte order mark, is not JSON, has a key twice, holds a token
                that JSON does not have, such as ``NaN``, or an integer longer than Python converts.
        """
        return parse_json(self.body)


def parse_json(body: bytes) -> object:
    """Parse *body* as RFC 8259 has it, with nothing forgiven.

    Raises:
        BodyError: See `WireRequest.json`.
    """
    if body.startswith(_BOM):
        raise BodyError("it begins with a byte order mark (RFC 8259, 8.1)")
    try:
        text = body.decode("utf-8")
        return json.loads(
            text, parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_refuse_duplicates
        )
    except UnicodeDecodeError as error:
        raise BodyError(f"it is not UTF-8 ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise BodyError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BodyError(f"it is not JSON ({error.msg} at character {error.pos})") from None


def _refuse_constant(token: str) -> NoReturn:
    raise BodyError(f"it holds {token}, which JSON does not have")


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # sys.set_int_max_str_digits()
        raise BodyError(f"it holds an integer of {len(digits)} digits") from None


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise BodyError(f"it has a key twice: {', '.join(map(repr, twice))}")
    return value
