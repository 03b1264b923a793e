"""Drawing numbers within their limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ._drawing import FLOATS, INTEGERS, Draw, Drawer, below
from ._errors import UnsupportedKeyword

if TYPE_CHECKING:
    from ._normal import Schema

_LIMITS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def integer_drawer(schema: Schema, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002 - one signature for all types
    """Return a drawer for the integers that *schema* admits."""
    strategy = _integers(schema, place)
    return lambda draw: draw(strategy)


def number_drawer(schema: Schema, place: str, closed: bool = False) -> Drawer:  # noqa: ARG001, FBT001, FBT002
    """Return a drawer for the numbers that *schema* admits: floats, and integers among them."""
    if "multipleOf" in schema:
        return _multiples(schema, place)
    floats = _floats(schema)
    try:
        integers = _integers(schema, place)
    except UnsupportedKeyword:
        return lambda draw: draw(floats)

    def draw_number(draw: Draw) -> Any:
        return draw(integers) if draw(below(4)) == 0 else draw(floats)

    return draw_number


def _integers(schema: Schema, place: str) -> st.SearchStrategy[int]:
    step = schema.get("multipleOf", 1)
    if step != int(step):
        problem = "is understood only as a whole number"
        raise UnsupportedKeyword(keyword="multipleOf", place=place, problem=problem)
    low, high = _range(schema)
    lowest = None if low is None else math.ceil(low / step)
    highest = None if high is None else math.floor(high / step)
    if lowest is not None and highest is not None and lowest > highest:
        raise UnsupportedKeyword(keyword="maximum", place=place, problem="admits no integer together with 'minimum'")
    if lowest is None and highest is None and step == 1:
        return INTEGERS
    return st.integers(lowest, highest).map(lambda number: number * int(step))


def _range(schema: Schema) -> tuple[int | None, int | None]:
    """Return the least and the greatest integer, ``None`` without a limit."""
    least, greatest = _LIMITS.get(schema.get("format", ""), (None, None))
    lows = [least, _up(schema.get("minimum")), _above(schema.get("exclusiveMinimum"))]
    highs = [greatest, _down(schema.get("maximum")), _beneath(schema.get("exclusiveMaximum"))]
    known_lows, known_highs = [n for n in lows if n is not None], [n for n in highs if n is not None]
    return (max(known_lows) if known_lows else None), (min(known_highs) if known_highs else None)


def _up(limit: float | None) -> int | None:
    return None if limit is None else math.ceil(limit)


def _down(limit: float | None) -> int | None:
    return None if limit is None else math.floor(limit)


def _above(limit: float | None) -> int | None:
    return None if limit is None else math.floor(limit) + 1


def _beneath(limit: float | None) -> int | None:
    return None if limit is None else math.ceil(limit) - 1


def _floats(schema: Schema) -> st.SearchStrategy[float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, beneath = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is high is above is beneath is None:
        return FLOATS
    exclude_low = above is not None and (low is None or above >= low)
    exclude_high = beneath is not None and (high is None or beneath <= high)
    return st.floats(
        above if exclude_low else low,
        beneath if exclude_high else high,
        exclude_min=exclude_low,
        exclude_max=exclude_high,
        allow_nan=False,
        allow_infinity=False,
    )


def _multiples(schema: Schema, place: str) -> Drawer:
    if schema["multipleOf"] == int(schema["multipleOf"]):
        return integer_drawer(schema, place)
    problem = "is understood only as a whole number"
    raise UnsupportedKeyword(keyword="multipleOf", place=place, problem=problem)
