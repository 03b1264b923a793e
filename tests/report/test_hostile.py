"""Whatever is in a file or in a report, what is read is refused in one line or written as nothing but text."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.report import (
    KnownFailure,
    KnownFailures,
    Level,
    Report,
    Result,
    UnreadableReport,
    UnusableKnownFailures,
    Verdict,
    as_json,
    badge,
    compare,
    comparison_lines,
    comparison_markdown,
    html_report,
    known_failures_text,
    markdown_report,
    matrix_lines,
    read_known_failures,
    read_report,
    report_json,
    write_file,
)
from tests.fuzzing import awkward_json, awkward_text, mangled, short_and_long, try_each
from tests.report._markdown import injected, unbalanced
from tests.report._reports import FAILED, reports
from tests.report.pages import read
from tests.report.reports import of_every_kind, several
from tests.running import ISOLATED, REPOSITORY, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2027, 3, 1)
SCHEMA = json.loads((REPOSITORY / "pytest_openrouter_stt" / "report" / "report.schema.json").read_text("utf-8"))
REPORT = report_json(of_every_kind())
TOKENS = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n", b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1"),
    *(b"\0", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"9" * 5000, b"1e300", b"0.0"),
    *(b'"\\ud800"', b'"\\u0000"', b'"<script>"', b"[" * 3000, b'{"a":' * 990, b"x" * 10_000),
]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "report.json"


def refused(path: Path, error: Exception) -> None:
    text = str(error)
    assert text.isprintable()
    assert text.startswith((str(path), path.name))
    assert len(text) < len(str(path)) + 600


def judged(path: Path, data: bytes) -> None:
    """Read a report, and write what comes of it in every form."""
    path.write_bytes(data)
    try:
        report = read_report(path)
    except UnreadableReport as error:
        refused(path, error)
        return
    write_file(path, as_json(report_json(report)))
    assert report_json(read_report(path)) == report_json(report)  # which rounds durations
    assert_that_it_is_text(report)


def assert_that_it_is_text(report: Report) -> None:
    document = json.loads(as_json(report_json(report)), parse_constant=pytest.fail)
    Draft202012Validator(SCHEMA).validate(document)
    page = html_report(report)
    page.encode()
    assert elements(page) <= known_elements()
    compared = comparison_markdown(compare(report, report))
    for text in (markdown_report(report), compared):
        assert injected(text, lists=text is compared) == []
        assert unbalanced(text) == 0
    lines = [*matrix_lines(report, 80), *comparison_lines(compare(report, report)), str(badge(report)["message"])]
    assert [line for line in lines if not line.isprintable()] == []


def elements(page: str) -> set[tuple[str, str]]:
    """Return the names of elements with those of their attributes."""
    return {(one.name, name) for one in read(page).within() for name in ("", *one.attributes)}


@cache
def known_elements() -> set[tuple[str, str]]:
    from tests.report import reports as examples  # noqa: PLC0415 - beside the strategy of that name

    pages = [html_report(one) for one in (of_every_kind(), several(), examples.saying("`a`"), examples.client())]
    return set.union(*map(elements, pages))


def edited() -> st.SearchStrategy[bytes]:
    """A report with other values in up to three places."""
    places = list(_places(REPORT))

    def edit(edits: list[tuple[tuple[Any, ...], Any]]) -> bytes:
        document: Any = {"": json.loads(json.dumps(REPORT))}
        for place, value in edits:
            inside = document
            try:
                for key in ("", *place)[:-1]:
                    inside = inside[key]
                inside[("", *place)[-1]] = value
            except (KeyError, IndexError, TypeError):
                continue  # it lay inside of what another edit has replaced
        return json.dumps(document[""]).encode()

    numbers = st.sampled_from([0, -1, 10**9, 10**400, 1e300, 5e-324, float("nan"), float("inf"), 7.0, True])
    values = awkward_text() | numbers | awkward_json()
    return st.lists(st.tuples(st.sampled_from(places), values), min_size=1, max_size=3).map(edit)


def _places(node: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield trail
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in items:
        yield from _places(item, (*trail, key))


@short_and_long
def test_damaged_reports(examples: int, scratch: Path) -> None:
    files = [as_json(REPORT).encode(), json.dumps(REPORT).encode(), b"[]", b""]
    try_each(examples, lambda data: judged(scratch, data), mangled(files, TOKENS))


@short_and_long
def test_reports_with_other_values(examples: int, scratch: Path) -> None:
    try_each(examples, lambda data: judged(scratch, data), edited())


@short_and_long
def test_any_report_is_nothing_but_text_in_every_form(examples: int) -> None:
    try_each(examples // 3, assert_that_it_is_text, reports())


KNOWN = [
    b'[[failure]]\nid = "errors::test_status[*-429]"\nreason = "why"\nowner = "me"\nexpires = 2027-04-01\n',
    b'[[failure]]\nid = "errors"\nreason = "why"\nclient = "a*"\nobserved = "it *"\n',
    b"# a comment\nerrors::test_status  # why\n[other]\nretry::test_x # later\n",
]
KNOWN_TOKENS = [
    *TOKENS,
    *(
        b"[[failure]]\n",
        b"[failure]\n",
        b"failure = [",
        b"= ",
        b"'",
        b'"""',
        b"# ",
        b"*" * 60,
        b"2027-13-45",
        b"1e999\n",
    ),
    *(b"expires = 2027-04-01T00:00:00Z\n", b'id = "' + b"*a" * 40 + b'"\n', b"a." * 2000 + b"a = 1\n", b"nan", b"inf"),
]


