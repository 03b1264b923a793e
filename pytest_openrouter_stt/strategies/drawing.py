"""Drawing JSON values, numbers and strings with as few choices as possible."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from .normal import AdmitsNothing, UnsupportedKeyword

if TYPE_CHECKING:
    from .normal import SchemaObject


class Draw(Protocol):
    """What ``@st.composite`` hands to its function."""

    def __call__(self, strategy: st.SearchStrategy[Any], /) -> Any:
        """Return one value of *strategy*."""


Item = TypeVar("Item")
Drawer = Callable[[Draw], Any]
"""Makes one value; shrinks with the choices that it draws."""

TEXT = st.text()
SHORT_TEXT = st.text(max_size=8)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers()
BIG_INTEGERS = st.integers(2**53 + 1, 2**70)
"""Integers that a double does not hold; those of no limits are too seldom so large."""

# Of values that also come about otherwise, the first is the one that those shrink to.
AWKWARD_FLOATS = (1.0, -0.0, 5e-324, 1e-7, 1e16, 1e308, -1e308)
_AWKWARD_SCALARS = (
    "0", "null", "NaN", "1.0", "true", " ", "\t a \r\n", "\u0000", "é", "e\u0301", "\u202e", "😀", "a/b~c", "\\",
    *AWKWARD_FLOATS,
)  # fmt: skip
_AWKWARD_NAMES = (
    "0", "a", "A", "a-b", "a_b", "aB", " a ", "a.b/c~d", "$ref", "__proto__", "model", "format_", "ключ", "e\u0301",
)  # fmt: skip

_MAX_DEPTH = 3

_ATTEMPTS = 3
"""Draws of one example until a value is right; more would leave too much to shrink."""

_PATIENCE = 30
"""Examples without any right value before giving up; Hypothesis would complain, in other words, at 50."""

_MORE = st.integers(0, 2)


@cache
def below(size: int) -> st.SearchStrategy[int]:
    """Return a strategy for the integers from 0 to *size* - 1."""
    return st.integers(0, size - 1)


def pick(draw: Draw, items: Sequence[Item]) -> Item:
    """Draw one of *items*, of which the first is the simplest."""
    place: int = draw(below(len(items)))
    return items[place]


def more(draw: Draw) -> bool:
    """Draw whether there is one more: two times out of three.

    Asked before each item, and not once for the number of items, so that an item shrinks away wherever it stands.
    """
    return draw(_MORE) != 0  # type: ignore[no-any-return] # an integer


def tried(unsure: Drawer, is_right: Callable[[Any], bool], keyword: str, place: str) -> Drawer:
    """Return a drawer for those values of *unsure* that are right, for what cannot be drawn right at once.

    It raises `UnsupportedKeyword` when there seems to be no such value, rather than try for ever.

    Args:
        unsure: Draws the candidates.
        is_right: Whether a candidate is right.
        keyword: What demands that.
        place: Where that stands.
    """
    misses = 0
    was_right = False

    def draw_right(draw: Draw) -> Any:
        nonlocal misses, was_right
        for _ in range(_ATTEMPTS):
            value = unsure(draw)
            if is_right(value):
                was_right = True
                return value
        misses += 1
        if misses >= _PATIENCE and not was_right:
            problem = f"admitted none of the {_ATTEMPTS * _PATIENCE} likeliest values"
            raise AdmitsNothing(keyword=keyword, place=place, problem=problem)
        return reject()

    return draw_right


def fresh(value: Any) -> Any:
    """Return a copy as JSON has it, which whoever receives it may change."""
    if isinstance(value, Mapping):
        return {name: fresh(item) for name, item in value.items()}
    return [fresh(item) for item in value] if isinstance(value, list | tuple) else value


def drawn(drawer: Drawer) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of *drawer*."""
    return _composite(drawer)


@st.composite
def _composite(draw: st.DrawFn, drawer: Drawer) -> Any:
    return drawer(draw)


def draw_json(draw: Draw, depth: int = 0) -> Any:
    """Draw anything that JSON can express."""
    return pick(draw, _KINDS if depth < _MAX_DEPTH else _SCALARS)(draw, depth)


def draw_json_object(draw: Draw, depth: int = 0) -> dict[str, Any]:
    """Draw a free-form JSON object."""
    value: dict[str, Any] = {}
    while (name := draw_next_name(draw)) is not None:
        value[name] = draw_json(draw, depth + 1)
    return value


def draw_next_name(draw: Draw) -> str | None:
    """Draw whether there is one more property, as in `more`, and its name: any short one, or one easily mangled."""
    how = draw(_MORE)
    if how == 0:
        return None
    return draw(SHORT_TEXT) if how == 1 else pick(draw, _AWKWARD_NAMES)


def _draw_array(draw: Draw, depth: int) -> list[Any]:
    value: list[Any] = []
    while more(draw):
        value.append(draw_json(draw, depth + 1))
    return value


