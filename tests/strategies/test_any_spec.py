"""Another document than the packaged one is picked up with no change of code, or refused by name and place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from pytest_openrouter_stt.contract import Contract, load_contract
from pytest_openrouter_stt.strategies import (
    UnsupportedKeyword,
    error_responses,
    provider_options,
    provider_slugs,
    transcription_calls,
    transcription_requests,
    transcription_responses,
)
from tests.contract._documents import packaged, post, schemas

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEGMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "start": {"type": "number"},
        "text": {"type": "string"},
        "speaker": {"type": ["string", "null"]},
    },
    "required": ["id", "text"],
}
NEW_FIELDS = {
    "response_format": {"type": "string", "enum": ["json", "verbose_json", "srt"]},
    "timestamp_granularities": {
        "type": "array",
        "items": {"type": "string", "enum": ["word", "segment"]},
        "uniqueItems": True,
        "minItems": 1,
    },
    "top_p": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "max_speakers": {"type": "integer", "minimum": 1, "maximum": 3, "x-fern": {"hidden": True}, "readOnly": False},
    "prompt": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
    "callback": {"allOf": [{"$ref": "#/components/schemas/Callback"}], "description": "Where to answer."},
}


def changed(change: Callable[[Any], None], path: Path) -> Contract:
    document = packaged()
    change(document)
    file = path / "openapi.json"
    file.write_text(json.dumps(document), "utf-8")
    return load_contract(file)


def later(document: Any) -> None:
    parts = schemas(document)
    parts["STTRequest"]["properties"].update(NEW_FIELDS)
    parts["Callback"] = {"type": "object", "properties": {"url": {"type": "string"}}, "additionalProperties": False}
    parts["ProviderOptions"]["properties"]["a-new-one"] = {"type": "object", "additionalProperties": {}}
    parts["STTResponse"]["properties"]["segments"] = {"type": "array", "items": SEGMENT}
    parts["TooLarge"] = {
        "type": "object",
        "properties": {"error": {"type": "object", "properties": {"limit": {"const": 25}}, "required": ["limit"]}},
        "required": ["error"],
    }
    schema = {"$ref": "#/components/schemas/TooLarge"}
    post(document)["responses"]["413"] = {"description": "", "content": {"application/json": {"schema": schema}}}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return changed(later, tmp_path_factory.mktemp("spec"))


def made(strategy: st.SearchStrategy[Any], examples: int = 600) -> list[Any]:
    found: list[Any] = []

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(value=strategy)
    def collect(value: object) -> None:
        found.append(value)

    collect()
    return found


def test_new_fields_of_the_request_are_used(contract: Contract) -> None:
    bodies = made(transcription_requests(contract))
    assert not [violation for body in bodies for violation in contract.request.violations(body)]
    given_values = {name: [body[name] for body in bodies if name in body] for name in NEW_FIELDS}
    assert all(0 < len(values) < len(bodies) for values in given_values.values())
    assert {*given_values["response_format"]} == {"json", "verbose_json", "srt"}
    assert {tuple(values) for values in given_values["timestamp_granularities"]} == {
        *(("word",), ("segment",), ("word", "segment"), ("segment", "word"))
    }
    assert {*given_values["max_speakers"]} == {1, 2, 3}
    assert 1 in given_values["top_p"]
    assert {len(value) for value in given_values["prompt"] if value is not None} == {0, 1, 2, 3}
    assert {} in given_values["callback"]
    assert any("url" in value for value in given_values["callback"])


def test_new_fields_are_arguments_of_their_own_names(contract: Contract) -> None:
    calls = made(transcription_calls(contract, arguments=["response_format", "max_speakers"]), 200)
    names = {name for call in calls for name in call.arguments}
    assert names == {"input_audio", "model", "response_format", "max_speakers"}
    with pytest.raises(InvalidArgument, match=r"^arguments=\['response_format'\] are none of \["):
        transcription_calls(arguments=["response_format"])


def test_a_new_slug_is_used(contract: Contract) -> None:
    assert provider_slugs(contract) == (*provider_slugs(), "a-new-one")
    calls = made(transcription_calls(contract))
    assert any("a-new-one" in ((call.arguments.get("provider") or {}).get("options") or {}) for call in calls)


def test_new_fields_of_the_response_are_made(contract: Contract) -> None:
    bodies = made(transcription_responses(contract))
    assert not [violation for body in bodies for violation in contract.transcript.violations(body)]
    segments = [segment for body in bodies for segment in body.get("segments", ())]
    assert {len(body["segments"]) for body in bodies if "segments" in body} >= {0, 1, 2, 3}
    assert any(segment.keys() >= SEGMENT["properties"].keys() for segment in segments)
    assert any(segment.get("speaker", "") is None for segment in segments)


def test_a_new_status_has_its_own_errors(contract: Contract) -> None:
    assert 413 in contract.error_statuses
    assert all(body["error"]["limit"] == 25 for body in made(error_responses(413, contract), 100))


@pytest.mark.parametrize("strategy", [transcription_calls, transcription_responses, transcription_requests])
def test_no_health_check_fires(contract: Contract, strategy: Any) -> None:
    @settings(database=None, deadline=None, max_examples=15)
    @given(value=strategy(contract))
    def run(value: object) -> None:
        pass

    run()


def test_a_limit_on_the_audio_is_kept_to(tmp_path: Path) -> None:
    def limit(document: Any) -> None:
        schemas(document)["STTInputAudio"]["properties"]["data"]["minLength"] = 8
        schemas(document)["STTInputAudio"]["properties"]["format"]["enum"] = ["wav", "mp3"]

    contract = changed(limit, tmp_path)
    bodies = made(transcription_requests(contract), 200)
    assert not [violation for body in bodies for violation in contract.request.violations(body)]
    assert {body["input_audio"]["format"] for body in bodies} == {"wav", "mp3"}


def test_a_request_of_two_parts_is_understood(tmp_path: Path) -> None:
    def split(document: Any) -> None:
        whole = schemas(document)["STTRequest"]
        extra = {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]}
        schemas(document)["Whole"] = whole
        schemas(document)["STTRequest"] = {"allOf": [{"$ref": "#/components/schemas/Whole"}, extra]}

    contract = changed(split, tmp_path)
    bodies = made(transcription_requests(contract), 200)
    assert not [violation for body in bodies for violation in contract.request.violations(body)]
    assert all("prompt" in body for body in bodies)


def test_a_contract_without_providers_has_no_options(tmp_path: Path) -> None:
    def drop(document: Any) -> None:
        del schemas(document)["STTRequest"]["properties"]["provider"]

    contract = changed(drop, tmp_path)
    assert provider_slugs(contract) == ()
    assert all("provider" not in body for body in made(transcription_requests(contract), 100))
    with pytest.raises(InvalidArgument, match=r"names no provider$"):
        provider_options(contract)


REQUEST = f"{load_contract().request.pointer}/properties"
ANSWER = load_contract().transcript.pointer


@pytest.mark.parametrize(
    ("schema", "keyword", "place"),
    [
        (["STTRequest", "properties", "language"], "if", f"{REQUEST}/language"),
        (["STTRequest", "properties", "temperature"], "not", f"{REQUEST}/temperature"),
        (["STTInputAudio", "properties", "format"], "dependentRequired", f"{REQUEST}/input_audio/properties/format"),
        (["STTRequest"], "patternProperties", load_contract().request.pointer),
        (["ProviderOptions"], "propertyNames", f"{REQUEST}/provider/properties/options"),
    ],
)
def test_what_is_not_understood_of_a_request_is_refused(
    schema: list[str], keyword: str, place: str, tmp_path: Path
) -> None:
    def add(document: Any) -> None:
        node = schemas(document)
        for name in schema:
            node = node[name]
        node[keyword] = {"a": []} if keyword == "dependentRequired" else {}

    contract = changed(add, tmp_path)
    for strategy in (transcription_calls, transcription_requests):
        with pytest.raises(UnsupportedKeyword) as caught:
            strategy(contract)
        assert (caught.value.keyword, caught.value.place) == (keyword, place)


@pytest.mark.parametrize("keyword", ["oneOf", "minProperties"])
def test_what_is_not_understood_of_a_request_as_a_whole_is_refused(keyword: str, tmp_path: Path) -> None:
    def add(document: Any) -> None:
        schemas(document)["STTRequest"][keyword] = [{"required": ["model"]}] if keyword == "oneOf" else 3

    with pytest.raises(UnsupportedKeyword) as caught:
        transcription_calls(changed(add, tmp_path))
    assert (caught.value.keyword, caught.value.place) == (keyword, load_contract().request.pointer)
    assert caught.value.problem == "is not understood of a request as a whole"


def test_what_is_not_understood_of_a_response_is_refused(tmp_path: Path) -> None:
    def add(document: Any) -> None:
        later(document)
        schemas(document)["STTResponse"]["properties"]["segments"]["contains"] = {}

    contract = changed(add, tmp_path)
    transcription_calls(contract)  # what a call does not reach is no matter of it
    with pytest.raises(UnsupportedKeyword) as caught:
        transcription_responses(contract)
    assert (caught.value.keyword, caught.value.place) == ("contains", f"{ANSWER}/properties/segments")


def test_what_is_not_understood_of_an_error_is_refused(tmp_path: Path) -> None:
    def add(document: Any) -> None:
        schemas(document)["BadRequestResponseErrorData"]["unevaluatedProperties"] = False

    contract = changed(add, tmp_path)
    error_responses(401, contract)
    with pytest.raises(UnsupportedKeyword) as caught:
        error_responses(400, contract)
    assert caught.value.keyword == "unevaluatedProperties"
    assert caught.value.place == f"{contract.error_schema(400).pointer}/properties/error"


def test_a_part_that_the_operation_does_not_reach_may_hold_anything(tmp_path: Path) -> None:
    def add(document: Any) -> None:
        schemas(document)["Unused"] = {"contains": {}, "if": {}}

    contract = changed(add, tmp_path)
    transcription_calls(contract)
    transcription_responses(contract)


def test_audio_whose_data_is_optional_lacks_it_at_times(tmp_path: Path) -> None:
    def relax(document: Any) -> None:
        schemas(document)["STTInputAudio"]["required"] = ["format"]

    bodies = made(transcription_requests(changed(relax, tmp_path)), 100)
    assert {"data" in body["input_audio"] for body in bodies} == {True, False}
