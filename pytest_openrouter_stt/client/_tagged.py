"""Values that JSON cannot carry, and how the command protocol writes them: objects with the one key ``$stt``.

``docs/reference/command-protocol.md`` has them all.
"""

from __future__ import annotations

import base64
import math
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TAG = "$stt"
_NUMBERS = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf}


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


def untagged(value: Any) -> Any:
    """Return what a value of the protocol stands for.

    Raises:
        ValueError: There is no such tag, or it lacks what belongs to it.
    """
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {key: untagged(item) for key, item in value.items()}
    try:
        return _meant(value)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{value!r:.200} is no tagged value ({type(error).__name__}: {error})") from None


def _meant(value: dict[str, Any]) -> Any:
    match value[TAG]:
        case "utf16":
            return b"".join(unit.to_bytes(2, "big") for unit in value["units"]).decode("utf-16-be", "surrogatepass")
        case "bytes":
            return base64.b64decode(value["base64"], validate=True)
        case "path":
            return Path(untagged(value["path"]))
        case "object":
            return {untagged(key): untagged(item) for key, item in value["entries"]}
        case name:
            return _NUMBERS[name]


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
