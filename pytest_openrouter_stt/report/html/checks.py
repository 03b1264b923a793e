"""The checks of one client as its HTML page shows them, and the small words of a page."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report.result import Level, Verdict
from pytest_openrouter_stt.report.summary import Conformance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_openrouter_stt.report.report import Case, CheckReport, ClientReport
    from pytest_openrouter_stt.report.result import Requirement

LONGEST = 8000
"""Characters of a text that are shown; no reader needs more of a megabyte, and no page should weigh as much."""

SYMBOLS: dict[Verdict | Conformance, str] = {
    Verdict.FAILED: "✗",
    Verdict.COULD_NOT_RUN: "!",
    Verdict.NOT_OFFERED: "–",
    Verdict.PASSED: "✓",
    Conformance.NOT_CONFORMANT: "✗",
    Conformance.NO_VERDICT: "!",
    Conformance.CONFORMANT: "✓",
}
"""Stands beside the word, for eyes that tell no colours apart; never without it."""

_NO_ANCHOR = re.compile(r"[^A-Za-z0-9_.]+")


def elided(text: str, limit: int = LONGEST) -> str:
    """Return *text*, or its beginning and its length when it is longer than *limit*."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def slug(text: str) -> str:
    """Return *text* as a part of an anchor, or as the name of a class."""
    return _NO_ANCHOR.sub("-", text).strip("-") or "unnamed"


def anchor(check: str, prefix: str = "") -> str:
    """Return the anchor of the check with the ID *check*: ``area--test_name``, behind *prefix*."""
    area, _, name = check.partition("::")
    return f"{prefix}{slug(area)}--{slug(name)}"


def number(count: int, noun: str) -> str:
    """Return ``1 case``, ``2 cases``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


_OF_ONE_CASE = frozenset({"call", "curl", "raised at", "stuck at", "waited"})
"""Rows that differ between the modes of a client although the evidence is the same."""

_TIME = re.compile(r"(?<=\d\. )after [^ ]+ s ")
"""When a request came, which is another in each run of a client that waits at random."""

_TO_COPY = frozenset({"call", "curl"})
_WORST_FIRST = (Verdict.FAILED, Verdict.COULD_NOT_RUN, Verdict.NOT_OFFERED, Verdict.PASSED)


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff.

    Attributes:
        sign: ``-``, ``+`` or a space.
        text: All of the line.
    """

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A row of what a failure shows.

    Attributes:
        label: What it is.
        text: As text.
        lines: As a diff; empty for what is none.
        to_copy: Whether a reader wants to paste it.
    """

    label: str
    text: str
    lines: tuple[DiffLine, ...]
    to_copy: bool


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """Cases of a check that came to the same, by the same evidence.

    Attributes:
        verdict: What they came to.
        reason: Why.
        known: Why that is known.
        names: What stands between the brackets of each node ID; empty for a check that has one case only.
        evidence: That of the first.
    """

    verdict: Verdict
    reason: str
    known: str
    names: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        requirement: What it judges.
        verdict: The worst of its cases'.
        known: Why its failures are known, when each of them is.
        anchor: Where it is on the page.
        amount: How many of its cases came to that, in words.
        reason: Why the first of them did.
        duration: What its cases took together, in seconds.
        groups: Its cases, the worst first.
        again: How to run it again, as a shell takes it; empty where nobody needs to.
        explained: How to have it explained, likewise.
    """

    requirement: Requirement
    verdict: Verdict
    known: str
    anchor: str
    amount: str
    reason: str
    duration: float
    groups: tuple[EvidenceGroup, ...]
    again: str = ""
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Checks that came to the same for the same reason.

    Attributes:
        text: The reason; empty where each check has its own.
        checks: Those.
    """

    text: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Checks that came to the same.

    Attributes:
        title: What they came to.
        verdict: The same.
        reasons: The checks by their reason, the most frequent first.
    """

    title: str
    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def count(self) -> int:
        """How many checks there are."""
        return sum(len(reason.checks) for reason in self.reasons)


