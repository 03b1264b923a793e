"""Turns what pytest saw of a check into its verdict, and the verdicts into the end of the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import (
    CheckFailed,
    CouldNotRun,
    Crash,
    FailureText,
    Level,
    Result,
    Subject,
    Verdict,
    conclusion,
    harmless,
    harmless_log,
    is_conclusive,
    is_green,
    judgement_in,
    note_lines,
    notes_in,
    observed,
    one_line,
    render_failure,
    summary_lines,
)
from pytest_openrouter_stt.suite import info_of

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.report import Note, Requirement

_BRIEF, _EVIDENCE = "stt_brief", "stt_evidence"
"""What a report carries beside its text, also from one process to another: pytest sends all of its `__dict__`."""

_MAX_BROKEN = 3
_KEY_VARIABLE = "OPENROUTER_API_KEY"


def add_row(report: pytest.TestReport, label: str, value: str) -> None:
    """Add a row to the text of a failure, and to what is left of it beside another with the same evidence."""
    row = f"\n{label:<10}{value}"
    report.longrepr = f"{report.longrepr}{row}"
    report.__dict__.update({_BRIEF: f"{getattr(report, _BRIEF, '')}{row}"})


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
        self._level = Level(level.upper())
        self._title = title
        self._subject = subject
        self._own_key = os.environ.get(_KEY_VARIABLE, "")  # now, because it is hidden while a client is driven
        self._results: dict[str, Result] = {}
        self._notes: dict[str, list[Note]] = {}
        self._first_with: dict[str, str] = {}
        self._broken: dict[str, pytest.TestReport] = {}
        self._config: pytest.Config | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember how much the user wants to read."""
        self._config = session.config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the report of a check its verdict, and its failure the form that teaches."""
        report = yield
        info = info_of(item)
        if info is None:
            return report
        report.sections[:] = [(name, harmless_log(text, self._secrets)) for name, text in report.sections]
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self._judge(report, info.requirement, call.excinfo.value if call.excinfo else None)
            item.user_properties[:] = report.user_properties  # JUnit XML takes them from the report of the teardown
        elif report.failed:
            judgement = judgement_in(call.excinfo.value) if call.excinfo else None
            report.longrepr = self._harmless(str(judgement or report.longrepr))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; with pytest-xdist this is called where the reports come together."""
        result = Result.from_properties(report.nodeid, report.user_properties)
        if result is None or report.when == "teardown":
            return
        self._results[report.nodeid] = result
        self._notes[report.nodeid] = list(notes_in(report.user_properties))
        if not report.failed or not isinstance(report.longrepr, str) or self._is_worker:
            return
        if result.verdict is Verdict.COULD_NOT_RUN and "\n" in report.longrepr:
            self._broken.setdefault(result.reason, report)
        shown = self._not_twice(report)
        report.longrepr = FailureText(report.longrepr, shown, Crash(report.nodeid, result.reason))  # type: ignore[assignment] # pytest takes whatever has toterminal()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Tell 'could not run' from failures and from errors."""
        if report.when not in {"setup", "call"} or not report.failed:
            return None
        result = Result.from_properties(report.nodeid, report.user_properties)
        if result is None or result.verdict is not Verdict.COULD_NOT_RUN:
            return None
        return "could not run", "U", "COULD NOT RUN"

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        """Take the key out of what a client warned of, before anybody shows it."""
        text = str(warning_message.message)
        if nodeid.startswith("stt/") and self._harmless(text) != text:
            warning_message.message = UserWarning(self._harmless(text))

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
        self._show_broken(terminalreporter)
        terminalreporter.section(f"stt: {self._harmless(self._title())}", bold=True)
        verbose = terminalreporter.config.get_verbosity() > 0
        for line in (*summary_lines(results, self._level), *note_lines(self._notes, verbose=verbose)):
            terminalreporter.write_line(line)
        good = is_green(results, self._level)
        terminalreporter.write_line(conclusion(results), green=good, red=not good, bold=True)

    def _show_broken(self, terminal: pytest.TerminalReporter) -> None:
        """Print the tracebacks of checks that broke: pytest shows those of failures and of errors only."""
        if terminal.config.option.tbstyle == "no":
            return
        for reason, report in list(self._broken.items())[:_MAX_BROKEN]:
            sharing = sum(result.reason == reason for result in self._results.values()) - 1
            others = f" and {sharing} more" if sharing else ""
            terminal.section(f"{report.nodeid}{others}: could not run", sep="_", red=True)
            terminal.write_line(str(report.longrepr))

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def _not_twice(self, report: pytest.TestReport) -> str:
        """Return the text of a failure, or less when one line is wanted or its evidence is in the terminal already."""
        if self._config is not None and self._config.option.tbstyle == "line":
            return ""  # pytest itself adds the line
        evidence, text = getattr(report, _EVIDENCE, ""), str(report.longrepr)
        first = self._first_with.setdefault(evidence, report.nodeid) if evidence else report.nodeid
        is_all_wanted = self._config is None or self._config.get_verbosity() > 0
        if first == report.nodeid or is_all_wanted:
            return text
        return f"{getattr(report, _BRIEF)}\nlike      {first}, which shows the rest; so does -v"

    def _judge(self, report: pytest.TestReport, requirement: Requirement, error: BaseException | None) -> None:
        verdict, reason = self._verdict(report, requirement, error)
        result = Result(report.nodeid, requirement.check, requirement.level, verdict, reason)
        report.user_properties.extend(result.properties())
        if verdict is Verdict.FAILED and report.failed and not self._fails_the_run(requirement.level):
            report.outcome = "skipped"
            report.wasxfail = f"{requirement.level}: {reason}"  # as pytest itself marks an expected failure

    def _fails_the_run(self, level: Level) -> bool:
        order = list(Level)
        return order.index(level) <= order.index(self._level)

    def _verdict(
        self, report: pytest.TestReport, requirement: Requirement, error: BaseException | None
    ) -> tuple[Verdict, str]:
        if error is None:
            return Verdict.PASSED, ""
        if isinstance(error, pytest.skip.Exception):
            return Verdict.NOT_OFFERED, one_line(self._harmless(error.msg or "skipped"))
        judgement = judgement_in(error)
        if isinstance(judgement, CheckFailed):
            self._render(report, judgement, requirement)
            return Verdict.FAILED, observed(judgement, self._secrets)
        if isinstance(judgement, CouldNotRun):
            report.longrepr = self._harmless(str(judgement))
            return Verdict.COULD_NOT_RUN, self._harmless(judgement.explanation)
        where = "while the client was put on its stand" if report.when == "setup" else "in the check itself"
        reason = one_line(self._harmless(f"{type(error).__name__} {where}: {error}"))
        report.longrepr = f"could not run: {reason}\n\n{self._harmless(str(report.longrepr))}"
        return Verdict.COULD_NOT_RUN, reason

    def _render(self, report: pytest.TestReport, failure: CheckFailed, requirement: Requirement) -> None:
        subject = self._subject() or Subject(self._title(), "client", self._secrets)
        rendered = render_failure(failure, requirement, subject, self._contract)
        report.longrepr = rendered.text
        report.__dict__.update({_BRIEF: rendered.brief, _EVIDENCE: rendered.evidence})

    @property
    def _secrets(self) -> tuple[str, ...]:
        subject = self._subject()
        return (*(subject.secrets if subject else ()), self._own_key)

    def _harmless(self, text: str) -> str:
        return harmless(text, self._secrets)
