"""Listening to what a client logs."""

from __future__ import annotations

import logging
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ._secrets import safely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._secrets import Place

_USUAL = frozenset({*vars(logging.makeLogRecord({})), "asctime", "message", "taskName"})
"""The attributes that every log record has."""


@contextmanager
def logged() -> Iterator[list[logging.LogRecord]]:
    """Give what is logged while the context is open, by every logger at every level; no handler gets to see it.

    The filters of a logger apply: that is where a client may take its secrets out.
    """
    records: list[logging.LogRecord] = []

    def keep(logger: logging.Logger, record: logging.LogRecord) -> None:
        kept: Any = logger.filter(record)  # from Python 3.12 on, a record may stand in for another
        if kept:
            records.append(kept if isinstance(kept, logging.LogRecord) else record)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Logger, "isEnabledFor", lambda *_: True)
        patch.setattr(logging.Logger, "getEffectiveLevel", lambda _: logging.DEBUG)
        patch.setattr(logging.Logger, "handle", keep)
        yield records


def recorded(record: logging.LogRecord) -> Iterator[Place]:
    """Return every text of a log record: its message and arguments, what was added to it, and its traceback."""
    where = f"a record of the logger {record.name} at {record.levelname}"
    yield where, safely(logging.LogRecord.getMessage, record)
    yield f"the arguments of {where}", safely(str, record.msg) + safely(repr, record.args)
    for name, value in vars(record).items():
        if name not in _USUAL:
            yield f"`{name}` of {where}", safely(repr, value)
    if record.exc_info:
        yield f"the traceback of {where}", "".join(traceback.format_exception(*record.exc_info))