def sections(report: ClientReport, prefix: str) -> Iterator[Section]:
    """Yield the checks of *report* in the order in which they are read; what is empty is left out.

    Args:
        report: One client.
        prefix: Begins the anchor of each check.
    """
    checks = [_check(check, report, prefix) for check in report.checks]
    failed = _with(checks, Verdict.FAILED)
    for level in Level:
        at_level = [check for check in failed if check.requirement.level is level]
        yield from _section(f"Failed {level} checks", Verdict.FAILED, [Reason("", tuple(at_level))])
    for title, verdict in (("Could not run", Verdict.COULD_NOT_RUN), ("Not offered", Verdict.NOT_OFFERED)):
        yield from _section(title, verdict, _by_reason(_with(checks, verdict)))
    yield from _section("Passed", Verdict.PASSED, [Reason("", tuple(_with(checks, Verdict.PASSED)))])


def _section(title: str, verdict: Verdict, reasons: Iterable[Reason]) -> Iterator[Section]:
    filled = tuple(reason for reason in reasons if reason.checks)
    if filled:
        yield Section(title, verdict, filled)


def _with(checks: Iterable[Check], verdict: Verdict) -> list[Check]:
    return [check for check in checks if check.verdict is verdict]


def _by_reason(checks: Sequence[Check]) -> list[Reason]:
    counts = Counter(check.reason for check in checks)
    return [
        Reason(reason, tuple(check for check in checks if check.reason == reason)) for reason, _ in counts.most_common()
    ]


def _check(check: CheckReport, report: ClientReport, prefix: str) -> Check:
    requirement, verdict = check.requirement, check.verdict
    alike = [case for case in check.cases if case.result.verdict is verdict]
    cases = number(len(check.cases), "case")
    shown = Check(
        requirement,
        verdict,
        check.known,
        anchor(requirement.check, prefix),
        cases if len(alike) == len(check.cases) else f"{len(alike)} of {cases}",
        alike[0].result.reason,
        check.duration,
        tuple(_groups(check.cases)),
    )
    if not verdict.is_bad:
        return shown
    explained = shlex.join(["pytest", "--stt-explain", requirement.check])
    return replace(shown, again=_again(check, report), explained=explained)


def _groups(cases: Iterable[Case]) -> Iterator[EvidenceGroup]:
    alike: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        alike.setdefault(_essence(case), []).append(case)
    for members in sorted(alike.values(), key=lambda group: _WORST_FIRST.index(group[0].result.verdict)):
        first = members[0]
        names = tuple(name for case in members if (name := _name(case)))
        rows = tuple(_row(label, text) for label, text in first.evidence)
        yield EvidenceGroup(first.result.verdict, first.result.reason, first.result.known, names, rows)


def _essence(case: Case) -> tuple[object, ...]:
    """Return what is equal for cases that show a reader the same."""
    rows = tuple((label, _TIME.sub("", text)) for label, text in case.evidence if label not in _OF_ONE_CASE)
    return case.result.verdict, case.result.reason, case.result.known, rows


def _name(case: Case) -> str:
    return case.result.node_id.partition("[")[2].removesuffix("]")


def _row(label: str, text: str) -> Evidence:
    lines = tuple(_diff(elided(text))) if label == "diff" else ()
    return Evidence(label, text, lines, label in _TO_COPY)


def _diff(text: str) -> Iterator[DiffLine]:
    """Yield the lines of a diff; the first one only says what the signs mean."""
    for place, line in enumerate(text.split("\n")):
        yield DiffLine(line[0] if place and line[:2] in {"- ", "+ "} else " ", line)


def _again(check: CheckReport, report: ClientReport) -> str:
    about, first = report.circumstances, check.cases[0].result
    options = [
        f"--stt-client={first.client}" if first.client else "",  # else a fixture of the project gives it
        "" if about.spec == "packaged" else f"--stt-spec={about.spec}",
        f"--stt-seed={about.seed}",
        f"--stt-max-examples={about.max_examples}",
        first.node_id.partition("[")[0],
    ]
    return shlex.join(["pytest", *filter(None, options)])
