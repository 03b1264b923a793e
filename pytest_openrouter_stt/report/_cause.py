"""The failed checks without which others could not run: what to mend first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._result import Result, Verdict
from ._text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SEE = re.compile(r"\bsee (\w+::\w+)\b")
_MAX_REASON = 200


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
            reason = one_line(result.reason, _MAX_REASON)
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
