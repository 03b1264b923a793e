"""Report files: reports as JSON, written, read and merged, and the badge."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .report import Case, CheckReport, Circumstances, ClientReport, Report
from .result import AdapterWork, ErrorRow, Level, Repeat, Requirement, Result, Sender, Source, Verdict, Who
from .summary import Conformance, count_checks, is_gating
from .text import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence


def as_json(value: object) -> str:
    """Return *value* as the text of a file in JSON."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write *text* to *path* in UTF-8, and make the folders that are missing; what cannot be encoded is escaped.

    Raises:
        OSError: It cannot be written; its ``filename`` is *path*.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        _remove(beside)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # below something that is no folder
        return


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
            "endpoint": list(about.transports),
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
            transports=tuple(settings["endpoint"]),
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


def merged(reports: Sequence[Report]) -> Report:
    """Return the clients of all *reports*, in their order; one that is judged in several stays there several times."""
    return Report(tuple(client for report in reports for client in report.clients))


def read_reports(paths: Sequence[Path], written: Collection[Path] = ()) -> list[Report]:
    """Read reports in JSON.

    Args:
        paths: Files, or folders of which all files in JSON are read, by name.
        written: Files that are about to be written, which are no input when they stand in such a folder.

    Raises:
        UnreadableReport: A file is no report, or a folder has none.
    """
    return [read_report(file) for path in paths for file in _files(path, written)]


def _files(path: Path, written: Collection[Path]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    left_out = {file.resolve() for file in written}
    files = [file for file in sorted(path.glob("*.json")) if file.resolve() not in left_out]
    if not files:
        raise UnreadableReport(f"{path}: there is no file in it that ends in .json. Give a folder with reports.")
    yield from files


_LABEL = "OpenRouter STT"
_COLOURS = ("red", "lightgrey", "orange", "yellow", "brightgreen")
"""From the worst on; `lightgrey` is a verdict that is not known, and so might be red."""

_MAX_TITLE = 40


def badge(report: Report) -> dict[str, Any]:
    """Return the badge of *report* as an endpoint of shields.io answers it; of several clients, that of the worst.

    It is green only where every check of the suite was run and every MUST passed.
    """
    said = [_said(client) for client in report.clients]
    place = min(range(len(said)), key=lambda place: _COLOURS.index(said[place][0]))
    colour, message = said[place]
    if len(said) > 1 and colour != _COLOURS[-1]:
        message = f"{visible(one_line(report.clients[place].who.title, _MAX_TITLE))}: {message}"
    return {"schemaVersion": 1, "label": _LABEL, "message": message, "color": colour}


def _said(client: ClientReport) -> tuple[str, str]:
    """Return the colour for one client, and the words."""
    results = client.results
    if client.conformance is Conformance.NOT_CONFORMANT:
        return _not_conformant(_at(results, Level.MUST), is_green=client.is_green)
    if client.conformance is Conformance.NO_VERDICT:
        return "lightgrey", "no verdict"
    if client.not_run:
        ran = len(client.checks)
        return "yellow", f"conformant ({ran} of {ran + len(client.not_run)} checks)"
    if not client.is_green:
        level = client.circumstances.level
        gating = [result for result in results if is_gating(result, level) and not result.known]
        return "yellow", f"conformant, {count_checks(gating)} fail at level {level}"
    return "brightgreen", "conformant"


def _not_conformant(musts: Sequence[Result], *, is_green: bool) -> tuple[str, str]:
    failed = [result for result in musts if result.verdict is Verdict.FAILED]
    judged = [result for result in musts if result.verdict in {Verdict.FAILED, Verdict.PASSED}]
    unknown = count_checks([result for result in failed if not result.known])
    known = count_checks(failed) - unknown
    message = f"{count_checks(failed)} of {count_checks(judged)} MUST fail"
    if not unknown:
        return "orange" if is_green else "red", f"{message} (known)"
    return "red", f"{message} ({known} known)" if known else message


def _at(results: Sequence[Result], level: Level) -> list[Result]:
    return [result for result in results if result.level is level]
