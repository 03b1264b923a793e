"""The reference of options, fixtures and public names is made from the code; STT_UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pytest_openrouter_stt
from pytest_openrouter_stt import contract, endpoint, strategies
from pytest_openrouter_stt.plugin.options import add_options
from tests.documents import DOCS, hold
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

PACKAGE = REPOSITORY / "pytest_openrouter_stt"
REFERENCE = DOCS / "reference"
OF_CHECKS = {"stt", "stt_client", "stt_mode"}
"""Fixtures that only the packaged checks can use."""
_DEFAULT = re.compile(r"(\w+)(?: one)? (?:\(default\)|by default)")
_FIXTURE = re.compile(r"^(stt\w*)( \[session scope\])? -- .*\n((?:    .*\n|\n)+)", re.MULTILINE)
_MORE_NAMES = {
    strategies: [name for name in strategies.__all__ if name not in pytest_openrouter_stt.__all__],
    contract: ["Parameter", "Schema", "SdkNaming", "Violation"],
    endpoint: ["BodyError"],
}


@dataclass
class Options:
    """Stands in for the parser of pytest, and keeps what is registered.

    Attributes:
        options: Name → what it is registered with.
        keys: The same of the ini keys.
    """

    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    def getgroup(self, *_: str) -> Self:
        return self

    def addoption(self, name: str, **settings: Any) -> None:
        self.options[name] = settings

    def addini(self, name: str, text: str, **settings: Any) -> None:
        self.keys[name] = {"help": text, **settings}


def registered() -> Options:
    parser = Options()
    add_options(parser)  # type: ignore[arg-type] # it has what is used of a parser
    return parser


def test_every_option_and_ini_key_is_described(pytester: pytest.Pytester) -> None:
    parser = registered()
    lines = ["| option | ini key | default | meaning |", "| --- | --- | --- | --- |"]
    for option, settings in parser.options.items():
        key = option.removeprefix("--").replace("-", "_")
        text = settings["help"]
        name = " ".join(filter(None, [option, settings.get("metavar", "")]))
        shown_key = f"`{key}`" if key in parser.keys else ""
        lines.append(f"| `{name}` | {shown_key} | {_default(settings)} | {_code(text)} |")

    helped = pytester.runpytest("--help").stdout.str()

    assert set(re.findall(r"^  (--stt-[\w-]+)", helped, re.MULTILINE)) == parser.options.keys()
    assert set(re.findall(r"^  (stt_\w+) \(", helped, re.MULTILINE)) == parser.keys.keys()
    assert {f"--{key}".replace("_", "-") for key in parser.keys} <= parser.options.keys()
    hold(REFERENCE / "options.md", {"options": "\n".join(lines)}, fence="")


def _default(settings: dict[str, Any]) -> str:
    """Return what an option says of itself, since a default of the parser would hide what the ini file has."""
    if settings.get("action") == "store_true":
        return "off"
    said = _DEFAULT.search(settings["help"])
    return f"`{said[1]}`" if said else ""


def _code(text: str) -> str:
    """Return *text* with what is an option or quoted set as code."""
    return re.sub(r"'([^']+)'", r"`\1`", re.sub(r"--stt-[\w-]+", r"`\g<0>`", text)).replace("|", r"\|")


def test_every_marker_is_described(pytester: pytest.Pytester) -> None:
    markers = [line for line in pytester.parseconfigure().getini("markers") if line.startswith("stt")]
    rows = [f"| `{name.partition('(')[0]}` | {text.strip()} |" for name, _, text in (m.partition(":") for m in markers)]

    assert len(rows) == 4
    hold(REFERENCE / "options.md", {"markers": "\n".join(["| marker | is on |", "| --- | --- |", *rows])}, fence="")


def test_every_fixture_is_described(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest("--fixtures", "-v").stdout.str() + "\n"
    found = {name: (scope, inspect.cleandoc(text)) for name, scope, text in _FIXTURE.findall(listed)}

    assert found.keys() > OF_CHECKS
    for_users = [line for name in found if name not in OF_CHECKS for line in _fixture(name, *found[name])]
    of_checks = [f"- `{name}`: {_markdown(found[name][1])}" for name in found if name in OF_CHECKS]
    hold(REFERENCE / "fixtures.md", {"fixtures": "\n".join(for_users), "of checks": "\n".join(of_checks)}, fence="")


def _fixture(name: str, scope: str, text: str) -> Iterator[str]:
    yield from (f"## {name}", "", _markdown(text), "", f"Scope: {'session' if scope else 'function'}.", "")


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def test_every_public_name_is_described() -> None:
    parts = {
        "names": _table(pytest_openrouter_stt, pytest_openrouter_stt.__all__),
        "more names": "\n\n".join(
            f"### {module.__name__}\n\n{_table(module, names)}" for module, names in _MORE_NAMES.items()
        ),
        "in full": "\n".join(
            [
                "```{eval-rst}",
                *_directives(pytest_openrouter_stt, pytest_openrouter_stt.__all__),
                *(line for module, names in _MORE_NAMES.items() for line in _directives(module, names)),
                "```",
            ]
        ),
    }

    hold(REFERENCE / "api.md", parts, fence="")


def _table(module: Any, names: Iterable[str]) -> str:
    rows = [
        f"| `{name}` | {_kind(module, name)} | {_first_line(module, name)} |" for name in sorted(names, key=str.lower)
    ]
    return "\n".join(["| name | is | for |", "| --- | --- | --- |", *rows])


def _directives(module: Any, names: Iterable[str]) -> Iterator[str]:
    for name in sorted(names, key=str.lower):
        kind = _kind(module, name)
        if kind == "value":  # its docstring is where it is defined, and autodoc looks where it is imported from
            yield from (f".. data:: {module.__name__}.{name}", "", f"   {_of_value(name)}", "")
            continue
        directive = {"error": "exception"}.get(kind, kind)
        yield from (
            f".. auto{directive}:: {module.__name__}.{name}",
            *(["   :members:"] if kind == "class" else []),
            "",
        )


def _kind(module: Any, name: str) -> str:
    value = getattr(module, name)
    if inspect.isclass(value):
        return "error" if issubclass(value, BaseException) else "class"
    return "function" if inspect.isroutine(value) else "value"


def _first_line(module: Any, name: str) -> str:
    if _kind(module, name) == "value":
        return _markdown(_of_value(name))
    return _markdown((inspect.getdoc(getattr(module, name)) or "").partition("\n")[0])


def _of_value(name: str) -> str:
    """Return what stands below the line that defines *name*, a value, which keeps no docstring."""
    sources = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    value = r"(?:[^\n(][^\n]*|\((?:\n    [^\n]*)*\n\))"
    said = re.search(rf'^{name}\b[^\n=]* = {value}\n"""(.+?)"""$', sources, re.MULTILINE | re.DOTALL)
    assert said is not None, f"{name} has no docstring"
    return " ".join(said[1].split())
