"""Turns what pytest saw of a check into its verdict, in the process in which it ran."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.judging import info_of
from pytest_openrouter_stt.report import (
    CheckFailed,
    CouldNotRun,
    FailureWriter,
    Level,
    Result,
    Verdict,
    harmless,
    harmless_log,
    is_gating,
    judgement_in,
    observed,
    one_line,
    pathless,
)

from .mounting import is_of_suite

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator
    from pathlib import Path

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.report import KnownFailures, Requirement, Subject

    from .mounting import Clients

BRIEF, ALIKE, EVIDENCE = "stt_brief", "stt_alike", "stt_evidence"
"""What a report carries beside its text, also from one process to another: pytest sends all of its `__dict__`."""


def add_row(report: pytest.TestReport, label: str, value: str) -> None:
    """Add a row to the text of a failure, and to what is left of it beside another with the same evidence."""
    row = f"\n{label:<10}{value}"
    report.longrepr = f"{report.longrepr}{row}"
    evidence = [*getattr(report, EVIDENCE, ()), (label, value)]
    report.__dict__.update({BRIEF: f"{getattr(report, BRIEF, '')}{row}", EVIDENCE: evidence})


def _nothing(*_: Any, **__: Any) -> str:
    return ""


def _write_down(report: pytest.TestReport, result: Result) -> None:
    """Write the result where reports carry it, in place of that of an earlier run of the same check."""
    written = result.properties()
    names = {name for name, _ in written}
    report.user_properties[:] = [*(entry for entry in report.user_properties if entry[0] not in names), *written]


class Judging:
    """Plugin that gives each check's report its verdict, and its failure the form that teaches.

    Args:
        clients: Who is judged.
        contract: What they are judged against.
        level: The lowest level whose failures fail the run.
        known: The failures that do not, because they are known.
        subject: Says how to show a client.
        project: The folder that paths are shown relative to.
        secrets: What nobody may be shown.
    """

    def __init__(  # noqa: PLR0913 - each is one fact of the run, given by name
        self,
        *,
        clients: Clients,
        contract: Contract,
        level: Level,
        known: KnownFailures,
        subject: Callable[[str], Subject],
        project: Path,
        secrets: tuple[str, ...],
    ) -> None:
        self._clients = clients
        self._contract = contract
        self._level = level
        self._known = known
        self._subject = subject
        self._project = project
        self._secrets = secrets

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge what a check did, and take out of its report what nobody may be shown."""
        info = info_of(item)
        if info is None:
            return (yield)
        if call.excinfo is not None and judgement_in(call.excinfo.value) is not None:
            item.repr_failure = _nothing  # type: ignore[method-assign] # its traceback, which nobody is shown
        report = yield
        report.sections[:] = [(name, harmless_log(text, self._secrets)) for name, text in report.sections]
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self._judge(report, info.requirement, call.excinfo.value if call.excinfo else None)
            item.user_properties[:] = report.user_properties  # JUnit XML takes them from the report of the teardown
        elif report.failed:
            judgement = judgement_in(call.excinfo.value) if call.excinfo else None
            report.longrepr = self._harmless(str(judgement or report.longrepr))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Take the key out of what a client warned of, before anybody shows it."""
        text = str(warning_message.message)
        if is_of_suite(nodeid) and self._harmless(text) != text:
            warning_message.message = UserWarning(self._harmless(text))

    def _judge(self, report: pytest.TestReport, requirement: Requirement, error: BaseException | None) -> None:
        client, node_id = self._clients.of(report.nodeid)
        verdict, sentence = self._verdict(report, requirement, error, client)
        reason = pathless(sentence, self._project)
        found = Result(node_id, requirement.check, requirement.level, verdict, reason, client)
        known = self._known.reason_for(found)
        result = replace(found, known=known)
        _write_down(report, result)
        if not report.failed or not verdict.is_bad:
            return
        if known or not is_gating(result, self._level):
            report.outcome = "skipped"  # as pytest itself marks an expected failure
            report.wasxfail = f"known: {known}; {reason}" if known else f"{requirement.level}: {reason}"

    def _verdict(
        self, report: pytest.TestReport, requirement: Requirement, error: BaseException | None, client: str
    ) -> tuple[Verdict, str]:
        if error is None:
            return Verdict.PASSED, ""
        if isinstance(error, pytest.skip.Exception):
            return Verdict.NOT_OFFERED, one_line(self._harmless(error.msg or "skipped"))
        judgement = judgement_in(error)
        if isinstance(judgement, CheckFailed):
            self._render(report, judgement, requirement, client)
            return Verdict.FAILED, observed(judgement, self._secrets)
        if isinstance(judgement, CouldNotRun):
            report.longrepr = self._harmless(str(judgement))
            return Verdict.COULD_NOT_RUN, self._harmless(judgement.explanation)
        where = "while the harness of the client was set up" if report.when == "setup" else "in the check itself"
        reason = one_line(self._harmless(f"{type(error).__name__} {where}: {error}"))
        trace = self._harmless(str(report.longrepr))
        report.longrepr = f"could not run: {reason}\n\n{trace}"
        report.__dict__.update({EVIDENCE: [("traceback", trace)]})
        return Verdict.COULD_NOT_RUN, reason

    def _render(self, report: pytest.TestReport, failure: CheckFailed, requirement: Requirement, client: str) -> None:
        rendered = FailureWriter(self._subject(client), self._contract).write(failure, requirement)
        report.longrepr = rendered.text
        report.__dict__.update({BRIEF: rendered.brief, ALIKE: rendered.alike, EVIDENCE: rendered.evidence})

    def _harmless(self, text: str) -> str:
        return harmless(text, self._secrets)
