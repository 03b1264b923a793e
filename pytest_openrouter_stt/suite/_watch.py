"""Watching an adapter at work: what it calls while a call of the client is made."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.endpoint import library_of, module_of, step_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from pytest_openrouter_stt.client import Adapter

_JSON, _BASE64, _WAITS = "writes or reads JSON", "encodes or decodes base64", "waits"
_WORK = {
    **{
        f"{module}.{name}": _JSON
        for module in ("json", "orjson", "ujson")
        for name in ("dump", "dumps", "load", "loads")
    },
    **{f"base64.{way}b64{name}": _BASE64 for way in ("", "standard_") for name in ("decode", "encode")},
    **dict.fromkeys(("binascii.a2b_base64", "binascii.b2a_base64"), _BASE64),
    **dict.fromkeys(("time.sleep", "asyncio.tasks.sleep"), _WAITS),
}
"""Functions whose work is that of a client, and what an adapter does that calls them."""


class Watch:
    """Sees what an adapter calls, in the thread in which a call of the client is made.

    Args:
        adapter: Whose calls are looked at.

    Attributes:
        work: What it did that is the work of a client, each with the function that it called and the line.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.work: dict[str, str] = {}
        self._adapter = adapter
        self._calls: defaultdict[CodeType, set[FrameType]] = defaultdict(set)

    def around(self, function: Callable[[], object]) -> object:
        """Run *function* in the calling thread; a profiler of that thread does not see it."""
        before = sys.getprofile()
        sys.setprofile(self._see)
        try:
            return function()
        finally:
            sys.setprofile(before)

    @property
    def most_calls(self) -> tuple[str, int]:
        """The function of the client, or of an HTTP library, that the adapter called most often, and how often."""
        found = [(code.co_qualname, len(frames)) for code, frames in self._calls.items()]
        return max(found, key=lambda pair: pair[1], default=("", 0))

    def _see(self, frame: FrameType, event: str, arg: Any) -> None:  # pragma: no cover - profilers are not traced
        """Take what the interpreter tells: for a function in C with its caller's frame, for others with their own."""
        caller = {"c_call": frame, "call": frame.f_back}.get(event)
        if caller is None or module_of(caller) not in self._adapter.modules:
            return
        if event == "c_call":
            called = f"{getattr(arg, '__module__', '')}.{getattr(arg, '__name__', '')}"
        else:
            called = _name_of(frame)
            self._count(frame)
        if called in _WORK:
            self.work.setdefault(_WORK[called], f"{called.replace('.tasks', '')}, {step_of(caller)}")

    def _count(self, frame: FrameType) -> None:  # pragma: no cover - as above
        """Keep *frame*, if it is the client's: as long as it is kept, no other takes its place in memory."""
        module = module_of(frame)
        if self._adapter.is_client(module) or library_of(module):
            self._calls[frame.f_code].add(frame)  # a coroutine goes on in the frame that it began in


def _name_of(frame: FrameType) -> str:  # pragma: no cover - as above
    """Return the name of the function that *frame* runs; the client's clock stands in for functions of `time`."""
    module, name = module_of(frame), frame.f_code.co_name
    if name == "__call__" and module.startswith("pytest_openrouter_stt."):
        real = getattr(frame.f_locals.get("self"), "real", None)
        return f"time.{getattr(real, '__name__', '')}"
    return f"{module}.{name}"
