"""The summary of a run in the terminal: areas as rows, levels apart, causes first, and notes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .result import Level, Result, Verdict, area_of
from .text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


_SEE = re.compile(r"\bsee (\w+::\w+)\b")
_MAX_CAUSE = 200


@dataclass(frozen=True, slots=True)
class Cause:
    """A failed check that kept others from being judged.

    Attributes:
        check: Its ID.
        text: How many others, and why it failed.
    """

    check: str
    text: str

    def __str__(self) -> str:
        return f"{self.check}, {self.text}"


def causes(results: Sequence[Result]) -> Iterator[Cause]:
    """Return each failed check that kept others from being judged, that with the most of them first.

    Args:
        results: One for each case of each check.
    """
    kept = _kept_from_running(results)
    for result in sorted(_first_failures(results), key=lambda failed: -len(kept.get(failed.check, ()))):
        count = len(kept.get(result.check, ()))
        if count:
            reason = one_line(result.reason, _MAX_CAUSE)
            yield Cause(result.check, f"without which {counted(count, 'check')} could not run: {reason}")


def _kept_from_running(results: Sequence[Result]) -> dict[str, set[str]]:
    """Return the checks that could not run, by the check that their reason refers to."""
    kept: dict[str, set[str]] = {}
    for result in results:
        found = _SEE.search(result.reason) if result.verdict is Verdict.COULD_NOT_RUN else None
        if found is not None:
            kept.setdefault(found[1], set()).add(result.check)
    return kept


def _first_failures(results: Sequence[Result]) -> list[Result]:
    """Return the first failed case of each check."""
    failed: dict[str, Result] = {}
    for result in results:
        if result.verdict is Verdict.FAILED:
            failed.setdefault(result.check, result)
    return list(failed.values())


_JUDGED = (Verdict.PASSED, Verdict.FAILED)
_NOT_JUDGED = (Verdict.NOT_OFFERED, Verdict.COULD_NOT_RUN)
_GAP = 3
_MAX_REASONS = 8
_MAX_CHECKS = 4
_MAX_REASON = 300


class Conformance(StrEnum):
    """What a run says of a client as a whole."""

    CONFORMANT = "conformant"
    NOT_CONFORMANT = "not conformant"
    NO_VERDICT = "no verdict"


def summary_lines(results: Sequence[Result], level: Level = Level.MUST) -> Iterator[str]:
    """Return the table of a run, and below it what does not fail the run and why checks were not judged.

    Args:
        results: One for each case of each check.
        level: The lowest level whose failures fail the run, and are shown elsewhere.
    """
    yield from _table(results)
    for weaker in _weaker(level):
        failed = [r for r in results if r.level is weaker and r.verdict is Verdict.FAILED]
        yield from _groups(f"failed {weaker} checks, which do not fail the run{_how_to_see(weaker)}", failed)
    yield from _groups("not offered by the client", with_verdict(results, Verdict.NOT_OFFERED))
    yield from _groups("could not run", with_verdict(results, Verdict.COULD_NOT_RUN))
    yield ""
    for cause in causes(results):
        yield from (f"mend first: {cause}", "")


def is_conclusive(results: Iterable[Result]) -> bool:
    """Whether at least one MUST check was judged."""
    return any(result.level is Level.MUST and result.verdict in _JUDGED for result in results)


def is_green(results: Sequence[Result], level: Level = Level.MUST) -> bool:
    """Whether MUST checks were judged, and whatever could not run, or failed at *level* or above, is known."""
    return is_conclusive(results) and not any(is_gating(r, level) and not r.known for r in results)


def is_gating(result: Result, level: Level) -> bool:
    """Whether *result* fails a run at *level*, were it not known."""
    stuck = result.verdict is Verdict.COULD_NOT_RUN
    return stuck or (result.verdict is Verdict.FAILED and result.level not in _weaker(level))


def conformance(results: Sequence[Result], unfinished: str = "") -> Conformance:
    """Return the verdict: of a run that did not come to its end there is none, unless a MUST failed before.

    Args:
        results: One for each case of each check.
        unfinished: Why the run did not come to its end; empty when it did.
    """
    if any(result.level is Level.MUST and result.verdict is Verdict.FAILED for result in results):
        return Conformance.NOT_CONFORMANT
    if unfinished or with_verdict(results, Verdict.COULD_NOT_RUN) or not is_conclusive(results):
        return Conformance.NO_VERDICT
    return Conformance.CONFORMANT


def conclusion(results: Sequence[Result], unfinished: str = "") -> str:
    """Return the verdict in one sentence; see `conformance`."""
    verdict = conformance(results, unfinished)
    return f"{verdict}: {_why(verdict, results, unfinished)}"


def _why(verdict: Conformance, results: Sequence[Result], unfinished: str) -> str:
    judged = [result for result in results if result.level is Level.MUST and result.verdict in _JUDGED]
    failed, stuck = with_verdict(judged, Verdict.FAILED), with_verdict(results, Verdict.COULD_NOT_RUN)
    unknown = f"{count_checks(stuck)} of {count_checks(results)} checks could not run" if stuck else ""
    if verdict is Conformance.NOT_CONFORMANT:
        cases = f"{len(failed)} of {len(judged)} cases{_known_among(failed)}"
        first = f"{count_checks(failed)} of {count_checks(judged)} MUST checks failed, in {cases}"
        return "; ".join(filter(None, [first, unknown, unfinished]))
    if verdict is Conformance.NO_VERDICT:
        return "; ".join(filter(None, [unfinished, unknown])) or "no MUST check was judged"
    weaker = [result for result in results if result.level is Level.SHOULD and result.verdict is Verdict.FAILED]
    also = f"; {counted(count_checks(weaker), 'SHOULD check')} failed" if weaker else ""
    return f"all {count_checks(judged)} MUST checks that were judged passed, in {counted(len(judged), 'case')}{also}"


def _known_among(failed: Sequence[Result]) -> str:
    known = sum(bool(result.known) for result in failed)
    if not known:
        return ""
    return ", all of them known" if known == len(failed) else f", {known} of them known"


def count_checks(results: Iterable[Result]) -> int:
    """Return how many checks *results* are of."""
    return len({result.check for result in results})


def _how_to_see(level: Level) -> str:
    return " (--stt-level=should shows them in full)" if level is Level.SHOULD else ""


def _weaker(level: Level) -> list[Level]:
    order = list(Level)
    return order[order.index(level) + 1 :]


def counts(results: Sequence[Result]) -> list[list[str]]:
    """Return the table of a run: two lines of headings, a row for each area, and one for all."""
    levels = levels_of(results)
    rows = [_row(area, [r for r in results if area_of(r.check) == area], levels) for area in _areas(results)]
    return [*_heads(levels), *rows, _row("all", results, levels)]


def levels_of(results: Iterable[Result]) -> list[Level]:
    """Return the levels that a table has columns for: MAY only where there is a check of it."""
    return [Level.MUST, Level.SHOULD, *([Level.MAY] if any(r.level is Level.MAY for r in results) else [])]


def _table(results: Sequence[Result]) -> Iterator[str]:
    rows = counts(results)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield (" " * _GAP).join([row[0].ljust(widths[0]), *cells]).rstrip()


def _heads(levels: Sequence[Level]) -> tuple[list[str], list[str]]:
    """Return two lines of headings: what the numbers of an area are, and of which level."""
    first, second = [""], ["area"]
    for level in levels:
        first += [level.value, level.value]
        second += [verdict.value for verdict in _JUDGED]
    return [*first, "not", "could"], [*second, "offered", "not run"]


def _row(name: str, results: Iterable[Result], levels: Iterable[Level]) -> list[str]:
    counts = Counter((result.level, result.verdict) for result in results)
    cells = [counts[level, verdict] for level in levels for verdict in _JUDGED]
    cells += [sum(counts[level, verdict] for level in Level) for verdict in _NOT_JUDGED]
    return [name, *("-" if count == 0 else str(count) for count in cells)]


def _areas(results: Iterable[Result]) -> list[str]:
    return list(dict.fromkeys(area_of(result.check) for result in results))


def with_verdict(results: Iterable[Result], verdict: Verdict) -> list[Result]:
    """Return those of *results* that have *verdict*."""
    return [result for result in results if result.verdict is verdict]


def _groups(title: str, results: Sequence[Result]) -> Iterator[str]:
    """Return each reason once, the most frequent first, with the checks that share it."""
    if not results:
        return
    yield ""
    yield f"{title}:"
    reasons = Counter(result.reason for result in results).most_common()
    for reason, _ in reasons[:_MAX_REASONS]:
        yield f"  {one_line(reason, _MAX_REASON)}"
        yield from _sharing(Counter(result.check for result in results if result.reason == reason))
    if len(reasons) > _MAX_REASONS:
        yield f"  … and {len(reasons) - _MAX_REASONS} more reasons"


def _sharing(checks: Counter[str]) -> Iterator[str]:
    """Return the checks that share a reason, with the number of their cases."""
    shown = list(checks.items())[: _MAX_CHECKS if len(checks) > _MAX_CHECKS + 1 else None]
    yield from (f"    {check} ({count})" for check, count in shown)
    if len(shown) < len(checks):
        cases = checks.total() - sum(count for _, count in shown)
        yield f"    and {len(checks) - len(shown)} more checks ({cases})"
