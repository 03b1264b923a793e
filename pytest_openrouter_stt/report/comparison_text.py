"""A comparison as text: its sentences, for a terminal and as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .comparison import ChangeKind
from .markdown import LIMIT, Block, case_name, code, fitted, prose, table
from .result import Verdict
from .text import counted, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .comparison import ClientComparison, Comparison, VerdictChange
    from .report import ClientReport
    from .result import Result


@dataclass(frozen=True, slots=True)
class ChangeGroup:
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


def groups(client: ClientComparison, kind: ChangeKind) -> list[ChangeGroup]:
    """Return the changes of *kind*: regressions first, then in their order; new cases that do well are left out."""
    alike: dict[tuple[str, str, str, bool], list[Result]] = {}
    for change in client.changes:
        if change.kind is kind and not is_quiet(change):
            place = (change.result.check, _verdicts(change), _reason(change), change.is_regression)
            alike.setdefault(place, []).append(change.result)
    found = [
        ChangeGroup(check, of[0].level.value, tuple(result.node_id for result in of), verdicts, reason, is_regression)
        for (check, verdicts, reason, is_regression), of in alike.items()
    ]
    return sorted(found, key=lambda group: not group.is_regression)


def is_quiet(change: VerdictChange) -> bool:
    """Whether it is enough to count a change: a new case that passes, or that the client does not offer."""
    return change.kind is ChangeKind.NEW and change.result.verdict in {Verdict.PASSED, Verdict.NOT_OFFERED}


def verdict_sentence(comparison: Comparison) -> str:
    """Return what it comes to in one sentence."""
    worse = [change for client in comparison.clients for change in client.regressions]
    reasons = [_cases(worse, " regressed")] if worse else []
    reasons += [f"{client.title} is gone" for client in comparison.clients if client.new is None]
    reasons += [
        f"the run of {client.title} did not come to its end" for client in comparison.clients if client.is_unfinished
    ]
    better = [c for client in comparison.clients for c in client.changes if c.kind is ChangeKind.BETTER]
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
        ("endpoint", " and ".join(one.transports), " and ".join(other.transports)),
        *((name, one.versions.get(name, "none"), other.versions.get(name, "none")) for name in other.versions),
    ]
    yield from (f"{name} {was} → {is_now}" for name, was, is_now in named if was != is_now)


def _verdicts(change: VerdictChange) -> str:
    shown = [_shown(result) for result in (change.before, change.after) if result is not None]
    return " → ".join(dict.fromkeys(shown))


def _shown(result: Result) -> str:
    return f"{result.verdict}{' (known)' if result.known else ''}"


def _reason(change: VerdictChange) -> str:
    """Return why it is as it is now; for what got better, why it was not before."""
    before, after = change.before, change.after
    if after is None or change.kind is ChangeKind.BETTER:
        return before.reason if before else ""
    if change.kind is ChangeKind.OTHERWISE and before is not None and before.reason != after.reason:
        return f"{after.reason} (was: {before.reason})"
    if after.known and change.kind is not ChangeKind.OTHERWISE:
        return f"{after.reason} (known: {after.known})"
    return after.reason


def _cases(changes: Sequence[VerdictChange], what: str = "") -> str:
    checks = {change.result.check for change in changes}
    return f"{counted(len(checks), 'check')}{what}, in {counted(len(changes), 'case')}"


_MAX_LINE = 300
_MAX_GROUPS = 50


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Return what got worse, what is new or gone, and what got better, client by client, and what it comes to."""
    for client in comparison.clients:
        yield _line(client.title)
        yield from (f"  {_line(said)}" for said in about_the_run(client))
        for kind in ChangeKind:
            yield from _groups(client, kind)
        yield from (f"  {_line(said)}" for said in footnotes(client))
        yield ""
    yield _line(verdict_sentence(comparison))


def _groups(client: ClientComparison, kind: ChangeKind) -> Iterator[str]:
    found = groups(client, kind)
    if found:
        yield f"  {kind}:"
    yield from (f"    {line}" for group in found[:_MAX_GROUPS] for line in _group(group))
    if len(found) > _MAX_GROUPS:
        yield f"    … and {len(found) - _MAX_GROUPS} more"


def _group(group: ChangeGroup) -> Iterator[str]:
    mark = "! " if group.is_regression else "  "
    cases = counted(len(group.cases), "case")
    yield f"{mark}{_line(group.check)}  {group.level}, {cases}: {group.verdicts}"
    if group.reason:
        yield f"      {_line(group.reason)}"


def _line(text: str) -> str:
    return visible(one_line(text, _MAX_LINE))


_MAX_CASES = 8


def comparison_markdown(comparison: Comparison, limit: int = LIMIT) -> str:
    """Return the comparison as Markdown (GFM); what is left out because it does not fit is said.

    Args:
        comparison: Of two reports.
        limit: The most bytes that it may have, in UTF-8.
    """
    blocks = [Block(f"## {prose(verdict_sentence(comparison), _MAX_LINE)}")]
    for client in comparison.clients:
        blocks += _client(client)
    return f"{fitted(blocks, limit - 1)}\n"


def _client(client: ClientComparison) -> Iterator[Block]:
    said = "\n".join(f"- {prose(line, _MAX_LINE)}" for line in about_the_run(client))
    yield Block(f"### {code(client.title)}\n\n{said}", "client")
    for kind in ChangeKind:
        found = groups(client, kind)
        if found:
            rows = table(["check", "level", "was → is", "reason", "cases"], map(_row, found))
            yield Block(f"**{kind.capitalize()}**\n\n{rows}", "table")
    yield Block("\n".join(f"- {prose(line, 10 * _MAX_LINE)}" for line in footnotes(client)), "list of footnotes")


def _row(group: ChangeGroup) -> list[str]:
    more = len(group.cases) - _MAX_CASES
    cases = ", ".join(code(case_name(node_id)) for node_id in group.cases[:_MAX_CASES])
    verdicts = f"**{group.verdicts}**" if group.is_regression else group.verdicts
    return [
        code(group.check),
        group.level,
        verdicts,
        prose(group.reason, _MAX_LINE),
        f"{cases} and {more} more" if more > 0 else cases,
    ]
