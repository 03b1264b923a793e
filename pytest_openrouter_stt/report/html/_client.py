"""One client as its page shows it: the verdict, what to mend first, numbers, checks, and what else was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report._cause import causes
from pytest_openrouter_stt.report._note_lines import sender_lines, told_apart_by_nothing
from pytest_openrouter_stt.report._result import Verdict
from pytest_openrouter_stt.report._summary import levels_of

from ._checks import sections
from ._words import anchor, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_openrouter_stt.report._report import ClientReport
    from pytest_openrouter_stt.report._result import Level, Result
    from pytest_openrouter_stt.report._summary import Conformance

    from ._checks import Section


@dataclass(frozen=True, slots=True)
class Cause:
    """What to mend first.

    Attributes:
        check: The ID of the check that failed.
        anchor: Where it is.
        text: What came of that.
    """

    check: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases had a verdict.

    Attributes:
        number: How many.
        verdict: Which.
        level: Of which level; empty for all of them.
    """

    number: int
    verdict: Verdict
    level: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """A row of the table of numbers.

    Attributes:
        area: Its name; empty for all areas together.
        cells: A number for each column.
    """

    area: str
    cells: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Billed:
    """Bodies that were sent again although the server had received them.

    Attributes:
        check: The ID of the check that saw it.
        anchor: Where it is.
        answer: What the first attempt was answered.
        attempts: How often one was sent at most.
        cases: In how many cases.
    """

    check: str
    anchor: str
    answer: str
    attempts: int
    cases: int


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    Attributes:
        report: What came of its run.
        label: What it is called; different for each.
        anchor: Where it is on the page.
        verdict: The verdict's word.
        sentence: Why it is that.
        remarks: What else has to be known of the verdict.
        causes: What to mend first.
        levels: Those that have columns in the table of numbers.
        counts: That table; its last row is for all areas.
        sections: Its checks.
        billed: What may have been billed twice.
        alike: Types of errors that stand for several statuses, with these.
        sent: Where its requests are sent from.
    """

    report: ClientReport
    label: str
    anchor: str
    verdict: Conformance
    sentence: str
    remarks: tuple[str, ...]
    causes: tuple[Cause, ...]
    levels: tuple[Level, ...]
    counts: tuple[Counts, ...]
    sections: tuple[Section, ...]
    billed: tuple[Billed, ...]
    alike: dict[str, list[int]]
    sent: tuple[str, ...]


def judged_client(report: ClientReport, label: str, prefix: str) -> Client:
    """Return what the page shows of one client.

    Args:
        report: What came of its run.
        label: What it is called.
        prefix: Begins the anchors of its checks.
    """
    results = report.results
    verdict = report.conformance
    levels = tuple(levels_of(results))
    return Client(
        report=report,
        label=label,
        anchor=f"client-{prefix.removesuffix('--')}" if prefix else "client",
        verdict=verdict,
        sentence=report.conclusion.removeprefix(f"{verdict}: "),
        remarks=tuple(_remarks(report)),
        causes=tuple(_causes(results, prefix)),
        levels=levels,
        counts=tuple(_counts(results, levels)),
        sections=tuple(sections(report, prefix)),
        billed=tuple(_billed(report, prefix)),
        alike=told_apart_by_nothing(report.errors),
        sent=tuple(sender_lines(report.senders)),
    )


def _remarks(report: ClientReport) -> Iterator[str]:
    if report.unfinished:
        yield f"The run did not come to its end: {report.unfinished}."
    bad = [check for check in report.checks if check.verdict.is_bad]
    known = sum(bool(check.known) for check in bad)
    if known:
        whose = "all" if known == len(bad) else str(known)
        of_them = f"{whose} of {number(len(bad), 'check')} that failed or could not run"
        yield f"Known, and not held against the run: {of_them}."
    yield from (f"A known failure is stale: {problem}." for problem in report.stale)
    gate = "passes" if report.is_green else "does not pass"
    yield f"The run {gate} the gate, which is at {report.circumstances.level}; the exit code was {report.exit_code}."
    if report.not_run:
        yield f"{number(len(report.not_run), 'check')} of the suite did not run."


def _causes(results: list[Result], prefix: str) -> Iterator[Cause]:
    for cause in causes(results):
        yield Cause(cause.check, anchor(cause.check, prefix), cause.text)


def _counts(results: list[Result], levels: Iterable[Level]) -> Iterator[Counts]:
    by_area: dict[str, Counter[tuple[str, Verdict]]] = {}
    for result in results:
        counter = by_area.setdefault(result.check.partition("::")[0], Counter())
        counter.update([(result.level.value, result.verdict), ("", result.verdict)])
    columns = [
        *((level.value, verdict) for level in levels for verdict in (Verdict.PASSED, Verdict.FAILED)),
        ("", Verdict.NOT_OFFERED),
        ("", Verdict.COULD_NOT_RUN),
    ]
    for area, counter in [*by_area.items(), ("", sum(by_area.values(), Counter()))]:
        yield Counts(area, tuple(Count(counter[column], column[1], column[0]) for column in columns))


def _billed(report: ClientReport, prefix: str) -> Iterator[Billed]:
    seen: dict[tuple[str, str], list[int]] = {}
    for check in report.checks:
        for case in check.cases:
            for repeat in case.repeats:
                seen.setdefault((check.requirement.check, repeat.answer), []).append(repeat.attempts)
    for (check_id, answer), attempts in seen.items():
        yield Billed(check_id, anchor(check_id, prefix), answer, max(attempts), len(attempts))
