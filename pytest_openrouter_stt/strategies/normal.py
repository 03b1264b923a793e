"""One shape for all schemas: types spelled out, ``allOf`` merged, unknown keywords refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False, kw_only=True)
class UnsupportedKeyword(Exception):
    """A schema uses a keyword that no value can be made for, or none that is sure to be valid.

    Attributes:
        keyword: The keyword; ``false`` for that schema.
        place: Where it stands.
        problem: Why there is no such value; empty when the keyword is not understood at all.
    """

    keyword: str
    place: str
    problem: str = ""

    def __str__(self) -> str:
        problem = self.problem or f"is not understood; understood are {', '.join(sorted(UNDERSTOOD))}"
        return f"{self.place} uses {self.keyword!r}, which {problem}"


class AdmitsNothing(UnsupportedKeyword):
    """A schema that no value is valid by: whatever may do without one does."""


ANNOTATIONS = frozenset(
    {"title", "description", "summary", "format", "default", "example", "examples", "deprecated", "readOnly",
     "writeOnly", "contentEncoding", "contentMediaType", "$comment", "externalDocs", "xml"}
)  # fmt: skip
"""Keywords that say nothing about what is valid; so do those that begin with ``x-``."""

NUMBER_KEYWORDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
STRING_KEYWORDS = frozenset({"minLength", "maxLength", "pattern"})
ARRAY_KEYWORDS = frozenset({"items", "minItems", "maxItems", "uniqueItems"})
OBJECT_KEYWORDS = frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"})
COMBINATORS = frozenset({"allOf", "anyOf", "oneOf"})
UNDERSTOOD = (
    NUMBER_KEYWORDS | STRING_KEYWORDS | ARRAY_KEYWORDS | OBJECT_KEYWORDS | COMBINATORS | {"type", "enum", "const"}
)


def is_annotation(keyword: str) -> bool:
    """Whether *keyword* says nothing about what is valid."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
SchemaObject = Mapping[str, Any]

_NOTHING: tuple[Mapping[str, Any], ...] = ({"not": {}}, {"not": True})
"""How the schema ``false`` is spelled where only objects may stand."""


def refuse_unknown(schema: object, place: str) -> None:
    """Raise for what is not understood anywhere in *schema*, while each thing still stands where it was written.

    Raises:
        UnsupportedKeyword: There is such a thing.
    """
    if not isinstance(schema, Mapping) or schema in _NOTHING:
        return
    for keyword in sorted(schema.keys() - UNDERSTOOD):
        if not is_annotation(keyword):
            raise UnsupportedKeyword(keyword=keyword, place=place)
    _types(schema.get("type", ()), place)
    _whole(schema.get("multipleOf", 1), place)
    for keyword in ("items", "additionalProperties"):
        refuse_unknown(schema.get(keyword), f"{place}/{keyword}")
    for keyword in ("allOf", "anyOf", "oneOf"):
        for number, part in enumerate(schema.get(keyword, ())):
            refuse_unknown(part, f"{place}/{keyword}/{number}")
    for name, part in schema.get("properties", {}).items():
        refuse_unknown(part, property_place(place, name))


def property_place(place: str, name: str) -> str:
    """Return where the schema of the property *name* of the schema at *place* stands."""
    return f"{place}/properties/{name.replace('~', '~0').replace('/', '~1')}"


def normal(schema: object, place: str) -> dict[str, Any]:
    """Return *schema* without annotations and ``allOf``, its ``type`` a tuple where it has one.

    Raises:
        UnsupportedKeyword: It admits nothing, or asks for what is not understood.
    """
    if schema is True:
        return {}
    if not isinstance(schema, Mapping) or schema in _NOTHING:
        raise AdmitsNothing(keyword="false", place=place, problem="admits no value")
    kept = {keyword: value for keyword, value in schema.items() if not is_annotation(keyword)}
    for keyword in sorted(kept.keys() - UNDERSTOOD):
        raise UnsupportedKeyword(keyword=keyword, place=place)
    if "type" in kept:
        kept["type"] = _types(kept["type"], place)
    if "multipleOf" in kept:
        kept["multipleOf"] = _whole(kept["multipleOf"], place)
    if "format" in schema:
        kept["format"] = schema["format"]  # nothing has to keep to it, but servers like to see it kept
    parts = kept.pop("allOf", ())
    for number, part in enumerate(parts):
        kept = merged(kept, normal(part, f"{place}/allOf/{number}"), f"{place}/allOf/{number}")
    return kept


