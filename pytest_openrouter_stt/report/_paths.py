"""Paths as others may see them: nothing of the machine that a report was made on."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from functools import lru_cache
from pathlib import Path

_INSTALLED = r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"():]+)+[\\/](?:site|dist)-packages[\\/]"
"""Up to where packages are installed, whatever the environment."""


def pathless(text: str, project: Path) -> str:
    """Return *text* with paths of *project* relative to it, and those of this machine without where they are.

    Args:
        text: Anything.
        project: The folder that readers know. A module that comes from elsewhere is known by its path below the
            entry of ``sys.path`` that it was imported from.
    """
    pattern, marks = _places(project, tuple(sys.path))
    return pattern.sub(lambda found: marks.get(found.group(), ""), text)


@lru_cache(maxsize=4)
def _places(project: Path, imported_from: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
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
    return re.compile("|".join([_INSTALLED, *map(re.escape, ordered)])), marks
