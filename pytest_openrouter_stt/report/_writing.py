"""Files: what is written into them, and that at once or not at all."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def as_json(value: object) -> str:
    """Return *value* as the text of a file in JSON."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write *text* to *path* in UTF-8, and make the folders that are missing; what cannot be encoded is escaped.

    Raises:
        OSError: It cannot be written; its ``filename`` is *path*.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        _remove(beside)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # below something that is no folder
        return