@short_and_long
@pytest.mark.parametrize("suffix", [".toml", ".txt"])
def test_damaged_files_of_known_failures(examples: int, suffix: str, scratch: Path) -> None:
    path = scratch.with_suffix(suffix)
    failed = Result("stt/errors::test_status[sync-429]", "errors::test_status", Level.MUST, FAILED, "a" * 200, "aa")

    def judge(data: bytes) -> None:
        path.write_bytes(data)
        try:
            known = read_known_failures(path, TODAY)
        except UnusableKnownFailures as error:
            refused(path, error)
            return
        assert known.reason_for(failed).isprintable()
        assert all(problem.isprintable() for _, problem in known.problems([failed], ["retry::test_x"]))
        again = known_failures_text([failed], Level.MUST, toml=suffix == ".toml", before=known)
        path.write_text(again, "utf-8")
        assert read_known_failures(path, TODAY).entry_for(failed)

    try_each(examples, judge, mangled(KNOWN, KNOWN_TOKENS))


@short_and_long
@pytest.mark.parametrize("suffix", [".toml", ".txt"])
def test_what_is_written_covers_any_failure(examples: int, suffix: str, scratch: Path) -> None:
    path = scratch.with_suffix(suffix)
    names = awkward_text().map(str.strip).filter(bool)

    def judge(parts: tuple[str, str, str, str]) -> None:
        client, reason, why, case = parts
        failed = Result(f"stt/errors::test_status[{case}]", "errors::test_status", Level.MUST, FAILED, reason, client)
        other = Result("stt/errors::test_status[x]", "errors::test_status", Level.MUST, Verdict.PASSED, "", client)
        before = KnownFailures((KnownFailure(id="errors", reason=why, place=""),), TODAY)
        write_file(path, known_failures_text([failed, other], Level.MUST, toml=suffix == ".toml", before=before))
        assert read_known_failures(path, TODAY).reason_for(failed)

    try_each(examples, judge, st.tuples(names, awkward_text(), names, names))


# What was found that way.


def broken(**more: object) -> bytes:
    document = json.loads(json.dumps(REPORT))
    document["clients"][0].update(more)
    return json.dumps(document).encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, 1e300], ids=["nan", "inf", "integer", "float"])
def test_a_number_that_nothing_can_be_done_with_is_refused(number: float, scratch: Path) -> None:
    scratch.write_bytes(broken(duration=number))
    with pytest.raises(UnreadableReport, match=r"is no number of a report\)\. Give a report"):
        read_report(scratch)


def test_a_seed_of_many_digits_is_read(scratch: Path) -> None:
    settings = {**REPORT["clients"][0]["settings"], "seed": 2**128}
    scratch.write_bytes(broken(settings=settings))
    assert read_report(scratch).clients[0].circumstances.seed == 2**128


def test_nesting_that_only_a_message_cannot_show_is_refused(scratch: Path) -> None:
    for depth in range(850, 1000):  # for some of them the stack is deep enough to read, and not to make a message
        scratch.write_bytes(broken(stale="x").replace(b'"x"', b"[" * depth + b"]" * depth))
        with pytest.raises(UnreadableReport):
            read_report(scratch)


