"""What is called invalid is invalid in exactly one way, the one that is claimed, as an independent validator has it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.contract import MISSING, Call, Schema, load_contract
from pytest_openrouter_stt.strategies import (
    InvalidCall,
    InvalidRequest,
    UnsupportedKeyword,
    every_invalid_call,
    every_invalid_request,
    invalid_transcription_calls,
    invalid_transcription_requests,
    provider_slugs,
)
from pytest_openrouter_stt.strategies.defects import defects, smallest, uncarried

CONTRACT = load_contract()
EVERY_REQUEST = every_invalid_request()
EVERY_CALL = every_invalid_call()
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def violations(value: object) -> list[tuple[str, str]]:
    return [(violation.pointer, violation.keyword) for violation in CONTRACT.request.violations(value)]


def claimed(invalid: InvalidRequest | InvalidCall) -> list[tuple[str, str]]:
    return [(invalid.violation.pointer, invalid.violation.keyword)]


def test_each_enumerated_request_breaks_what_it_says_and_nothing_else() -> None:
    for invalid in EVERY_REQUEST:
        assert violations(invalid.body) == claimed(invalid)


def test_each_enumerated_call_breaks_what_it_says_and_nothing_else() -> None:
    for invalid in EVERY_CALL:
        if invalid.violation.keyword != "json":
            assert violations(CONTRACT.wire_body(invalid.call)) == claimed(invalid)


@settings(max_examples=300, deadline=None)
@given(invalid_transcription_requests())
def test_a_drawn_request_breaks_what_it_says_and_nothing_else(invalid: InvalidRequest) -> None:
    assert violations(invalid.body) == claimed(invalid)


@settings(max_examples=300, deadline=None)
@given(invalid_transcription_calls())
def test_a_drawn_call_breaks_what_it_says_and_nothing_else(invalid: InvalidCall) -> None:
    if invalid.violation.keyword != "json":
        assert violations(CONTRACT.wire_body(invalid.call)) == claimed(invalid)


def test_the_call_to_break_can_be_given() -> None:
    call = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="m")

    broken = every_invalid_call(call=call)

    assert len(broken) == len(EVERY_CALL)
    for invalid in broken:
        if "input_audio" not in invalid.violation.pointer:
            assert invalid.call.arguments.get("input_audio", MISSING) in (call.arguments["input_audio"], MISSING)


def test_only_the_arguments_asked_for_are_broken_and_used() -> None:
    allowed = {"input_audio", "model", "language"}

    enumerated = every_invalid_call(arguments={"language"})

    assert {name for invalid in enumerated for name in invalid.call.arguments} == allowed

    @settings(max_examples=100, deadline=None)
    @given(invalid_transcription_calls(arguments={"language"}))
    def draw(invalid: InvalidCall) -> None:
        assert invalid.call.arguments.keys() <= allowed
        assert violations(CONTRACT.wire_body(invalid.call)) == claimed(invalid)

    draw()


def test_every_place_is_broken_by_every_other_type() -> None:
    places = {
        "": "object",
        "/input_audio": "object",
        "/input_audio/data": "string",
        "/input_audio/format": "string",
        "/language": "string",
        "/model": "string",
        "/provider": "object",
        "/provider/options": "object",
        "/temperature": "number",
        **{f"/provider/options/{slug}": "object" for slug in provider_slugs()},
    }
    wanted = {
        (place, other)
        for place, kind in places.items()
        for other in TYPES
        if other != kind and (kind, other) != ("number", "integer")
    }

    found = {
        (invalid.violation.pointer, json_type(at(invalid.body, invalid.violation.pointer)))
        for invalid in EVERY_REQUEST
        if invalid.violation.keyword == "type"
    }

    assert found == wanted


def json_type(value: object) -> str:
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        value = value[token]
    return value


def test_every_required_property_is_missing_once() -> None:
    missing = {invalid.violation.message for invalid in EVERY_REQUEST if invalid.violation.keyword == "required"}

    names = ("input_audio", "model", "data", "format")
    assert missing == {f"{name!r} is a required property" for name in names}


def test_calls_hold_what_json_cannot_carry() -> None:
    carried = [invalid for invalid in EVERY_CALL if invalid.violation.keyword == "json"]
    temperatures = [
        invalid.call.kwargs()["temperature"] for invalid in carried if "temperature" in invalid.call.kwargs()
    ]

    assert {repr(value) for value in temperatures} == {"nan", "inf", "-inf"}
    assert {invalid.violation.pointer for invalid in carried} > {
        "/temperature",
        "/provider/options/ai21/a_property_of_no_name",
    }


def test_none_for_an_optional_argument_is_no_violation_of_a_call() -> None:
    given_none = [name for i in EVERY_CALL for name, value in i.call.kwargs().items() if value is None]

    assert set(given_none) <= {"input_audio", "model"}


def test_the_renamed_property_is_broken_under_its_python_name() -> None:
    broken = next(i for i in EVERY_CALL if i.violation.pointer == "/input_audio/format")

    assert set(broken.call.kwargs()["input_audio"]) == {"data", "format_"}


def test_a_missing_argument_is_missing_in_the_call() -> None:
    first = EVERY_CALL[0]

    assert first.call == Call(model="")
    assert first.violation.keyword == "required"


def test_the_order_is_the_same_in_every_process() -> None:
    script = (
        "from pytest_openrouter_stt import every_invalid_call\n"
        "import hashlib\n"
        "print(hashlib.sha256(repr(every_invalid_call()).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(runs) == 1


SCHEMAS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "enum": ({"enum": ["a", "b"], "type": "string"}, {"enum"}),
    "enum without type": ({"enum": ["a", 1, None]}, {"enum"}),
    "const": ({"const": 1}, {"const"}),
    "minimum": ({"type": "integer", "minimum": 0, "maximum": 10}, {"type", "minimum", "maximum"}),
    "exclusive": (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 2},
        {"type", "exclusiveMinimum", "exclusiveMaximum"},
    ),
    "multipleOf": ({"type": "integer", "multipleOf": 3}, {"type", "multipleOf"}),
    "multipleOf beyond a limit": ({"type": "integer", "minimum": 7, "multipleOf": 10}, {"type", "multipleOf"}),
    "length": ({"type": "string", "minLength": 2, "maxLength": 3}, {"type", "minLength", "maxLength"}),
    "pattern": ({"type": "string", "pattern": "^[a-z]+$"}, {"type", "pattern"}),
    "array": (
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        {"type", "minItems", "maxItems"},
    ),
    "unique": ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, {"type", "uniqueItems"}),
    "closed": (
        {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"], "additionalProperties": False},
        {"type", "required", "additionalProperties"},
    ),
    "unique of some length": (
        {"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True},
        {"type", "minItems", "uniqueItems"},
    ),
    "boolean": ({"type": "boolean"}, {"type"}),
    "nullable": ({"type": ["string", "null"]}, {"type"}),
    "anyOf": ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf"}),
    "oneOf": ({"oneOf": [{"type": "integer"}, {"type": "array"}]}, {"oneOf"}),
    "allOf": ({"allOf": [{"type": "integer"}, {"minimum": 5}]}, {"type", "minimum"}),
    "a property that may not be there": (
        {"type": "object", "properties": {"a": False, "b": {"type": "null"}}},
        {"type"},
    ),
    "an array of some length": (
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "null"}, "minItems": 2}}},
        {"type", "minItems"},
    ),
    "a value that is not easily found": (
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "^zz$"}}},
        {"type", "pattern"},
    ),
    "beyond floats": ({"type": "number", "minimum": 10**400}, {"type", "minimum"}),
    "size": (
        {"type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties": {"type": "integer"}},
        {"type", "minProperties", "maxProperties"},
    ),
}


@pytest.mark.parametrize(("schema", "keywords"), SCHEMAS.values(), ids=SCHEMAS)
def test_each_keyword_is_broken_alone(schema: dict[str, Any], keywords: set[str]) -> None:
    judge = Schema("#", schema)
    base = smallest(schema, "#")
    assert Draft202012Validator(schema).is_valid(base)

    found = list(defects(judge))

    for defect in found:
        errors = list(Draft202012Validator(schema).iter_errors(defect.spoil(base)))
        assert len(errors) == 1
        assert (errors[0].validator, "".join(f"/{t}" for t in errors[0].absolute_path)) == (
            defect.violation.keyword,
            defect.violation.pointer,
        )
    assert {defect.violation.keyword for defect in found} == keywords


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": ["string", "integer"], "minimum": 8, "maximum": 13, "multipleOf": 7, "pattern": "^zz$"}, "pattern"),
        ({"type": "array", "items": {"type": "string", "pattern": "^zz$"}, "minItems": 1}, "pattern"),
        ({"type": "number", "minimum": 10**400, "maximum": 0}, "type"),
    ],
    ids=str,
)
def test_where_no_value_is_easily_found_that_is_said(schema: dict[str, Any], keyword: str) -> None:
    with pytest.raises(UnsupportedKeyword, match="admits no value that is easily found") as caught:
        smallest(schema, "#")
    assert caught.value.keyword == keyword


def test_a_property_that_may_not_be_there_holds_no_number() -> None:
    schema = {"type": "object", "properties": {"a": False, "b": {"type": "number"}}}

    found = uncarried(Schema("#", schema))

    assert {defect.violation.pointer for defect in found} == {"/b"}


def test_what_is_not_understood_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedKeyword, match="patternProperties"):
        list(defects(Schema("#/a", {"type": "object", "patternProperties": {}})))
