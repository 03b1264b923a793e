"""Closing a client object, by whichever way it has."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ._outcome import read

if TYPE_CHECKING:
    from collections.abc import Callable


def closer_of(owner: object, mode: str) -> Callable[[], Any] | None:
    """Return what closes *owner*, to be awaited when *mode* is ``async``; ``None`` when it cannot be closed."""
    return closing_method_of(owner, mode) or _leaving(owner, mode)


def closing_method_of(owner: object, mode: str) -> Callable[[], Any] | None:
    """Return the method that closes *owner*: ``close()``, or, asynchronous, ``aclose()``; ``None`` without any."""
    for name in ("close",) if mode == "sync" else ("aclose", "close"):
        method: Callable[[], Any] | None = read(owner, name)
        if callable(method) and inspect.iscoroutinefunction(method) == (mode == "async"):
            return method
    return None


def _leaving(owner: Any, mode: str) -> Callable[[], Any] | None:
    """Return what uses *owner* as a context, and so closes it at the end."""

    def enter_and_leave() -> None:
        with owner:
            pass

    async def enter_and_leave_async() -> None:
        async with owner:
            pass

    if mode == "sync":
        return enter_and_leave if hasattr(type(owner), "__enter__") else None
    return enter_and_leave_async if hasattr(type(owner), "__aenter__") else None
