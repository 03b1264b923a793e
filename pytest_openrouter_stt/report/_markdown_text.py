"""Pieces of Markdown that stay what they are, whatever text is put into them.

A client, a server or somebody else's report may have written the text. So words that could become markup, a link, a
mention or a reference are set as code, which GitHub and GitLab leave alone; no line break and no pipe ends a cell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._text import LONG, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TICKS = re.compile("`+")
_CODE = re.compile("`([^`]+)`")
_SPACE = re.compile(r"(\s+)")
_PLAIN = re.compile(
    r"""["'(“‘]*                                # no brackets, which begin links
        (?!www\b)[^\W\d_]+(?:[-'’/][^\W\d_]+)*  # words, with nothing inside that an autolink, a mention or emphasis has
        [.,;:!?)"'”’]*
      | [("]*\d{1,6}(?:[.,]\d{1,6})*[,;:!?)%"]+ | \d{1,6}(?:\.\d{1,6})+ | \d{1,6}  # no "1." and "1)", which begin lists
      | [.,;:!?)]+ | [–—…→]""",
    re.VERBOSE,
)
_MARKUP = re.compile(r"[^\w .,:;()-]|(?<![^\W_])_|_(?![^\W_])|(?<=www)\.", re.IGNORECASE)
_STOPS = ".,;:"
_FENCE = 3
_MAX_BLOCK = 20_000
"""Characters of a block that are shown."""


def code(text: str, limit: int = LONG) -> str:
    """Return *text* as code in one line, or an empty string when there is none."""
    line = visible(one_line(text, limit))
    if "|" in line:
        return html_code(line, limit)  # a pipe ends the cell of a table, in code too
    ticks = "`" * (_longest(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def html_code(text: str, limit: int = LONG) -> str:
    """Return *text* as code in HTML, whose punctuation says nothing in HTML and nothing in Markdown."""
    line = visible(one_line(text, limit))
    return f"<code>{_MARKUP.sub(lambda found: f'&#{ord(found[0])};', line)}</code>" if line else ""


def prose(text: str, limit: int = LONG) -> str:
    """Return *text* as prose in one line: what is between backticks and whatever is no plain word is code."""
    written = ""
    for place, part in enumerate(_CODE.split(one_line(text, limit))):
        pieces = [part] if place % 2 else _SPACE.split(part)
        for piece in filter(None, pieces):
            is_plain = not place % 2 and (piece.isspace() or _PLAIN.fullmatch(piece))
            core = piece.rstrip(_STOPS)
            shown = piece if is_plain else f"{code(core, limit)}{piece[len(core) :]}"
            apart = " " if written.endswith(("`", "<code>")) and shown.startswith(("`", "<")) else ""
            written += f"{apart}{shown}"
    return written


def fenced(text: str, language: str = "") -> str:
    """Return *text* as a block of code."""
    shown = visible(text[:_MAX_BLOCK])
    if len(text) > _MAX_BLOCK:
        shown += f"\n… ({len(text):,} characters)"
    fence = "`" * max(_FENCE, _longest(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells in Markdown; columns whose heading begins with a space are aligned to the right."""
    ruler = ["---:" if name.startswith(" ") else "---" for name in head]
    lines = ([name.strip() for name in head], ruler, *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def details(summary: str, body: Iterable[str]) -> str:
    """Return what is shown on demand: *summary* in HTML, and blocks in Markdown."""
    return "\n\n".join([f"<details>\n<summary>{summary}</summary>", *body, "</details>"])


def case_name(node_id: str) -> str:
    """Return what tells a case from the others of its check."""
    check, bracket, case = node_id.partition("[")
    return f"{bracket}{case}" if bracket else check


def _longest(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, _TICKS.findall(text)), default=0)
