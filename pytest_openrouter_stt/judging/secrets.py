"""Looking for a secret: in errors, in what a client shows of itself, and in its logs."""

from __future__ import annotations

import inspect
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

ShownText = tuple[str, str]
"""Where something is to be read, in words, and what is to be read there."""

_MAX_VALUES = 500
_MAX_DEPTH = 4
_PLAIN = (bool, int, float, complex, type(None))


def holds(text: str, secret: str) -> bool:
    """Whether *secret* can be read in *text*, or half of it: what masks only a few characters shows it too."""
    half = len(secret) // 2
    return secret[:half] in text or secret[half:] in text


def safely(render: Callable[[Any], object], value: object) -> str:
    """Return what *render* makes of *value*, as text; nothing where a client's own code fails to make it."""
    try:
        return str(render(value))
    except Exception:  # noqa: BLE001 - the client's code may raise anything
        return ""


def shown(error: object) -> Iterator[ShownText]:
    """Return what is seen of an error that is printed or logged: its texts, those behind it, and the traceback."""
    if not isinstance(error, BaseException):
        yield from _texts(error, "")
        return
    for link in _chain(error):
        yield from _texts(link, "" if link is error else f" of the {type(link).__qualname__} behind it")
    yield "its traceback", "".join(traceback.format_exception(error))


def attributes(error: object) -> Iterator[ShownText]:
    """Return what the public attributes of an error show of themselves, ``args`` left aside."""
    for name, value in _public(error):
        if name != "args":
            yield f"the repr() of its `{name}`", safely(repr, value)


def carried(error: object) -> Iterator[ShownText]:
    """Return every text to which public attributes, items and elements of an error lead, and its pickle."""
    yield from _reachable(error)
    yield "its pickle", _pickled(error).decode("latin-1")


def configuration(client: object) -> Iterator[ShownText]:
    """Return what a client and its public attributes show of themselves; one that is a string is the key itself."""
    yield "its str()", safely(str, client)
    yield "its repr()", safely(repr, client)
    for name, value in getattr(client, "__dict__", {}).items():
        if not name.startswith("_") and not isinstance(value, str | bytes):
            yield f"the repr() of its `{name}`", safely(repr, value)


def _texts(error: object, whose: str) -> Iterator[ShownText]:
    yield f"its str(){whose}", safely(str, error)
    yield f"its repr(){whose}", safely(repr, error)
    yield f"its args{whose}", safely(repr, getattr(error, "args", ()))
    yield f"its notes{whose}", safely(repr, getattr(error, "__notes__", ()))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Return *error* and what a traceback shows behind it; what is suppressed there is not."""
    links = [error]
    for link in links:  # it grows meanwhile
        yield link
        behind = link.__cause__ if link.__cause__ or link.__suppress_context__ else link.__context__
        others = link.exceptions if isinstance(link, BaseExceptionGroup) else ()
        links += [other for other in (behind, *others) if other is not None and other not in links]


def _public(owner: object) -> list[tuple[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of attributes that are deprecated, and are read all the same
        found = [(name, _read(owner, name)) for name in dir(owner) if not name.startswith("_")]
    return [(name, value) for name, value in found if not callable(value)]


def _read(owner: object, name: str) -> Any:
    try:
        return getattr(owner, name, None)
    except Exception:  # noqa: BLE001 - a property is the client's code, or that of its libraries
        return None


def _reachable(root: object) -> Iterator[ShownText]:
    values: list[tuple[str, object, int]] = [("", root, 0)]  # also keeps them: a lost one gives its id() to the next
    ids = {id(root)}
    for path, value, depth in values:  # it grows meanwhile
        if isinstance(value, str | bytes):
            yield f"its `{path.removeprefix('.')}`", value if isinstance(value, str) else value.decode("latin-1")
        elif depth < _MAX_DEPTH:
            inner = [
                (name, item) for name, item in _inner(value) if not isinstance(item, _PLAIN) and id(item) not in ids
            ]
            inner = inner[: _MAX_VALUES - len(values)]
            ids.update(id(item) for _, item in inner)
            values += [(f"{path}{name}", item, depth + 1) for name, item in inner]


def _inner(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (("[…]", item) for item in value)
    elif not (inspect.ismodule(value) or isinstance(value, type)):
        yield from ((f".{name}", item) for name, item in _public(value))


def _pickled(error: object) -> bytes:
    try:
        return pickle.dumps(error)
    except Exception:  # noqa: BLE001 - what cannot be pickled carries nothing away
        return b""


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


def recorded(record: logging.LogRecord) -> Iterator[ShownText]:
    """Return every text of a log record: its message and arguments, what was added to it, and its traceback."""
    where = f"a record of the logger {record.name} at {record.levelname}"
    yield where, safely(logging.LogRecord.getMessage, record)
    yield f"the arguments of {where}", safely(str, record.msg) + safely(repr, record.args)
    for name, value in vars(record).items():
        if name not in _USUAL:
            yield f"`{name}` of {where}", safely(repr, value)
    if record.exc_info:
        yield f"the traceback of {where}", "".join(traceback.format_exception(*record.exc_info))
