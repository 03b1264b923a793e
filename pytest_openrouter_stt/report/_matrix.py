"""Several clients side by side: checks as rows, clients as columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._result import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._report import CheckReport, ClientReport, Report
    from ._result import Requirement


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
