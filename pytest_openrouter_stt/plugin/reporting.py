"""The record of a run, and its end: what the terminal shows, and whether the run is green."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import (
    AdapterWork,
    Case,
    CheckReport,
    ClientReport,
    Conformance,
    Crash,
    FailureText,
    Repeat,
    Report,
    Result,
    Sender,
    Served,
    Verdict,
    Who,
    is_conclusive,
    matrix_lines,
    note_lines,
    notes_in,
    one_line,
    pathless,
    summary_lines,
)

from .mounting import is_of_suite
from .verdicts import ALIKE, BRIEF, EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from pytest_openrouter_stt.report import Circumstances, ErrorRow, KnownFailure, KnownFailures, Note, Requirement

    from .mounting import Clients

_CRASHED = "the process that ran the check ended before it was over"
_AFTER = "after the check: "


class Record:
    """What a run has found so far.

    Args:
        clients: Who is judged.
        requirements: Of every shipped check, by its ID, in the suite's order.
        known: The failures that do not fail the run.
        who: Says what is known of a client, as long as it was not made.
        project: The folder that paths are shown relative to.
    """

    def __init__(
        self,
        clients: Clients,
        requirements: Mapping[str, Requirement],
        known: KnownFailures,
        who: Callable[[str], Who],
        project: Path,
    ) -> None:
        self._clients = clients
        self._requirements = requirements
        self.known = known
        self._who = who
        self._project = project
        self._cases: dict[tuple[str, str], Case] = {}
        self._notes: dict[str, list[Note]] = {name: [] for name in clients}
        self._expected: set[str] = set()
        self._ended: set[str] = set()
        self.interruption = ""
        """Why the run does not come to its end, as far as somebody said so."""

    def expect(self, node_ids: Iterable[str]) -> None:
        """Take note of the items that are going to run."""
        self._expected.update(filter(is_of_suite, node_ids))

    def add(self, report: pytest.TestReport) -> Result | None:
        """Take note of a report of pytest, and return the result of the check that it is about."""
        if not is_of_suite(report.nodeid):
            return None
        result = Result.from_properties(report.user_properties)
        if result is None:
            return self._crashed(report) if report.failed else None
        self._ended.add(report.nodeid)
        place = result.client, result.node_id
        if report.when == "teardown":
            self._take_back(place, report)
            return None
        notes = list(notes_in(report.user_properties))
        repeats = tuple(note for note in notes if isinstance(note, Repeat))
        evidence = tuple((label, self._pathless(text)) for label, text in getattr(report, EVIDENCE, ()))
        self._cases[place] = Case(result, round(report.duration, 3), evidence, repeats)
        kept = self._notes[result.client]
        kept += [note for note in notes if note not in kept and not isinstance(note, Repeat)]
        return result

    @property
    def all_results(self) -> list[Result]:
        """The result of each case, of all clients."""
        return [case.result for case in self._cases.values()]

    def by_client(self) -> list[list[Result]]:
        """Return the result of each case, for each client."""
        return [[result for result in self.all_results if result.client == name] for name in self._clients]

    @property
    def not_run(self) -> list[str]:
        """The IDs of the shipped checks of which no case ran, of any client."""
        ran = {result.check for result in self.all_results}
        return [check for check in self._requirements if check not in ran]

    @property
    def is_due(self) -> bool:
        """Whether a check was to run."""
        return bool(self._expected)

    def stale(self) -> list[tuple[KnownFailure, str]]:
        """Return what is wrong with the known failures; of a run that did not come to its end nobody knows."""
        if self.unfinished:
            return []
        return list(self.known.problems(self.all_results, self.not_run))

    def report(self, circumstances: Circumstances, exit_code: int) -> Report:
        """Return everything as a value."""
        return Report(tuple(self._client(name, circumstances, exit_code) for name in self._clients))

    @property
    def unfinished(self) -> str:
        """Why the run did not come to its end; empty when it did."""
        missing = len(self._expected - self._ended)
        of_all = f"{missing:,} of {len(self._expected):,} cases were not run" if missing else ""
        if not self._cases and not of_all:
            of_all = "no check was run"
        return "; ".join(filter(None, [self.interruption, of_all]))

    def _client(self, name: str, circumstances: Circumstances, exit_code: int) -> ClientReport:
        notes = self._notes[name]
        checks = tuple(self._checks(name))
        ran = {check.requirement.check for check in checks}
        who = next((note for note in reversed(notes) if isinstance(note, Who)), None) or self._who(name)
        tables = [note for note in notes if isinstance(note, tuple)]
        rows: dict[ErrorRow, None] = dict.fromkeys(row for table in tables for row in table)
        transports = dict.fromkeys(note.form for note in notes if isinstance(note, Served))
        return ClientReport(
            who=Who(*map(self._pathless, (who.name, who.version, who.title))),
            circumstances=replace(circumstances, transports=tuple(sorted(transports))),
            checks=checks,
            not_run=tuple(check for check in self._requirements if check not in ran),
            unfinished=self._pathless(self.unfinished),
            exit_code=exit_code,
            errors=tuple(rows),
            senders=tuple(note for note in notes if isinstance(note, Sender)),
            stale=tuple(problem for entry, problem in self.stale() if entry.is_of(name)),
            adapters=tuple(note for note in notes if isinstance(note, AdapterWork)),
        )

    def _checks(self, client: str) -> Iterable[CheckReport]:
        cases: dict[str, list[Case]] = {}
        for (name, _), case in self._cases.items():
            if name == client:
                cases.setdefault(case.result.check, []).append(case)
        for check, requirement in self._requirements.items():
            if check in cases:
                yield CheckReport(requirement, tuple(cases[check]))

    def _crashed(self, report: pytest.TestReport) -> Result:
        """Keep that a check ended its process, which pytest-xdist tells in a report of its own."""
        client, node_id = self._clients.of(report.nodeid)
        requirement = self._requirements[re.split(r"[\[@]", node_id)[0].partition("/")[2]]
        self._ended.add(report.nodeid)
        verdict = Verdict.COULD_NOT_RUN
        result = Result(node_id, requirement.check, requirement.level, verdict, _CRASHED, client)
        self._cases[client, node_id] = Case(result)
        return result

    def _take_back(self, place: tuple[str, str], report: pytest.TestReport) -> None:
        """Let a check whose end failed not count as passed."""
        case = self._cases.get(place)
        if not report.failed or case is None or case.result.verdict is Verdict.FAILED:
            return
        reason = self._pathless(f"{_AFTER}{one_line(str(report.longrepr))}")
        self._cases[place] = replace(case, result=replace(case.result, verdict=Verdict.COULD_NOT_RUN, reason=reason))

    def _pathless(self, text: str) -> str:
        return pathless(text, self._project)


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
