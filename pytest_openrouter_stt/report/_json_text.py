"""JSON as text: everything that matters, and not too much of anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from pytest_openrouter_stt.contract import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._text import Redactor

ENTRIES = 12
"""Entries of an object or an array that are shown."""

_ASIDE = "\uffff"
"""Begins what is said about a value, up to the end of its string; it is shown outside of the quotes."""

_ALL_ASIDE = re.compile(f'"{_ASIDE}([^"]*)"(: null)?')
_REST_ASIDE = re.compile(f'{_ASIDE}([^"]*)"')
_LARGEST = 10**100


def aside(words: str) -> str:
    """Return what `json_lines` shows as *words*, without quotes."""
    return f"{_ASIDE}{words}"


def json_lines(value: object, *, ascii_only: bool = False) -> list[str]:
    """Return *value*, which `compact` made, as indented JSON.

    No line ends in a comma, so that an entry is the same line whether or not another one follows it.
    """
    text = json.dumps(value, indent=2, ensure_ascii=ascii_only, sort_keys=True)
    if ascii_only:
        text = text.replace("\\uffff", _ASIDE).replace("\\u2026", "…")
    return [_with_asides(line.removesuffix(",")) for line in escaped(text).split("\n")]


def _with_asides(line: str) -> str:
    return _REST_ASIDE.sub(r'"\1', _ALL_ASIDE.sub(r"\1", line))


def escaped(text: str) -> str:
    """Return JSON *text* with what is not printable as the escapes that JSON has for it."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c in {"\n", _ASIDE} else json.dumps(c)[1:-1] for c in text)


def is_there(container: Mapping[str, object], name: str) -> bool:
    """Whether *container* has something under *name*."""
    return container.get(name, MISSING) is not MISSING


def compact(value: object, ink: Redactor, depth: int = 4) -> object:
    """Return a JSON value of a few lines that stands for *value*.

    Args:
        value: Anything.
        ink: Takes the secrets out.
        depth: How many containers inside each other are shown.
    """
    if isinstance(value, str):
        return excerpt(value, ink, 0)
    if isinstance(value, Mapping):
        return _compact_object(value, ink, depth)
    if isinstance(value, list | tuple):
        return _compact_array(value, ink, depth)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST else aside(f"(a number of {value.bit_length():,} bits)")
    return aside(f"({type(value).__qualname__}, which JSON does not have)")


def excerpt(text: str, ink: Redactor, start: int, limit: int = 240) -> str:
    """Return *limit* characters of *text* from *start* on, and beside them how much there is."""
    shown, is_all = ink.window(text, start, limit)
    if is_all:
        return shown
    place = f", from character {start:,} on" if start else ""
    return f"{shown}{aside(f'… ({len(text):,} characters{place})')}"


def compact_name(name: object, ink: Redactor) -> str:
    """Return the name of an entry, short."""
    return excerpt(str(name), ink, 0)


def _compact_object(value: Mapping[str, object], ink: Redactor, depth: int) -> object:
    if value and depth == 0:
        return aside("{…}")
    entries = {compact_name(name, ink): compact(item, ink, depth - 1) for name, item in islice(value.items(), ENTRIES)}
    more = len(value) - ENTRIES
    return {**entries, aside(f"… {more:,} more"): None} if more > 0 else entries


def _compact_array(value: Sequence[object], ink: Redactor, depth: int) -> object:
    if value and depth == 0:
        return aside("[…]")
    entries = [compact(item, ink, depth - 1) for item in value[:ENTRIES]]
    more = len(value) - ENTRIES
    return [*entries, aside(f"… {more:,} more")] if more > 0 else entries
