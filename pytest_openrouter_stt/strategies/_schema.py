"""From a JSON Schema to a strategy for the values that it admits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hypothesis import reject
from hypothesis import strategies as st

from pytest_openrouter_stt.contract import Schema as Judge

from ._drawing import Draw, Drawer, below, draw_json, draw_json_object, drawn, fresh
from ._errors import STRING_KEYWORDS, UnsupportedKeyword
from ._formats import FORMATS
from ._normal import TYPES, Schema, normal
from ._numbers import integer_drawer, number_drawer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FEW = 12
"""Optional properties whose presence is drawn as one number; of more than these, one, some or all are picked."""

_SOME = 8
_EXTRA_ITEMS = 3
_ATTEMPTS = 3


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
    kept = normal(schema, place)
    for keyword in ("anyOf", "oneOf"):
        if keyword in kept:
            return _branches(keyword, kept, place, closed=closed)
    if "const" in kept or "enum" in kept:
        return _listed(kept, place)
    if not kept.keys() - {"format"}:
        return draw_json
    kinds = [_DRAWERS[name](kept, place, closed) for name in kept.get("type", TYPES)]
    return kinds[0] if len(kinds) == 1 else lambda draw: kinds[draw(below(len(kinds)))](draw)


def _branches(keyword: str, schema: Schema, place: str, *, closed: bool) -> Drawer:
    """Return a drawer that takes one branch, together with what stands beside it."""
    beside = {name: value for name, value in schema.items() if name != keyword}
    branches = [
        drawer({"allOf": (beside, branch)}, f"{place}/{keyword}/{number}", closed=closed)
        for number, branch in enumerate(schema[keyword])
    ]
    if keyword == "anyOf":
        return lambda draw: branches[draw(below(len(branches)))](draw)
    # A value of one branch may be one of another, too; only an independent judge knows.
    return _checked(lambda draw: branches[draw(below(len(branches)))](draw), schema)


def _checked(unsure: Drawer, schema: Schema) -> Drawer:
    judge = Judge("#", schema)

    def draw_valid(draw: Draw) -> Any:
        for _ in range(_ATTEMPTS):
            value = unsure(draw)
            if not judge.violations(value):
                return value
        return reject()

    return draw_valid


def _listed(schema: Schema, place: str) -> Drawer:
    """Return a drawer for the values that ``const`` or ``enum`` lists, as far as the rest admits them."""
    values = [schema["const"]] if "const" in schema else list(schema["enum"])
    judge = Judge(place, schema)
    values = [value for value in map(fresh, values) if not judge.violations(value)]
    if not values:
        keyword = "const" if "const" in schema else "enum"
        raise UnsupportedKeyword(keyword=keyword, place=place, problem="lists no value that is admitted")
    return lambda draw: fresh(values[draw(below(len(values)))])


def _strings(schema: Schema, place: str, closed: bool) -> Drawer:  # noqa: ARG001, FBT001 - one signature for all types
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    strategy = FORMATS.get(schema.get("format", ""), st.text(min_size=shortest, max_size=longest))
    if "pattern" in schema:
        strategy = st.from_regex(_compiled(schema["pattern"], place))
    if not schema.keys() & (STRING_KEYWORDS | {"format"}):
        return lambda draw: draw(strategy)
    return _checked(lambda draw: draw(strategy), {**schema, "type": "string"})


def _compiled(pattern: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        problem = f"is not a pattern that Python understands ({error})"
        raise UnsupportedKeyword(keyword="pattern", place=place, problem=problem) from None


def _arrays(schema: Schema, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    item = drawer(schema.get("items", True), f"{place}/items", closed=closed)
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", least + _EXTRA_ITEMS), least + _EXTRA_ITEMS)
    if most < least:
        raise UnsupportedKeyword(keyword="maxItems", place=place, problem="admits no array together with 'minItems'")

    def draw_array(draw: Draw) -> list[Any]:
        return [item(draw) for _ in range(least + draw(below(most - least + 1)))]

    return _checked(draw_array, {**schema, "type": "array"}) if schema.get("uniqueItems") else draw_array


def _objects(schema: Schema, place: str, closed: bool) -> Drawer:  # noqa: FBT001
    properties = {
        name: drawer(value, f"{place}/properties/{name}", closed=closed)
        for name, value in schema.get("properties", {}).items()
        if value is not False or name in schema.get("required", ())
    }
    extra = _extra_drawer(schema, place, closed=closed)
    required = {name: properties.get(name) or _needed(extra, name, place) for name in schema.get("required", ())}
    optional = [(name, draw_value) for name, draw_value in properties.items() if name not in required]
    if not required and not optional:
        found = _members(extra, schema)
    else:
        found = _described(required, optional, None if closed else extra)
    limited = schema.keys() & {"minProperties", "maxProperties"}
    return _checked(found, {**schema, "type": "object"}) if limited else found


def _extra_drawer(schema: Schema, place: str, *, closed: bool) -> Drawer | None:
    additional = schema.get("additionalProperties", True)
    if additional is False:
        return None
    return drawer(additional, f"{place}/additionalProperties", closed=closed)


def _needed(extra: Drawer | None, name: str, place: str) -> Drawer:
    if extra is None:
        problem = f"names {name!r}, which 'additionalProperties' refuses"
        raise UnsupportedKeyword(keyword="required", place=place, problem=problem)
    return extra


def _members(extra: Drawer | None, schema: Schema) -> Drawer:
    """Return a drawer for an object whose properties have no names."""
    if extra is None:
        return lambda _: {}
    least = schema.get("minProperties", 0)
    if extra is draw_json and not least:
        return draw_json_object
    name = st.text(max_size=8)
    return lambda draw: {draw(name): extra(draw) for _ in range(least + draw(below(4)))}


def _described(required: Mapping[str, Drawer], optional: list[tuple[str, Drawer]], extra: Drawer | None) -> Drawer:
    """Return a drawer for an object with named properties, and now and then one of no known name."""
    choose = _chosen_few if len(optional) <= _FEW else _chosen_of_many
    others = (lambda draw: draw(below(_SOME)) == _SOME - 1) if extra is not None else None
    name = st.text(min_size=1, max_size=8)
    names = {*required, *(name for name, _ in optional)}

    def draw_object(draw: Draw) -> dict[str, Any]:
        value = {name: draw_value(draw) for name, draw_value in required.items()}
        choose(draw, optional, value)
        if extra is not None and others is not None and others(draw):
            unknown = draw(name)
            if unknown not in names:
                value[unknown] = extra(draw)
        return value

    return draw_object


def _chosen_few(draw: Draw, optional: list[tuple[str, Drawer]], value: dict[str, Any]) -> None:
    """Add any subset of the optional properties: one number says which."""
    chosen = draw(below(2 ** len(optional))) if optional else 0
    for place, (name, draw_value) in enumerate(optional):
        if chosen >> place & 1:
            value[name] = draw_value(draw)


def _chosen_of_many(draw: Draw, optional: list[tuple[str, Drawer]], value: dict[str, Any]) -> None:
    """Add none, one, some or all of many optional properties; all of them share what they hold."""
    count = len(optional)
    chosen = draw(below(count + 2 * _SOME))
    if 0 < chosen <= count:
        name, draw_value = optional[chosen - 1]
        value[name] = draw_value(draw)
    elif count < chosen <= count + _SOME:
        for place in draw(st.lists(below(count), unique=True, max_size=_SOME)):
            name, draw_value = optional[place]
            value[name] = draw_value(draw)
    elif chosen:
        _add_all(draw, optional, value)


def _add_all(draw: Draw, optional: list[tuple[str, Drawer]], value: dict[str, Any]) -> None:
    shared: dict[int, Any] = {}
    for name, draw_value in optional:
        if id(draw_value) not in shared:
            shared[id(draw_value)] = draw_value(draw)
        value[name] = fresh(shared[id(draw_value)])


def _null(*_: object) -> Drawer:
    return lambda _: None


def _booleans(*_: object) -> Drawer:
    return lambda draw: draw(below(2)) == 1


_DRAWERS: dict[str, Callable[[Schema, str, bool], Drawer]] = {
    "null": _null,
    "boolean": _booleans,
    "integer": integer_drawer,
    "number": number_drawer,
    "string": _strings,
    "array": _arrays,
    "object": _objects,
}
