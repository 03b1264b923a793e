"""Several clients side by side in a terminal, whatever its width and its character set."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from ._matrix import matrix
from ._result import Verdict
from ._text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._matrix import Cell, Matrix, Row
    from ._report import Report

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
