"""Whoever does what the tutorial says, sees what the tutorial shows; STT_UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from tests.running import REPOSITORY, run_python

if TYPE_CHECKING:
    from pathlib import Path

TUTORIAL = REPOSITORY / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```(python|diff|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROGRESS = re.compile(r"^[.FsxXEU,]+ +\[ *\d+%\]\n", re.MULTILINE)
_LEFT_OUT = re.compile(r"^(?:failed SHOULD checks|not offered by).*?\n\n", re.DOTALL | re.MULTILINE)
_TIME = re.compile(r" in \d+\.\d+s\b")


def test_the_tutorial_ends_green_and_shows_what_is_printed(tmp_path: Path) -> None:
    page = TUTORIAL.read_text("utf-8")
    codes: list[int] = []

    def done(block: re.Match[str]) -> str:
        language, text = block.groups()
        if language == "console":
            code, text = _run(tmp_path, text.splitlines()[0])
            codes.append(code)
        else:
            _write(tmp_path / "scribe.py", text, is_change=language == "diff")
        return f"```{language}\n{text}```"

    wanted = _BLOCK.sub(done, page)
    if os.environ.get("STT_UPDATE_DOCS"):
        TUTORIAL.write_text(wanted, "utf-8")

    assert codes == [1, 1, 0, 1, 0, 1, 0, 0]
    assert (tmp_path / "report.html").is_file()
    assert TUTORIAL.read_text("utf-8") == wanted, "the tutorial is out of date: run this with STT_UPDATE_DOCS=1"


def _run(folder: Path, prompt: str) -> tuple[int, str]:
    """Run what stands behind a prompt; return its exit code, and what the page shows of it."""
    python, *arguments = shlex.split(prompt.removeprefix("$ "))
    assert python == "python"
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")  # what is installed beside the plugin here
    done = run_python(folder, *arguments, *options, env={"COLUMNS": "80"})
    shown = _LEFT_OUT.sub("[…]\n\n", _PROGRESS.sub("", done.stdout))
    shown = _TIME.sub("", shown.replace("[…]\n\n[…]", "[…]")).strip("\n")
    return done.returncode, f"{prompt}\n{shown}\n{done.stderr}"


def _write(file: Path, text: str, *, is_change: bool) -> None:
    """Write *file*, or change it as a diff says."""
    if is_change:
        lines = text.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
        before = file.read_text("utf-8")
        assert before.count(old) == 1, f"the diff fits nowhere, or in several places:\n{text}"
        text = before.replace(old, new)
    file.write_text(text, "utf-8")
