"""Whoever adds a check as the page says, sees its mutant caught; STT_UPDATE_DOCS=1 writes the page anew."""

from __future__ import annotations

import ast
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.documents import DOCS, README, followed, hold
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGE = DOCS / "contributing.md"
TIERS = ("commit", "nightly")
_COPIED = ("docs", "pytest_openrouter_stt", "spec", "tests")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*", "*.png")


@pytest.mark.long
def test_the_check_of_the_example_catches_its_mutant_and_nothing_else(tmp_path: Path) -> None:
    for name in _COPIED:
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=_NOT_COPIED)
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    places = iter(re.findall(r"At the end of `(\S+\.py)`", PAGE.read_text("utf-8")))

    def append(_: str, text: str) -> None:
        with (tmp_path / next(places)).open("a", encoding="utf-8") as file:
            file.write(f"\n\n{text}")

    codes = followed(PAGE, tmp_path, append, {"python"})

    assert codes == [0, 1, 0, 0, 0]
    assert "caught in 1 of 1 runs" in PAGE.read_text("utf-8")
    assert "`request::test_host_is_that_of_the_url` | 1 | NamesAnotherHost" in _page(tmp_path, "kill-matrix")
    assert "The Host header names the host of the URL." in _page(tmp_path, "checks")


def _page(folder: Path, name: str) -> str:
    return (folder / "docs" / "reference" / f"{name}.md").read_text("utf-8")


def test_every_session_is_named() -> None:
    source = REPOSITORY / ".ci" / "noxfile.py"
    if not source.exists():
        pytest.skip("the sessions are not part of what is here")
    functions = [node for node in ast.parse(source.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    sessions = [each for each in functions if "nox.session" in _decorators(each)]
    rows = [f"| `{each.name}` | {_tiers(each)} | {_summary(each)} |" for each in sessions]

    hold(PAGE, {"sessions": "\n".join(["| session | tier | does |", "| --- | --- | --- |", *rows])}, fence="")


def test_ci_runs_the_second_command_of_the_readme() -> None:
    script = REPOSITORY / ".ci" / "run"
    if not script.exists():
        pytest.skip("the script of CI is not part of what is here")
    commands = [line.removeprefix("$ ") for line in README.read_text("utf-8").splitlines() if " install nox" in line]

    assert commands == [line.strip() for line in script.read_text("utf-8").splitlines() if " install nox" in line]


def _tiers(function: ast.FunctionDef) -> str:
    return ", ".join(tier for tier in TIERS if f"'{tier}'" in _decorators(function))


def _decorators(function: ast.FunctionDef) -> str:
    return " ".join(map(ast.unparse, function.decorator_list))


def _summary(function: ast.FunctionDef) -> str:
    return (ast.get_docstring(function) or "").replace("``", "`").partition("\n")[0]
