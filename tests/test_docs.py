"""What the documents show is what the program prints; STT_UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import json
import re
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.command_line import main
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.plugin.info_options import not_for, repetition, section
from pytest_openrouter_stt.report import Level, Report, report_json
from tests.clients.mutants import CAUGHT_BY
from tests.contract._documents import as_yaml, packaged, post, schemas
from tests.documents import README, hold, shortened
from tests.report._reports import FAILED, PASSED, client
from tests.report._reports import check as made
from tests.running import REPOSITORY, run_pytest
from tests.suite.test_checks import CHECKS
from tests.versions import newest_draws

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_openrouter_stt.judging import CheckInfo

_SHOWN_CLIENT = 'from tests.clients.mutants.request import ForgetsToRenameFormat as Client\n\n__version__ = "1.0"\n'
MATRIX = REPOSITORY / "docs" / "reference" / "kill-matrix.md"
REFERENCE = REPOSITORY / "docs" / "reference" / "checks.md"
VERSIONS = REPOSITORY / "docs" / "how-to" / "compare-versions.md"
NEWER_SPEC = REPOSITORY / "docs" / "how-to" / "judge-against-a-newer-spec.md"


@pytest.mark.slow
@newest_draws
def test_readme_shows_a_real_failure_and_a_real_summary(tmp_path: Path) -> None:
    (tmp_path / "mypkg.py").write_text(_SHOWN_CLIENT)

    run = run_pytest(tmp_path, "-p", "no:cacheprovider", "--stt-client=mypkg:Client", "stt", "-o", "pythonpath=.")

    failure = re.search(
        r"^_+ (stt/request::test_format_is_renamed\[sync\]) _+\n(.*?)^_+ stt/", run.output, re.DOTALL | re.MULTILINE
    )
    summary = re.search(r"^=+ stt: mypkg.*?\n(.*?)^=+ short test summary", run.output, re.DOTALL | re.MULTILINE)
    assert failure is not None, run.output
    assert summary is not None, run.output
    hold(README, {"failure": failure[2], "summary": shortened(summary[1])})


def test_reference_describes_every_check() -> None:
    by_area = groupby(CHECKS.values(), lambda check: check.requirement.area)
    lines = [line for area, checks in by_area for line in _area(area, list(checks))]

    hold(REFERENCE, {"checks": "\n".join(lines)}, fence="")


def _area(area: str, checks: list[CheckInfo]) -> Iterator[str]:
    yield from ("", f"## {area}", "", "| check | level | requirement |", "| --- | --- | --- |")
    for check in checks:
        requirement = check.requirement
        name = requirement.check.partition("::")[2]
        yield f"| [`{name}`](#{name}) | {requirement.level} | {requirement.text} |"
    for check in checks:
        yield from _entry(check)


def _entry(check: CheckInfo) -> Iterator[str]:
    requirement = check.requirement
    place = f"`{requirement.spec}`{section(requirement.spec)}"
    yield from ("", f"### {requirement.check.partition('::')[2]}", "")
    yield f"{requirement.text} {requirement.level}, {requirement.source}: {place}."
    yield ""
    yield f"- Passes: {check.passes}"
    yield f"- Fails: {check.fails}"
    yield f"- Hint: {requirement.hint}"
    if not_for(check):
        yield f"- Not offered: for {not_for(check)}"
    yield f"- Repeated for: {repetition(check, load_contract()) or 'nothing'}."


def test_kill_matrix_lists_the_mutants_of_every_check() -> None:
    lines = ["| check | mutants | which |", "| --- | --- | --- |"]
    for check in CHECKS:
        names = [name.partition(":")[2] for name, catch in CAUGHT_BY.items() if check in catch.surely]
        lines.append(f"| `{check}` | {len(names)} | {', '.join(names)} |")

    hold(MATRIX, {"matrix": "\n".join(lines)}, fence="")


def test_how_to_shows_what_a_newer_spec_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = packaged()
    schemas(newer)["STTRequest"]["properties"]["temperature"]["maximum"] = 1
    post(newer)["responses"]["418"] = post(newer)["responses"]["400"]
    post(newer)["parameters"].append({"name": "X-Tenant", "in": "header", "required": True})
    (tmp_path / "newer.yaml").write_text(as_yaml(newer), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "118")

    assert main(["drift", "packaged", "newer.yaml"]) == 1

    hold(NEWER_SPEC, {"drift": capsys.readouterr().out})


def test_how_to_shows_a_real_matrix_and_a_real_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    url, statuses = made("request::test_method_and_url", PASSED, PASSED), [PASSED] * 18
    untyped, lost = "it raised APIError, not GatewayTimeout", "X-Request-Id cannot be read from the error"
    headers = partial(made, "errors::test_headers_are_kept", level=Level.SHOULD, reason=lost)
    old = made("errors::test_status", *statuses, FAILED, FAILED, reason=untyped), headers(PASSED)
    new = made("errors::test_status", *statuses, PASSED, PASSED), headers(FAILED)
    for version, checks in (("1.0", old), ("1.1", new)):
        document = report_json(Report((client(url, *checks, name="mypkg", version=version),)))
        (tmp_path / f"{version}.json").write_text(json.dumps(document), "utf-8")
    paths = [str(tmp_path / f"{version}.json") for version in ("1.0", "1.1")]

    assert main(["merge", *paths]) == 1
    matrix = capsys.readouterr().out
    assert main(["compare", *paths]) == 1
    hold(VERSIONS, {"matrix": matrix, "comparison": capsys.readouterr().out})