# An index is of a kind of value and not of a value, since what is drawn after it shrinks; of two kinds that can make
# the same value, the simpler one stands first. Hypothesis tries each smaller one of the first eleven.
_SCALARS: tuple[Callable[[Draw, int], Any], ...] = (
    lambda *_: None,
    lambda draw, _: draw(below(2)) == 1,
    lambda draw, _: draw(INTEGERS),
    lambda draw, _: draw(FLOATS),
    lambda draw, _: draw(TEXT),
    lambda draw, _: draw(BIG_INTEGERS),
    lambda draw, _: pick(draw, _AWKWARD_SCALARS),
)
_KINDS = (*_SCALARS, _draw_array, draw_json_object, draw_json_object, _SCALARS[0])  # twice what bugs are mostly about


_LIMITS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LIMIT_KEYWORDS = ("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf")


def integer_drawer(schema: SchemaObject, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002 - one signature for all types
    """Return a drawer for the integers that *schema* admits.

    Raises:
        AdmitsNothing: It admits none.
    """
    strategy = _integers(schema)
    if strategy is None:
        raise _nothing(schema, place)
    return lambda draw: draw(strategy)


def number_drawer(schema: SchemaObject, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002
    """Return a drawer for the numbers that *schema* admits: floats, and integers among them.

    Raises:
        AdmitsNothing: It admits none.
    """
    integers = _integers(schema)
    floats = None if "multipleOf" in schema else _floats(schema)
    if integers is None:
        if floats is None:
            raise _nothing(schema, place)
        return lambda draw: draw(floats)
    if floats is None:
        return lambda draw: draw(integers)

    kinds: tuple[Drawer, ...] = (lambda draw: draw(integers), lambda draw: draw(floats), lambda draw: draw(floats))
    if floats is FLOATS:
        kinds += (lambda draw: pick(draw, AWKWARD_FLOATS),)
    return lambda draw: pick(draw, kinds)(draw)


def _nothing(schema: SchemaObject, place: str) -> AdmitsNothing:
    keyword = next(name for name in _LIMIT_KEYWORDS if name in schema)
    return AdmitsNothing(keyword=keyword, place=place, problem="admits no number together with the other limits")


def _integers(schema: SchemaObject) -> st.SearchStrategy[int] | None:
    step = schema.get("multipleOf", 1)
    low = _tightest(max, _up(schema.get("minimum")), _above(schema.get("exclusiveMinimum")))
    high = _tightest(min, _down(schema.get("maximum")), _beneath(schema.get("exclusiveMaximum")))
    # A format forbids nothing, but servers like to see it kept.
    if schema.get("format") in _LIMITS:
        least, greatest = _LIMITS[schema["format"]]
        if (low is None or low <= greatest) and (high is None or high >= least):
            low, high = _tightest(max, low, least), _tightest(min, high, greatest)
    lowest = None if low is None else -(-low // step)
    highest = None if high is None else high // step
    if lowest is not None and highest is not None and lowest > highest:
        return None
    if lowest is None and highest is None and step == 1:
        return INTEGERS
    multiples = st.integers(lowest, highest)
    return multiples if step == 1 else multiples.map(lambda number: number * step)


def _tightest(which: Any, *limits: int | None) -> int | None:
    known = [limit for limit in limits if limit is not None]
    return which(known) if known else None


def _up(limit: float | None) -> int | None:
    return None if limit is None else math.ceil(limit)


def _down(limit: float | None) -> int | None:
    return None if limit is None else math.floor(limit)


def _above(limit: float | None) -> int | None:
    return None if limit is None else math.floor(limit) + 1


def _beneath(limit: float | None) -> int | None:
    return None if limit is None else math.ceil(limit) - 1


def _floats(schema: SchemaObject) -> st.SearchStrategy[float] | None:
    lows = (_least_float(schema.get("minimum")), _least_float(schema.get("exclusiveMinimum"), beyond=True))
    highs = (
        _least_float(_negative(schema, "maximum")),
        _least_float(_negative(schema, "exclusiveMaximum"), beyond=True),
    )
    low, high = max(lows), -max(highs)
    if low == -math.inf and high == math.inf:
        return FLOATS
    if low > high or math.inf in {low, -high}:
        return None
    return st.floats(  # zero is both zeros
        None if low == -math.inf else low or -0.0,
        None if high == math.inf else high or 0.0,
        allow_nan=False,
        allow_infinity=False,
    )


def _negative(schema: SchemaObject, keyword: str) -> float | None:
    return -schema[keyword] if keyword in schema else None


def _least_float(limit: float | None, *, beyond: bool = False) -> float:
    """Return the least float that is not less than *limit*, which may be an integer that no float equals."""
    if limit is None:
        return -math.inf
    try:
        least = float(limit)
    except OverflowError:
        return math.inf if limit > 0 else -math.inf
    while least < limit or (beyond and least == limit):
        least = math.nextafter(least, math.inf)
    return least


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


def string_drawer(schema: SchemaObject, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002 - one signature for all types
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
