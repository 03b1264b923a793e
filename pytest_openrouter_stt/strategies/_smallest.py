"""The smallest value that a schema admits, without drawing."""

from __future__ import annotations

import math
from typing import Any

from pytest_openrouter_stt.contract import Schema as Judge

from ._drawing import fresh
from ._errors import UnsupportedKeyword
from ._normal import TYPES, Schema, normal

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
    judge = Judge(place, kept)
    for value in _candidates(kept, place):
        if not judge.violations(value):
            return value
    keyword = next((name for name in ("pattern", "oneOf", "anyOf", "enum", "const") if name in kept), "type")
    raise UnsupportedKeyword(keyword=keyword, place=place, problem="admits no value that is easily found")


def _candidates(schema: Schema, place: str) -> Any:
    if "const" in schema:
        yield fresh(schema["const"])
    yield from map(fresh, schema.get("enum", ()))
    for keyword in ("anyOf", "oneOf"):
        beside = {name: value for name, value in schema.items() if name != keyword}
        for number, branch in enumerate(schema.get(keyword, ())):
            yield smallest({"allOf": (beside, branch)}, f"{place}/{keyword}/{number}")
    for name in sorted(schema.get("type", TYPES), key=_SIMPLEST.index):
        yield from _of_type(name, schema, place)


def _of_type(name: str, schema: Schema, place: str) -> Any:
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


def _strings(schema: Schema) -> Any:
    yield from _STRINGS
    yield "a" * schema.get("minLength", 0)


def _numbers(schema: Schema) -> Any:
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


def _object(schema: Schema, place: str) -> dict[str, Any]:
    properties, extra = schema.get("properties", {}), schema.get("additionalProperties", True)
    value = {name: smallest(properties.get(name, extra), f"{place}/{name}") for name in schema.get("required", ())}
    names = [*(name for name in properties if name not in value), *map(str, range(schema.get("minProperties", 0)))]
    for name in names[: max(0, schema.get("minProperties", 0) - len(value))]:
        value[name] = smallest(properties.get(name, extra), f"{place}/{name}")
    return value
