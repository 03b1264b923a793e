"""From a JSON Schema to a strategy for the values that it admits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.contract import Schema

from .drawing import (
    SHORT_TEXT,
    Draw,
    Drawer,
    below,
    draw_json,
    draw_json_object,
    draw_next_name,
    drawn,
    fresh,
    integer_drawer,
    more,
    number_drawer,
    pick,
    string_drawer,
    tried,
)
from .normal import TYPES, AdmitsNothing, SchemaObject, merged, normal, property_place, refuse_unknown, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hypothesis import strategies as st

_FEW = 8
"""Optional properties that are drawn one by one; of more than these, stretches are."""

_STRETCHES = (1, 1, 3, 10**6)
"""Neighbours that are there together; the last stands for all up to the one that is drawn."""

_OFTEN_LAST = 30
"""How often the last of many is drawn, for one time of each other: a long stretch up to it is all of them."""

_RARELY = 8


@dataclass(frozen=True, slots=True)
class Members:
    """What draws an object's properties.

    Attributes:
        required: What draws each property that must be there.
        optional: What draws each that may be.
        another: What draws one of another name; ``None`` if there must be none.
        known: The names of all properties that are described.
        least: How many there have to be.
        most: How many there may be.
        open: Whether to draw properties of other names when nothing demands them.
    """

    required: Mapping[str, Drawer]
    optional: Sequence[tuple[str, Drawer]]
    another: Drawer | None
    known: frozenset[str]
    least: int
    most: int
    open: bool

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Draw an object."""
        value = {name: draw_value(draw) for name, draw_value in self.required.items()}
        if len(self.optional) <= _FEW:
            self._add_of_few(draw, value)
        else:
            self._add_of_many(draw, value)
        if self.open:
            self._add_extra(draw, value)
        self._fill(draw, value)
        return value

    def _add_of_few(self, draw: Draw, value: dict[str, Any]) -> None:
        for name, draw_value in self.optional:
            if len(value) < self.most and more(draw):
                value[name] = draw_value(draw)

    def _add_of_many(self, draw: Draw, value: dict[str, Any]) -> None:
        """Add stretches of neighbours; those of one stretch that are described alike have equal values."""
        count = len(self.optional)
        odds = count + _OFTEN_LAST
        while (drawn := draw(below(2 * odds))) >= odds:  # as often as not there is one more
            end = min(drawn - odds, count - 1) + 1
            shared: dict[int, Any] = {}
            for name, draw_value in self.optional[max(0, end - pick(draw, _STRETCHES)) : end]:
                if id(draw_value) not in shared:
                    shared[id(draw_value)] = draw_value(draw)
                if len(value) < self.most or name in value:
                    value[name] = fresh(shared[id(draw_value)])

    def _add_extra(self, draw: Draw, value: dict[str, Any]) -> None:
        """Add properties of other names: often when that is all there is, else now and then."""
        if self.known and draw(below(_RARELY)) != _RARELY - 1:
            return
        while len(value) < self.most and self.another is not None and (name := draw_next_name(draw)) is not None:
            if name not in self.known:
                value[name] = self.another(draw)

    def _fill(self, draw: Draw, value: dict[str, Any]) -> None:
        """Add what is missing to the least number of properties."""
        for name, draw_value in self.optional:
            if name not in value and len(value) < self.least:
                value[name] = draw_value(draw)
        while len(value) < self.least and self.another is not None:
            name = draw(SHORT_TEXT)
            while name in value or name in self.known:
                name += "_"
            value[name] = self.another(draw)


_MANY_ITEMS = 32
_REPEATS = 3
_NO_LIMIT = 10**9


def from_schema(schema: object, place: str = "#", *, closed: bool = False) -> st.SearchStrategy[Any]:
    """Return a strategy for the JSON values that *schema* admits.

    Args:
        schema: A JSON Schema (Draft 2020-12) without references; ``{}`` and ``True`` admit everything.
        place: Where it stands, for messages.
        closed: Leave out properties that the schema admits without describing them.

    Raises:
        UnsupportedKeyword: The schema asks for what is not understood, or admits nothing.
    """
    return drawn(drawer(schema, place, closed=closed))


def drawer(schema: object, place: str, *, closed: bool) -> Drawer:
    """Return what draws a value of *schema*; see `from_schema`."""
    refuse_unknown(schema, place)
    return _drawer(schema, place, closed)


