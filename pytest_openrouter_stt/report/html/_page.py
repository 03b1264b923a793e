"""A report as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report._failure import SOURCES
from pytest_openrouter_stt.report._matrix import labels
from pytest_openrouter_stt.report._result import Level, Verdict, area_of

from ._client import judged_client
from ._side_by_side import side_by_side
from ._words import SYMBOLS, slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_openrouter_stt.report._report import Report
    from pytest_openrouter_stt.report._result import Source
    from pytest_openrouter_stt.report._summary import Conformance

    from ._client import Client
    from ._side_by_side import Table


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
