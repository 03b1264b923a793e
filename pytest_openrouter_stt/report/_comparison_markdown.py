"""A comparison as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._comparison import Kind
from ._comparison_words import about_the_run, footnotes, groups, verdict_sentence
from ._markdown_pages import LIMIT, Block, fitted
from ._markdown_text import case_name, code, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._comparison import ClientComparison, Comparison
    from ._comparison_words import Group

_MAX_LINE = 300
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
    for kind in Kind:
        found = groups(client, kind)
        if found:
            rows = table(["check", "level", "was → is", "reason", "cases"], map(_row, found))
            yield Block(f"**{kind.capitalize()}**\n\n{rows}", "table")
    yield Block("\n".join(f"- {prose(line, 10 * _MAX_LINE)}" for line in footnotes(client)), "list of footnotes")


def _row(group: Group) -> list[str]:
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
