"""Drawing values with as few choices as possible: each draw of Hypothesis costs more than everything around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st


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

# Simple ones first: shrinking goes towards the beginning.
_SCALARS: tuple[Any, ...] = (
    None, False, True, 0, "", 1, -1, 0.5, -0.0, "a", 2**53 + 1, -(2**63), 10**30, 1e308, 5e-324, 1e-7,
    " ", "null", "é", "😀", "\u0000", "\u202e", "e\u0301", "\r\n", "0", "NaN",
)  # fmt: skip
_OBJECTS: tuple[dict[str, Any], ...] = (
    {}, {"": None}, {"a": None}, {"a": 0}, {"a": ""}, {"a": {}}, {"a": []}, {"a": False}, {"a": {"b": None}},
    {"a": [None]}, {"a": 2**53 + 1}, {"a": 10**30}, {"a": -0.0}, {"a": 1e308}, {"a": 1.0}, {"ключ": "значение"},
    {"a-b": 1, "a_b": 2}, {"A": 1, "a": 2}, {" a ": "\t"}, {"$ref": "#"}, {"__proto__": {}},
    {"a.b/c~d": {"": {"": None}}},    {"model": "m", "language": None}, {"a": {"b": {"c": {"d": [{}, [], None, 0]}}}},
)  # fmt: skip
_LISTS: tuple[list[Any], ...] = ([], [None], [0], [[]], [{}], [1, "1", True], [None, {"a": None}])

_MAX_DEPTH = 3
_ANY_POOL = (*_SCALARS, *_OBJECTS, *_LISTS)
_INDEX = {size: st.integers(0, size) for size in range(200)}


def below(size: int) -> st.SearchStrategy[int]:
    """Return a strategy for the integers from 0 to *size* - 1."""
    return _INDEX[size - 1] if size <= len(_INDEX) else st.integers(0, size - 1)


def pick(draw: Draw, items: Sequence[Item]) -> Item:
    """Draw one of *items*, of which the first is the simplest."""
    place: int = draw(below(len(items)))
    return items[place]


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
    """Draw anything that JSON can express: mostly one of many awkward values, sometimes one of no limits but depth."""
    kind = draw(below(len(_ANY_POOL) + 6))
    if kind < len(_ANY_POOL):
        return fresh(_ANY_POOL[kind])
    return _DRAW_FREELY[kind - len(_ANY_POOL)](draw, depth)


def draw_json_object(draw: Draw, depth: int = 0) -> dict[str, Any]:
    """Draw a free-form JSON object."""
    kind = draw(below(len(_OBJECTS) + 8))
    if kind < len(_OBJECTS):
        return fresh(_OBJECTS[kind])  # type: ignore[no-any-return] # a dict gives a dict
    return _draw_members(draw, depth)


def _draw_members(draw: Draw, depth: int) -> dict[str, Any]:
    size = 0 if depth >= _MAX_DEPTH else draw(below(4))
    return {draw(SHORT_TEXT): draw_json(draw, depth + 1) for _ in range(size)}


def _draw_items(draw: Draw, depth: int) -> list[Any]:
    size = 0 if depth >= _MAX_DEPTH else draw(below(4))
    return [draw_json(draw, depth + 1) for _ in range(size)]


_DRAW_FREELY: Sequence[Callable[[Draw, int], Any]] = (
    lambda draw, _: draw(INTEGERS),
    lambda draw, _: draw(FLOATS),
    lambda draw, _: draw(TEXT),
    _draw_items,
    _draw_members,
    _draw_members,
)
