"""What is made from a schema is valid by it, as an independent validator has it; all else is refused by name."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.strategies import UnsupportedKeyword
from pytest_openrouter_stt.strategies._schema import from_schema

TYPES = ["object", "array", "string", "integer", "number", "boolean", "null"]
UNDERSTOOD = {"type", "properties", "required", "additionalProperties", "items", "enum", "const"}
REFUSED = [*sorted(Draft202012Validator.VALIDATORS.keys() - UNDERSTOOD - {"format"}), "nullable", "x-own"]
NAMES = st.sampled_from("abcdefgh")
MIXED = [None, True, False, 0, 1, 1.0, 1.5, "1", [1], {"a": [1]}]
STRING = {"type": "string"}
MANY = {name: {"type": "null"} for name in "abcdefgh"}


def is_valid(value: object, schema: object) -> bool:
    Draft202012Validator.check_schema(schema)  # type: ignore[arg-type] # true is a schema, too
    return Draft202012Validator(schema).is_valid(value)  # type: ignore[arg-type]


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    types = st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, unique=True)
    keywords = {
        "type": types,
        "properties": st.dictionaries(NAMES, inner, max_size=8),
        "required": st.lists(NAMES, unique=True, max_size=3),
        "additionalProperties": inner,
        "items": inner,
        "description": st.just("any"),
    }
    return st.fixed_dictionaries({}, optional=keywords)


SCHEMAS = st.recursive(
    st.just(True)  # noqa: FBT003 - a schema
    | st.fixed_dictionaries({"type": st.sampled_from(TYPES)})
    | st.fixed_dictionaries({"const": st.sampled_from(MIXED)})
    | st.fixed_dictionaries(
        {"enum": st.just(MIXED), "type": st.lists(st.sampled_from(TYPES), min_size=1, unique=True)}
    ),
    compound,
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_is_made_from_a_schema_is_valid(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    assert is_valid(data.draw(from_schema(schema)), schema)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({}, id="anything"),
        pytest.param({"description": "any", "format": "uri", "example": 1}, id="annotations"),
        *(pytest.param({"type": name}, id=name) for name in TYPES),
        pytest.param({"type": ["string", "null"]}, id="types"),
        pytest.param({"type": "array", "items": STRING}, id="items"),
        pytest.param({"properties": {"a": STRING, "b": {}}, "required": ["a"]}, id="no type"),
        pytest.param({"type": "object", "properties": {"a": STRING}, "additionalProperties": False}, id="closed"),
        pytest.param({"type": "object", "properties": MANY, "required": ["c"]}, id="many properties"),
        pytest.param({"type": "object", "additionalProperties": False}, id="empty"),
        pytest.param({"type": "object", "additionalProperties": STRING}, id="additional"),
        pytest.param({"type": "object", "required": ["a"]}, id="required without properties"),
        pytest.param(
            {"type": "object", "properties": {"a": {}}, "required": ["b"], "additionalProperties": STRING},
            id="required by another name",
        ),
        pytest.param({"enum": MIXED}, id="enum"),
        pytest.param({"enum": MIXED, "type": "integer", "title": "any"}, id="enum and type"),
        pytest.param({"enum": MIXED, "type": ["null", "object"]}, id="enum and types"),
        pytest.param({"const": [1, {"a": None}]}, id="const"),
        pytest.param({"const": 1.0, "type": "integer"}, id="const and type"),
    ],
)
@settings(deadline=None)
@given(data=st.data())
def test_each_keyword_is_kept_to(schema: dict[str, Any], data: st.DataObject) -> None:
    assert is_valid(data.draw(from_schema(schema)), schema)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("integer", [0, 1, 1.0]),
        ("number", [0, 1, 1.0, 1.5]),
        ("boolean", [True, False]),
        (["string", "array"], ["1", [1]]),
        (["null", "object"], [None, {"a": [1]}]),
    ],
)
def test_of_an_enum_every_value_of_the_type_is_made(types: object, expected: list[object]) -> None:
    made: list[object] = []

    @settings(max_examples=50, deadline=None, database=None, derandomize=True)
    @given(value=from_schema({"enum": MIXED, "type": types}))
    def collect(value: object) -> None:
        made.append(value)

    collect()
    assert {json.dumps(value) for value in made} == {json.dumps(value) for value in expected}


@settings(deadline=None)
@given(data=st.data())
def test_listed_values_are_fresh_and_as_json_has_them(data: st.DataObject) -> None:
    strategy = from_schema({"const": MappingProxyType({"a": (1, MappingProxyType({}))})})
    made = data.draw(strategy)
    assert json.dumps(made) == '{"a": [1, {}]}'
    made["a"].clear()
    assert data.draw(strategy) == {"a": [1, {}]}


@pytest.mark.parametrize("keyword", REFUSED)
@pytest.mark.parametrize(
    ("around", "place"),
    [
        (lambda schema: schema, "#/start"),
        (lambda schema: {"type": "array", "items": schema}, "#/start/items"),
        (lambda schema: {"properties": {"a": schema}}, "#/start/properties/a"),
        (lambda schema: {"type": ["null", "object"], "additionalProperties": schema}, "#/start/additionalProperties"),
    ],
    ids=["itself", "items", "properties", "additionalProperties"],
)
def test_what_is_not_understood_is_refused_by_name(keyword: str, around: Any, place: str) -> None:
    with pytest.raises(UnsupportedKeyword) as caught:
        from_schema(around({"type": "string", keyword: 1}), "#/start")
    assert (caught.value.keyword, caught.value.place) == (keyword, place)
    assert str(caught.value) == (
        f"{place} uses {keyword!r}, which is not understood; understood are "
        "additionalProperties, const, enum, items, properties, required, type"
    )


@pytest.mark.parametrize("listed", [{"enum": [{}, 1]}, {"const": {}}, {"enum": [{}], "type": "object"}], ids=str)
@pytest.mark.parametrize(
    ("keyword", "value"),
    [("properties", {}), ("required", ["a"]), ("additionalProperties", False), ("items", {}), ("minLength", 1)],
)
def test_beside_listed_values_only_a_type_is_understood(listed: dict[str, Any], keyword: str, value: object) -> None:
    with pytest.raises(UnsupportedKeyword) as caught:
        from_schema({**listed, keyword: value})
    assert caught.value.keyword == keyword


def test_an_enum_beside_a_const_is_refused() -> None:
    with pytest.raises(UnsupportedKeyword, match=r"^# uses 'enum', which is not understood beside 'const'$"):
        from_schema({"const": 1, "enum": [1, 2]})


@pytest.mark.parametrize("beside", [{}, {"enum": ["a"]}], ids=["alone", "enum"])
def test_a_type_that_is_not_json_is_refused(beside: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedKeyword, match=r"^# uses 'type: file', which is not understood; "):
        from_schema({"type": ["string", "file"], **beside})


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param(False, "# uses 'false', which admits no value", id="false"),
        pytest.param(
            {"type": "array", "items": False}, "#/items uses 'false', which admits no value", id="false items"
        ),
        pytest.param(
            {"properties": {"a": False}}, "#/properties/a uses 'false', which admits no value", id="false property"
        ),
        pytest.param(
            {"required": ["a"], "additionalProperties": False},
            "#/additionalProperties uses 'false', which admits no value",
            id="required and forbidden",
        ),
        pytest.param({"enum": []}, "# uses 'enum', which lists no value that is admitted", id="empty enum"),
        pytest.param(
            {"enum": [True, 1.5, "1"], "type": "integer"},
            "# uses 'enum', which lists no value that is admitted",
            id="enum of other types",
        ),
        pytest.param(
            {"const": None, "type": "string"},
            "# uses 'const', which lists no value that is admitted",
            id="const of another type",
        ),
    ],
)
def test_a_schema_that_admits_nothing_is_refused(schema: object, message: str) -> None:
    with pytest.raises(UnsupportedKeyword) as caught:
        from_schema(schema)
    assert str(caught.value) == message
