"""Drawing numbers within their limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ._drawing import AWKWARD_FLOATS, FLOATS, INTEGERS, Drawer, pick
from ._errors import AdmitsNothing

if TYPE_CHECKING:
    from ._normal import Schema

_LIMITS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LIMIT_KEYWORDS = ("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf")


def integer_drawer(schema: Schema, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002 - one signature for all types
    """Return a drawer for the integers that *schema* admits.

    Raises:
        AdmitsNothing: It admits none.
    """
    strategy = _integers(schema)
    if strategy is None:
        raise _nothing(schema, place)
    return lambda draw: draw(strategy)


def number_drawer(schema: Schema, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002
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


def _nothing(schema: Schema, place: str) -> AdmitsNothing:
    keyword = next(name for name in _LIMIT_KEYWORDS if name in schema)
    return AdmitsNothing(keyword=keyword, place=place, problem="admits no number together with the other limits")


def _integers(schema: Schema) -> st.SearchStrategy[int] | None:
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


def _floats(schema: Schema) -> st.SearchStrategy[float] | None:
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


def _negative(schema: Schema, keyword: str) -> float | None:
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
