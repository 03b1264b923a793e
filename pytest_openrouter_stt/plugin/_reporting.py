"""The end of a run: what the terminal shows of the checks, and whether the run is green."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import (
    Conformance,
    Crash,
    FailureText,
    Result,
    Verdict,
    is_conclusive,
    matrix_lines,
    note_lines,
    summary_lines,
)

from ._judging import ALIKE, BRIEF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pytest_openrouter_stt.report import ClientReport, Report

    from ._record import Record

_MAX_BROKEN = 3
_STOPPED = "the run was stopped"


class SuiteReporting:
    """Plugin that takes note of what checks found, shows it, and never lets a run end green that is not.

    Args:
        record: What the run has found.
        report: Gives the report with an exit code.
    """

    def __init__(self, record: Record, report: Callable[[int], Report]) -> None:
        self._record = record
        self._report = report
        self._first_with: dict[str, str] = {}
        self._broken: dict[str, pytest.TestReport] = {}
        self._config: pytest.Config | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember how much the user wants to read."""
        self._config = session.config

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take note of what is going to run."""
        self._record.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Iterable[str]) -> None:  # noqa: ARG002 - the hook has it
        """Take note of what a worker of pytest-xdist is going to run."""
        self._record.expect(ids)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take note of an end before the end."""
        asked = str(excinfo.value) if excinfo.errisinstance(pytest.exit.Exception) else "by the user"
        self._record.interruption = f"{_STOPPED}: {asked}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; with pytest-xdist this is called where the reports come together."""
        result = self._record.add(report)
        if result is None or not report.failed or not isinstance(report.longrepr, str) or self._is_worker:
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
        result = Result.from_properties(report.user_properties)
        if result is None or result.verdict is not Verdict.COULD_NOT_RUN:
            return None
        return "could not run", "U", "COULD NOT RUN"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Never end green what is not: without a verdict, unfinished, or with known failures that are none."""
        if self._is_worker or session.config.option.collectonly:
            return
        stopped = session.shouldfail or session.shouldstop
        if stopped and not self._record.interruption:
            self._record.interruption = f"{_STOPPED}: {stopped}"
        if session.exitstatus == pytest.ExitCode.OK and not self._may_be_green():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print the areas as rows, and what could not be judged."""
        report = self._report(exitstatus)
        if not any(client.checks for client in report.clients):
            return
        self._show_broken(terminalreporter)
        for client in report.clients:
            self._show_client(terminalreporter, client)
        if len(report.clients) > 1:
            terminalreporter.section("stt: all clients", bold=True)
            for line in matrix_lines(report, terminalreporter._tw.fullwidth):  # noqa: SLF001 - as plugins of pytest do
                terminalreporter.write_line(line)
        stale = self._record.stale()
        if stale:
            terminalreporter.section("stt: known failures", bold=True, red=True)
            for _, problem in stale:
                terminalreporter.write_line(problem)

    def _may_be_green(self) -> bool:
        if not self._record.is_due and not self._record.all_results:
            return True  # of a run of the project's own tests, nothing is to be said
        each = all(is_conclusive(results) for results in self._record.by_client())
        return each and not self._record.unfinished and not self._record.stale()

    def _show_client(self, terminal: pytest.TerminalReporter, client: ClientReport) -> None:
        terminal.section(f"stt: {client.who.title}", bold=True)
        verbose = terminal.config.get_verbosity() > 0
        for line in (*summary_lines(client.results, client.circumstances.level), *note_lines(client, verbose=verbose)):
            terminal.write_line(line)
        is_good = client.is_green and client.conformance is Conformance.CONFORMANT
        terminal.write_line(
            client.conclusion, bold=True, green=is_good, red=not client.is_green, yellow=client.is_green and not is_good
        )

    def _show_broken(self, terminal: pytest.TerminalReporter) -> None:
        """Print the tracebacks of checks that broke: pytest shows those of failures and of errors only."""
        if terminal.config.option.tbstyle == "no":
            return
        for reason, report in list(self._broken.items())[:_MAX_BROKEN]:
            sharing = sum(result.reason == reason for result in self._record.all_results) - 1
            others = f" and {sharing} more" if sharing else ""
            terminal.section(f"{report.nodeid}{others}: could not run", sep="_", red=True)
            for line in str(report.longrepr).split("\n"):
                terminal.write_line(line)

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def _not_twice(self, report: pytest.TestReport) -> str:
        """Return the text of a failure, or less when one line is wanted or its evidence is in the terminal already."""
        if self._config is not None and self._config.option.tbstyle == "line":
            return ""  # pytest itself adds the line
        alike, text = getattr(report, ALIKE, ""), str(report.longrepr)
        first = self._first_with.setdefault(alike, report.nodeid) if alike else report.nodeid
        is_all_wanted = self._config is None or self._config.get_verbosity() > 0
        if first == report.nodeid or is_all_wanted:
            return text
        return f"{getattr(report, BRIEF)}\nlike      {first}, which shows the rest; so does -v"
