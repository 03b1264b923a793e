"""Reading Markdown as CommonMark with the tables of GFM, and finding in it what must not be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

_OWN_BLOCK = re.compile(r"(<details>\n<summary>[^<>]*(<code>[^<>]*</code>[^<>]*)*</summary>|</details>)\n?")
_OWN_INLINE = {"<code>", "</code>"}
_LINKS = re.compile(r"@\w|#\d|\bGH-\d|://|www\.|\bmailto:", re.IGNORECASE)
_HARMFUL = {
    "link_open",
    "image",
    "blockquote_open",
    "bullet_list_open",
    "ordered_list_open",
    "hr",
    "code_block",
    "em_open",
    "s_open",
}


def parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def injected(text: str, *, lists: bool = False) -> list[str]:
    """Return what the text of somebody else has become beside text: elements, links, mentions, structure."""
    allowed = {"bullet_list_open"} if lists else set()
    found = [token.type for token in flat(parsed(text)) if token.type in _HARMFUL - allowed]
    in_code = False
    for token in flat(parsed(text)):
        if token.type == "html_block" and not _OWN_BLOCK.fullmatch(token.content):
            found.append(token.content)
        if token.type == "html_inline":
            found += [] if token.content in _OWN_INLINE else [token.content]
            in_code = token.content == "<code>"
        if token.type == "text" and not in_code and _LINKS.search(token.content):
            found.append(token.content)
    return found


def unbalanced(text: str) -> int:
    blocks = [token.content for token in parsed(text) if token.type == "html_block"]
    return sum(block.startswith("<details>") for block in blocks) - sum("</details>" in block for block in blocks)


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables: rows of cells, each as the text that a reader sees."""
    found: list[list[list[str]]] = []
    for token in parsed(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level > 2:
            found[-1][-1].append(seen(token))
    return found


def seen(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in {"text", "code_inline"})


def fences(text: str) -> list[tuple[str, str]]:
    """Return the blocks of code: the language of each and what is in it."""
    return [(token.info, token.content) for token in parsed(text) if token.type == "fence"]


def squeezed(text: str) -> str:
    """Return *text* without what typesetting may add or take: spaces and backticks."""
    return "".join(text.split()).replace("`", "")
