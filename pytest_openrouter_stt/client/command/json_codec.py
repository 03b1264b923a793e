"""Values that JSON cannot carry, and how the command protocol writes them: objects with the one key ``$stt``.

``docs/reference/command-protocol.md`` has them all.
"""

from __future__ import annotations

import base64
import math
import os
import reprlib
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TAG = "$stt"
MAX_DEPTH = 100
"""Containers inside each other that a value may be; whoever looks at it later recurses, too."""

_NUMBERS = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf}
_LAST_UNIT = 0xFFFF
_SHOWN = reprlib.Repr()
_SHOWN.maxlevel = 2


def tagged(value: object) -> Any:
    """Return *value* in a form that every JSON library carries.

    Raises:
        TypeError: There is no form for it, as for an open file.
    """
    if value is None or isinstance(value, int | float | str):
        return _tagged_scalar(value)
    if isinstance(value, Mapping):
        return _tagged_object(value)
    if isinstance(value, list | tuple):
        return [tagged(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return {TAG: "bytes", "base64": base64.b64encode(value).decode()}
    if isinstance(value, os.PathLike):
        return {TAG: "path", "path": tagged(os.fsdecode(value))}
    raise TypeError(f"no command can be passed a {type(value).__qualname__}")


def _tagged_scalar(value: float | str | None) -> Any:
    if isinstance(value, str) and not _is_text(value):
        return {TAG: "utf16", "units": _units(value)}
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return {TAG: "nan" if math.isnan(value) else "infinity" if value > 0 else "-infinity"}


def _tagged_object(value: Mapping[Any, Any]) -> Any:
    if TAG not in value and all(isinstance(key, str) and _is_text(key) for key in value):
        return {key: tagged(item) for key, item in value.items()}
    return {TAG: "object", "entries": [[tagged(key), tagged(item)] for key, item in value.items()]}


def untagged(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return what a value of the protocol stands for.

    Args:
        value: A JSON value.
        depth: How many containers inside each other it may be.

    Raises:
        ValueError: It is nested more deeply, or there is no such tag, or it lacks what belongs to it.
    """
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        raise ValueError(f"it is nested more than {MAX_DEPTH} times")
    if isinstance(value, list):
        return [untagged(item, depth - 1) for item in value]
    if TAG not in value:
        return {key: untagged(item, depth - 1) for key, item in value.items()}
    try:
        return _meant(value, depth)
    except _Incomplete as error:
        raise ValueError(f"{_SHOWN.repr(value)} is no tagged value ({error})") from None


class _Incomplete(Exception):
    """A tagged value lacks what belongs to its tag."""


def _meant(value: dict[str, Any], depth: int) -> Any:
    match value:
        case {"$stt": "nan" | "infinity" | "-infinity" as name, **rest} if not rest:
            return _NUMBERS[name]
        case {"$stt": "utf16", "units": list(units), **rest} if not rest:
            return _joined(units)
        case {"$stt": "bytes", "base64": str(text), **rest} if not rest:
            return _decoded(text)
        case {"$stt": "path", "path": path, **rest} if not rest:
            return Path(_text(path))
        case {"$stt": "object", "entries": list(entries), **rest} if not rest:
            return dict(_entry(entry, depth - 1) for entry in entries)
    raise _Incomplete("there is no such tag, or it has other members")


def _entry(entry: object, depth: int) -> tuple[str, Any]:
    match entry:
        case [key, item]:
            return _text(key), untagged(item, depth)
    raise _Incomplete("an entry is a key and a value")


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case {"$stt": "utf16", "units": list(units), **rest} if not rest:
            return _joined(units)
    raise _Incomplete("a string is needed")


def _joined(units: list[Any]) -> str:
    if not all(map(_is_unit, units)):
        raise _Incomplete("a unit is an integer from 0 to 65535")
    return b"".join(int(unit).to_bytes(2, "big") for unit in units).decode("utf-16-be", "surrogatepass")


def _is_unit(value: object) -> bool:
    """Whether it is one as JSON Schema has integers, of which 65.0 is one and true is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LAST_UNIT and value == int(value)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _Incomplete(str(error)) from None


def _is_text(value: str) -> bool:
    """Whether UTF-8 can hold it: a half of a surrogate pair alone is no character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _units(value: str) -> list[int]:
    code = value.encode("utf-16-be", "surrogatepass")
    return [unit for (unit,) in struct.iter_unpack(">H", code)]
