"""The pages of the documentation, and their parts that the tests hold."""

from __future__ import annotations

import os
import re
import shlex
from difflib import unified_diff
from typing import TYPE_CHECKING

from tests.markdown import with_part
from tests.running import REPOSITORY, run_python

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

README = REPOSITORY / "README.md"
DOCS = REPOSITORY / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A block of code: its language and its text."""
_BESIDE = ("-p", "no:randomly", "-p", "no:cacheprovider")
"""Options that make a run here the same as one where nothing else is installed."""
_PROGRESS = re.compile(r"^[.FsxXEU,]+ +\[ *\d+%\]\n", re.MULTILINE)
_PARAGRAPHS = "failed SHOULD checks|not offered by"
_LISTS = "failed SHOULD checks|not offered by|could not run|endpoint"
_FINE = re.compile(r"[a-z]+(?: +\d+| +-)(?: +- +(?:\d+|-)){2} +- +(?:\d+|-) +-$")
"""The row of an area in which nothing failed and everything could run."""
_GROWS = re.compile(r"\d+(?= (?:conformant clients|variants|libraries|mutants|deselected)\b)")
"""Numbers that change with every test, check or mutant, on a page that is not about them."""
_TIME = re.compile(r" in \d+\.\d+s(?: \(\d:\d\d:\d\d\))?$", re.MULTILINE)


def hold(document: Path, parts: dict[str, str], fence: str = "```") -> None:
    """Compare the marked parts of *document* with what they should be; STT_UPDATE_DOCS=1 writes them anew."""
    text = document.read_text("utf-8")
    wanted = text
    for name, part in parts.items():
        body = f"{fence}text\n{part.strip(chr(10))}\n{fence}\n" if fence else f"\n{part.strip()}\n\n"
        wanted = with_part(wanted, name, body)
    if os.environ.get("STT_UPDATE_DOCS"):
        document.write_text(wanted, "utf-8")
    assert document.read_text("utf-8") == wanted, f"{document.name} is out of date: run this with STT_UPDATE_DOCS=1"


def followed(document: Path, folder: Path, write: Callable[[str, str], None], languages: Collection[str]) -> list[int]:
    """Do in *folder* what *document* says, and compare what it shows with what is printed.

    Args:
        document: A page; the commands in its ``console`` blocks begin with ``$``.
        folder: Where its commands are run.
        write: Is called with the language and the text of each block in one of *languages*.
        languages: Those of blocks whose text belongs into a file.

    Returns:
        The exit code of each command.
    """
    page = document.read_text("utf-8")
    codes: list[int] = []

    def done(block: re.Match[str]) -> str:
        language, text = block.groups()
        if language == "console":
            prompts = [line for line in text.splitlines() if line.startswith("$ ")]
            results = [_run(folder, prompt) for prompt in prompts]
            codes.extend(code for code, _ in results)
            return f"```console\n{''.join(shown for _, shown in results)}```"
        if language in languages:
            write(language, text)
        return block[0]

    wanted = BLOCK.sub(done, page)
    if os.environ.get("STT_UPDATE_DOCS"):
        document.write_text(wanted, "utf-8")
    there = document.read_text("utf-8")
    differing = "\n".join(unified_diff(there.splitlines(), wanted.splitlines(), "shown", "printed", lineterm="", n=1))
    assert not differing, f"{document.name} is out of date: run this with STT_UPDATE_DOCS=1\n{differing}"
    return codes


def _run(folder: Path, prompt: str) -> tuple[int, str]:
    """Run what stands behind a prompt; return its exit code, and what a page shows of it."""
    words = shlex.split(prompt.removeprefix("$ "))
    env = {"COLUMNS": "80", "STT_UPDATE_DOCS": "", "COVERAGE_PROCESS_CONFIG": ""}  # a copy is not what is measured
    while "=" in words[0]:
        name, _, env[name] = words.pop(0).partition("=")
    python, *arguments = words
    assert python == "python", f"{prompt}: only Python can be run here"
    done = run_python(folder, *arguments, *(_BESIDE if arguments[:2] == ["-m", "pytest"] else ()), env=env)
    shown = _without(_PARAGRAPHS, _PROGRESS.sub("", done.stdout)).strip("\n")
    shown = _GROWS.sub("…", _TIME.sub("", shown))
    return done.returncode, f"{prompt}\n{shown}\n{done.stderr}"


def shortened(summary: str) -> str:
    """Return the summary of a run without its lists, and without the areas that have nothing to mend."""
    lines = _without(_LISTS, summary).replace("\n\n", "\n").splitlines()
    return "\n".join(line for line in lines if not _FINE.match(line))


def _without(beginnings: str, text: str) -> str:
    """Return *text* with ``[…]`` for the paragraphs that begin so."""
    left_out = re.compile(rf"^(?:(?:{beginnings}).*?\n\n)+", re.DOTALL | re.MULTILINE)
    return left_out.sub("[…]\n\n", text)
