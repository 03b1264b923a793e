"""Strings: of any kind, within limits, of a pattern, or as the formats of JSON Schema have them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ._drawing import TEXT, Draw, Drawer, tried
from ._errors import AdmitsNothing, UnsupportedKeyword

if TYPE_CHECKING:
    from ._normal import Schema


def _with_zone(moment: dt.datetime) -> str:
    return moment.isoformat() + "Z"


FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates().map(dt.date.isoformat),
    "date-time": st.datetimes().map(_with_zone),
    "email": st.sampled_from(["a@example.com", "a.b+c@example.com", "ä@example.com"]),
    "uri": st.sampled_from(["https://example.com", "https://example.com/a?b=c#d", "urn:a:b", "http://[::1]:80/é"]),
    "uuid": st.uuids().map(str),
}
"""What nothing has to keep to, but servers like to see kept."""

_MAX_DRAWN = 1000
"""Characters that are drawn; a longer string repeats some, since nobody looks at so much entropy."""

_SEED = st.text(min_size=1)
_DOLLAR = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\$", re.DOTALL)


def string_drawer(schema: Schema, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002 - one signature for all types
    """Return a drawer for the strings that *schema* admits.

    Raises:
        UnsupportedKeyword: It admits none, or its pattern is not one of Python's.
    """
    shortest, longest = int(schema.get("minLength", 0)), _whole_or_none(schema.get("maxLength"))
    if longest is not None and longest < shortest:
        raise AdmitsNothing(keyword="maxLength", place=place, problem="admits no string together with 'minLength'")
    if "pattern" in schema:
        return _patterned(schema["pattern"], shortest, longest, place)
    if shortest > _MAX_DRAWN:
        return lambda draw: _lengthened(draw(_SEED), shortest)
    if shortest == 0 and longest is None:
        strategy = FORMATS.get(schema.get("format", ""), TEXT)
    else:
        strategy = st.text(min_size=shortest, max_size=longest)
    return lambda draw: draw(strategy)


def _lengthened(seed: str, length: int) -> str:
    return (seed * (length // len(seed) + 1))[:length]


def _whole_or_none(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


def _readings(pattern: str, place: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return *pattern* as JavaScript reads it, with ASCII classes and ``$`` at the very end, and as Python does."""
    script = _DOLLAR.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern)
    try:
        return re.compile(script, re.ASCII), re.compile(pattern)
    except re.error as error:
        problem = f"is not a pattern that Python understands ({error})"
        raise UnsupportedKeyword(keyword="pattern", place=place, problem=problem) from None


def _patterned(pattern: str, shortest: int, longest: int | None, place: str) -> Drawer:
    """Return a drawer for strings that match by both readings: servers have either."""
    script, python = _readings(pattern, place)
    strategy = st.from_regex(script)

    def draw_fitted(draw: Draw) -> Any:
        value = draw(strategy)
        return (value + value[-1:] * (shortest - len(value)))[:longest]

    def is_admitted(value: str) -> bool:
        return len(value) >= shortest and None not in (script.search(value), python.search(value))

    return tried(draw_fitted, is_admitted, "pattern", place)
