"""A run as a value: everything that a report says of each client, and clients side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from .result import Level, Verdict
from .summary import Conformance, conclusion, conformance, is_green
from .text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .result import AdapterWork, ErrorRow, Repeat, Requirement, Result, Sender, Who

_WORST_FIRST = (Verdict.FAILED, Verdict.COULD_NOT_RUN, Verdict.PASSED, Verdict.NOT_OFFERED)


@dataclass(frozen=True, slots=True)
class Case:
    """A check in one mode, on one case.

    Attributes:
        result: Its verdict.
        duration: What it took, in seconds.
        evidence: What a failure shows: labels and texts, in their order; without secrets and control characters.
        repeats: Bodies that were sent again although the server had received them.
    """

    result: Result
    duration: float = 0.0
    evidence: tuple[tuple[str, str], ...] = ()
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of one check.

    Attributes:
        requirement: What it judges.
        cases: At least one, in the order in which they ended.
    """

    requirement: Requirement
    cases: tuple[Case, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its cases': one that failed makes it failed."""
        return worst(case.result.verdict for case in self.cases)

    @property
    def known(self) -> str:
        """Why its failures are known, when each of them is; else empty."""
        bad = [case.result for case in self.cases if case.result.verdict.is_bad]
        return bad[0].known if bad and all(result.known for result in bad) else ""

    @property
    def duration(self) -> float:
        """What its cases took together, in seconds."""
        return sum(case.duration for case in self.cases)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a run was made with.

    Attributes:
        started: When, as RFC 3339 has it, in UTC.
        duration: How long it took, in seconds.
        versions: Of ``pytest-openrouter-stt``, ``python``, ``pytest`` and ``hypothesis``.
        spec: The OpenAPI document, as the user named it, or ``packaged``.
        revision: The first digits of its SHA-256.
        level: The lowest level whose failures fail the run.
        max_examples: Examples of a property check.
        seed: Where they start.
        transports: How the endpoint was served: ``respx``, ``loopback``.
    """

    started: str
    duration: float
    versions: dict[str, str]
    spec: str
    revision: str
    level: Level
    max_examples: int
    seed: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientReport:
    """One client, judged in one run.

    Attributes:
        who: The client.
        circumstances: What the run was made with.
        checks: Those of which a case ran, in the suite's order.
        not_run: The IDs of the shipped checks that are not among them.
        unfinished: Why the run did not come to its end; empty when it did.
        exit_code: pytest's.
        stale: What is wrong with the known failures that the run was given, which fails it.
        errors: What the client makes of each status; empty when that was not found out.
        senders: Where its requests are sent from.
        adapters: What an adapter does itself.
    """

    who: Who
    circumstances: Circumstances
    checks: tuple[CheckReport, ...]
    not_run: tuple[str, ...] = ()
    unfinished: str = ""
    exit_code: int = 0
    errors: tuple[ErrorRow, ...] = ()
    senders: tuple[Sender, ...] = ()
    adapters: tuple[AdapterWork, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def results(self) -> list[Result]:
        """The result of each case of each check."""
        return [case.result for check in self.checks for case in check.cases]

    @property
    def conformance(self) -> Conformance:
        """The verdict on the client."""
        return conformance(self.results, self.unfinished)

    @property
    def conclusion(self) -> str:
        """The verdict in one sentence."""
        return conclusion(self.results, self.unfinished)

    @property
    def is_green(self) -> bool:
        """Whether the run passes the gate: it ended, what failed is known or below the level, and nothing is stale."""
        return not self.unfinished and not self.stale and is_green(self.results, self.circumstances.level)


@dataclass(frozen=True, slots=True)
class Report:
    """What ``--stt-report`` writes: one client, or several side by side.

    Attributes:
        clients: At least one; of runs that were merged, in the order in which they were given.
    """

    clients: tuple[ClientReport, ...]

    @property
    def requirements(self) -> dict[str, Requirement]:
        """The requirements of all checks that ran, by ID; the newest wording of each."""
        return {check.requirement.check: check.requirement for client in self.clients for check in client.checks}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the one of *verdicts* that a reader has to know of first."""
    return min(verdicts, key=_WORST_FIRST.index)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one check says of one client.

    Attributes:
        verdict: The worst of its cases'.
        known: Why its failures are known, when each of them is; else empty.
        failed: How many cases failed.
        judged: How many were judged.
        reason: Why, in one line: of the first case with that verdict; empty for what passed.
    """

    verdict: Verdict
    known: str
    failed: int
    judged: int
    reason: str

    def __str__(self) -> str:
        if self.verdict is Verdict.FAILED:
            part = "" if self.failed == self.judged else f" {self.failed} of {self.judged}"
            return f"failed{part}{' (known)' if self.known else ''}"
        return str(self.verdict)


@dataclass(frozen=True, slots=True)
class Row:
    """One check.

    Attributes:
        requirement: What it judges.
        cells: One for each client; ``None`` where the check did not run.
    """

    requirement: Requirement
    cells: tuple[Cell | None, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it is passed by all, or not offered: nothing that anybody needs to look at."""
        fine = {Verdict.PASSED, Verdict.NOT_OFFERED}
        return all(cell is not None and cell.verdict in fine for cell in self.cells)

    @property
    def needs_a_look(self) -> bool:
        """Whether not all pass it, or some offer it and others do not."""
        return not self.is_plain or len({cell.verdict for cell in self.cells if cell is not None}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """Checks by clients.

    Attributes:
        columns: What each client is called; different for each.
        rows: The checks, in the suite's order.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def alike(self) -> Counter[Verdict]:
        """How many rows need no look, by the verdict that all clients have there."""
        return Counter(row.cells[0].verdict for row in self.rows if row.cells[0] and not row.needs_a_look)


def matrix(report: Report) -> Matrix:
    """Return the clients of *report* side by side."""
    by_check = [{check.requirement.check: check for check in client.checks} for client in report.clients]
    rows = [
        Row(requirement, tuple(_cell(checks.get(name)) for checks in by_check))
        for name, requirement in report.requirements.items()
    ]
    return Matrix(tuple(labels(report.clients)), tuple(rows))


def labels(clients: Sequence[ClientReport]) -> Iterator[str]:
    """Yield a label for each client: its title, and a number where several have the same."""
    titles = Counter(client.who.title for client in clients)
    seen: Counter[str] = Counter()
    for client in clients:
        title = client.who.title
        seen[title] += 1
        yield title if titles[title] == 1 else f"{title} ({seen[title]})"


def _cell(check: CheckReport | None) -> Cell | None:
    if check is None:
        return None
    results = [case.result for case in check.cases]
    failed = sum(result.verdict is Verdict.FAILED for result in results)
    passed = sum(result.verdict is Verdict.PASSED for result in results)
    reason = next((result.reason for result in results if result.verdict is check.verdict), "")
    return Cell(check.verdict, check.known, failed, failed + passed, reason)


_GAP = "  "
_LEAST_WIDTH = 40
_MAX_TITLE = 60
_MAX_CONCLUSION = 300
_NOT_RUN = "-"
_KNOWN = "k"
_LETTERS = {Verdict.PASSED: ".", Verdict.FAILED: "F", Verdict.COULD_NOT_RUN: "U", Verdict.NOT_OFFERED: "o"}
_LEGEND = "F failed, k known, U could not run, o not offered, - not run, . passed"


def matrix_lines(report: Report, width: int) -> Iterator[str]:
    """Return the checks on which not all clients do well or alike, and below them what each client comes to.

    Args:
        report: One or several clients.
        width: Of the terminal, in characters.
    """
    side_by_side = matrix(report)
    rows = [row for row in side_by_side.rows if row.needs_a_look]
    names = [_cut(column, _MAX_TITLE) for column in side_by_side.columns]
    if rows:
        table = [["check", *names], *([_name(row), *(_words(cell) for cell in row.cells)] for row in rows)]
        yield from _in_words(table) if _width(table) <= width else _in_letters(rows, max(width, _LEAST_WIDTH))
        yield ""
    yield from _rest(side_by_side)
    for number, (name, client) in enumerate(zip(names, report.clients, strict=True), 1):
        said = f"{number}  {name}: {_cut(client.conclusion, _MAX_CONCLUSION)}"
        yield from wrap(said, max(width, _LEAST_WIDTH), subsequent_indent="   ", break_on_hyphens=False)


def _in_words(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield _GAP.join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()


def _in_letters(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Number the clients, and begin anew where the numbers do not fit side by side."""
    number_of_clients = len(rows[0].cells)
    size = len(str(number_of_clients))
    names = [_cut(_name(row), width - len(_GAP) - size) for row in rows]
    first = max(map(len, names))
    at_once = max(1, (width - first) // (size + len(_GAP)))
    for start in range(0, number_of_clients, at_once):
        chosen = slice(start, start + at_once)
        yield _line("check", [str(n + 1) for n in range(number_of_clients)][chosen], first, size)
        for name, row in zip(names, rows, strict=True):
            yield _line(name, [_letter(cell) for cell in row.cells[chosen]], first, size)
        yield ""
    yield from wrap(_LEGEND, width)


def _line(name: str, cells: Sequence[str], first: int, size: int) -> str:
    return _GAP.join([name.ljust(first), *(cell.rjust(size) for cell in cells)])


def _rest(side_by_side: Matrix) -> Iterator[str]:
    for verdict, count in side_by_side.alike.items():
        yield f"{counted(count, 'check')}: {verdict} by all"
    if side_by_side.alike:
        yield ""


def _width(table: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + len(_GAP) for column in zip(*table, strict=True)) - len(_GAP)


def _name(row: Row) -> str:
    requirement = row.requirement
    return f"{_cut(requirement.check, _MAX_CONCLUSION)} ({requirement.level})"


def _words(cell: Cell | None) -> str:
    return "not run" if cell is None else str(cell)


def _letter(cell: Cell | None) -> str:
    if cell is None:
        return _NOT_RUN
    return _KNOWN if cell.known else _LETTERS[cell.verdict]


def _cut(text: str, limit: int) -> str:
    """Return *text* as one line of ASCII, which every terminal can show."""
    line = visible(" ".join(text.split())).encode("ascii", "backslashreplace").decode("ascii")
    return line if len(line) <= limit else f"{line[: max(0, limit - 3)]}..."
