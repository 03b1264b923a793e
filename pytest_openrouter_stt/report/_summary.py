"""The end of a run in the terminal: areas as rows, levels apart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ._result import Level, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_COLUMNS = (
    (Level.MUST, Verdict.PASSED),
    (Level.MUST, Verdict.FAILED),
    (Level.SHOULD, Verdict.PASSED),
    (Level.SHOULD, Verdict.FAILED),
)
_JUDGED = frozenset({Verdict.PASSED, Verdict.FAILED})
_EITHER_LEVEL = (Verdict.NOT_OFFERED, Verdict.COULD_NOT_RUN)


def summary_lines(results: Sequence[Result]) -> Iterator[str]:
    """Return the table of a run, the SHOULD findings, and why checks were not judged."""
    yield from _table(results)
    yield from _groups("SHOULD findings", _findings(results))
    yield from _groups("not offered", _with(results, Verdict.NOT_OFFERED))
    yield from _groups("could not run", _with(results, Verdict.COULD_NOT_RUN))
    yield ""


def is_conclusive(results: Iterable[Result]) -> bool:
    """Whether at least one MUST check was judged."""
    return any(result.level is Level.MUST and result.verdict in _JUDGED for result in results)


def conclusion(results: Sequence[Result]) -> str:
    """Return the verdict in one sentence."""
    musts = [result for result in results if result.level is Level.MUST]
    judged = [result for result in musts if result.verdict in _JUDGED]
    failed = sum(result.verdict is Verdict.FAILED for result in judged)
    stuck = len(_with(results, Verdict.COULD_NOT_RUN))
    if stuck:
        return f"no verdict: {stuck} of {len(results)} checks could not run"
    if not is_conclusive(results):
        return "no verdict: no MUST check was judged"
    if failed:
        return f"not conformant: {failed} of {len(judged)} MUST checks failed"
    return f"conformant: all {len(judged)} MUST checks that were judged passed"


def _table(results: Sequence[Result]) -> Iterator[str]:
    heads = ["area", "MUST ok", "failed", "SHOULD ok", "failed", "not offered", "could not run"]
    rows = [_row(area, [r for r in results if _area(r) == area]) for area in _areas(results)]
    rows.append(_row("all", results))
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )


def _row(name: str, results: Iterable[Result]) -> list[str]:
    counts = Counter((result.level, result.verdict) for result in results)
    cells = [counts[column] for column in _COLUMNS]
    cells += [sum(counts[level, verdict] for level in Level) for verdict in _EITHER_LEVEL]
    return [name, *("-" if count == 0 else str(count) for count in cells)]


def _area(result: Result) -> str:
    return result.check.partition("::")[0]


def _areas(results: Iterable[Result]) -> list[str]:
    return list(dict.fromkeys(map(_area, results)))


def _findings(results: Iterable[Result]) -> list[Result]:
    return [result for result in results if result.level is Level.SHOULD and result.verdict is Verdict.FAILED]


def _with(results: Iterable[Result], verdict: Verdict) -> list[Result]:
    return [result for result in results if result.verdict is verdict]


def _groups(title: str, results: Sequence[Result]) -> Iterator[str]:
    """Return each reason once, with the checks that share it."""
    if not results:
        return
    yield ""
    yield f"{title}:"
    reasons: dict[str, list[Result]] = {}
    for result in results:
        reasons.setdefault(result.reason, []).append(result)
    for reason, sharing in reasons.items():
        checks = list(dict.fromkeys(result.check for result in sharing))
        shown = ", ".join(checks[:4]) + (f" and {len(checks) - 4} more" if len(checks) > 4 else "")  # noqa: PLR2004 - fits two lines
        yield f"  {shown} ({len(sharing)}): {reason}"