def _types(given: object, place: str) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else ()
    for name in names:
        if name not in TYPES:
            raise UnsupportedKeyword(keyword=f"type: {name}", place=place)
    return names


def _whole(step: float, place: str) -> int:
    if step != int(step):
        problem = "is understood only as a whole number"
        raise UnsupportedKeyword(keyword="multipleOf", place=place, problem=problem)
    return int(step)


def merged(one: SchemaObject, other: SchemaObject, place: str) -> dict[str, Any]:
    """Return a schema for the values that both admit, each of them as `normal` returns it.

    Raises:
        UnsupportedKeyword: They admit nothing together, or it is not understood what.
    """
    both = {**one, **other}
    for keyword in one.keys() & other.keys():
        both[keyword] = _both(keyword, one[keyword], other[keyword], place)
    names = {**one.get("properties", {}), **other.get("properties", {})}
    if names:
        both["properties"] = {name: _of_both(_property(one, name), _property(other, name)) for name in names}
    return both


def _property(schema: SchemaObject, name: str) -> Any:
    """Return what *schema* says of a property, by its name or as one of the others."""
    return schema.get("properties", {}).get(name, schema.get("additionalProperties", True))


def _of_both(one: Any, other: Any) -> Any:
    if one is True or other is False:
        return other
    if other is True or one is False or same(one, other):
        return one
    return {"allOf": (one, other)}


def _both(keyword: str, one: Any, other: Any, place: str) -> Any:
    if same(one, other):
        return one
    if keyword in _TIGHTER:
        return _TIGHTER[keyword](one, other)
    if keyword in _SHARED:
        shared = _SHARED[keyword](one, other)
        if not shared:
            raise AdmitsNothing(keyword=keyword, place=place, problem="admits no value together with the rest")
        return shared
    problem = "is not understood twice in one 'allOf'"
    raise UnsupportedKeyword(keyword=keyword, place=place, problem=problem)


def same(one: object, other: object) -> bool:
    """Whether both are one JSON value: unlike in Python, ``true`` is not ``1``."""
    return _told_apart(one) == _told_apart(other)


def _told_apart(value: object) -> object:
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, Mapping):
        return {name: _told_apart(item) for name, item in value.items()}
    return [_told_apart(item) for item in value] if isinstance(value, list | tuple) else value


def _shared_types(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    shared = tuple(name for name in one if name in other or (name == "integer" and "number" in other))
    return (*shared, "integer") if "number" in one and "integer" in other and "integer" not in shared else shared


def _shared_values(one: Iterable[Any], other: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value for value in one if any(same(value, known) for known in other))


def _pairs(one: Iterable[Any], other: Iterable[Any]) -> tuple[Any, ...]:
    """Return a branch for each pair of branches: a value takes as many of these as of one times those of the other."""
    return tuple({"allOf": (left, right)} for left in one for right in other)


_TIGHTER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(("items", "additionalProperties"), _of_both),
    **dict.fromkeys(("anyOf", "oneOf"), _pairs),
    "required": lambda one, other: tuple(dict.fromkeys((*one, *other))),
    "properties": lambda one, other: {**one, **other},  # `merged` knows better, it sees what stands beside
    "multipleOf": math.lcm,
    "uniqueItems": lambda one, other: one or other,
    "format": lambda one, _: one,
}
"""How two values of a keyword become one that admits what both admit."""

_SHARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _shared_types,
    "enum": _shared_values,
    "const": lambda *_: (),
}
"""The same, where nothing may be left."""
