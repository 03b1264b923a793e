"""Fitting Markdown into the room that there is: of a step summary of more than 1 MiB, GitHub shows nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 900_000
"""Bytes of a page; GitHub takes 1 MiB of what a step writes."""

_NOTE = 400
"""Bytes that are kept free for saying what was left out."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that is shown as a whole or not at all.

    Attributes:
        text: What it says.
        kind: What it is, as a noun, when it may be left out; empty when it may not.
    """

    text: str
    kind: str = ""

    @property
    def size(self) -> int:
        """The bytes that it takes, with what parts it from the next."""
        return len(self.text.encode()) + 2


def fitted(blocks: Sequence[Block], limit: int) -> str:
    """Return as many of *blocks* as fit, in their order, and after the first one what was left out.

    Args:
        blocks: At least one; the first may not be left out.
        limit: Bytes.
    """
    room = limit - _NOTE - sum(block.size for block in blocks if not block.kind)
    kept: list[str] = []
    missing: Counter[str] = Counter()
    for block in blocks:
        if block.kind and block.size > room:
            missing[block.kind] += 1
            continue
        room -= block.size if block.kind else 0
        kept.append(block.text)
    if missing:
        what = ", ".join(counted(count, kind) for kind, count in missing.items())
        kept.insert(1, f"**Cut to fit:** {what} of this part left out here. The report in JSON holds everything.")
    return "\n\n".join(kept)
