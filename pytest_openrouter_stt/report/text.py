"""Text that is fit for a terminal, and JSON as text: excerpts and differences."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_openrouter_stt.contract import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
def redactor_of(secrets: tuple[str, ...]) -> Redactor:
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
    return visible(redactor_of(tuple(secrets)).clean(text))


def harmless_log(text: str, secrets: Iterable[str] = ()) -> str:
    """Return what a client printed or logged, `harmless`, without colours, and with lines of an endurable length."""
    lines = _COLOURS.sub("", text).splitlines()
    redactor = redactor_of(tuple(secrets))
    return visible("\n".join(redactor.short(line, _LONG_LINE) for line in lines)) + (
        "\n" if text.endswith("\n") else ""
    )


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


def compact(value: object, redactor: Redactor, depth: int = 4) -> object:
    """Return a JSON value of a few lines that stands for *value*.

    Args:
        value: Anything.
        redactor: Takes the secrets out.
        depth: How many containers inside each other are shown.
    """
    if isinstance(value, str):
        return excerpt(value, redactor, 0)
    if isinstance(value, Mapping):
        return _compact_object(value, redactor, depth)
    if isinstance(value, list | tuple):
        return _compact_array(value, redactor, depth)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST else aside(f"(a number of {value.bit_length():,} bits)")
    return aside(f"({type(value).__qualname__}, which JSON does not have)")


def excerpt(text: str, redactor: Redactor, start: int, limit: int = 240) -> str:
    """Return *limit* characters of *text* from *start* on, and beside them how much there is."""
    shown, is_all = redactor.window(text, start, limit)
    if is_all:
        return shown
    place = f", from character {start:,} on" if start else ""
    return f"{shown}{aside(f'… ({len(text):,} characters{place})')}"


def compact_name(name: object, redactor: Redactor) -> str:
    """Return the name of an entry, short."""
    return excerpt(str(name), redactor, 0)


def _compact_object(value: Mapping[str, object], redactor: Redactor, depth: int) -> object:
    if value and depth == 0:
        return aside("{…}")
    entries = {
        compact_name(name, redactor): compact(item, redactor, depth - 1)
        for name, item in islice(value.items(), ENTRIES)
    }
    more = len(value) - ENTRIES
    return {**entries, aside(f"… {more:,} more"): None} if more > 0 else entries


def _compact_array(value: Sequence[object], redactor: Redactor, depth: int) -> object:
    if value and depth == 0:
        return aside("[…]")
    entries = [compact(item, redactor, depth - 1) for item in value[:ENTRIES]]
    more = len(value) - ENTRIES
    return [*entries, aside(f"… {more:,} more")] if more > 0 else entries


_CONTEXT = 3
_BEFORE = 40
_WINDOW = 120
_DEPTH = 8
_BUDGET = 200
"""Pairs of values that a difference looks into; what is beyond them would not be shown anyway."""


def same_json(expected: object, actual: object) -> bool:
    """Whether both are the same JSON value: ``1`` and ``1.0`` are the same number, ``true`` and ``1`` are not."""
    pairs = [(expected, actual)]  # a list, because a client may be sent values deeper than Python's recursion goes
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if one.keys() != other.keys():
                return False
            pairs += ((one[key], other[key]) for key in one)
        elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
            return False
    return True


def wire_diff(expected: object, actual: object, redactor: Redactor) -> list[str]:
    """Return where the values differ: ``-`` for what is required, ``+`` for what was observed, a little around it."""
    before, after = _Reduction(redactor).reduced(expected, actual, _DEPTH)
    lines, others = json_lines(before), json_lines(after)
    if _looks_the_same(lines, others):
        lines, others = json_lines(before, ascii_only=True), json_lines(after, ascii_only=True)
    matcher = SequenceMatcher(None, lines, others, autojunk=False)
    shown = [line for group in matcher.get_grouped_opcodes(_CONTEXT) for line in _signed(group, lines, others)]
    return shown or ["(they differ in what is too long to be shown)"]


def _looks_the_same(lines: Sequence[str], others: Sequence[str]) -> bool:
    """Whether no eye could tell the two apart, as with an accent that is part of its letter or follows it."""
    return unicodedata.normalize("NFC", "\n".join(lines)) == unicodedata.normalize("NFC", "\n".join(others))


def _signed(
    group: Iterable[tuple[str, int, int, int, int]], lines: Sequence[str], others: Sequence[str]
) -> Iterator[str]:
    for kind, start, end, other_start, other_end in group:
        if kind == "equal":
            yield from (f"  {line}" for line in lines[start:end])
            continue
        removed, added = (
            [f"- {line}" for line in lines[start:end]],
            [f"+ {line}" for line in others[other_start:other_end]],
        )
        if len(removed) == len(added):  # side by side, each line next to what it was changed into
            yield from (line for pair in zip(removed, added, strict=True) for line in pair)
        else:
            yield from [*removed, *added]


class _Reduction:
    """Makes two small values of two that may be large, such that they differ where the large ones do.

    What is the same on both sides and far from a difference becomes a remark; what is large and different is cut to
    where the difference begins. The two small ones can then be compared line by line.

    Args:
        redactor: Takes the secrets out.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._budget = _BUDGET

    def reduced(self, one: object, other: object, depth: int) -> tuple[object, object]:
        """Return the small values for *one* and *other*, with *depth* containers inside each other at most."""
        self._budget -= 1
        if depth and self._budget > 0:
            if isinstance(one, Mapping) and isinstance(other, Mapping):
                return self._objects(one, other, depth)
            if isinstance(one, list | tuple) and isinstance(other, list | tuple):
                return self._arrays(one, other, depth)
        if isinstance(one, str) and isinstance(other, str):
            return self._strings(one, other)
        return compact(one, self._redactor), compact(other, self._redactor)

    def _objects(
        self, one: Mapping[str, object], other: Mapping[str, object], depth: int
    ) -> tuple[dict[str, object], dict[str, object]]:
        differ, same = _sorted_out(one, other)
        inside = 2 if len(differ) <= _CONTEXT else 0  # with many names, the names say it
        left: dict[str, object] = {}
        right: dict[str, object] = {}
        for name in differ[:ENTRIES]:
            label = compact_name(name, self._redactor)
            if is_there(one, name) and is_there(other, name):
                left[label], right[label] = self.reduced(one[name], other[name], depth - 1)
            elif is_there(one, name):
                left[label] = compact(one[name], self._redactor, inside)
            else:
                right[label] = compact(other[name], self._redactor, inside)
        around = {compact_name(name, self._redactor): compact(one[name], self._redactor, 1) for name in same[:_CONTEXT]}
        around |= _remarks(len(differ) - ENTRIES, len(same) - _CONTEXT)
        return left | around, right | around

    def _arrays(self, one: Sequence[object], other: Sequence[object], depth: int) -> tuple[list[object], list[object]]:
        first = _count_same(zip(one, other, strict=False))
        rest = min(len(one), len(other)) - first
        last = min(rest, _count_same(zip(reversed(one), reversed(other), strict=False)))
        left, right = one[first : len(one) - last], other[first : len(other) - last]
        both = [self.reduced(a, b, depth - 1) for a, b in zip(left[:ENTRIES], right[:ENTRIES], strict=False)]
        sides = []
        for place, side in enumerate((left, right)):
            shown = [pair[place] for pair in both] + [
                compact(item, self._redactor) for item in side[len(both) : ENTRIES]
            ]
            more = list(_remarks(len(side) - ENTRIES, 0))
            sides.append([*_remarks(0, first), *shown, *more, *_remarks(0, last)])
        return sides[0], sides[1]

    def _strings(self, one: str, other: str) -> tuple[str, str]:
        start = max(0, _common_prefix(one, other) - _BEFORE)
        if max(len(one), len(other)) <= 2 * _WINDOW or start < _WINDOW:
            return compact_name(one, self._redactor), compact_name(other, self._redactor)
        return excerpt(one, self._redactor, start, _WINDOW), excerpt(other, self._redactor, start, _WINDOW)


def _sorted_out(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Return the names of entries that differ, those that are on one side only included, and of those that do not."""
    differ: list[str] = []
    same: list[str] = []
    for name in sorted({*one, *other}, key=str):  # a name next to what it was changed into
        there = is_there(one, name), is_there(other, name)
        if all(there) and same_json(one[name], other[name]):
            same.append(name)
        elif any(there):
            differ.append(name)
    return differ, same


def _remarks(differing: int, same: int) -> dict[str, object]:
    remarks: dict[str, object] = {}
    if differing > 0:
        remarks[aside(f"… {differing:,} more that differ")] = None
    if same > 0:
        remarks[aside(f"… {same:,} more that {'is' if same == 1 else 'are'} the same")] = None
    return remarks


def _count_same(pairs: Iterable[tuple[object, object]]) -> int:
    count = 0
    for one, other in pairs:
        if not same_json(one, other):
            break
        count += 1
    return count


def _common_prefix(one: str, other: str) -> int:
    """Return how many characters both begin with; halving takes milliseconds where a loop would take seconds."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
