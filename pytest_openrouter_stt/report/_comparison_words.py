"""What a comparison says, whether in a terminal or in Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._comparison import Kind
from ._result import Verdict
from ._text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._comparison import Change, ClientComparison, Comparison
    from ._report import ClientReport
    from ._result import Result


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one check to which the same happened.

    Attributes:
        check: The check's ID.
        level: How binding it is.
        cases: Their node IDs.
        verdicts: What they were and are.
        reason: What is said of them now, or was of those that are gone.
        is_regression: Whether it fails the comparison.
    """

    check: str
    level: str
    cases: tuple[str, ...]
    verdicts: str
    reason: str
    is_regression: bool


def groups(client: ClientComparison, kind: Kind) -> list[Group]:
    """Return the changes of *kind*: regressions first, then in their order; new cases that do well are left out."""
    alike: dict[tuple[str, str, str, bool], list[Result]] = {}
    for change in client.changes:
        if change.kind is kind and not is_quiet(change):
            place = (change.result.check, _verdicts(change), _reason(change), change.is_regression)
            alike.setdefault(place, []).append(change.result)
    found = [
        Group(check, of[0].level.value, tuple(result.node_id for result in of), verdicts, reason, is_regression)
        for (check, verdicts, reason, is_regression), of in alike.items()
    ]
    return sorted(found, key=lambda group: not group.is_regression)


def is_quiet(change: Change) -> bool:
    """Whether it is enough to count a change: a new case that passes, or that the client does not offer."""
    return change.kind is Kind.NEW and change.result.verdict in {Verdict.PASSED, Verdict.NOT_OFFERED}


def verdict_sentence(comparison: Comparison) -> str:
    """Return what it comes to in one sentence."""
    worse = [change for client in comparison.clients for change in client.regressions]
    reasons = [_cases(worse, " regressed")] if worse else []
    reasons += [f"{client.title} is gone" for client in comparison.clients if client.new is None]
    reasons += [
        f"the run of {client.title} did not come to its end" for client in comparison.clients if client.is_unfinished
    ]
    better = [c for client in comparison.clients for c in client.changes if c.kind is Kind.BETTER]
    reasons += [_cases(better, " better")] if better else []
    return (
        f"{'worse' if comparison.is_worse else 'no regression'}: {'; '.join(reasons) or 'nothing is better or worse'}"
    )


def about_the_run(client: ClientComparison) -> Iterator[str]:
    """Yield what each run came to, and in what they differ beside the client."""
    if client.old is None:
        yield "is new"
    if client.old is not None:
        yield f"was {client.old.conclusion}"
    if client.new is None:
        yield "is gone"
        return
    yield f"is {client.new.conclusion}"
    if client.old is not None:
        different = list(_circumstances(client.old, client.new))
        if different:
            yield f"judged otherwise: {', '.join(different)}"


def footnotes(client: ClientComparison) -> Iterator[str]:
    """Yield what needs no list: changed requirements, new cases that do well, and how many cases are as they were."""
    yield from _requirements(client)
    quiet = [change for change in client.changes if is_quiet(change)]
    if quiet:
        yield f"new, and passed or not offered: {_cases(quiet)}"
    yield f"as before: {counted(client.alike, 'case')}"


def _requirements(client: ClientComparison) -> Iterator[str]:
    levels = [
        f"{new.check} ({old.level} → {new.level})" for old, new in client.requirements if old.level is not new.level
    ]
    worded = len(client.requirements) - len(levels)
    said = [f"of another level: {', '.join(levels)}" if levels else "", f"worded otherwise: {worded}" if worded else ""]
    if client.requirements:
        yield f"requirements that are {'; '.join(filter(None, said))}"


def _circumstances(old: ClientReport, new: ClientReport) -> Iterator[str]:
    one, other = old.circumstances, new.circumstances
    named = [
        ("contract", one.revision, other.revision),
        ("level", one.level.value, other.level.value),
        ("examples", one.max_examples, other.max_examples),
        ("seed", one.seed, other.seed),
        ("endpoint", " and ".join(one.forms), " and ".join(other.forms)),
        *((name, one.versions.get(name, "none"), other.versions.get(name, "none")) for name in other.versions),
    ]
    yield from (f"{name} {was} → {is_now}" for name, was, is_now in named if was != is_now)


def _verdicts(change: Change) -> str:
    shown = [_shown(result) for result in (change.before, change.after) if result is not None]
    return " → ".join(dict.fromkeys(shown))


def _shown(result: Result) -> str:
    return f"{result.verdict}{' (known)' if result.known else ''}"


def _reason(change: Change) -> str:
    """Return why it is as it is now; for what got better, why it was not before."""
    before, after = change.before, change.after
    if after is None or change.kind is Kind.BETTER:
        return before.reason if before else ""
    if change.kind is Kind.OTHERWISE and before is not None and before.reason != after.reason:
        return f"{after.reason} (was: {before.reason})"
    if after.known and change.kind is not Kind.OTHERWISE:
        return f"{after.reason} (known: {after.known})"
    return after.reason


def _cases(changes: Sequence[Change], what: str = "") -> str:
    checks = {change.result.check for change in changes}
    return f"{counted(len(checks), 'check')}{what}, in {counted(len(changes), 'case')}"
