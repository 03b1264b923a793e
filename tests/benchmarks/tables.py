"""Figures for tables, and where they stand in the documentation."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.markdown import with_part

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "performance.md"
COMMAND = "nox -f .ci/noxfile.py -s benchmarks"


def verdict(ok: bool) -> str:  # noqa: FBT001
    return "ok" if ok else "**not**"


def spread(figures: Sequence[float], form: str) -> str:
    """Return the median, with the least and the most where they differ."""
    middle, least, most = (f"{of(figures):{form}}" for of in (median, min, max))
    return middle if least == most else f"{middle} ({least}–{most})"


def machine() -> str:
    """Return what the figures were measured on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, {python}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def write(section: str, text: str) -> None:
    """Put *text* into the documentation, in place of what stands in *section*."""
    DOCUMENT.write_text(with_part(DOCUMENT.read_text("utf-8"), section, f"\n{text}\n\n"), "utf-8")