def test_a_report_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.touch()
    os.truncate(path, 256 * 2**20 + 1)
    with pytest.raises(UnreadableReport, match=r"report\.json: it is larger than 256 MiB\. Give a report\.$"):
        read_report(path)


def test_another_version_is_shown_in_part(scratch: Path) -> None:
    scratch.write_text(json.dumps({**REPORT, "version": "\x1b" * 10**6}))
    with pytest.raises(UnreadableReport) as error:
        read_report(scratch)
    refused(scratch, error.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = " + "[" * 100_000, "it is nested too deeply"),
        ("x = " + "9" * 5000, "Exceeds the limit"),
        ("[[failure]]\n" + "k" * 100_000 + " = 1", "there is 'kkk"),
        ("[[failure]]\nid = ['" + "k" * 100_000 + "']", "'id' is ['kkk"),
    ],
    ids=["deep", "digits", "name", "value"],
)
def test_known_failures_that_no_message_can_hold_are_refused(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text)
    with pytest.raises(UnusableKnownFailures) as error:
        read_known_failures(path, TODAY)
    assert problem in str(error.value)
    refused(path, error.value)


def test_what_an_entry_says_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text('[[failure]]\nid = "errors*\\u001b*"\nreason = "x\\u001b[2J\\n::error::y"\nclient = "*"\n')
    result = Result("stt/errors::test_x[\x1b]", "errors::test_x", Level.MUST, FAILED, "no")

    known = read_known_failures(path, TODAY)

    assert known.reason_for(result) == "x\\x1b[2J ::error::y"
    other = Result("stt/errors::test_x[0]", "errors::test_x", Level.MUST, FAILED, "no")
    assert [said for _, said in known.problems([other], ())] == [
        "known.toml, entry 1: errors*\\x1b* matches no check; mend the ID"
    ]


@pytest.mark.parametrize("pattern", ["*a" * 12 + "b", "*" * 50 + "b", "?*" * 30 + "b"])
def test_many_stars_do_not_try_for_ever(pattern: str) -> None:
    entry = KnownFailure(id="errors", reason="x", place="", observed=pattern)
    ends = {
        text: Result("stt/errors::test_x", "errors::test_x", Level.MUST, FAILED, text)
        for text in ("a" * 2000, "ab" * 40)
    }
    assert [entry.covers(result) for result in ends.values()] == [False, True]


# A whole run.

NAME = "\x1b[2Jname\n::error::injected </script><b> | `@all` \u202e\x07"
COMMAND = f"""
import json, sys

print(json.dumps({{"protocol": 1, "name": {NAME!r}, "version": {NAME!r}, "features": ["api_key", {NAME!r}]}}))
sys.stdout.flush()
for line in sys.stdin:
    number = json.loads(line)["id"]
    print({NAME!r}, file=sys.stderr, flush=True)
    error = {{"types": ["E\\u202e"], "message": {NAME!r}, "status": 404, "code": {NAME!r}, "metadata": [{NAME!r}]}}
    print(json.dumps({{"id": number, "error": error}}), flush=True)
"""


def test_what_a_command_calls_itself_does_nothing_anywhere(tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text(COMMAND)
    names = ["report.json", "report.html", "report.md", "badge.json", "known.toml", "junit.xml", "summary.md"]
    options = [f"--stt-report={name}" for name in names[:3]]
    options += ["--stt-badge=badge.json", "--stt-write-known-failures=known.toml", "--junitxml=junit.xml"]
    client = f"--stt-client=cmd:{sys.executable} -I hostile.py"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}

    done = run_python(tmp_path, "-m", "pytest", *ISOLATED, client, *options, "stt/errors::test_status", env=env)

    files = {name: (tmp_path / name).read_text("utf-8") for name in names}
    assert "name ::error::injected" in done.stdout
    for text in (done.stdout, *files.values()):
        assert [line for line in text.split("\n") if not line.isprintable()] == []
    assert [line for line in done.stdout.split("\n") if line.startswith("::") and "::error title=" not in line] == []
    assert injected(files["report.md"]) == injected(files["summary.md"]) == []
    assert elements(files["report.html"]) <= known_elements()
    Draft202012Validator(SCHEMA).validate(json.loads(files["report.json"]))
    assert list(ET.fromstring(files["junit.xml"]).iter("testcase"))
    assert read_known_failures(tmp_path / "known.toml", TODAY).entries
