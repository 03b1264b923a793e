"""Every check in a line: ``--stt-list``."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import counted
from pytest_openrouter_stt.suite import every_check

from ._printing import Line
from ._selection import all_not_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_openrouter_stt.judging import CheckInfo

    from ._selection import Selection

_LEAST = 40
"""Characters of a requirement that are shown on however narrow a terminal."""

_LEVEL = 8


def listed(selection: Selection, width: int, *, verbose: bool) -> list[Line]:
    """Return the checks that are asked for, area by area, and how many there are of each level.

    Args:
        selection: What is asked for; everything when it names nothing.
        width: Columns of the terminal; 0 where nothing has to be cut.
        verbose: Whether the source of each is shown too.

    Raises:
        pytest.UsageError: The selection names an area or a check that does not exist.
    """
    every = every_check()
    _refuse_unknown(selection, [_node_id(info) for info in every])
    chosen = [info for info in every if selection.reaches(_node_id(info))]
    areas = groupby(chosen, lambda info: info.requirement.area)
    lines = [line for area, infos in areas for line in _area(area, list(infos), width, verbose=verbose)]
    counts = Counter(str(info.requirement.level) for info in chosen)
    parts = ", ".join(f"{count} {level}" for level, count in counts.items())
    return [*lines, Line(f"{counted(len(chosen), 'check')}: {parts}", bold=True)]


def _refuse_unknown(selection: Selection, known: Sequence[str]) -> None:
    names = [argument.partition("[")[0] for argument in selection.arguments]
    texts = all_not_found(names, known)
    if texts:
        raise pytest.UsageError(*texts)


def _node_id(info: CheckInfo) -> str:
    return f"stt/{info.requirement.check}"


def _area(area: str, infos: Sequence[CheckInfo], width: int, *, verbose: bool) -> Iterator[Line]:
    yield Line(area, bold=True)
    column = max(len(info.requirement.check) for info in infos) + 2
    for info in infos:
        requirement = info.requirement
        yield Line(f"{requirement.check:<{column}}{requirement.level:<{_LEVEL}}{_cut(requirement.text, width, column)}")
        if verbose:
            yield Line(f"{'':<{column}}{requirement.source}: {requirement.spec}")
    yield Line("")


def _cut(text: str, width: int, column: int) -> str:
    room = max(_LEAST, width - column - _LEVEL)
    return text if not width or len(text) <= room else f"{text[: room - 1].rstrip()}…"
