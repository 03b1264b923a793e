"""A badge: the verdict in a few words, as the JSON that shields.io and its likes draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._result import Level, Result, Verdict
from ._summary import Conformance, count_checks, is_gating
from ._text import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._report import ClientReport, Report

_LABEL = "OpenRouter STT"
_COLOURS = ("red", "lightgrey", "orange", "yellow", "brightgreen")
"""From the worst on; `lightgrey` is a verdict that is not known, and so might be red."""

_MAX_TITLE = 40


def badge(report: Report) -> dict[str, Any]:
    """Return the badge of *report* as an endpoint of shields.io answers it; of several clients, that of the worst.

    It is green only where every check of the suite was run and every MUST passed.
    """
    said = [_said(client) for client in report.clients]
    place = min(range(len(said)), key=lambda place: _COLOURS.index(said[place][0]))
    colour, message = said[place]
    if len(said) > 1 and colour != _COLOURS[-1]:
        message = f"{visible(one_line(report.clients[place].who.title, _MAX_TITLE))}: {message}"
    return {"schemaVersion": 1, "label": _LABEL, "message": message, "color": colour}


def _said(client: ClientReport) -> tuple[str, str]:
    """Return the colour for one client, and the words."""
    results = client.results
    if client.conformance is Conformance.NOT_CONFORMANT:
        return _not_conformant(_at(results, Level.MUST), is_green=client.is_green)
    if client.conformance is Conformance.NO_VERDICT:
        return "lightgrey", "no verdict"
    if client.not_run:
        ran = len(client.checks)
        return "yellow", f"conformant ({ran} of {ran + len(client.not_run)} checks)"
    if not client.is_green:
        level = client.circumstances.level
        gating = [result for result in results if is_gating(result, level) and not result.known]
        return "yellow", f"conformant, {count_checks(gating)} fail at level {level}"
    return "brightgreen", "conformant"


def _not_conformant(musts: Sequence[Result], *, is_green: bool) -> tuple[str, str]:
    failed = [result for result in musts if result.verdict is Verdict.FAILED]
    judged = [result for result in musts if result.verdict in {Verdict.FAILED, Verdict.PASSED}]
    unknown = count_checks([result for result in failed if not result.known])
    known = count_checks(failed) - unknown
    message = f"{count_checks(failed)} of {count_checks(judged)} MUST fail"
    if not unknown:
        return "orange" if is_green else "red", f"{message} (known)"
    return "red", f"{message} ({known} known)" if known else message


def _at(results: Sequence[Result], level: Level) -> list[Result]:
    return [result for result in results if result.level is level]
