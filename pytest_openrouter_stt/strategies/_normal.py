"""One shape for all schemas: types spelled out, ``allOf`` merged, nothing that is not understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._errors import UNDERSTOOD, UnsupportedKeyword, is_annotation

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
Schema = Mapping[str, Any]


def normal(schema: object, place: str) -> dict[str, Any]:
    """Return *schema* without annotations and ``allOf``, its ``type`` a tuple where it has one.

    Raises:
        UnsupportedKeyword: It admits nothing, or asks for what is not understood.
    """
    if schema is True:
        return {}
    if schema is False or not isinstance(schema, Mapping):
        raise UnsupportedKeyword(keyword="false", place=place, problem="admits no value")
    kept = {keyword: value for keyword, value in schema.items() if not is_annotation(keyword)}
    for keyword in sorted(kept.keys() - UNDERSTOOD):
        raise UnsupportedKeyword(keyword=keyword, place=place)
    if "type" in kept:
        kept["type"] = _types(kept["type"], place)
    if "format" in schema and kept.get("type", ("string",)) == ("string",):
        kept["format"] = schema["format"]  # nothing has to keep to it, but servers like to see it kept
    parts = kept.pop("allOf", ())
    for number, part in enumerate(parts):
        kept = _merged(kept, normal(part, f"{place}/allOf/{number}"), f"{place}/allOf/{number}")
    return kept


def _types(given: object, place: str) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else ()
    for name in names:
        if name not in TYPES:
            raise UnsupportedKeyword(keyword=f"type: {name}", place=place)
    return names


def _merged(one: dict[str, Any], other: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a schema for the values that both admit."""
    merged = {**one, **other}
    for keyword in one.keys() & other.keys():
        merged[keyword] = _both(keyword, one[keyword], other[keyword], place)
    # What one closes to further properties, the other must not open: each knows its own properties only.
    for closed, opener in ((one, other), (other, one)):
        if closed.get("additionalProperties", True) is not True and opener.get("properties", {}).keys() - closed.get(
            "properties", {}
        ):
            problem = "is not understood beside properties of another part of 'allOf'"
            raise UnsupportedKeyword(keyword="additionalProperties", place=place, problem=problem)
    return merged


def _both(keyword: str, one: Any, other: Any, place: str) -> Any:
    if one == other:
        return one
    if keyword in _TIGHTER:
        return _TIGHTER[keyword](one, other)
    if keyword in {"items", "additionalProperties"}:
        return {"allOf": (one, other)}
    return _common(keyword, one, other, place)


def _schema_of_both(one: Schema, other: Schema, name: str) -> Any:
    if name in one and name in other:
        return {"allOf": (one[name], other[name])}
    return one.get(name, other.get(name))


def _common(keyword: str, one: Any, other: Any, place: str) -> Any:
    if keyword == "type":
        shared = tuple(name for name in one if name in other or (name == "integer" and "number" in other))
        shared += ("integer",) if "number" in one and "integer" in other and "number" not in other else ()
    elif keyword == "enum":
        shared = tuple(value for value in one if value in other)
    else:
        problem = "is not understood twice in one 'allOf'"
        raise UnsupportedKeyword(keyword=keyword, place=place, problem=problem)
    if not shared:
        raise UnsupportedKeyword(keyword=keyword, place=place, problem="admits no value together with the rest")
    return shared


_TIGHTER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "required": lambda one, other: tuple(dict.fromkeys((*one, *other))),
    "properties": lambda one, other: {name: _schema_of_both(one, other, name) for name in {**one, **other}},
    "uniqueItems": lambda one, other: one or other,
}
"""How two values of a keyword become one that admits what both admit."""
