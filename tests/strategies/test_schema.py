"""What is made from a schema is valid by it, as an independent validator has it; all else is refused by name."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.strategies import UnsupportedKeyword, from_schema
from pytest_openrouter_stt.strategies.normal import AdmitsNothing

TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
UNDERSTOOD = {
    *("type", "enum", "const", "allOf", "anyOf", "oneOf"),
    *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    *("items", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
REFUSED = [*sorted(Draft202012Validator.VALIDATORS.keys() - UNDERSTOOD - {"format"}), "nullable", "$defs", "own"]
NAMES = st.sampled_from("abcd")
MIXED = [None, True, False, 0, 1, 1.0, 1.5, "1", "", [1], [], {"a": [1]}, {}]
STRING = {"type": "string"}
NO_PATTERN = (
    "# uses 'pattern', which is not a pattern that Python understands (unterminated character set at position 0)"
)
MANY = {f"p{number}": {"type": "null"} for number in range(20)}
FEW = {name: {"type": "null"} for name in "abcdefgh"}

SUITE = os.environ.get("STT_JSON_SCHEMA_TEST_SUITE", "")
"""The folder ``json/tests/draft2020-12`` of ``pip download --no-deps --no-binary jsonschema jsonschema==4.23.0``."""

of_the_suite = pytest.mark.skipif(
    not SUITE, reason="STT_JSON_SCHEMA_TEST_SUITE names no folder draft2020-12 of JSON-Schema-Test-Suite"
)
MADE, NOTHING = "values are made", "refused, since it admits nothing"
ANSWERS = dict.fromkeys(["$dynamicAnchor", "contentSchema", "maxContains", "minContains", "then"], 1) | {
    MADE: 180,
    NOTHING: 7,
    "$defs": 60,
    "$id": 13,
    "$ref": 19,
    "contains": 18,
    "dependencies": 7,
    "dependentRequired": 4,
    "dependentSchemas": 7,
    "else": 9,
    "if": 7,
    "multipleOf": 5,
    "not": 8,
    "pattern": 4,
    "patternProperties": 15,
    "prefixItems": 20,
    "propertyNames": 5,
    "unevaluatedItems": 12,
    "unevaluatedProperties": 26,
    "unknown-keyword": 2,
}
"""What comes of each of the suite's 433 schemas; a keyword stands for those that are refused by its name."""


def is_valid(value: object, schema: object) -> bool:
    return Draft202012Validator(schema).is_valid(value)  # type: ignore[arg-type] # true is a schema, too


def made_of(strategy: st.SearchStrategy[Any], examples: int = 100) -> list[Any]:
    made: list[Any] = []

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(value=strategy)
    def collect(value: object) -> None:
        made.append(value)

    collect()
    return made


# Every value of a schema is valid.

KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
    "enum": st.lists(st.sampled_from(MIXED), min_size=1, max_size=5),
    "const": st.sampled_from(MIXED),
    "required": st.lists(NAMES, unique=True, max_size=2),
    "minProperties": st.integers(0, 5),
    "maxProperties": st.integers(0, 5),
    "minItems": st.integers(0, 4),
    "maxItems": st.integers(0, 4),
    "uniqueItems": st.booleans(),
    "minLength": st.integers(0, 9),
    "maxLength": st.integers(0, 9),
    "pattern": st.sampled_from(["^a", "b$", "^[a-z]{2,}$", r"\d+", "^(x|yz)*$", "é"]),
    "format": st.sampled_from(["date", "date-time", "email", "uri", "uuid", "int32", "int64", "double", "own"]),
    "minimum": st.integers(-(2**64), 2**64) | st.floats(-1e3, 1e3),
    "maximum": st.integers(-(2**64), 2**64) | st.floats(-1e3, 1e3),
    "exclusiveMinimum": st.integers(-5, 5) | st.floats(-1e3, 1e3),
    "exclusiveMaximum": st.integers(-5, 5) | st.floats(-1e3, 1e3),
    "multipleOf": st.integers(1, 12),
    "description": st.just("any"),
    "x-own": st.just({"not": {}}),
}


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(inner, min_size=1, max_size=3)
    nested = {
        "properties": st.dictionaries(NAMES, inner, max_size=4),
        "additionalProperties": inner,
        "items": inner,
        "allOf": parts,
        "anyOf": parts,
        "oneOf": parts,
    }
    return few_of({**KEYWORDS, **nested})


