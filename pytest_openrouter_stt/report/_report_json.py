"""Reports as JSON: the form that other programs read, and that reports are merged and compared in."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._notes import AdapterWork, ErrorRow, Repeat, Sender, Who
from ._report import Case, CheckReport, Circumstances, ClientReport, Report
from ._result import Level, Requirement, Result, Source, Verdict
from ._text import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "pytest-openrouter-stt report"
VERSION = 1
"""Raised with every change of the schema that a reader could notice."""

SCHEMA = Path(__file__).with_name("report.schema.json")
_MAX_BYTES = 256 * 2**20
_MAX_SHOWN = 200
_MAX_DIGITS = 100


class UnreadableReport(ValueError):
    """A file is no report, or not one that this version reads; the message names the file, the place and the remedy."""


def report_json(report: Report) -> dict[str, Any]:
    """Return *report* as a JSON object that is valid by the schema in `SCHEMA`."""
    return {"format": FORMAT, "version": VERSION, "clients": [_client(client) for client in report.clients]}


def _client(report: ClientReport) -> dict[str, Any]:
    about = report.circumstances
    return {
        "client": asdict(report.who),
        "verdict": report.conformance.value,
        "conclusion": report.conclusion,
        "green": report.is_green,
        "unfinished": report.unfinished,
        "exit_code": report.exit_code,
        "stale": list(report.stale),
        "started": about.started,
        "duration": round(about.duration, 3),
        "versions": dict(about.versions),
        "spec": {"source": about.spec, "revision": about.revision},
        "settings": {
            "level": about.level.value,
            "max_examples": about.max_examples,
            "seed": about.seed,
            "endpoint": list(about.forms),
        },
        "checks": [_check(check) for check in report.checks],
        "not_run": list(report.not_run),
        "errors": [asdict(row) for row in report.errors],
        "senders": [asdict(sender) for sender in report.senders],
        "adapters": [{**asdict(adapter), "work": list(adapter.work)} for adapter in report.adapters],
    }


def _check(check: CheckReport) -> dict[str, Any]:
    requirement = check.requirement
    return {
        "id": requirement.check,
        "area": requirement.area,
        "level": requirement.level.value,
        "source": requirement.source.value,
        "pointer": requirement.spec,
        "requirement": requirement.text,
        "hint": requirement.hint,
        "outcome": check.verdict.value,
        "duration": round(check.duration, 3),
        "cases": [_case(case) for case in check.cases],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "node_id": case.result.node_id,
        "outcome": case.result.verdict.value,
        "reason": case.result.reason,
        "known": case.result.known,
        "duration": round(case.duration, 3),
        "evidence": [{"label": label, "text": text} for label, text in case.evidence],
        "repeats": [asdict(repeat) for repeat in case.repeats],
    }


def read_report(path: Path) -> Report:
    """Read a report in JSON.

    Raises:
        UnreadableReport: There is no such file, or it is not a report of this version.
    """
    try:
        document = _document(path)
        _refuse_other_documents(path, document)
    except RecursionError:
        raise UnreadableReport(f"{path}: it is nested too deeply. Give a file that --stt-report wrote.") from None
    return report_of(document)


def _document(path: Path) -> Any:
    try:
        is_too_large = path.stat().st_size > _MAX_BYTES
        text = "null" if is_too_large else path.read_text("utf-8")
        document = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_number)
    except OSError as error:
        raise UnreadableReport(f"{path}: {error.strerror}. Give a file that --stt-report wrote.") from None
    except ValueError as error:
        problem = type(error).__name__ if isinstance(error, UnicodeError) else error
        raise UnreadableReport(f"{path}: it is not JSON ({problem}). Give a report ending in .json.") from None
    if is_too_large:
        raise UnreadableReport(f"{path}: it is larger than {_MAX_BYTES // 2**20} MiB. Give a report.")
    return document


def _number(text: str) -> int | float:
    """Return the number that *text* is, if it is one that can be calculated with and shown in a cell."""
    value = int(text) if text.removeprefix("-").isdecimal() and len(text) <= _MAX_DIGITS else float(text)
    if abs(value) < 10**_MAX_DIGITS:  # not the case for NaN
        return value
    raise ValueError(f"{one_line(text, _MAX_SHOWN // 4)} is no number of a report")


def _refuse_other_documents(path: Path, document: object) -> None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UnreadableReport(f"{path}: its 'format' is not {FORMAT!r}. Give a file that --stt-report wrote.")
    if document.get("version") != VERSION:
        version = one_line(visible(repr(document.get("version"))), _MAX_SHOWN)
        problem = f"it is of version {version}, and this program reads {VERSION}"
        raise UnreadableReport(f"{path}: {problem}. Write it anew with this version.")
    error = next(iter(_validator().iter_errors(document)), None)
    if error is not None:
        place, message = (one_line(visible(text), _MAX_SHOWN) for text in (error.json_path, error.message))
        raise UnreadableReport(f"{path}: {place}: {message}. Give a file as --stt-report wrote it.")


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes 100 ms, and only readers need it

    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def report_of(document: Mapping[str, Any]) -> Report:
    """Return the report in a JSON object that is valid by the schema."""
    return Report(tuple(_client_of(client) for client in document["clients"]))


def _client_of(document: Mapping[str, Any]) -> ClientReport:
    settings, spec = document["settings"], document["spec"]
    who = Who(**document["client"])
    return ClientReport(
        who=who,
        circumstances=Circumstances(
            started=document["started"],
            duration=document["duration"],
            versions=dict(document["versions"]),
            spec=spec["source"],
            revision=spec["revision"],
            level=Level(settings["level"]),
            max_examples=settings["max_examples"],
            seed=settings["seed"],
            forms=tuple(settings["endpoint"]),
        ),
        checks=tuple(_check_of(check, who.name) for check in document["checks"]),
        not_run=tuple(document["not_run"]),
        unfinished=document["unfinished"],
        exit_code=document["exit_code"],
        stale=tuple(document["stale"]),
        errors=tuple(ErrorRow(**row) for row in document["errors"]),
        senders=tuple(Sender(**sender) for sender in document["senders"]),
        adapters=tuple(AdapterWork(**{**adapter, "work": tuple(adapter["work"])}) for adapter in document["adapters"]),
    )


def _check_of(document: Mapping[str, Any], client: str) -> CheckReport:
    level = Level(document["level"])
    requirement = Requirement(
        document["id"],
        level,
        Source(document["source"]),
        document["pointer"],
        document["requirement"],
        document["hint"],
    )
    return CheckReport(requirement, tuple(_case_of(case, requirement, client) for case in document["cases"]))


def _case_of(document: Mapping[str, Any], requirement: Requirement, client: str) -> Case:
    result = Result(
        document["node_id"],
        requirement.check,
        requirement.level,
        Verdict(document["outcome"]),
        document["reason"],
        client,
        document["known"],
    )
    evidence = tuple((row["label"], row["text"]) for row in document["evidence"])
    return Case(result, document["duration"], evidence, tuple(Repeat(**repeat) for repeat in document["repeats"]))
