"""A report as its HTML page shows it: one client, or several side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report.failure import SOURCES
from pytest_openrouter_stt.report.remarks import sender_lines, told_apart_by_nothing
from pytest_openrouter_stt.report.report import labels, matrix
from pytest_openrouter_stt.report.result import Level, Verdict, area_of
from pytest_openrouter_stt.report.summary import causes, levels_of

from .checks import SYMBOLS, anchor, number, sections, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_openrouter_stt.report.report import Cell, ClientReport, Report, Row
    from pytest_openrouter_stt.report.result import Requirement, Result, Source
    from pytest_openrouter_stt.report.summary import Conformance

    from .checks import Section


@dataclass(frozen=True, slots=True)
class CauseBlock:
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
    causes: tuple[CauseBlock, ...]
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


def _causes(results: list[Result], prefix: str) -> Iterator[CauseBlock]:
    for cause in causes(results):
        yield CauseBlock(cause.check, anchor(cause.check, prefix), cause.text)


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


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """What one check says of one client.

    Attributes:
        cell: That; ``None`` where the check did not run.
        anchor: Where on the page it is said in full.
    """

    cell: Cell | None
    anchor: str


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One check.

    Attributes:
        requirement: What it judges.
        places: One for each client.
        outcomes: What they say, as one word each.
    """

    requirement: Requirement
    places: tuple[MatrixCell, ...]
    outcomes: str


@dataclass(frozen=True, slots=True)
class Table:
    """The checks, by what clients have in common.

    Attributes:
        columns: What each client is called.
        differing: Those on which clients differ.
        agreeing: Those on which all clients agree, or that none of them fails.
        agreed: What was agreed on, in words.
    """

    columns: tuple[str, ...]
    differing: tuple[MatrixLine, ...]
    agreeing: tuple[MatrixLine, ...]
    agreed: str


def side_by_side(report: Report, prefixes: Sequence[str]) -> Table:
    """Return the clients of *report* side by side.

    Args:
        report: Several clients.
        prefixes: What the anchors of each begin with.
    """
    found = matrix(report)
    agreeing = [row for row in found.rows if _agrees(row)]
    differing = [row for row in found.rows if not _agrees(row)]
    return Table(
        found.columns,
        tuple(_line(row, prefixes) for row in differing),
        tuple(_line(row, prefixes) for row in agreeing),
        _in_words(agreeing),
    )


def _agrees(row: Row) -> bool:
    return row.is_plain or len({str(cell) for cell in row.cells}) == 1


def _line(row: Row, prefixes: Iterable[str]) -> MatrixLine:
    check = row.requirement.check
    places = (MatrixCell(cell, anchor(check, prefix)) for cell, prefix in zip(row.cells, prefixes, strict=True))
    outcomes = dict.fromkeys(slug(cell.verdict) for cell in row.cells if cell is not None)
    return MatrixLine(row.requirement, tuple(places), " ".join(outcomes))


def _in_words(rows: Iterable[Row]) -> str:
    counts = Counter("passed or not offered" if row.is_plain else str(row.cells[0]) for row in rows)
    return ", ".join(f"{count} {words}" for words, count in counts.most_common())


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page shows.

    Attributes:
        title: Who was judged, and the verdict where there is one client.
        clients: At least one.
        table: Several of them side by side; ``None`` for one.
        areas: By which readers can filter.
        levels: The same.
        outcomes: The same.
    """

    title: str
    clients: tuple[Client, ...]
    table: Table | None
    areas: tuple[str, ...]
    levels: tuple[Level, ...]
    outcomes: tuple[Verdict, ...]

    @property
    def symbols(self) -> dict[Verdict | Conformance, str]:
        """What stands beside each verdict."""
        return SYMBOLS

    @property
    def sources(self) -> dict[Source, str]:
        """What each source of requirements is called."""
        return SOURCES


def page(report: Report) -> Page:
    """Return what the page of *report* shows."""
    names = list(labels(report.clients))
    prefixes = list(_prefixes(names))
    clients = tuple(judged_client(*each) for each in zip(report.clients, names, prefixes, strict=True))
    several = len(clients) > 1
    requirements, verdicts = (
        report.requirements,
        {check.verdict for client in report.clients for check in client.checks},
    )
    return Page(
        f"{len(clients)} clients side by side" if several else f"{names[0]}: {clients[0].verdict}",
        clients,
        side_by_side(report, prefixes) if several else None,
        tuple(dict.fromkeys(map(area_of, requirements))),
        tuple(level for level in Level if any(each.level is level for each in requirements.values())),
        tuple(verdict for verdict in SYMBOLS if isinstance(verdict, Verdict) and verdict in verdicts),
    )


def _prefixes(names: Sequence[str]) -> Iterator[str]:
    """Yield what the anchors of each client begin with: nothing where there is one client."""
    taken: set[str] = set()
    for name in names:
        spellings = (slug(name) + (f"-{place}" if place > 1 else "") for place in count(1))
        free = next(spelling for spelling in spellings if spelling not in taken)
        taken.add(free)
        yield f"{free}--" if len(names) > 1 else ""
