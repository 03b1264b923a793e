"""Reading a page of HTML as a browser does, and strictly: what is not closed is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VOID = frozenset({"br", "img", "input", "link", "meta", "wbr"})


@dataclass
class Element:
    """An element of a page.

    Attributes:
        name: Of its tag.
        attributes: By their names.
        line: Where it begins.
        inside: Elements and texts, in their order.
    """

    name: str
    attributes: dict[str, str | None]
    line: int
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it; what is in different blocks is apart."""
        apart = " " if self.name in {"article", "dd", "details", "div", "dt", "li", "p", "section", "td", "th"} else ""
        return apart + "".join(part if isinstance(part, str) else part.text for part in self.inside) + apart

    @property
    def words(self) -> str:
        """Its text on one line."""
        return " ".join(self.text.split())

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()

    def all(self, *names: str, **attributes: str) -> list[Element]:
        """Return the elements in it that have one of these names, or any, and these attributes; ``class_`` is one."""
        return [
            element
            for element in self.within()
            if (not names or element.name in names)
            and all(
                value in element.classes if name == "class_" else element.attributes.get(name) == value
                for name, value in attributes.items()
            )
        ]

    def one(self, *names: str, **attributes: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(*names, **attributes)
        return found

    def within(self) -> Iterator[Element]:
        for part in self.inside:
            if isinstance(part, Element):
                yield part
                yield from part.within()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {}, 0)
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"line {self.getpos()[0]}: an attribute of <{tag}> is there twice"
        element = Element(tag, dict(attrs), self.getpos()[0])
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open[-1].name, f"line {self.getpos()[0]}: </{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == [self.root], f"<{self._open[-1].name}> of line {self._open[-1].line} is not closed"


def read(page: str) -> Element:
    """Return what *page* holds; an element that is not closed, or in the wrong place, is an error."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", page)
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.root
