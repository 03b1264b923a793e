"""A report as one page of HTML, which asks for nothing else and reads without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_openrouter_stt.report.report import Report


def html_report(report: Report) -> str:
    """Return *report* as one file of HTML, in UTF-8 when it is written.

    Nothing in it comes from elsewhere, and whatever a client or a server said is shown as text.

    Args:
        report: One client, or several, which are then put side by side first.
    """
    from .render import rendered  # noqa: PLC0415 - Jinja2 is for those who ask for HTML

    return rendered(report)


__all__ = ["html_report"]
