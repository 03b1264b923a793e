"""Making text fit for a terminal: short, without secrets, without control characters."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONG = 240
"""Characters of a string value that are shown; enough to see what it is."""

_LONG_LINE = 2000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ANY_KEY = r"sk-or-[\w-]{12,}"
"""A key of the API that nobody told us of, such as the one that a user's own fixture gives to the client."""

_LEAST_SECRET = 6
"""Characters of a secret that is taken out; a shorter one would take ordinary words apart."""

_MARGIN = 80
"""Characters beyond a cut that are looked at, so that no part of a secret is left where the cut goes through it."""


class Redactor:
    """Takes secrets out of text, also where they are in another case, percent-encoded or base64.

    Args:
        secrets: What must not be shown.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(secret for secret in secrets if len(secret) >= _LEAST_SECRET)
        forms = sorted({form for secret in self._secrets for form in _forms(secret)}, key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, forms), _ANY_KEY]), re.IGNORECASE)
        self._margin = max(_MARGIN, *map(len, forms), 0)

    def clean(self, text: str) -> str:
        """Return *text* with a mark in place of every secret."""
        return self._pattern.sub(self._mark, text)

    def short(self, text: str, limit: int = LONG, whole: str = "") -> str:
        """Return *text*, or its beginning and its length when it is longer than *limit*.

        Args:
            text: Anything; no more of it is looked at than is shown.
            limit: Characters to show.
            whole: How long it is, in words; its characters when left out.
        """
        shown, is_all = self.window(text, 0, limit)
        return shown if is_all else f"{shown}… ({whole or f'{len(text):,} characters'})"

    def head(self, data: bytes, limit: int) -> str:
        """Return the beginning of *data* as text, and its length when not all of it is there."""
        looked_at = 4 * (limit + self._margin)  # a character has four bytes at most
        text = data[:looked_at].decode("utf-8", "backslashreplace")
        shown, is_all = self.window(text, 0, limit)
        return shown if is_all and len(data) <= looked_at else f"{shown}… ({len(data):,} bytes)"

    def window(self, text: str, start: int, limit: int) -> tuple[str, bool]:
        """Return *limit* characters of *text* from *start* on, and whether that is all of it."""
        end = start + limit
        first, last = max(0, start - self._margin), min(len(text), end + self._margin)
        cleaned = self.clean(text[first:last])
        shown = cleaned[start - first : len(cleaned) - max(0, last - end)]
        return shown, start == 0 and len(text) <= limit

    def _mark(self, match: re.Match[str]) -> str:
        found = match.group()
        if found in self._secrets:
            return "<the key>"
        if found.lower() in map(str.lower, self._secrets):
            return "<the key, in another case>"
        return "<a key>" if found.lower().startswith("sk-or-") else "<the key, encoded>"


@lru_cache(maxsize=8)
def redactor(secrets: tuple[str, ...]) -> Redactor:
    """Return the redactor for *secrets*; making one takes longer than using it."""
    return Redactor(secrets)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    raw = secret.encode("utf-8", "backslashreplace")
    for before in range(3):  # the characters that stand for the key alone, wherever in a longer text it begins
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + raw).decode().rstrip("=")
            yield encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def harmless(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* with every secret taken out and every character that is not printable written as an escape.

    Line feeds stay; terminal escapes, bidirectional marks and lone surrogates do not.
    """
    return visible(redactor(tuple(secrets)).clean(text))


def harmless_log(text: str, secrets: Iterable[str] = ()) -> str:
    """Return what a client printed or logged, `harmless`, without colours, and with lines of an endurable length."""
    lines = _COLOURS.sub("", text).splitlines()
    ink = redactor(tuple(secrets))
    return visible("\n".join(ink.short(line, _LONG_LINE) for line in lines)) + ("\n" if text.endswith("\n") else "")


def one_line(text: str, limit: int = LONG) -> str:
    """Return *text* as one line of at most *limit* characters, for the places that have room for no more."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def counted(count: int, noun: str) -> str:
    """Return ``1 case``, ``2 cases``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def visible(text: str) -> str:
    """Return *text* with what is neither printable nor a line feed written as Python writes it."""
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    characters = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    return "".join(characters)
