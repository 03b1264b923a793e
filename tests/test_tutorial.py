"""Whoever does what the tutorial says, sees what the tutorial shows; STT_UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documents import DOCS, followed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
def test_the_tutorial_ends_green_and_shows_what_is_printed(tmp_path: Path) -> None:
    client = tmp_path / "scribe.py"

    def write(language: str, text: str) -> None:
        client.write_text(text if language == "python" else _changed(client.read_text("utf-8"), text), "utf-8")

    codes = followed(DOCS / "tutorial.md", tmp_path, write, {"python", "diff"})

    assert codes == [1, 1, 0, 1, 0, 1, 0, 0]
    assert (tmp_path / "report.html").is_file()


def _changed(text: str, diff: str) -> str:
    """Return *text* as a diff of one place changes it."""
    lines = diff.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
    assert text.count(old) == 1, f"the diff fits nowhere, or in several places:\n{diff}"
    return text.replace(old, new)
