"""What a run has found so far, put together from the reports of pytest, and out of reach of the client."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import (
    AdapterWork,
    Case,
    CheckReport,
    ClientReport,
    Repeat,
    Report,
    Result,
    Sender,
    Served,
    Verdict,
    Who,
    notes_in,
    one_line,
    pathless,
)

from ._clients import is_of_suite
from ._judging import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pytest

    from pytest_openrouter_stt.report import Circumstances, ErrorRow, KnownFailure, KnownFailures, Note, Requirement

    from ._clients import Clients

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
        forms = dict.fromkeys(note.form for note in notes if isinstance(note, Served))
        return ClientReport(
            who=Who(*map(self._pathless, (who.name, who.version, who.title))),
            circumstances=replace(circumstances, forms=tuple(sorted(forms))),
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
