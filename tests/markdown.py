"""Tables, and the marked parts of pages that programs write."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(header: Sequence[str], *rows: Sequence[str]) -> str:
    """Return a table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows))


def with_part(page: str, name: str, body: str) -> str:
    """Return *page* with *body* as all that stands between the marks of the part *name*.

    Raises:
        ValueError: The page has no such part.
    """
    opening, closing = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    start, end = page.index(opening) + len(opening), page.index(closing)
    return f"{page[:start]}{body}{page[end:]}"
