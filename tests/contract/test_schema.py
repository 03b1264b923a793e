"""Every violation is found, and named by pointer and keyword."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from pytest_openrouter_stt.contract import Schema, Violation, load_contract

from ._documents import json_values

AUDIO = {"data": "UklGRg==", "format": "wav"}
CALL = {"input_audio": AUDIO, "model": "openai/whisper-1"}
ERROR = {"error": {"code": 400, "message": "no"}}


def found(schema: Schema, value: object) -> set[tuple[str, str]]:
    return {(violation.pointer, violation.keyword) for violation in schema.violations(value)}


def schema(**document: Any) -> Schema:
    return Schema("#/test", document)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(CALL, id="smallest"),
        pytest.param({**CALL, "temperature": 0, "language": "", "provider": {}}, id="falsy"),
        pytest.param({**CALL, "provider": {"options": {"azure": {"a": [None, {"b": 1}]}}}}, id="provider options"),
        pytest.param({**CALL, "provider": {"options": {"not-a-slug": 1}}, "new": None}, id="unknown fields"),
    ],
)
def test_a_valid_request_has_no_violation(body: object) -> None:
    assert load_contract().request.violations(body) == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"model": "m"}, {("", "required")}, id="audio missing"),
        pytest.param({"input_audio": AUDIO}, {("", "required")}, id="model missing"),
        pytest.param({**CALL, "input_audio": {"data": ""}}, {("/input_audio", "required")}, id="format missing"),
        pytest.param({**CALL, "model": None}, {("/model", "type")}, id="null"),
        pytest.param({**CALL, "temperature": "0"}, {("/temperature", "type")}, id="string for a number"),
        pytest.param({**CALL, "temperature": True}, {("/temperature", "type")}, id="boolean for a number"),
        pytest.param({**CALL, "input_audio": {**AUDIO, "data": 1}}, {("/input_audio/data", "type")}, id="nested"),
        pytest.param(
            {**CALL, "provider": {"options": {"aion-labs": []}}}, {("/provider/options/aion-labs", "type")}, id="deep"
        ),
        pytest.param([], {("", "type")}, id="not an object"),
        pytest.param(
            {"model": 1, "input_audio": {"format": 2}},
            {("/model", "type"), ("/input_audio", "required"), ("/input_audio/format", "type")},
            id="several",
        ),
    ],
)
def test_each_violation_of_the_request_is_named(body: object, expected: set[tuple[str, str]]) -> None:
    assert found(load_contract().request, body) == expected


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "a", "usage": {"seconds": 0, "total_tokens": 1.0}}])
def test_a_valid_transcript_has_no_violation(body: object) -> None:
    assert load_contract().transcript.violations(body) == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({}, {("", "required")}, id="no text"),
        pytest.param({"text": None}, {("/text", "type")}, id="null"),
        pytest.param({"text": "", "usage": {"input_tokens": 0.5}}, {("/usage/input_tokens", "type")}, id="fraction"),
    ],
)
def test_each_violation_of_a_transcript_is_named(body: object, expected: set[tuple[str, str]]) -> None:
    assert found(load_contract().transcript, body) == expected


@pytest.mark.parametrize("status", [400, 401, 402, 404, 429, 500, 502, 503, 524, 529])
def test_an_error_body_has_its_code_and_message(status: int) -> None:
    body = load_contract().error_schema(status)
    assert found(body, {**ERROR, "user_id": None, "openrouter_metadata": {"a": 1}}) == set()
    assert found(body, {"error": {"message": "no"}}) == {("/error", "required")}
    assert found(body, {"success": False, "error": {"name": "ZodError", "message": "[]"}}) == {("/error", "required")}
    assert found(body, {**ERROR, "user_id": 1}) == {("/user_id", "type")}


@pytest.mark.parametrize(
    ("key", "pointer"),
    [("a/b", "/a~1b"), ("a~b", "/a~0b"), ("~1", "/~01"), ("", "/"), ('ä %"', '/ä %"')],
)
def test_pointers_are_escaped(key: str, pointer: str) -> None:
    assert found(schema(additionalProperties={"type": "string"}), {key: 1}) == {(pointer, "type")}


def test_a_pointer_goes_through_arrays() -> None:
    assert found(schema(items={"required": ["a"]}), [{"a": 1}, {}]) == {("/1", "required")}


@pytest.mark.parametrize(
    ("document", "value", "expected"),
    [
        pytest.param({"enum": ["a"]}, "b", ("", "enum"), id="enum"),
        pytest.param({"additionalProperties": False}, {"a": 1}, ("", "additionalProperties"), id="additional"),
        pytest.param({"if": True, "then": False}, {}, ("", "false"), id="false schema"),
        pytest.param({"allOf": [{"minLength": 2}]}, "b", ("", "minLength"), id="in allOf"),
        pytest.param({"anyOf": [{"type": "null"}, {"type": "string"}]}, 1, ("", "anyOf"), id="anyOf"),
        pytest.param({"const": 1}, True, ("", "const"), id="true is not 1"),
    ],
)
def test_the_keyword_is_the_broken_one(document: dict[str, Any], value: object, expected: tuple[str, str]) -> None:
    assert found(schema(**document), value) == {expected}


def test_violations_are_ordered_by_pointer() -> None:
    body = {"model": 1, "language": 1, "input_audio": 1}
    pointers = [violation.pointer for violation in load_contract().request.violations(body)]
    assert pointers == ["/input_audio", "/language", "/model"]


def test_a_violation_reads_as_a_sentence() -> None:
    assert str(Violation("", "required", "'model' is missing")) == "the body: 'model' is missing"
    assert str(Violation("/model", "type", "1 is not a string")) == "/model: 1 is not a string"


@given(value=json_values())
def test_any_json_value_is_judged(value: object) -> None:
    before = json.dumps(value)
    violations = load_contract().request.violations(value)
    assert violations, "no such value has an audio and a model"
    assert json.dumps(value) == before