def few_of(keywords: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Some keywords: all of them together hardly ever admit anything."""
    return st.lists(st.sampled_from(sorted(keywords)), unique=True, min_size=1, max_size=4).flatmap(
        lambda chosen: st.fixed_dictionaries({name: keywords[name] for name in chosen})
    )


SCHEMAS = st.recursive(st.booleans() | few_of(KEYWORDS), compound, max_leaves=8)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_made_from_a_schema_is_valid(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    try:
        strategy = from_schema(schema)
    except UnsupportedKeyword:
        assume(False)  # noqa: FBT003
    try:
        value = data.draw(strategy)
    except UnsupportedKeyword:  # of a schema whose only fault is that nothing is found
        assume(False)  # noqa: FBT003
    assert is_valid(value, schema)


@pytest.mark.parametrize("keyword", [*sorted(KEYWORDS), "properties", "items", "additionalProperties"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_each_keyword_alone_is_kept_to(keyword: str, data: st.DataObject) -> None:
    values = KEYWORDS.get(keyword, few_of(KEYWORDS))
    value = data.draw(values)
    schema = {keyword: {"a": value} if keyword == "properties" else value}
    try:
        strategy = from_schema(schema)
    except UnsupportedKeyword as error:
        assert error.problem  # noqa: PT017 - what makes no value is no fault of a keyword alone
        return
    assert is_valid(data.draw(strategy), schema)


SINGLE = [
    pytest.param({}, id="anything"),
    pytest.param(True, id="true"),
    pytest.param({"description": "any", "format": "uri", "x-a": 1, "readOnly": True}, id="annotations"),
    *(pytest.param({"type": name}, id=name) for name in TYPES),
    pytest.param({"type": ["string", "null"]}, id="types"),
    pytest.param({"type": "array", "items": STRING}, id="items"),
    pytest.param({"properties": {"a": STRING, "b": {}}, "required": ["a"]}, id="no type"),
    pytest.param({"type": "object", "properties": {"a": STRING}, "additionalProperties": False}, id="closed"),
    pytest.param({"type": "object", "properties": FEW, "required": ["c"]}, id="few properties"),
    pytest.param({"type": "object", "properties": MANY, "required": ["p7"]}, id="many properties"),
    pytest.param({"type": "object", "properties": MANY, "maxProperties": 3}, id="few of many"),
    pytest.param({"type": "object", "additionalProperties": False}, id="empty"),
    pytest.param({"type": "object", "additionalProperties": STRING}, id="additional"),
    pytest.param({"type": "object", "required": ["a"]}, id="required without properties"),
    pytest.param(
        {"type": "object", "properties": {"a": {}}, "required": ["b"], "additionalProperties": STRING},
        id="required by another name",
    ),
    pytest.param({"type": "object", "minProperties": 5, "properties": {"a": {}}}, id="minProperties"),
    pytest.param({"type": "object", "maxProperties": 1, "minProperties": 1}, id="one property"),
    pytest.param({"type": "object", "properties": FEW, "additionalProperties": False, "minProperties": 8}, id="all"),
    pytest.param({"properties": {"a": False, "b": {"not": {}}}}, id="forbidden properties"),
    pytest.param({"enum": MIXED}, id="enum"),
    pytest.param({"enum": MIXED, "type": "integer", "title": "any"}, id="enum and type"),
    pytest.param({"const": [1, {"a": None}]}, id="const"),
    pytest.param({"type": "array", "items": False}, id="false items"),
    pytest.param({"type": "array", "minItems": 7, "maxItems": 7}, id="seven items"),
    pytest.param({"type": "array", "items": STRING, "minItems": 10**3}, id="many items"),
    pytest.param({"type": "array", "uniqueItems": True, "items": {"enum": [*range(9)]}, "minItems": 9}, id="all items"),
    pytest.param({"type": "array", "uniqueItems": True, "items": {"type": "integer"}, "minItems": 5}, id="uniqueItems"),
    pytest.param({"type": "array", "uniqueItems": True, "items": {"type": ["boolean", "null"]}}, id="unique few"),
    pytest.param({"type": "string", "minLength": 3, "maxLength": 3}, id="three characters"),
    pytest.param({"type": "string", "minLength": 10**5}, id="long string"),
    pytest.param({"type": "string", "maxLength": 2.0}, id="decimal maxLength"),
    pytest.param({"type": "string", "format": "date-time", "maxLength": 5}, id="format that cannot be kept to"),
    pytest.param({"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"}, id="pattern"),
    pytest.param({"type": "string", "pattern": "^a", "minLength": 30, "maxLength": 31}, id="pattern and limits"),
    pytest.param({"type": "string", "pattern": "^a{3}b+$", "minLength": 30}, id="pattern of which only the end grows"),
    *(pytest.param({"type": "string", "format": name}, id=name) for name in ("date", "email", "uri", "uuid")),
    pytest.param({"type": "integer", "minimum": 2**63 - 1}, id="large minimum"),
    pytest.param({"type": "integer", "format": "int32"}, id="int32"),
    pytest.param({"type": "integer", "format": "int32", "minimum": 2**40}, id="beyond int32"),
    pytest.param({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 2}, id="only one"),
    pytest.param({"type": "integer", "multipleOf": 3, "minimum": 10**400, "maximum": 10**401}, id="beyond floats"),
    pytest.param({"type": "number", "minimum": 0, "maximum": 1}, id="temperature"),
    pytest.param({"type": "number", "minimum": 2**53 + 1, "maximum": 2**53 + 1}, id="of no float"),
    pytest.param({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 5e-323}, id="only tiny"),
    pytest.param({"type": "number", "minimum": 0, "maximum": 0}, id="zeros"),
    pytest.param({"type": "number", "multipleOf": 5}, id="multipleOf"),
    pytest.param({"minimum": 5, "maximum": 3}, id="no number, but all else"),
    pytest.param({"allOf": [{"type": ["string", "null"]}, {"type": ["null", "integer"]}]}, id="allOf"),
    pytest.param({"allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "type": "integer"}, id="allOf multipleOf"),
    pytest.param(
        {"allOf": [{"properties": {"a": STRING}, "additionalProperties": False}, {"properties": {"b": {}}}]},
        id="closed beside open",
    ),
    pytest.param(
        {"type": "object", "allOf": [{"properties": {"a": STRING}}, {"properties": {"a": {"maxLength": 3}}}]},
        id="one property twice",
    ),
    pytest.param({"allOf": [{"anyOf": [STRING, {"type": "null"}]}, {"anyOf": [STRING, {"const": 1}]}]}, id="2 anyOf"),
    pytest.param({"anyOf": [STRING, {"type": "null"}]}, id="anyOf"),
    pytest.param({"type": "string", "anyOf": [{"minLength": 2}, {"type": "null"}]}, id="anyOf with a dead branch"),
    pytest.param({"oneOf": [STRING, {"type": "null"}]}, id="oneOf"),
    pytest.param({"oneOf": [{"type": "number"}, {"type": "integer"}]}, id="oneOf overlapping"),
]


@pytest.mark.parametrize("schema", SINGLE)
def test_a_value_of_each_schema_is_valid_and_no_health_check_fires(schema: dict[str, Any]) -> None:
    @settings(max_examples=30, deadline=None, database=None)  # a health check judges the first ten
    @given(value=from_schema(schema))
    def judge(value: object) -> None:
        assert is_valid(value, schema)

    judge()


# What is reached.


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": MIXED, "type": "integer"}, [0, 1, 1.0]),
        ({"enum": MIXED, "type": ["string", "array"]}, ["1", "", [1], []]),
        ({"enum": MIXED, "minLength": 1, "type": "string"}, ["1"]),
        ({"enum": MIXED, "minItems": 1, "type": ["array", "null"]}, [None, [1]]),
        ({"enum": MIXED, "const": 1}, [1]),
        ({"const": {"a": 1}, "required": ["a"], "properties": {"a": {"type": "integer"}}}, [{"a": 1}]),
        ({"enum": [1, "a"], "anyOf": [STRING, {"type": "null"}]}, ["a"]),
        ({"enum": [1, 2, 3], "oneOf": [{"minimum": 2}, {"maximum": 2}]}, [1, 3]),
        ({"allOf": [{"enum": [1, 0]}, {"enum": [True, 0.0]}]}, [0]),
        ({"type": ["boolean", "null"]}, [None, True, False]),
        ({"type": "integer", "minimum": -1, "exclusiveMaximum": 2}, [-1, 0, 1]),
        ({"type": "number", "multipleOf": 10, "minimum": 5, "maximum": 25}, [10, 20]),
        ({"type": "array", "items": {"const": 1}, "maxItems": 2}, [[], [1], [1, 1]]),
        ({"type": "array", "items": {"enum": [1, 1.0]}, "uniqueItems": True}, [[], [1]]),
        ({"type": "array", "items": {"enum": [1, True]}, "uniqueItems": True}, [[], [1], [True], [1, True], [True, 1]]),
        (
            {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
            [[False, True], [True, False]],
        ),
        ({"properties": {"a": {"const": 1}}, "additionalProperties": False, "type": "object"}, [{}, {"a": 1}]),
        ({"type": "string", "pattern": "^(a|b)$"}, ["a", "b"]),
        ({"type": "string", "pattern": "^[$]$"}, ["$"]),
        ({"type": "string", "pattern": r"^\$$"}, ["$"]),
        ({"type": ["integer", "null"], "minimum": 0.2, "maximum": 0.8}, [None]),
        ({"allOf": [{"type": "number"}, {"type": ["integer", "null"]}], "minimum": 3, "maximum": 3}, [3]),
    ],
    ids=str,
)
def test_exactly_these_values_are_made(schema: object, expected: list[object]) -> None:
    made = {json.dumps(value) for value in made_of(from_schema(schema))}
    assert made == {json.dumps(value) for value in expected}


@pytest.mark.slow
@pytest.mark.parametrize("count", [5, 8, 20])
def test_each_number_of_optional_properties_is_made(count: int) -> None:
    names = [f"p{number}" for number in range(count)]
    schema = {"type": "object", "properties": {name: {"const": 1} for name in names}, "additionalProperties": False}
    made = made_of(from_schema(schema), 4000 if count > 8 else 600)
    sizes = {len(value) for value in made}
    assert {0, 1, 2, count} <= sizes
    assert {next(iter(value)) for value in made if len(value) == 1} == set(names)
    assert count > 8 or sizes == {*range(count + 1)}


def test_a_time_has_a_zone() -> None:
    assert all(
        re.fullmatch(r"[\d-]{10}T[\d:.]+Z", made) for made in made_of(from_schema(STRING | {"format": "date-time"}))
    )


@pytest.mark.parametrize("limit", [{"minimum": 10**400}, {"maximum": -(10**400)}], ids=["minimum", "maximum"])
def test_a_limit_may_lie_beyond_floats(limit: dict[str, int]) -> None:
    schema = {"type": "number", **limit}
    assert all(is_valid(made, schema) for made in made_of(from_schema(schema)))


@pytest.mark.parametrize("other", [True, STRING], ids=["anything", "the same"])
def test_a_property_that_two_parts_describe_is_what_both_admit(other: object) -> None:
    parts = [{"properties": {"a": STRING}}, {"properties": {"a": other}}]
    schema = {"type": "object", "allOf": parts, "required": ["a"]}
    assert all(isinstance(made["a"], str) for made in made_of(from_schema(schema)))


def test_integers_of_a_format_keep_to_it() -> None:
    assert all(-(2**31) <= value < 2**31 for value in made_of(from_schema({"type": "integer", "format": "int32"})))
    assert any(abs(value) > 2**64 for value in made_of(from_schema({"type": "integer"})))


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "object", "properties": {"a": STRING}}], ids=str)
def test_properties_of_no_name_are_made_unless_the_schema_is_closed_to_them(schema: dict[str, Any]) -> None:
    assert any(value.keys() - {"a"} for value in made_of(from_schema(schema)))
    closed = made_of(from_schema(schema, closed=True))
    assert any(value.keys() - {"a"} for value in closed) == ("properties" not in schema)


@pytest.mark.parametrize(
    ("schema", "smallest"),
    [
        ({}, None),
        ({"type": "object"}, {}),
        ({"type": "object", "required": ["a"], "properties": {"a": STRING, "b": {}}}, {"a": ""}),
        ({"type": "object", "properties": MANY}, {}),
        ({"type": "array", "minItems": 2}, [None, None]),
        ({"type": "number", "minimum": -3}, 0),
        ({"type": "integer", "minimum": 3, "multipleOf": 2}, 4),
        ({"type": "boolean"}, False),
        ({"enum": ["b", "a"]}, "b"),
        pytest.param({"enum": [*range(600)]}, 0, id="a long enum"),
        ({"anyOf": [{"type": "null"}, STRING]}, None),
        ({"type": "string", "minLength": 2}, "00"),
    ],
    ids=str,
)
def test_a_failure_on_any_value_shrinks_to_the_smallest(schema: object, smallest: object) -> None:
    seen: list[object] = []

    @settings(max_examples=100, database=None, derandomize=True, deadline=None, phases=[Phase.generate, Phase.shrink])
    @given(value=from_schema(schema))
    def fails(value: object) -> None:
        seen.append(value)
        raise AssertionError

    with pytest.raises(AssertionError):
        fails()
    assert json.dumps(seen[-1]) == json.dumps(smallest)


def test_listed_values_are_fresh_and_as_json_has_them() -> None:
    made = made_of(from_schema({"const": MappingProxyType({"a": (1, MappingProxyType({}))})}), 2)
    assert json.dumps(made[0]) == '{"a": [1, {}]}'
    again = made_of(from_schema({"enum": [made[0]]}), 2)
    again[0]["a"].clear()
    assert made[0] == {"a": [1, {}]}


# What is refused.

AROUND = [
    pytest.param(lambda schema: schema, "#/start", id="itself"),
    pytest.param(lambda schema: {"type": "array", "items": schema}, "#/start/items", id="items"),
    pytest.param(lambda schema: {"properties": {"a/b": schema}}, "#/start/properties/a~1b", id="properties"),
    pytest.param(
        lambda schema: {"type": ["null", "object"], "additionalProperties": schema},
        "#/start/additionalProperties",
        id="additionalProperties",
    ),
    *(
        pytest.param(
            lambda schema, name=name: {"title": "any", name: [True, {"items": schema}]},
            f"#/start/{name}/1/items",
            id=name,
        )
        for name in ("allOf", "anyOf", "oneOf")
    ),
]


@pytest.mark.parametrize("keyword", REFUSED)
@pytest.mark.parametrize(("around", "place"), AROUND)
def test_what_is_not_understood_is_refused_by_name(keyword: str, around: Any, place: str) -> None:
    with pytest.raises(UnsupportedKeyword) as caught:
        from_schema(around({"type": "string", keyword: 1}), "#/start")
    assert (caught.value.keyword, caught.value.place) == (keyword, place)
    assert str(caught.value) == (
        f"{place} uses {keyword!r}, which is not understood; understood are {', '.join(sorted(UNDERSTOOD))}"
    )


@pytest.mark.parametrize(("around", "place"), AROUND)
@pytest.mark.parametrize(
    ("schema", "keyword"), [({"type": ["string", "file"]}, "type: file"), ({"multipleOf": 0.1}, "multipleOf")]
)
def test_what_a_keyword_may_not_hold_is_refused(around: Any, place: str, schema: object, keyword: str) -> None:
    with pytest.raises(UnsupportedKeyword) as caught:
        from_schema(around(schema), "#/start")
    assert (caught.value.keyword, caught.value.place) == (keyword, place)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (False, "# uses 'false', which admits no value"),
        ({"not": {}}, "# uses 'false', which admits no value"),
        ({"allOf": [{}, False]}, "#/allOf/1 uses 'false', which admits no value"),
        ({"anyOf": [False]}, "#/anyOf/0 uses 'false', which admits no value"),
        (
            {"type": "array", "items": False, "minItems": 1},
            "# uses 'minItems', which asks for items that 'items' refuses",
        ),
        (
            {"required": ["a"], "additionalProperties": False, "type": "object"},
            "# uses 'required', which names 'a', of which no value is admitted",
        ),
        (
            {"required": ["a"], "properties": {"a": False}, "type": "object"},
            "# uses 'required', which names 'a', of which no value is admitted",
        ),
        ({"enum": []}, "# uses 'enum', which lists no value that is admitted"),
        ({"enum": [True, 1.5, "1"], "type": "integer"}, "# uses 'enum', which lists no value that is admitted"),
        ({"const": None, "type": "string"}, "# uses 'const', which lists no value that is admitted"),
        (
            {"allOf": [{"const": 1}, {"const": True}]},
            "#/allOf/1 uses 'const', which admits no value together with the rest",
        ),
        (
            {"type": "string", "allOf": [{"type": "null"}]},
            "#/allOf/0 uses 'type', which admits no value together with the rest",
        ),
        (
            {"type": "string", "minLength": 2, "maxLength": 1},
            "# uses 'maxLength', which admits no string together with 'minLength'",
        ),
        (
            {"type": "array", "minItems": 2, "maxItems": 1},
            "# uses 'maxItems', which admits no array together with 'minItems'",
        ),
        (
            {"type": "array", "uniqueItems": True, "minItems": 4, "items": {"enum": [1, 1.0, 2, "a"]}},
            "# uses 'uniqueItems', which leaves 3 items for 'minItems'",
        ),
        (
            {"type": "object", "minProperties": 2, "maxProperties": 1},
            "# uses 'maxProperties', which admits no object together with the rest",
        ),
        (
            {"type": "object", "required": ["a", "b"], "maxProperties": 1},
            "# uses 'maxProperties', which admits no object together with the rest",
        ),
        (
            {"type": "object", "properties": {"a": {}, "b": False}, "additionalProperties": False, "minProperties": 2},
            "# uses 'minProperties', which asks for more properties than there may be",
        ),
        (
            {"type": "integer", "minimum": 1, "exclusiveMaximum": 1},
            "# uses 'exclusiveMaximum', which admits no number together with the other limits",
        ),
        (
            {"type": "number", "minimum": 1, "maximum": 0.5},
            "# uses 'maximum', which admits no number together with the other limits",
        ),
        (
            {"type": "number", "minimum": 1, "maximum": 4, "multipleOf": 5},
            "# uses 'maximum', which admits no number together with the other limits",
        ),
        (
            {"allOf": [{"pattern": "a"}, {"pattern": "b"}]},
            "#/allOf/1 uses 'pattern', which is not understood twice in one 'allOf'",
        ),
        ({"type": "string", "pattern": "["}, NO_PATTERN),
    ],
    ids=str,
)
def test_a_schema_that_admits_nothing_is_refused(schema: object, message: str) -> None:
    with pytest.raises(UnsupportedKeyword) as caught:
        from_schema(schema)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"oneOf": [{}, {}]}, "oneOf"),
        ({"oneOf": [{"type": "integer"}, {"type": "integer", "multipleOf": 1}]}, "oneOf"),
        ({"type": "string", "pattern": "^a{5,}$", "maxLength": 4}, "pattern"),
        ({"type": "array", "uniqueItems": True, "items": {"anyOf": [{"enum": [1, 2]}]}, "minItems": 3}, "uniqueItems"),
    ],
    ids=str,
)
def test_what_shows_only_in_drawing_is_refused_by_name_too(schema: object, keyword: str) -> None:
    strategy = from_schema({"properties": {"a": schema}, "required": ["a"], "type": "object"}, "#/start")
    with pytest.raises(UnsupportedKeyword) as caught:
        made_of(strategy)
    assert (caught.value.keyword, caught.value.place) == (keyword, "#/start/properties/a")


def test_of_a_few_values_none_of_which_is_admitted_hypothesis_complains() -> None:
    with pytest.raises(Unsatisfiable):
        made_of(from_schema({"type": "string", "pattern": "^abc$", "maxLength": 2}))


# The test-suite of JSON Schema itself.


def suite_cases() -> list[Any]:
    return [
        pytest.param(without_dialect(group["schema"]), group["tests"], id=f"{path.stem}-{group['description']}")
        for path in sorted(Path(SUITE or os.devnull).rglob("*.json"))
        for group in json.loads(path.read_text("utf-8"))
    ]


def without_dialect(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword != "$schema"}


@of_the_suite
@pytest.mark.long
def test_how_much_of_the_suite_of_json_schema_is_understood() -> None:
    assert Counter(answer_to(case.values[0]) for case in suite_cases()) == ANSWERS


def answer_to(schema: Any) -> str:
    try:
        from_schema(schema)
    except UnsupportedKeyword as error:
        return NOTHING if isinstance(error, AdmitsNothing) else error.keyword
    return MADE


@of_the_suite
@pytest.mark.long
@pytest.mark.parametrize(("schema", "tests"), suite_cases())
def test_the_suite_of_json_schema(schema: Any, tests: list[dict[str, Any]]) -> None:
    try:
        made = made_of(from_schema(schema), 50)
    except UnsupportedKeyword as error:
        if "admit" in error.problem or "false" in error.problem:
            assert not any(test["valid"] for test in tests), str(error)  # noqa: PT017
        else:
            assert keyword_is_used(schema, error.keyword), str(error)  # noqa: PT017
        return
    except Unsatisfiable:
        pytest.fail("no value is made, and the schema is not refused")
    assert all(is_valid(value, schema) for value in made)


def keyword_is_used(schema: Any, keyword: str) -> bool:
    if isinstance(schema, dict):
        return keyword in schema or any(keyword_is_used(value, keyword) for value in schema.values())
    return isinstance(schema, list) and any(keyword_is_used(value, keyword) for value in schema)
