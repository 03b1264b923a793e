"""Turns what pytest saw of a check into its verdict, and the verdicts into the end of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import (
    CheckFailed,
    CheckStopped,
    CouldNotRun,
    Level,
    Result,
    Subject,
    Verdict,
    conclusion,
    harmless,
    is_conclusive,
    render_failure,
    summary_lines,
)
from pytest_openrouter_stt.suite import info_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.report import Requirement


class SuiteReporting:
    """Plugin that gives each check's report its verdict, and ends the run with a summary.

    Args:
        contract: What the client is judged against.
        level: ``must`` or ``should``: the lowest level whose failures fail the run.
        title: Says who is judged.
        subject: Says how to show the client, once it is known.
    """

    def __init__(
        self, contract: Contract, level: str, title: Callable[[], str], subject: Callable[[], Subject | None]
    ) -> None:
        self._contract = contract
        self._level = level
        self._title = title
        self._subject = subject
        self._results: dict[str, Result] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the report of a check its verdict, and its failure the form that teaches."""
        report = yield
        info = info_of(item)
        if info is not None and (report.when == "call" or (report.when == "setup" and not report.passed)):
            self._judge(report, info.requirement, call.excinfo.value if call.excinfo else None)
            item.user_properties[:] = report.user_properties  # JUnit XML takes them from the report of the teardown
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; with pytest-xdist this is called where the reports come together."""
        result = Result.from_properties(report.nodeid, report.user_properties)
        if result is not None:
            self._results[report.nodeid] = result

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Tell 'could not run' from failures and from errors."""
        if report.when not in {"setup", "call"} or not report.failed:
            return None
        result = Result.from_properties(report.nodeid, report.user_properties)
        if result is None or result.verdict is not Verdict.COULD_NOT_RUN:
            return None
        return "could not run", "U", "COULD NOT RUN"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Never end green when checks ran and none of them came to a verdict."""
        results = list(self._results.values())
        if results and session.exitstatus == pytest.ExitCode.OK and not is_conclusive(results):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the areas as rows, and what could not be judged."""
        results = list(self._results.values())
        if not results:
            return
        terminalreporter.section(f"stt: {harmless(self._title())}", bold=True)
        for line in summary_lines(results):
            terminalreporter.write_line(line)
        good = conclusion(results).startswith("conformant")
        terminalreporter.write_line(conclusion(results), green=good, red=not good, bold=True)

    def _judge(self, report: pytest.TestReport, requirement: Requirement, error: BaseException | None) -> None:
        verdict, reason = self._verdict(report, requirement, error)
        result = Result(report.nodeid, requirement.check, requirement.level, verdict, reason)
        report.user_properties.extend(result.properties())
        report.sections[:] = [(name, self._harmless(text)) for name, text in report.sections]
        if verdict is Verdict.FAILED and requirement.level is not Level.MUST and self._level == "must":
            report.outcome = "skipped"
            report.wasxfail = f"{requirement.level}: {reason}"  # as pytest itself marks an expected failure

    def _verdict(
        self, report: pytest.TestReport, requirement: Requirement, error: BaseException | None
    ) -> tuple[Verdict, str]:
        if report.passed:
            return Verdict.PASSED, ""
        if report.skipped:
            return Verdict.NOT_OFFERED, self._harmless(getattr(error, "msg", None) or str(error))
        judgement = _judgement_in(error)
        if isinstance(judgement, CheckFailed):
            report.longrepr = self._rendered(judgement, requirement)
            return Verdict.FAILED, self._harmless(judgement.observed)
        if isinstance(judgement, CouldNotRun):
            report.longrepr = self._harmless(str(judgement))
            return Verdict.COULD_NOT_RUN, self._harmless(f"{judgement.reason}. {judgement.remedy}".strip())
        return Verdict.COULD_NOT_RUN, self._harmless(f"{type(error).__name__} in the check itself: {error}")

    def _rendered(self, failure: CheckFailed, requirement: Requirement) -> str:
        subject = self._subject() or Subject(self._title(), "client", ())
        return render_failure(failure, requirement, subject, self._contract)

    def _harmless(self, text: str) -> str:
        subject = self._subject()
        return harmless(text, subject.secrets if subject else ())


def _judgement_in(error: BaseException | None) -> CheckFailed | CouldNotRun | None:
    """Return what a check says of itself; Hypothesis wraps a failure that does not happen every time."""
    if isinstance(error, CheckFailed | CouldNotRun):
        return error
    if isinstance(error, CheckStopped):
        return error.cause
    if isinstance(error, BaseExceptionGroup):
        found = (_judgement_in(inner) for inner in error.exceptions)
        return next((judgement for judgement in found if judgement is not None), None)
    return None
