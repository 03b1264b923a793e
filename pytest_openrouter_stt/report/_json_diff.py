"""Comparing JSON values as the wire has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from ._json_text import ENTRIES, aside, compact, compact_name, excerpt, is_there, json_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._text import Redactor

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


def wire_diff(expected: object, actual: object, ink: Redactor) -> list[str]:
    """Return where the values differ: ``-`` for what is required, ``+`` for what was observed, a little around it."""
    before, after = _Reduction(ink).reduced(expected, actual, _DEPTH)
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
        ink: Takes the secrets out.
    """

    def __init__(self, ink: Redactor) -> None:
        self._ink = ink
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
        return compact(one, self._ink), compact(other, self._ink)

    def _objects(
        self, one: Mapping[str, object], other: Mapping[str, object], depth: int
    ) -> tuple[dict[str, object], dict[str, object]]:
        differ, same = _sorted_out(one, other)
        inside = 2 if len(differ) <= _CONTEXT else 0  # with many names, the names say it
        left: dict[str, object] = {}
        right: dict[str, object] = {}
        for name in differ[:ENTRIES]:
            label = compact_name(name, self._ink)
            if is_there(one, name) and is_there(other, name):
                left[label], right[label] = self.reduced(one[name], other[name], depth - 1)
            elif is_there(one, name):
                left[label] = compact(one[name], self._ink, inside)
            else:
                right[label] = compact(other[name], self._ink, inside)
        around = {compact_name(name, self._ink): compact(one[name], self._ink, 1) for name in same[:_CONTEXT]}
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
            shown = [pair[place] for pair in both] + [compact(item, self._ink) for item in side[len(both) : ENTRIES]]
            more = list(_remarks(len(side) - ENTRIES, 0))
            sides.append([*_remarks(0, first), *shown, *more, *_remarks(0, last)])
        return sides[0], sides[1]

    def _strings(self, one: str, other: str) -> tuple[str, str]:
        start = max(0, _common_prefix(one, other) - _BEFORE)
        if max(len(one), len(other)) <= 2 * _WINDOW or start < _WINDOW:
            return compact_name(one, self._ink), compact_name(other, self._ink)
        return excerpt(one, self._ink, start, _WINDOW), excerpt(other, self._ink, start, _WINDOW)


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
