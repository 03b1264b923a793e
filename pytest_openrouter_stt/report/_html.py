"""Placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._report import Report


def html_report(report: Report) -> str:
    """Return it."""
    return "\n".join(client.conclusion for client in report.clients)
