"""A comparison in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._comparison import Kind
from ._comparison_words import about_the_run, footnotes, groups, verdict_sentence
from ._text import counted, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._comparison import ClientComparison, Comparison
    from ._comparison_words import Group

_MAX_LINE = 300
_MAX_GROUPS = 50


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Return what got worse, what is new or gone, and what got better, client by client, and what it comes to."""
    for client in comparison.clients:
        yield _line(client.title)
        yield from (f"  {_line(said)}" for said in about_the_run(client))
        for kind in Kind:
            yield from _groups(client, kind)
        yield from (f"  {_line(said)}" for said in footnotes(client))
        yield ""
    yield _line(verdict_sentence(comparison))


def _groups(client: ClientComparison, kind: Kind) -> Iterator[str]:
    found = groups(client, kind)
    if found:
        yield f"  {kind}:"
    yield from (f"    {line}" for group in found[:_MAX_GROUPS] for line in _group(group))
    if len(found) > _MAX_GROUPS:
        yield f"    … and {len(found) - _MAX_GROUPS} more"


def _group(group: Group) -> Iterator[str]:
    mark = "! " if group.is_regression else "  "
    cases = counted(len(group.cases), "case")
    yield f"{mark}{_line(group.check)}  {group.level}, {cases}: {group.verdicts}"
    if group.reason:
        yield f"      {_line(group.reason)}"


def _line(text: str) -> str:
    return visible(one_line(text, _MAX_LINE))
