"""Published clients, each through its adapter: they fail what the documents say, and nothing else.

The packages are the dependency group ``third-party``; STT_UPDATE_DOCS=1 writes what they fail into the documents.
"""

from __future__ import annotations

import importlib.util
import os
import re
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_openrouter_stt.report import Level, Result, Verdict
from tests.running import REPOSITORY, Run, run_pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.long

ADAPTERS = REPOSITORY / "docs" / "examples" / "adapters"
FINDINGS = REPOSITORY / "docs" / "explanation" / "findings.md"
REFERENCE = REPOSITORY / "docs" / "reference" / "other-clients.md"
LIBRARIES = {
    "openai": "httpx2",
    "mistralai": "httpx2",
    "groq": "httpx",
    "together": "httpx",
    "esperanto": "httpx",
    "litellm": "httpx, aiohttp",
}
"""What each package sends with."""

_MULTIPART = {"request::test_content_type_is_json", "request::test_body_is_one_json_object"}
_MAX_REASON = 110
_NOT_REPEATED = re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{8}\b")
"""A digest: that of a multipart body is another one each time."""


class Row(NamedTuple):
    """A failed MUST check.

    Attributes:
        check: Its ID.
        cases: How many of its cases failed.
        reason: Why the first of them did.
    """

    check: str
    cases: int
    reason: str


def _pinned() -> dict[str, str]:
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return dict(requirement.split("==") for requirement in groups["third-party"])


@pytest.fixture(params=LIBRARIES)
def package(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if importlib.util.find_spec(name) is None:
        assert not (os.environ.get("STT_THIRD_PARTY") and name in _pinned()), f"{name} is pinned, and not installed"
        pytest.skip(f"{name} is not installed")
    return name


def test_it_fails_what_is_recorded(package: str, tmp_path: Path) -> None:
    run = run_pytest(tmp_path, f"--stt-client={package}_adapter:Client", "-o", f"pythonpath={ADAPTERS}", "stt")
    rows = _failed(list(run.results.values()))

    assert rows, run.output
    assert {row.check for row in rows} >= _MULTIPART or package == "esperanto"
    assert metadata.version(package) == _pinned().get(package, metadata.version(package))
    _hold(FINDINGS, _in_short(package, run, rows), f"| `{package}` |")
    _hold(REFERENCE, _at_length(package, rows), f"| `{package}` |")


def _failed(results: Sequence[Result]) -> list[Row]:
    failed = [r for r in results if r.level is Level.MUST and r.verdict is Verdict.FAILED]
    by_check: dict[str, list[str]] = {}
    for result in failed:
        by_check.setdefault(result.check, []).append(result.reason)
    return [Row(check, len(reasons), _lasting(reasons[0])) for check, reasons in by_check.items()]


def _lasting(reason: str) -> str:
    """Return *reason* on one line of a table, without what differs from run to run."""
    line = _NOT_REPEATED.sub("…", " ".join(reason.split())).replace("|", "\\|")
    return line if len(line) <= _MAX_REASON else f"{line[:_MAX_REASON]}…"


def _in_short(package: str, run: Run, rows: list[Row]) -> list[str]:
    musts = {r.check for r in run.results.values() if r.level is Level.MUST and r.verdict in {"passed", "failed"}}
    stuck = run.checks(Verdict.COULD_NOT_RUN)
    cells = [
        f"`{package}`",
        metadata.version(package),
        LIBRARIES[package],
        f"{len(rows)} of {len(musts)}",
        str(len(stuck) or "-"),
        f"`{rows[0].check}`: {rows[0].reason}",
    ]
    return [f"| {' | '.join(cells)} |"]


def _at_length(package: str, rows: list[Row]) -> list[str]:
    return [f"| `{package}` | `{row.check}` | {row.cases} | {row.reason} |" for row in rows]


def _hold(document: Path, wanted: list[str], beginning: str) -> None:
    """Compare the lines of *document* with that *beginning* with what they should be."""
    lines = document.read_text("utf-8").splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(beginning)]
    if os.environ.get("STT_UPDATE_DOCS"):
        first = places[0] if places else len(lines)
        kept = [line for place, line in enumerate(lines) if place not in places]
        document.write_text("\n".join([*kept[:first], *wanted, *kept[first:], ""]), "utf-8")
        return
    assert [lines[place] for place in places] == wanted, (
        f"{document.name} is out of date: run this with STT_UPDATE_DOCS=1"
    )
