"""What the documents show can be done: commands and options exist, code compiles or runs, links lead somewhere."""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
import tomllib
from contextlib import redirect_stdout
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
import yaml

from pytest_openrouter_stt.command_line import main
from tests.documents import BLOCK, DOCS, README
from tests.gathering import look_at_each
from tests.running import REPOSITORY, run_python
from tests.suite.test_checks import CHECKS
from tests.test_reference import registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_DOCUMENTS = {page for page in DOCS.rglob("*.md") if page.parent.name != "changelog.d"}
PAGES = {str(page.relative_to(REPOSITORY)): page for page in (README, *sorted(_DOCUMENTS))}
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
FOLLOWED = {"docs/contributing.md", "docs/tutorial.md"}
"""Pages whose code other tests run from the first line to the last."""
EXAMPLES = {"request::test_host_is_that_of_the_url"}
"""A check that does not exist, and is added as an example."""
INVENTED = {"tests/test_mine.py"}
"""A test of a reader's own."""

_OPTION = re.compile(r"--stt-\w[\w-]*")
_CHECK = re.compile(r"\b([a-z]+::test_\w+)")
_PATH = re.compile(r"`((?:\.ci(?!/\.nox)|docs|pytest_openrouter_stt|spec|tests)/[^`\s]*)`")
_LINK = re.compile(r"(?<!`)\]\((?!\w+:)([^)\s#]*)#?([^)\s]*)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_CONTINUED = re.compile(r"\\\n\s*")
_PARTS = re.compile(r" (?:&&|\|\||\|) ")
_COMMENT = re.compile(r"\s+#.*")


def _blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text("utf-8")) if language in languages]


def _commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command that a reader is to type, without variables before it."""
    for text in _blocks(page, "console", "sh"):
        is_session = "$ " in text
        for line in _CONTINUED.sub("", text).splitlines():
            if is_session and not line.startswith("$ "):
                continue
            for part in _PARTS.split(_COMMENT.sub("", line.removeprefix("$ "))):
                words = shlex.split(part)
                while words and re.match(r"\w+=", words[0]):
                    del words[0]
                if words:
                    yield words


def test_options_exist() -> None:
    look_at_each(PAGES, _look_at_options)


def _look_at_options(page: Path) -> None:
    assert set(_OPTION.findall(page.read_text("utf-8"))) <= registered().options.keys()


def test_checks_exist() -> None:
    look_at_each(PAGES, _look_at_checks)


def _look_at_checks(page: Path) -> None:
    assert set(_CHECK.findall(page.read_text("utf-8"))) <= CHECKS.keys() | EXAMPLES


def test_paths_exist() -> None:
    look_at_each(PAGES, _look_at_paths)


def _look_at_paths(page: Path) -> None:
    named = {path.partition("::")[0] for path in _PATH.findall(page.read_text("utf-8"))}

    assert {path for path in named - INVENTED if "+" not in path and not (REPOSITORY / path).exists()} == set()


def test_commands_exist() -> None:
    look_at_each(PAGES, _look_at_commands)


def _look_at_commands(page: Path) -> None:
    for words in _commands(page):
        command = words[0].rpartition("/")[2]
        assert command in _KNOWN, f"{shlex.join(words)}: nobody looks at what follows {command!r}"
        _KNOWN[command](words)


def _pytest(words: list[str]) -> None:
    given = {word.partition("=")[0] if word.startswith("--") else word[:2] for word in words if word.startswith("-")}
    assert given <= _pytest_options(), f"{shlex.join(words)}: not all of its options exist"


@cache
def _pytest_options() -> frozenset[str]:
    shown = _options_in(run_python(REPOSITORY, "-m", "pytest", "--help").stdout)
    return shown | {f"--{option[2:].replace('-', '')}" for option in shown}  # the help leaves out those without hyphens


def _options_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"(?<![\w-])--?\w[\w-]*", text))


def _python(words: list[str]) -> None:
    module = words[words.index("-m") + 1]
    if module == "pytest":
        _pytest(words[words.index("-m") + 2 :])
    assert find_spec(module) is not None, f"{shlex.join(words)}: there is no module {module}"


def _ours(words: list[str]) -> None:
    given = {word.strip("[]").partition("=")[0] for word in words if word.lstrip("[").startswith("--")}
    assert given <= _our_options(words[1]), f"{shlex.join(words)}: not all of its options exist"


@cache
def _our_options(command: str) -> frozenset[str]:
    told = io.StringIO()
    with redirect_stdout(told), pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    return _options_in(told.getvalue())


def _nox(words: list[str]) -> None:
    noxfile = REPOSITORY / ".ci" / "noxfile.py"
    if "-s" not in words or not noxfile.exists():
        return
    rest = words[words.index("-s") + 1 :]
    named = rest[: next((place for place, word in enumerate(rest) if word.startswith("-")), len(rest))]
    tree = ast.parse(noxfile.read_text("utf-8"))
    sessions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.decorator_list}
    assert {name.partition("(")[0] for name in named} <= sessions


def _pip(words: list[str]) -> None:
    groups = {words[place + 1] for place, word in enumerate(words) if word == "--group"}
    extras = {extra for word in words for extra in re.findall(r"(?:^\.|^pytest-openrouter-stt)\[(\w+)\]$", word)}
    assert words[1] == "install"
    assert groups <= PROJECT["dependency-groups"].keys()
    assert extras <= PROJECT["project"]["optional-dependencies"].keys()


def _cd(words: list[str]) -> None:
    assert (REPOSITORY / words[1]).is_dir() or words[1] == PROJECT["project"]["name"]


def _sh(words: list[str]) -> None:
    assert list(DOCS.glob(f"examples/*/{words[1]}")), f"{words[1]} is none of the examples"


def _other(*_: object) -> None:
    """Programs of other projects."""


_KNOWN: dict[str, Callable[[list[str]], None]] = {
    "pytest": _pytest,
    "python": _python,
    "python3": _python,
    "pytest-openrouter-stt": _ours,
    "nox": _nox,
    "pip": _pip,
    "cd": _cd,
    "sh": _sh,
    **dict.fromkeys(("git", "go", "lint-imports", "mypy", "node", "printf", "ruff", "source", "sphinx-build"), _other),
}


def test_links_lead_somewhere() -> None:
    look_at_each(PAGES, _look_at_links)


def _look_at_links(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    broken = [
        f"{path}#{anchor}"
        for path, anchor in _LINK.findall(text)
        if not (target := page.parent / path if path else page).exists()
        or (anchor and target.suffix == ".md" and anchor not in _anchors(target))
    ]

    assert broken == []


@cache
def _anchors(page: Path) -> frozenset[str]:
    """Return the anchors that code hosts make of the headings."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text("utf-8")))
    plain = [re.sub(r"\]\([^)]*\)", "", heading).lower() for heading in headings]
    return frozenset(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain)


