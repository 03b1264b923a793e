"""Several clients side by side: where they differ first, and where they agree behind a number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report._matrix import matrix

from ._words import anchor, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_openrouter_stt.report._matrix import Cell, Row
    from pytest_openrouter_stt.report._report import Report
    from pytest_openrouter_stt.report._result import Requirement


@dataclass(frozen=True, slots=True)
class Place:
    """What one check says of one client.

    Attributes:
        cell: That; ``None`` where the check did not run.
        anchor: Where on the page it is said in full.
    """

    cell: Cell | None
    anchor: str


@dataclass(frozen=True, slots=True)
class Line:
    """One check.

    Attributes:
        requirement: What it judges.
        places: One for each client.
        outcomes: What they say, as one word each.
    """

    requirement: Requirement
    places: tuple[Place, ...]
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
    differing: tuple[Line, ...]
    agreeing: tuple[Line, ...]
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


def _line(row: Row, prefixes: Iterable[str]) -> Line:
    check = row.requirement.check
    places = (Place(cell, anchor(check, prefix)) for cell, prefix in zip(row.cells, prefixes, strict=True))
    outcomes = dict.fromkeys(slug(cell.verdict) for cell in row.cells if cell is not None)
    return Line(row.requirement, tuple(places), " ".join(outcomes))


def _in_words(rows: Iterable[Row]) -> str:
    counts = Counter("passed or not offered" if row.is_plain else str(row.cells[0]) for row in rows)
    return ", ".join(f"{count} {words}" for words, count in counts.most_common())