def _drawer(schema: object, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    return _normal_drawer(normal(schema, place), place, closed)


def _drawer_or_none(schema: object, place: str, closed: bool) -> Drawer | None:  # noqa: FBT001
    try:
        return _drawer(schema, place, closed)
    except AdmitsNothing:
        return None


def _normal_drawer(kept: SchemaObject, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    for keyword in ("anyOf", "oneOf"):
        if keyword in kept:
            return _branches(keyword, kept, place, closed)
    if "const" in kept or "enum" in kept:
        return _listed(_listed_values(kept, place))
    if not kept.keys() - {"format"}:
        return draw_json
    return _one_of(partial(_DRAWERS[name], kept, place, closed) for name in kept.get("type", TYPES))


def _one_of(makers: Iterable[Callable[[], Drawer]]) -> Drawer:
    """Return a drawer that takes one of those that can be made.

    Raises:
        AdmitsNothing: None can; this is the error of the first.
    """
    drawers: list[Drawer] = []
    errors: list[AdmitsNothing] = []
    for make in makers:
        try:
            drawers.append(make())
        except AdmitsNothing as error:
            errors.append(error)
    if not drawers:
        raise errors[0]
    return drawers[0] if len(drawers) == 1 else lambda draw: pick(draw, drawers)(draw)


def _branches(keyword: str, schema: SchemaObject, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    """Return a drawer that takes one branch, together with what stands beside it."""
    beside = {name: value for name, value in schema.items() if name != keyword}

    def branch_drawer(number: int, branch: object) -> Drawer:
        there = f"{place}/{keyword}/{number}"
        return _normal_drawer(merged(beside, normal(branch, there), there), there, closed)

    found = _one_of(partial(branch_drawer, number, branch) for number, branch in enumerate(schema[keyword]))
    if keyword == "anyOf":
        return found
    # A value of one branch may be one of another, too; only an independent judge knows.
    judge = Schema(place, schema)
    return tried(found, lambda value: not judge.violations(value), keyword, place)


def _listed_values(schema: SchemaObject, place: str) -> list[Any]:
    """Return the values that ``const`` or ``enum`` lists, as far as the rest admits them."""
    values = [schema["const"]] if "const" in schema else list(schema["enum"])
    judge = Schema(place, schema)
    values = [value for value in map(fresh, values) if not judge.violations(value)]
    if not values:
        keyword = "const" if "const" in schema else "enum"
        raise AdmitsNothing(keyword=keyword, place=place, problem="lists no value that is admitted")
    return values


def _listed(values: list[Any]) -> Drawer:
    return lambda draw: fresh(pick(draw, values))


def _arrays(schema: SchemaObject, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    item = _drawer_or_none(schema.get("items", True), f"{place}/items", closed)
    least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", _NO_LIMIT))
    if most < least:
        raise AdmitsNothing(keyword="maxItems", place=place, problem="admits no array together with 'minItems'")
    if item is None and least:
        raise AdmitsNothing(keyword="minItems", place=place, problem="asks for items that 'items' refuses")
    if item is None:
        return lambda _: []
    if schema.get("uniqueItems"):
        return _unique_arrays(item, schema, least, most, place)

    def draw_array(draw: Draw) -> list[Any]:
        value = [item(draw) for _ in range(min(least, _MANY_ITEMS))]
        value += [fresh(value[-1]) for _ in range(least - len(value))]
        while len(value) < most and more(draw):
            value.append(item(draw))
        return value

    return draw_array


def _unique_arrays(item: Drawer, schema: SchemaObject, least: int, most: int, place: str) -> Drawer:
    items = _all_values(schema.get("items", True), f"{place}/items")
    if items is not None and len(items) < least:
        raise AdmitsNothing(keyword="uniqueItems", place=place, problem=f"leaves {len(items)} items for 'minItems'")

    def draw_of_all(draw: Draw) -> list[Any]:
        left = list(items or ())
        value: list[Any] = []
        while left and len(value) < most and (len(value) < least or more(draw)):
            value.append(fresh(left.pop(draw(below(len(left))))))
        return value

    def draw_unique(draw: Draw) -> list[Any]:
        value: list[Any] = []
        repeats = 0
        while repeats < _REPEATS and len(value) < most and (len(value) < least or more(draw)):
            one = item(draw)
            if any(same(one, other) for other in value):
                repeats += 1
            else:
                value.append(one)
        return value

    if items is not None:
        return draw_of_all
    return tried(draw_unique, lambda value: len(value) >= least, "uniqueItems", place)


def _all_values(schema: object, place: str) -> list[Any] | None:
    """Return each value that *schema* admits, once, if it is plain which these are."""
    kept = normal(schema, place)
    if kept.keys() & {"anyOf", "oneOf"}:
        return None
    if kept.keys() & {"enum", "const"}:
        found = _listed_values(kept, place)
    elif "type" in kept and all(name in _FEW_VALUES for name in kept["type"]):
        found = [value for name in kept["type"] for value in _FEW_VALUES[name]]
    else:
        return None
    unique: list[Any] = []
    for value in found:
        if not any(same(value, other) for other in unique):
            unique.append(value)
    return unique


def _objects(schema: SchemaObject, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    least, most = int(schema.get("minProperties", 0)), int(schema.get("maxProperties", _NO_LIMIT))
    properties = {
        name: _drawer_or_none(value, property_place(place, name), closed)
        for name, value in schema.get("properties", {}).items()
    }
    extra = _drawer_or_none(schema.get("additionalProperties", True), f"{place}/additionalProperties", closed)
    required = {name: _needed(properties.get(name, extra), name, place) for name in schema.get("required", ())}
    optional = [(name, found) for name, found in properties.items() if found is not None and name not in required]
    if most < max(least, len(required)):
        raise AdmitsNothing(keyword="maxProperties", place=place, problem="admits no object together with the rest")
    if extra is None and len(required) + len(optional) < least:
        raise AdmitsNothing(keyword="minProperties", place=place, problem="asks for more properties than there may be")
    known = frozenset({*properties, *required})
    if extra is draw_json and not known and not schema.keys() & {"minProperties", "maxProperties"}:
        return draw_json_object
    return Members(required, optional, extra, known, least, most, extra is not None and not (closed and known)).draw


def _needed(found: Drawer | None, name: str, place: str) -> Drawer:
    if found is None:
        raise AdmitsNothing(keyword="required", place=place, problem=f"names {name!r}, of which no value is admitted")
    return found


def _nulls(*_: object) -> Drawer:
    return lambda _: None


def _booleans(*_: object) -> Drawer:
    return lambda draw: draw(below(2)) == 1


_FEW_VALUES: Mapping[str, tuple[Any, ...]] = {"null": (None,), "boolean": (False, True)}
_DRAWERS: Mapping[str, Callable[[SchemaObject, str, bool], Drawer]] = {
    "null": _nulls,
    "boolean": _booleans,
    "integer": integer_drawer,
    "number": number_drawer,
    "string": string_drawer,
    "array": _arrays,
    "object": _objects,
}
