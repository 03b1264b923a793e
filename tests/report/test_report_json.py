"""A report as JSON is valid by the published schema, and comes back as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.report import (
    Report,
    UnreadableReport,
    merged,
    read_report,
    read_reports,
    report_json,
)
from tests.report._reports import FAILED, PASSED, check, drawn, report, reports
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA = json.loads((REPOSITORY / "pytest_openrouter_stt" / "report" / "report.schema.json").read_text("utf-8"))


def written(one: Report, path: Path) -> Path:
    path.write_text(json.dumps(report_json(one)), "utf-8")
    return path


@drawn
@given(one=reports())
def test_any_report_is_valid_by_the_schema_and_comes_back_as_it_was(
    one: Report, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Draft202012Validator(SCHEMA).validate(report_json(one))

    assert read_report(written(one, tmp_path_factory.getbasetemp() / "drawn.json")) == one


def broken(change: Callable[[dict[str, Any]], object]) -> str:
    document = report_json(report(check("request::test_url", PASSED)))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "it is not JSON (Expecting property name"),
        ("[" * 100_000, "it is nested too deeply"),
        ("[]", "its 'format' is not 'pytest-openrouter-stt report'"),
        ('{"schemaVersion": 1, "label": "a"}', "its 'format' is not"),
        (broken(lambda d: d.update(version=2)), "it is of version 2, and this program reads 1"),
        (broken(lambda d: d.update(clients=[])), "$.clients: [] should be non-empty"),
        (broken(lambda d: d["clients"][0]["checks"][0].pop("level")), "$.clients[0].checks[0]: 'level' is a required"),
    ],
    ids=["no JSON", "deep", "list", "badge", "version", "no clients", "no level"],
)
def test_another_file_is_refused_with_the_place(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)

    with pytest.raises(UnreadableReport) as refused:
        read_report(path)

    assert f"{path}: {problem}" in str(refused.value)


@drawn
@given(one=reports(), other=reports())
def test_merging_keeps_every_client(one: Report, other: Report) -> None:
    assert merged([one, other, one]).clients == (*one.clients, *other.clients, *one.clients)


def test_a_folder_stands_for_the_reports_in_it_but_for_those_that_are_written(tmp_path: Path) -> None:
    one, other = report(check("request::test_url", PASSED)), report(check("request::test_url", FAILED))
    written(one, tmp_path / "a.json")
    written(other, tmp_path / "b.json")
    written(merged([one, other]), tmp_path / "all.json")
    (tmp_path / "notes.txt").write_text("no report")

    assert read_reports([tmp_path], [tmp_path / "all.json"]) == [one, other]
    assert read_reports([tmp_path / "b.json", tmp_path / "a.json"]) == [other, one]


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReport, match="there is no file in it that ends in"):
        read_reports([tmp_path])
