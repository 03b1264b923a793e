"""Failures as annotations of a workflow on GitHub."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import is_gating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_openrouter_stt.report import CheckReport, ClientReport, Report

_MAX = 10
"""As many errors of one step as GitHub shows."""

_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_ESCAPES_OF_NAMES = {**_ESCAPES, ":": "%3A", ",": "%2C"}


def is_on_github() -> bool:
    """Whether a workflow of GitHub runs this."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotation_lines(report: Report) -> Iterator[str]:
    """Yield a workflow command for each check that fails the run, as many as are shown."""
    bad = [(client, check) for client in report.clients for check in client.checks if _fails(client, check)]
    shown = bad if len(bad) <= _MAX else bad[: _MAX - 1]
    for client, check in shown:
        yield _error(f"{check.requirement.check} ({check.requirement.level}), {client.who.title}", _text(check))
    for text in dict.fromkeys(text for client in report.clients for text in client.stale):
        yield _error("known failures", text)
    if len(bad) > len(shown):
        yield _error("pytest-openrouter-stt", f"{len(bad) - len(shown)} more checks fail; the log shows them")


def _fails(client: ClientReport, check: CheckReport) -> bool:
    return any(is_gating(case.result, client.circumstances.level) and not case.result.known for case in check.cases)


def _text(check: CheckReport) -> str:
    bad = [case.result for case in check.cases if case.result.verdict.is_bad]
    return f"{bad[0].reason}\nrequired: {check.requirement.text}\n{len(bad)} of {len(check.cases)} cases"


def _error(title: str, text: str) -> str:
    return f"::error title={_escaped(title, _ESCAPES_OF_NAMES)}::{_escaped(text, _ESCAPES)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)


class Annotations:
    """Plugin that prints them after the summary.

    Args:
        report: Gives the report with an exit code.
    """

    def __init__(self, report: Callable[[int], Report]) -> None:
        self._report = report

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print them, each on a line of its own, as GitHub wants it."""
        for line in annotation_lines(self._report(exitstatus)):
            terminalreporter.write_line(line)
