"""Placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._report import Report


def matrix_lines(report: Report, width: int) -> Iterator[str]:
    """Return it."""
    yield from (f"{client.who.title:.{width}}  {client.conclusion}" for client in report.clients)
