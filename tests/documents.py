"""The pages of the documentation, and their parts that the tests hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.running import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

README = REPOSITORY / "README.md"
DOCS = REPOSITORY / "docs"


def hold(document: Path, parts: dict[str, str], fence: str = "```") -> None:
    """Compare the marked parts of *document* with what they should be; STT_UPDATE_DOCS=1 writes them anew."""
    text = document.read_text("utf-8")
    wanted = text
    for name, part in parts.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        body = f"{fence}text\n{part.strip(chr(10))}\n{fence}\n" if fence else f"{part.strip()}\n\n"
        start, end = wanted.index(opening) + len(opening), wanted.index(closing)
        wanted = wanted[:start] + ("\n" if not fence else "") + body + wanted[end:]
    if os.environ.get("STT_UPDATE_DOCS"):
        document.write_text(wanted, "utf-8")
    assert document.read_text("utf-8") == wanted, f"{document.name} is out of date: run this with STT_UPDATE_DOCS=1"
