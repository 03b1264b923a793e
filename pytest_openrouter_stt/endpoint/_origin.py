"""Where a request was sent from: the code between whoever drives a client and what takes its requests."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

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
class Step:
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
    steps: tuple[Step, ...] = ()
    is_whole: bool = False

    def __str__(self) -> str:
        if not self.steps:
            return self.library or "code that cannot be told"
        return f"{self.library}, called from {self.steps[0]}" if self.library else str(self.steps[0])


UNKNOWN = Origin()


def origin() -> Origin:
    """Return where the calling thread is asked to send something from; call it below the HTTP library."""
    library = ""
    steps: list[Step] = []
    frame: FrameType | None = None
    for frame in _client_frames():
        module = module_of(frame)
        if module == _LOOP:
            return Origin(library, tuple(steps))
        if _is_client(module):
            steps.append(step_of(frame))
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


def step_of(frame: FrameType) -> Step:
    """Return the line that *frame* is at."""
    module = module_of(frame)
    depth = module.count(".") + 1 + ("__path__" in frame.f_globals)
    return Step(module, _end_of(frame.f_code.co_filename, depth), frame.f_lineno, frame.f_code.co_name)


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
