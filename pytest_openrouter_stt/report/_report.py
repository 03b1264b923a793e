"""A run as a value: everything that a report says of a client, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._result import Level, Verdict
from ._summary import Conformance, conclusion, conformance, is_green

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._notes import AdapterWork, ErrorRow, Repeat, Sender, Who
    from ._result import Requirement, Result

_WORST_FIRST = (Verdict.FAILED, Verdict.COULD_NOT_RUN, Verdict.PASSED, Verdict.NOT_OFFERED)


@dataclass(frozen=True, slots=True)
class Case:
    """A check in one mode, on one case.

    Attributes:
        result: Its verdict.
        duration: What it took, in seconds.
        evidence: What a failure shows: labels and texts, in their order; without secrets and control characters.
        repeats: Bodies that were sent again although the server had received them.
    """

    result: Result
    duration: float = 0.0
    evidence: tuple[tuple[str, str], ...] = ()
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of one check.

    Attributes:
        requirement: What it judges.
        cases: At least one, in the order in which they ended.
    """

    requirement: Requirement
    cases: tuple[Case, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its cases': one that failed makes it failed."""
        return worst(case.result.verdict for case in self.cases)

    @property
    def known(self) -> str:
        """Why its failures are known, when each of them is; else empty."""
        bad = [case.result for case in self.cases if case.result.verdict.is_bad]
        return bad[0].known if bad and all(result.known for result in bad) else ""

    @property
    def duration(self) -> float:
        """What its cases took together, in seconds."""
        return sum(case.duration for case in self.cases)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a run was made with.

    Attributes:
        started: When, as RFC 3339 has it, in UTC.
        duration: How long it took, in seconds.
        versions: Of ``pytest-openrouter-stt``, ``python``, ``pytest`` and ``hypothesis``.
        spec: The OpenAPI document, as the user named it, or ``packaged``.
        revision: The first digits of its SHA-256.
        level: The lowest level whose failures fail the run.
        max_examples: Examples of a property check.
        seed: Where they start.
        forms: How the endpoint was served: ``respx``, ``loopback``.
    """

    started: str
    duration: float
    versions: dict[str, str]
    spec: str
    revision: str
    level: Level
    max_examples: int
    seed: int
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientReport:
    """One client, judged in one run.

    Attributes:
        who: The client.
        circumstances: What the run was made with.
        checks: Those of which a case ran, in the suite's order.
        not_run: The IDs of the shipped checks that are not among them.
        unfinished: Why the run did not come to its end; empty when it did.
        exit_code: pytest's.
        stale: What is wrong with the known failures that the run was given, which fails it.
        errors: What the client makes of each status; empty when that was not found out.
        senders: Where its requests are sent from.
        adapters: What an adapter does itself.
    """

    who: Who
    circumstances: Circumstances
    checks: tuple[CheckReport, ...]
    not_run: tuple[str, ...] = ()
    unfinished: str = ""
    exit_code: int = 0
    errors: tuple[ErrorRow, ...] = ()
    senders: tuple[Sender, ...] = ()
    adapters: tuple[AdapterWork, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def results(self) -> list[Result]:
        """The result of each case of each check."""
        return [case.result for check in self.checks for case in check.cases]

    @property
    def conformance(self) -> Conformance:
        """The verdict on the client."""
        return conformance(self.results, self.unfinished)

    @property
    def conclusion(self) -> str:
        """The verdict in one sentence."""
        return conclusion(self.results, self.unfinished)

    @property
    def is_green(self) -> bool:
        """Whether the run passes the gate: it ended, what failed is known or below the level, and nothing is stale."""
        return not self.unfinished and not self.stale and is_green(self.results, self.circumstances.level)


@dataclass(frozen=True, slots=True)
class Report:
    """What ``--stt-report`` writes: one client, or several side by side.

    Attributes:
        clients: At least one; of runs that were merged, in the order in which they were given.
    """

    clients: tuple[ClientReport, ...]

    @property
    def requirements(self) -> dict[str, Requirement]:
        """The requirements of all checks that ran, by ID; the newest wording of each."""
        return {check.requirement.check: check.requirement for client in self.clients for check in client.checks}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the one of *verdicts* that a reader has to know of first."""
    return min(verdicts, key=_WORST_FIRST.index)
