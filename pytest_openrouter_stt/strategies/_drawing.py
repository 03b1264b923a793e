"""Drawing values with as few choices as possible: each draw of Hypothesis costs more than everything around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from ._errors import AdmitsNothing


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

_INDEX = {size: st.integers(0, size) for size in range(500)}
_MORE = st.integers(0, 2)


def below(size: int) -> st.SearchStrategy[int]:
    """Return a strategy for the integers from 0 to *size* - 1."""
    return _INDEX[size - 1] if size <= len(_INDEX) else st.integers(0, size - 1)


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
