"""Every single way to break a schema, starting from the smallest value that it admits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.contract import MISSING, Schema, Violation

from .drawing import fresh
from .normal import TYPES, SchemaObject, UnsupportedKeyword, normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STRINGS = (
    "",
    "a",
    "0",
    "A",
    "en",
    "2020-01-01",
    "a@example.com",
    "https://example.com",
    "a-b_c.d",
    " ",
    "1.0",
    "00000000",
)
_FINE = 2**52
"""Up to here floats have halves."""

_SIMPLEST = ("null", "boolean", "string", "integer", "number", "array", "object")


def smallest(schema: object, place: str) -> Any:
    """Return one small value of *schema*, the same in every run.

    Raises:
        UnsupportedKeyword: There is none, or it takes more than trying a few to find one.
    """
    kept = normal(schema, place)
    judge = Schema(place, kept)
    for value in _candidates(kept, place):
        if not judge.violations(value):
            return value
    keyword = next((name for name in ("pattern", "oneOf", "anyOf", "enum", "const") if name in kept), "type")
    raise UnsupportedKeyword(keyword=keyword, place=place, problem="admits no value that is easily found")


def _candidates(schema: SchemaObject, place: str) -> Any:
    if "const" in schema:
        yield fresh(schema["const"])
    yield from map(fresh, schema.get("enum", ()))
    for keyword in ("anyOf", "oneOf"):
        beside = {name: value for name, value in schema.items() if name != keyword}
        for number, branch in enumerate(schema.get(keyword, ())):
            yield smallest({"allOf": (beside, branch)}, f"{place}/{keyword}/{number}")
    for name in sorted(schema.get("type", TYPES), key=_SIMPLEST.index):
        yield from _of_type(name, schema, place)


def _of_type(name: str, schema: SchemaObject, place: str) -> Any:
    if name == "null":
        yield None
    elif name == "boolean":
        yield from (False, True)
    elif name == "string":
        yield from _strings(schema)
    elif name in {"integer", "number"}:
        yield from _numbers(schema)
    elif name == "array":
        item = schema.get("items", True)
        yield [smallest(item, f"{place}/items") for _ in range(schema.get("minItems", 0))]
        yield list(range(schema.get("minItems", 0)))
    else:
        yield _object(schema, place)


def _strings(schema: SchemaObject) -> Any:
    yield from _STRINGS
    yield "a" * schema.get("minLength", 0)


def _numbers(schema: SchemaObject) -> Any:
    step = schema.get("multipleOf", 1)
    yield 0
    for limit in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if limit in schema:
            near = schema[limit]
            above, below = math.ceil(near), math.floor(near)  # integers, which have no end where floats have one
            up, down = -(-above // step) * step, below // step * step
            yield from (near, up, down, up + step, down - step, below + 1, above - 1)
            if abs(near) < _FINE:
                yield from (near + 0.5, near - 0.5)


def _object(schema: SchemaObject, place: str) -> dict[str, Any]:
    properties, extra = schema.get("properties", {}), schema.get("additionalProperties", True)
    value = {name: smallest(properties.get(name, extra), f"{place}/{name}") for name in schema.get("required", ())}
    names = [*(name for name in properties if name not in value), *map(str, range(schema.get("minProperties", 0)))]
    for name in names[: max(0, schema.get("minProperties", 0) - len(value))]:
        value[name] = smallest(properties.get(name, extra), f"{place}/{name}")
    return value


_SAMPLES: Mapping[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (False, True),
    "integer": (0, 1),
    "number": (0.5, -1.5),
    "string": ("", "1"),
    "array": ([], [1]),
    "object": ({}, {"a": 1}),
}
_ADMITTED_WITH = {"number": {"number", "integer"}}
_OTHERS: tuple[Any, ...] = (
    None,
    False,
    True,
    0,
    0.5,
    "",
    "a",
    "\u0000",
    [],
    [1],
    {},
    {"a": 1},
    10**9,
    "a" * 200,
    [[]],
    {"a": {}},
)
_UNKNOWN_NAME = "a_property_of_no_name"
_UNCARRIED = (math.nan, math.inf, -math.inf)


@dataclass(frozen=True, slots=True)
class SchemaStep:
    """One step towards a place in a value.

    Attributes:
        key: The property or the index.
        fallback: What stands there when a value has nothing of the kind.
    """

    key: str | int
    fallback: Any


@dataclass(frozen=True, slots=True)
class Defect:
    """One change that breaks a schema in exactly one way.

    Attributes:
        steps: The way to the place that is changed.
        value: What is put there; `MISSING` takes away what is there.
        violation: What that breaks.
    """

    steps: tuple[SchemaStep, ...]
    value: Any
    violation: Violation

    def spoil(self, valid: Any) -> Any:
        """Return a copy of *valid* with the defect in it."""
        if not self.steps:
            return fresh(self.value)
        spoilt = fresh(valid)
        place = spoilt
        for step in self.steps[:-1]:
            place = _entered(place, step)
        _put(place, self.steps[-1].key, self.value)
        return spoilt


def _entered(place: Any, step: SchemaStep) -> Any:
    """Return what is at *step*, put there first unless it is a container of the kind that is needed."""
    key = step.key
    there = place[key] if (key in place if isinstance(place, dict) else len(place) > int(key)) else None
    if type(there) is not type(step.fallback):
        _put(place, key, step.fallback)
    return place[key]


def _put(place: Any, key: str | int, value: Any) -> None:
    if value is MISSING:
        place.pop(key, None)
    elif isinstance(place, list):
        place[:1] = [fresh(value)]
    else:
        place[key] = fresh(value)


def defects(schema: Schema) -> Iterator[Defect]:
    """Yield every defect of *schema*: each keyword broken at each place, wrong types by each other type.

    Raises:
        UnsupportedKeyword: The schema uses what is not understood.
    """
    yield from _at(schema.document, (), schema.pointer)


def _at(schema: object, steps: tuple[SchemaStep, ...], place: str) -> Iterator[Defect]:
    kept = normal(schema, place)
    judge = Schema(place, kept)
    for value, keyword in _values(kept, place):
        yield from _proven(judge, steps, value, keyword)
    types = kept.get("type", ())
    if "object" in types or kept.keys() & {"properties", "required"}:
        yield from _of_members(kept, judge, steps, place)
    if "items" in kept:
        item = SchemaStep(0, _or_none(kept["items"], f"{place}/items"))
        yield from _at(kept["items"], (*steps, item), f"{place}/items")


def _proven(judge: Schema, steps: tuple[SchemaStep, ...], value: Any, keyword: str) -> Iterator[Defect]:
    """Yield the defect that puts *value* there, if it breaks exactly that keyword of the schema and nothing else."""
    found = judge.violations(value)
    if [(violation.keyword, violation.pointer) for violation in found] == [(keyword, "")]:
        yield Defect(steps, value, Violation(_pointer(steps), keyword, found[0].message))


def _values(schema: SchemaObject, place: str) -> Iterator[tuple[Any, str]]:
    """Yield values that may break a keyword at the place itself."""
    if "type" in schema:
        admitted = set().union(*(_ADMITTED_WITH.get(name, {name}) for name in schema["type"]))
        for name, samples in _SAMPLES.items():
            if name not in admitted:
                yield from ((value, "type") for value in samples)
    for keyword in ("enum", "const", "anyOf", "oneOf", "pattern"):
        if keyword in schema:
            yield from ((value, keyword) for value in _unlike(schema, keyword))
    yield from _beyond_limits(schema, place)


def _unlike(schema: SchemaObject, keyword: str) -> Iterator[Any]:
    yield from _OTHERS
    if keyword == "enum":
        yield from (value + "x" for value in schema["enum"] if isinstance(value, str))


def _beyond_limits(schema: SchemaObject, place: str) -> Iterator[tuple[Any, str]]:
    for keyword, change in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if keyword in schema:
            yield schema[keyword] + change, keyword
    if "multipleOf" in schema:
        yield from ((schema["multipleOf"] * times + 1, "multipleOf") for times in (0, 1, 10))
    if schema.get("minLength"):
        yield "a" * (schema["minLength"] - 1), "minLength"
    if "maxLength" in schema:
        yield "a" * (schema["maxLength"] + 1), "maxLength"
    yield from _arrays_beyond_limits(schema, place)


def _arrays_beyond_limits(schema: SchemaObject, place: str) -> Iterator[tuple[Any, str]]:
    if not schema.keys() & {"minItems", "maxItems", "uniqueItems"}:
        return
    item = smallest(schema.get("items", True), f"{place}/items")
    if schema.get("minItems"):
        yield [item] * (schema["minItems"] - 1), "minItems"
        yield list(range(schema["minItems"] - 1)), "minItems"
    if "maxItems" in schema:
        yield [item] * (schema["maxItems"] + 1), "maxItems"
        yield list(range(schema["maxItems"] + 1)), "maxItems"
    if schema.get("uniqueItems"):
        yield [item] * max(2, schema.get("minItems", 0)), "uniqueItems"


def _of_members(schema: SchemaObject, judge: Schema, steps: tuple[SchemaStep, ...], place: str) -> Iterator[Defect]:
    """Yield what can be wrong with the properties of an object."""
    for name in schema.get("required", ()):
        message = f"{name!r} is a required property"
        yield Defect((*steps, SchemaStep(name, None)), MISSING, Violation(_pointer(steps), "required", message))
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        if inner is not False:
            step = SchemaStep(name, _or_none(inner, f"{place}/properties/{name}"))
            yield from _at(inner, (*steps, step), f"{place}/properties/{name}")
    extra = schema.get("additionalProperties", True)
    if extra is False:
        message = f"{_UNKNOWN_NAME!r} is not allowed"
        violation = Violation(_pointer(steps), "additionalProperties", message)
        yield Defect((*steps, SchemaStep(_UNKNOWN_NAME, None)), 1, violation)
    elif extra is not True:
        step = SchemaStep(_UNKNOWN_NAME, _or_none(extra, f"{place}/additionalProperties"))
        yield from _at(extra, (*steps, step), f"{place}/additionalProperties")
    yield from _of_size(schema, judge, steps, place)


def _of_size(schema: SchemaObject, judge: Schema, steps: tuple[SchemaStep, ...], place: str) -> Iterator[Defect]:
    if "minProperties" in schema:
        yield from _proven(judge, steps, smallest({**schema, "minProperties": 0}, place), "minProperties")
    if "maxProperties" in schema:
        extra = smallest(schema.get("additionalProperties", True), f"{place}/additionalProperties")
        many = {f"{_UNKNOWN_NAME}_{number}": extra for number in range(schema["maxProperties"] + 1)}
        value = {**smallest({**schema, "maxProperties": 10**6}, place), **many}
        yield from _proven(judge, steps, value, "maxProperties")


def uncarried(schema: Schema) -> Iterator[Defect]:
    """Yield the defects that JSON itself forbids: NaN and the infinities, wherever a number may stand."""
    for steps in _number_places(schema.document, (), schema.pointer):
        for value in _UNCARRIED:
            violation = Violation(_pointer(steps), "json", f"{value} is not a number that JSON has (RFC 8259, 6)")
            yield Defect(steps, value, violation)


def _number_places(schema: object, steps: tuple[SchemaStep, ...], place: str) -> Iterator[tuple[SchemaStep, ...]]:
    kept = normal(schema, place)
    if not kept or "number" in kept.get("type", ()):
        yield steps
    for name, inner in kept.get("properties", {}).items():
        if inner is not False:
            step = SchemaStep(name, _or_none(inner, f"{place}/properties/{name}"))
            yield from _number_places(inner, (*steps, step), f"{place}/properties/{name}")
    extra = kept.get("additionalProperties", True)
    if extra is not True and extra is not False:
        yield from _number_places(extra, (*steps, SchemaStep(_UNKNOWN_NAME, None)), f"{place}/additionalProperties")


def _or_none(schema: object, place: str) -> Any:
    try:
        return smallest(schema, place)
    except UnsupportedKeyword:
        return None


def _pointer(steps: tuple[SchemaStep, ...]) -> str:
    tokens = (str(step.key).replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{token}" for token in tokens)