def test_code_can_be_read() -> None:
    look_at_each(PAGES, _look_at_code)


def _look_at_code(page: Path) -> None:
    for text in _blocks(page, "python"):
        compile(text, str(page), "exec", dont_inherit=True)
    for text in _blocks(page, "json"):
        json.loads(text)
    for text in _blocks(page, "toml"):
        tables = tomllib.loads(text)
        keys = tables.get("tool", {}).get("pytest", {}).get("ini_options", {})
        assert {key for key in keys if key.startswith("stt")} <= registered().keys.keys()
    for text in _blocks(page, "yaml"):
        yaml.safe_load(text)


_of_the_sdk = pytest.mark.skipif(find_spec("openrouter") is None, reason="openrouter is not installed")


def _tests_in_documents() -> Iterator[object]:
    for name, page in PAGES.items():
        if name not in FOLLOWED:
            examples = [text for text in _blocks(page, "python") if "def test_" in text]
            yield from (
                pytest.param(text, id=f"{name}-{number}", marks=_of_the_sdk if "openrouter import" in text else ())
                for number, text in enumerate(examples)
            )


@pytest.mark.slow
@pytest.mark.parametrize("example", list(_tests_in_documents()))
def test_tests_pass(example: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(example)

    done = pytester.runpytest_subprocess("-W", "error")

    assert done.ret == 0


def test_every_page_is_in_the_index() -> None:
    linked = {(DOCS / path).resolve() for path, _ in _LINK.findall((DOCS / "index.md").read_text("utf-8"))}
    elsewhere = {DOCS / "index.md", *DOCS.glob("decisions/0*.md"), *DOCS.glob("examples/**/*.md")}

    assert _DOCUMENTS - linked - elsewhere == set()
