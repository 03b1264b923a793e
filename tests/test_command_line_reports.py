"""``pytest-openrouter-stt merge`` and ``compare``, as a shell calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt import command_line
from pytest_openrouter_stt.report import Report, read_report, report_json
from tests.report._markdown import tables
from tests.report._reports import FAILED, PASSED, check, client
from tests.running import run_python

if TYPE_CHECKING:
    from pathlib import Path

GOOD = client(check("request::test_url", PASSED), name="good")
BAD = client(check("request::test_url", FAILED, reason="it is another URL"), name="bad")
KNOWN = client(check("request::test_url", FAILED, known="we know"), check("a::test_b", PASSED), name="known")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a report of each client."""
    for one in (GOOD, BAD, KNOWN):
        (tmp_path / f"{one.who.name}.json").write_text(json.dumps(report_json(Report((one,)))), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.mark.parametrize(
    ("files", "exit_code"),
    [
        (["good.json"], 0),
        (["good.json", "known.json"], 0),
        (["good.json", "good.json"], 0),
        (["good.json", "bad.json"], 1),
        (["."], 1),
    ],
    ids=["one", "known", "twice", "bad", "folder"],
)
def test_merge_ends_with_0_only_if_every_client_passes_its_gate(folder: Path, files: list[str], exit_code: int) -> None:
    assert command_line.main(["merge", *files]) == exit_code


def test_merge_prints_the_clients_side_by_side(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command_line.main(["merge", "good.json", "bad.json"])

    assert capsys.readouterr().out.splitlines() == [
        "check                     good 1.0  bad 1.0",
        "request::test_url (MUST)  passed    failed",
        "",
        "1  good 1.0: conformant: all 1 MUST checks that were judged passed, in 1 case",
        "2  bad 1.0: not conformant: 1 of 1 MUST checks failed, in 1 of 1 cases",
    ]


def test_merge_writes_each_form(folder: Path) -> None:
    names = ("all.json", "all.md", "all.html", "badge.json")
    forms = ("--json", "--markdown", "--html", "--badge")
    options = [part for form, name in zip(forms, names, strict=True) for part in (form, name)]

    assert command_line.main(["merge", ".", *options]) == 1
    assert command_line.main(["merge", ".", *options]) == 1  # what was written before is not read

    assert read_report(folder / "all.json") == Report((BAD, GOOD, KNOWN))
    assert tables((folder / "all.md").read_text("utf-8"))[0][0] == [
        "check",
        "level",
        "bad 1.0",
        "good 1.0",
        "known 1.0",
    ]
    assert "conformant" in (folder / "all.html").read_text("utf-8")
    assert json.loads((folder / "badge.json").read_text("utf-8"))["color"] == "red"


def test_text_that_cannot_be_encoded_is_written_all_the_same(folder: Path) -> None:
    odd = client(check("a::test_b", FAILED, reason="\ud800", evidence=[("sent", "\udcff")]))
    (folder / "odd.json").write_text(json.dumps(report_json(Report((odd,)))))

    assert command_line.main(["merge", "odd.json", "--json", "again.json", "--markdown", "odd.md"]) == 1
    assert read_report(folder / "again.json") == Report((odd,))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["merge", "none.json"], "merge: none.json: No such file or directory. Give a file that --stt-report wrote."),
        (["merge", "notes.json"], "merge: notes.json: its 'format' is not 'pytest-openrouter-stt report'."),
        (["merge", "good.json", "empty"], "merge: empty: there is no file in it that ends in .json."),
        (["merge", "good.json", "--json", "good.json/all.json"], "merge: good.json/all.json: it cannot be written"),
        (["compare", "good.json", "none.json"], "compare: none.json: No such file or directory."),
        (["compare", "good.json", "good.json", "--markdown", "empty"], "compare: empty: it cannot be written"),
    ],
    ids=["missing", "other", "empty folder", "no folder", "compare", "compare to a folder"],
)
def test_what_cannot_be_used_is_one_line_and_2(
    folder: Path, arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    (folder / "notes.json").write_text("{}")

    assert command_line.main(arguments) == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"pytest-openrouter-stt {problem}")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "exit_code", "verdict"),
    [
        (["good.json", "bad.json"], 1, "worse: 1 check regressed, in 1 case"),
        (["bad.json", "good.json"], 0, "no regression: 1 check better, in 1 case"),
        (["bad.json", "bad.json"], 0, "no regression: nothing is better or worse"),
    ],
    ids=["worse", "better", "same"],
)
def test_compare(
    folder: Path, files: list[str], exit_code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["compare", *files, "--markdown", "compared.md"]) == exit_code

    assert capsys.readouterr().out.splitlines()[-1] == verdict
    assert (folder / "compared.md").read_text("utf-8").startswith(f"## {verdict}\n")


def test_it_runs_as_a_module(folder: Path) -> None:
    done = run_python(folder, "-m", "pytest_openrouter_stt", "compare", "good.json", "bad.json")

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1] == "worse: 1 check regressed, in 1 case"
