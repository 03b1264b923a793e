"""A contract is read from any document that describes the operation; every other file is refused with the reason."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_openrouter_stt.contract import Call, Contract, SpecError, load_contract

from ._documents import OPERATION, as_yaml, json_values, packaged, post, schemas, small

AUDIO = {"data": "UklGRg==", "format": "wav"}
BODY = {"input_audio": AUDIO, "model": "openai/whisper-1"}

Load = Callable[[Any], Contract]


def written(path: Path, document: Any) -> Path:
    """Text and bytes as they are, anything else as JSON."""
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return lambda document: load_contract(written(tmp_path / "api.yaml", document))


def refused(path: str | Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_contract(path)
    error = caught.value
    assert error.source == str(path)
    assert error.remedy
    assert str(error) == f"{path}: {error.problem}. {error.remedy}"
    assert error.problem.isprintable()
    assert len(str(error)) < len(str(path)) + 600, "it does not fit on a screen"
    return error


class TestPackaged:
    def test_values(self) -> None:
        contract = load_contract()
        assert (contract.method, contract.path) == ("POST", OPERATION)
        assert contract.base_url == "https://openrouter.ai/api/v1"
        assert contract.url == "https://openrouter.ai/api/v1/audio/transcriptions"
        assert contract.host == "openrouter.ai"
        assert contract.source == "packaged"
        assert list(contract.errors) == [400, 401, 402, 404, 429, 500, 502, 503]
        assert contract.error_statuses == (400, 401, 402, 404, 429, 500, 502, 503, 524, 529)
        assert contract.request.pointer == "#/components/schemas/STTRequest"
        assert contract.transcript.pointer == "#/components/schemas/STTResponse"
        assert contract.errors[404].pointer == "#/components/schemas/NotFoundResponse"

    def test_it_is_read_once(self) -> None:
        assert load_contract() is load_contract(None)

    def test_it_is_the_file_in_the_source_tree(self, load: Load) -> None:
        contract = load(packaged())
        assert replace(contract, source="packaged") == load_contract()

    def test_a_status_without_a_schema_shares_that_of_its_neighbours(self) -> None:
        contract = load_contract()
        assert contract.error_schema(404) is contract.errors[404]
        assert contract.error_schema(529) in contract.errors.values()

    def test_it_is_read_only_at_every_depth(self) -> None:
        contract: Any = load_contract()
        with pytest.raises(FrozenInstanceError):
            contract.base_url = ""
        for mapping in (
            contract.errors,
            contract.sdk.parameters,
            contract.sdk.errors,
            contract.request.document,
            contract.request.document["properties"]["input_audio"]["properties"],
            contract.at("#/components/schemas"),
        ):
            with pytest.raises(TypeError, match="does not support item assignment"):
                mapping["x"] = 1

    def test_no_reference_is_left(self) -> None:
        contract = load_contract()
        for schema in (contract.request, contract.transcript, *contract.errors.values()):
            assert "$ref" not in repr(schema.document)

    @pytest.mark.parametrize(
        ("pointer", "expected"),
        [
            ("#/paths/~1audio~1transcriptions/post/operationId", "create-audio-transcriptions"),
            ("#/servers/0/url", "https://openrouter.ai/api/v1"),
            ("#/components/schemas/STTRequest/required/1", "model"),
            ("#/components/schemas/%53TTRequest/required", ("input_audio", "model")),
        ],
    )
    def test_its_parts_are_found_by_pointer(self, pointer: str, expected: object) -> None:
        assert load_contract().at(pointer) == expected

    @pytest.mark.parametrize("pointer", ["#/nothing", "#/servers/1", "#/servers/-1", "#/servers/00", "#anchor", "x"])
    def test_a_pointer_to_nothing_is_refused(self, pointer: str) -> None:
        with pytest.raises(SpecError, match=re.escape(repr(pointer))):
            load_contract().at(pointer)


class TestFormats:
    @pytest.mark.parametrize(
        "write",
        [
            pytest.param(json.dumps, id="json"),
            pytest.param(lambda document: json.dumps(document, indent="\t", sort_keys=True), id="indented json"),
            pytest.param(as_yaml, id="yaml"),
            pytest.param(
                lambda document: re.sub(r"'(\d{3})':", r"\1:", as_yaml(document)), id="yaml, integer statuses"
            ),
            pytest.param(lambda document: yaml.safe_dump(document, default_flow_style=True), id="yaml, flow"),
            pytest.param(lambda document: "\n\n" + json.dumps(document), id="json, blank lines first"),
            pytest.param(lambda document: "\ufeff" + json.dumps(document), id="json, byte order mark"),
            pytest.param(lambda document: "\ufeff" + as_yaml(document), id="yaml, byte order mark"),
            pytest.param(lambda document: as_yaml(document).replace("\n", "\r\n"), id="yaml, CRLF"),
        ],
    )
    def test_the_same_document_is_the_same_contract(self, write: Callable[[Any], str], load: Load) -> None:
        assert replace(load(write(packaged())), source="packaged") == load_contract()

    def test_the_source_is_as_the_user_gave_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        written(tmp_path / "api.txt", small())
        assert load_contract("./api.txt").source == "./api.txt"
        assert load_contract(Path("api.txt")) == replace(load_contract("./api.txt"), source="api.txt")

    def test_another_document_has_another_revision(self, load: Load) -> None:
        document = packaged()
        document["info"]["version"] = "1.0.1"
        assert load(document).revision != load_contract().revision

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("no", "no"),
            ("on", "on"),
            ("2026-11-01", "2026-11-01"),
            ("12:30:45", "12:30:45"),
            ("1_000", "1_000"),
            ("0x1F", "0x1F"),
            ("1e3", 1000.0),
            ("010", 10),
            ("+.5", 0.5),
            ("True", True),
            ("~", None),
            ("", None),
            ("'1'", "1"),
        ],
    )
    def test_plain_scalars_are_those_of_yaml_1_2(self, text: str, value: object, load: Load) -> None:
        found = load(f"{as_yaml(small())}\nx-value: {text}\n").at("#/x-value")
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize("key", ["no", "1.10", "2026-11-01", "null", "true", "'<<'"])
    def test_keys_are_as_they_are_written(self, key: str, load: Load) -> None:
        assert load(f"{as_yaml(small())}\nx-value:\n  {key}: 1\n").at("#/x-value") == {key.strip("'"): 1}

    def test_an_alias_is_what_it_stands_for(self, load: Load) -> None:
        text = as_yaml(small())
        aliased = text.replace("tags:", "x-first: &a [1]\n      x-second: *a\n      tags:", 1)
        spelled = small()
        post(spelled).update({"x-first": [1], "x-second": [1]})
        assert "*a" in aliased
        assert load(aliased) == load(spelled)


def change(document: Any, **request_properties: Any) -> Any:
    schemas(document)["STTRequest"]["properties"].update(request_properties)
    return document


class TestReferences:
    def test_every_part_of_the_operation_may_be_referred_to(self, load: Load) -> None:
        document = small()
        operation = post(document)
        document["components"] |= {
            "requestBodies": {"Body": operation["requestBody"]},
            "responses": {"Ok": operation["responses"]["200"], "Bad/~%": operation["responses"]["400"]},
            "pathItems": {"Item": document["paths"][OPERATION]},
        }
        operation["requestBody"] = {"$ref": "#/components/requestBodies/Body"}
        operation["responses"] |= {
            "200": {"$ref": "#/components/responses/Ok"},
            "400": {"$ref": "#/components/responses/Bad~1~0%25"},
        }
        document["paths"] = {OPERATION: {"$ref": "#/components/pathItems/Item"}}
        contract, plain = load(document), load(small())
        assert replace(contract, revision=plain.revision) == plain

    def test_an_annotation_beside_a_reference_replaces_the_other(self, load: Load) -> None:
        contract = load(change(small(), input_audio={"$ref": "#/components/schemas/STTInputAudio", "description": "d"}))
        audio: Any = contract.request.document["properties"]
        assert audio["input_audio"]["description"] == "d"
        assert audio["input_audio"]["required"] == ("data", "format")

    @pytest.mark.parametrize(
        "siblings",
        [
            pytest.param({"properties": {"data": {"const": "x"}}}, id="keyword"),
            pytest.param({"properties": {"data": {"$ref": "#/components/schemas/X"}}}, id="with a reference inside"),
        ],
    )
    def test_a_keyword_beside_a_reference_holds_as_well(self, siblings: Any, load: Load) -> None:
        document = change(small(), input_audio={"$ref": "#/components/schemas/STTInputAudio", **siblings})
        schemas(document)["X"] = {"const": "x"}
        request = load(document).request
        assert [str(violation.pointer) for violation in request.violations(BODY)] == ["/input_audio/data"]
        assert request.violations({**BODY, "input_audio": {"data": "x", "format": ""}}) == ()
        assert request.violations({**BODY, "input_audio": {"data": "x"}})

    def test_a_keyword_beside_a_reference_to_true_holds(self, load: Load) -> None:
        document = change(small(), extra={"$ref": "#/components/schemas/Any", "type": "string"})
        schemas(document)["Any"] = True
        assert [violation.pointer for violation in load(document).request.violations({**BODY, "extra": 1})] == [
            "/extra"
        ]

    @pytest.mark.parametrize(
        ("field", "good", "bad"),
        [
            pytest.param({"const": {"$ref": "#/x"}}, {"$ref": "#/x"}, {}, id="const"),
            pytest.param({"enum": [{"$ref": "https://a.example"}, 1]}, 1, 2, id="enum"),
            pytest.param({"type": "string", "default": {"$ref": "#/x"}}, "", 1, id="default"),
            pytest.param({"type": "string", "examples": [{"$ref": "#/x"}]}, "", 1, id="examples"),
            pytest.param({"type": "string", "x-vendor": {"$ref": "#/x"}}, "", 1, id="extension"),
            pytest.param({"properties": {"$ref": {"type": "string"}}}, {"$ref": ""}, {"$ref": 1}, id="property"),
            pytest.param({"properties": {"const": {"$ref": "#/components/schemas/S"}}}, {}, {"const": 1}, id="name"),
        ],
    )
    def test_a_reference_is_one_only_where_a_schema_stands(self, field: Any, good: Any, bad: Any, load: Load) -> None:
        document = change(small(), extra=field)
        schemas(document)["S"] = {"type": "string"}
        request = load(document).request
        assert request.violations({**BODY, "extra": good}) == ()
        assert request.violations({**BODY, "extra": bad})

    def test_a_false_schema_is_a_violation_where_it_stands(self, load: Load) -> None:
        document = change(small(), language=False)
        violations = load(document).request.violations({**BODY, "language": "en"})
        assert [violation.pointer for violation in violations] == ["/language"]

    def test_what_no_reference_reaches_does_not_matter(self, load: Load) -> None:
        endless = {"$ref": "#/components/schemas/STTRequest"}
        document = change(small(), extra={"$id": "http://[", "$schema": "x", "$defs": {"D": endless}, "type": "string"})
        request = load(document).request
        assert request.violations({**BODY, "extra": ""}) == ()
        assert request.violations({**BODY, "extra": 1})


class TestOtherDocuments:
    @pytest.mark.parametrize("path", ["/v1/audio/transcriptions", "/a~b%/audio/transcriptions"])
    def test_the_path_may_have_a_prefix(self, path: str, load: Load) -> None:
        document = small()
        document["paths"] = {path: document["paths"][OPERATION]}
        media = post(document, path)["responses"]["200"]["content"]["application/json"]
        media["schema"] = schemas(document)["STTResponse"]
        contract = load(document)
        assert contract.path == path
        assert contract.url == f"https://openrouter.ai/api/v1{path}"
        assert contract.at(contract.transcript.pointer) == load(document).at("#/components/schemas/STTResponse")

    def test_the_exact_path_comes_before_one_with_a_prefix(self, load: Load) -> None:
        document = small()
        document["paths"]["/beta" + OPERATION] = {"post": {}}
        assert load(document).path == OPERATION

    def test_what_the_operation_does_not_reach_may_be_anything(self, load: Load) -> None:
        document = small()
        for i in range(400):
            node = {"$ref": f"#/components/schemas/Node{i}"}
            schemas(document)[f"Node{i}"] = {"properties": {"next": node, "all": {"type": "array", "items": node}}}
            content = {"application/json": {"schema": node}}
            responses = {"200": {"description": "", "content": content}, "default": {"$ref": "other.yaml#/x"}}
            document["paths"][f"/other/{i}"] = {"get": {"responses": responses}, "post": {"responses": responses}}
        contract, plain = load(document), load(small())
        assert replace(contract, revision=plain.revision) == plain

    def test_new_statuses_are_picked_up(self, load: Load) -> None:
        document = packaged()
        responses = post(document)["responses"]
        responses |= {"403": responses["400"], "599": responses["500"]}
        responses |= {"204": {"description": ""}, "4XX": responses["400"], "default": responses["500"], "x-more": 1}
        contract = load(document)
        assert set(contract.errors) == {400, 401, 402, 403, 404, 429, 500, 502, 503, 599}
        assert contract.error_statuses == tuple(sorted({*contract.errors, 524, 529}))
        assert contract.error_schema(403) == contract.errors[400]

    @pytest.mark.parametrize("in_all_of", [False, True], ids=["properties", "allOf"])
    def test_new_request_fields_are_picked_up(self, in_all_of: bool, load: Load) -> None:  # noqa: FBT001
        document = small()
        new = {
            "properties": {"response_format": {"enum": ["json", "text"]}, "retries": {}},
            "required": ["response_format"],
        }
        request = schemas(document)["STTRequest"]
        if in_all_of:
            request["allOf"] = [True, new]
        else:
            change(document, **new["properties"])  # type: ignore[arg-type]
            request["required"] += new["required"]
        contract = load(document)
        call = Call(model="m", response_format="json", retries=1)
        assert contract.wire_body(call) == {"model": "m", "response_format": "json"}, "retries is the SDK's own word"
        assert contract.sdk.parameters["response_format"].required
        assert [violation.keyword for violation in contract.request.violations(BODY)] == ["required"]
        assert "response_format" not in load_contract().sdk.parameters

    def test_new_response_fields_and_slugs_are_picked_up(self, load: Load) -> None:
        document = small()
        schemas(document)["STTResponse"]["properties"]["segments"] = {"type": "array", "items": {"type": "object"}}
        schemas(document)["ProviderOptions"]["properties"]["new-slug"] = {"type": "object"}
        contract = load(document)
        assert [violation.pointer for violation in contract.transcript.violations({"text": "", "segments": [1]})] == [
            "/segments/0"
        ]
        provider = {"options": {"new-slug": 1}}
        assert len(contract.request.violations({**BODY, "provider": provider})) == 1

    @pytest.mark.parametrize(
        ("root", "item", "operation", "expected"),
        [
            (["https://a.example/v1/"], [], [], "https://a.example/v1"),
            (["http://a.example:8080", "https://b.example"], [], [], "http://a.example:8080"),
            (["https://a.example"], ["https://b.example"], [], "https://b.example"),
            (["https://a.example"], ["https://b.example"], ["https://c.example"], "https://c.example"),
            ([], [], ["HTTPS://[::1]"], "HTTPS://[::1]"),
        ],
        ids=["slash", "port, first", "path", "operation", "only the operation"],
    )
    def test_the_nearest_server_counts(self, root: Any, item: Any, operation: Any, expected: str, load: Load) -> None:
        document = small()
        document["servers"] = [{"url": url} for url in root]
        document["paths"][OPERATION]["servers"] = [{"url": url} for url in item]
        post(document)["servers"] = [{"url": url} for url in operation]
        contract = load(document)
        assert contract.base_url == expected
        assert contract.host == re.sub(r"(?i)^https?://\[?|\]|:\d+$|/.*", "", expected)

    @pytest.mark.parametrize("version", ["3.0.3", "3.0.0", "3.1.1", "3.2.0"])
    def test_every_openapi_3_is_read(self, version: str, load: Load) -> None:
        document = small()
        document["openapi"] = version
        assert load(document).request == load(small()).request


class TestOpenApi30:
    @pytest.fixture
    def admits(self, load: Load) -> Callable[[Any, Any], bool]:
        def admits(field: Any, value: Any) -> bool:
            document = change(small(), extra=field)
            document["openapi"] = "3.0.3"
            schemas(document)["S"] = {"type": "string"}
            return not load(document).request.violations({**BODY, "extra": value})

        return admits

    @pytest.mark.parametrize(
        ("field", "good", "bad"),
        [
            pytest.param({"type": "string", "nullable": True}, [None, ""], [1], id="nullable"),
            pytest.param({"type": "string", "nullable": False}, [""], [None], id="not nullable"),
            pytest.param(
                {"type": "string", "nullable": True, "enum": ["a"]}, ["a"], [None, "b"], id="enum has no null"
            ),
            pytest.param({"nullable": True, "allOf": [{"type": "string"}]}, ["a"], [None], id="no type beside it"),
            pytest.param({"minimum": 1, "exclusiveMinimum": True}, [1.5], [1], id="exclusive minimum"),
            pytest.param({"minimum": 1, "exclusiveMinimum": False}, [1], [0], id="inclusive minimum"),
            pytest.param({"maximum": 1, "exclusiveMaximum": True}, [0], [1], id="exclusive maximum"),
            pytest.param({"maximum": 1, "exclusiveMaximum": False}, [1], [2], id="inclusive maximum"),
            pytest.param({"exclusiveMaximum": True}, [1], [], id="exclusive of nothing"),
            pytest.param({"items": {"type": "string", "nullable": True}}, [[None]], [[1]], id="nested"),
            pytest.param({"$ref": "#/components/schemas/S", "enum": ["a"]}, ["b"], [1], id="siblings are ignored"),
            pytest.param(
                {"type": "object", "properties": {"nullable": {"type": "boolean"}}},
                [{"nullable": True}],
                [{"nullable": 1}, None],
                id="a property of that name",
            ),
            pytest.param({"const": {"nullable": True}}, [{"nullable": True}], [{}], id="data"),
        ],
    )
    def test_its_dialect_is_honoured(
        self, field: Any, good: list[Any], bad: list[Any], admits: Callable[[Any, Any], bool]
    ) -> None:
        assert [value for value in good if not admits(field, value)] == []
        assert [value for value in bad if admits(field, value)] == []

    @pytest.mark.parametrize("field", [{"exclusiveMinimum": True, "minimum": 1}, {"exclusiveMaximum": False}])
    def test_3_1_has_no_boolean_limits(self, field: Any, tmp_path: Path) -> None:
        error = refused(written(tmp_path / "api.json", change(small(), extra=field)))
        assert "#/components/schemas/STTRequest/properties/extra/exclusiveM" in error.problem


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            pytest.param(b"openapi: \xff\xfe", "not UTF-8", id="not UTF-8"),
            pytest.param("{}".encode("utf-16"), "not UTF-8", id="UTF-16"),
            pytest.param(b"\0\1\2", "neither YAML nor JSON", id="binary"),
            pytest.param("", "empty", id="empty"),
            pytest.param(" \n# nothing\n", "empty", id="comment only"),
            pytest.param('{"openapi": "3.1.0",', ", line ", id="truncated JSON"),
            pytest.param("openapi: [", ", line ", id="truncated YAML"),
            pytest.param("a: 1\n---\nb: 2\n", "single document", id="two documents"),
            pytest.param('[{"openapi": "3.1.0"}]', "it holds [{'openapi': '3.1.0'}], not an object", id="list"),
            pytest.param("hello", "it holds 'hello', not an object", id="string"),
            pytest.param("x" * 100_000, "it holds 'xxx", id="long string"),
            pytest.param("7", "it holds 7, not an object", id="number"),
            pytest.param("a: 1e999", "inf, which JSON has not", id="infinity"),
            pytest.param('{"a": NaN}', "nan, which JSON has not", id="nan"),
            pytest.param("a: " + "9" * 5000, "neither YAML nor JSON", id="endless integer"),
            pytest.param("a: !!python/object/apply:os.getpid []", "not a type of JSON", id="python object"),
            pytest.param("a: !!binary aGk=", "not a type of JSON", id="binary value"),
            pytest.param("a: !!timestamp never", "not a type of JSON", id="timestamp"),
            pytest.param("a: !!bool maybe", "'maybe', which is not a boolean", id="not a boolean"),
            pytest.param("a: !!int ''", "invalid literal for int", id="not an integer"),
            pytest.param("a: !!map [1]", "not a mapping", id="not a mapping"),
            pytest.param(f"a: !{'x' * 10_000} 1", "!xxx", id="long tag"),
            pytest.param("? [a]\n: 1", "a key that is not a string", id="key"),
            pytest.param("a: &a {b: 1}\nc: {<<: *a}", "merge key", id="merge key"),
            pytest.param("a: &a [*a]", "contains itself", id="alias in itself"),
            pytest.param("a: &a {b: {c: *a}}", "contains itself", id="deep alias in itself"),
            pytest.param(
                "a: &a0 x\n" + "".join(f"b{i}: &a{i + 1} [{','.join([f'*a{i}'] * 9)}]\n" for i in range(20)),
                "more than 2000000 values",
                id="billion laughs",
            ),
            pytest.param(
                f"a: &a {'x' * 1_000_000}\nb: [{','.join(['*a'] * 10_000)}]", "more than 2000000", id="long alias"
            ),
            pytest.param('{"a":' * 100_000, "nested too deeply", id="deep JSON"),
            pytest.param('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply", id="deep JSON arrays"),
            pytest.param("[" * 100_000, "nested too deeply", id="deep YAML, flow"),
            pytest.param("- " * 100_000, "nested too deeply", id="deep YAML, sequences"),
            pytest.param("? " * 100_000, "nested too deeply", id="deep YAML, keys"),
            pytest.param("{a: " * 100_000, "nested too deeply", id="deep YAML, mappings"),
        ],
    )
    def test_content(self, content: str | bytes, problem: str, tmp_path: Path) -> None:
        assert problem in refused(written(tmp_path / "api.yaml", content)).problem

    def test_missing(self, tmp_path: Path) -> None:
        assert refused(tmp_path / "no.yaml").problem == "there is no such file"

    def test_directory(self, tmp_path: Path) -> None:
        assert "cannot be read" in refused(tmp_path).problem

    def test_not_a_path(self) -> None:
        assert "no path" in refused("a\0b").problem

    def test_too_large(self, tmp_path: Path) -> None:
        path = written(tmp_path / "api.yaml", "{}")
        os.truncate(path, 64 * 1024 * 1024 + 1)
        assert "larger than" in refused(path).problem


REF = "#/components/schemas/"


def put(*keys_and_value: Any) -> Callable[[Any], None]:
    """Set what the keys lead to; without a value there, take it out."""
    *keys, last, value = keys_and_value

    def apply(document: Any) -> None:
        for key in keys:
            document = document[key]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return apply


def in_operation(*keys_and_value: Any) -> Callable[[Any], None]:
    return put("paths", OPERATION, "post", *keys_and_value)


def in_schemas(**new: Any) -> Callable[[Any], None]:
    return lambda document: schemas(document).update(new)


def in_request(field: Any, **new: Any) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        change(document, extra=field)
        schemas(document).update(new)

    return apply


REFUSED = {
    "swagger 2.0": (put("openapi", None), "its 'openapi' is None"),
    "openapi 4": (put("openapi", "4.0.0"), "its 'openapi' is '4.0.0'"),
    "openapi as a number": (put("openapi", 3.1), "its 'openapi' is 3.1"),
    "openapi as an object": (put("openapi", {}), "its 'openapi' is {}"),
    "no paths": (put("paths", None), "0 operations at '/audio/transcriptions'"),
    "paths is a list": (put("paths", [1]), "0 operations"),
    "no operation": (put("paths", {"/audio/speech": {}}), "0 operations"),
    "two with a prefix": (put("paths", {f"/{v}{OPERATION}": {} for v in "ab"}), "2 operations"),
    "path item is a string": (put("paths", OPERATION, "x"), "~1audio~1transcriptions is 'x', not an object"),
    "no post": (put("paths", OPERATION, {"get": {}}), "~1audio~1transcriptions has no 'post'"),
    "post is deep and wide": (put("paths", OPERATION, "post", [[[[[[1] * 9] * 9] * 9] * 9] * 9]), "post is [["),
    "a long reference": (in_request({"$ref": "#/" + "x" * 100_000}), "which does not exist"),
    "post is a list": (put("paths", OPERATION, "post", [1] * 10_000), "post is [1, 1, 1, 1, 1, 1, ...], not"),
    "no request body": (in_operation("requestBody", None), "requestBody is None"),
    "no JSON request": (in_operation("requestBody", "content", {"text/plain": {}}), "requestBody has no schema"),
    "content is a list": (in_operation("requestBody", "content", [1]), "requestBody has no schema"),
    "no schema": (in_operation("requestBody", "content", "application/json", {}), "requestBody has no schema"),
    "schema is true": (
        in_operation("requestBody", "content", "application/json", {"schema": True}),
        "requestBody/content/application~1json/schema is not an object",
    ),
    "no responses": (in_operation("responses", None), "responses is None"),
    "no 200": (in_operation("responses", "200", None), "no JSON schema for a 200"),
    "200 without a body": (in_operation("responses", "200", {"description": ""}), "no JSON schema for a 200"),
    "no error": (lambda d: [in_operation("responses", status, None)(d) for status in ("400", "500")], "no error"),
    "no servers": (put("servers", None), "first server is None"),
    "servers is an object": (put("servers", {"url": "https://a.example"}), "first server is None"),
    "dangling": (in_request({"$ref": REF + "Nothing"}), f"'{REF}Nothing', which does not exist"),
    "dangling, named by place": (in_request({"$ref": REF + "No"}), f"{REF}STTRequest/properties/extra refers to"),
    "dangling response": (in_operation("responses", "400", {"$ref": "#/components/responses/X"}), "does not exist"),
    "anchor": (in_request({"$ref": "#anchor"}), "'#anchor', which does not exist"),
    "dynamic": (in_request({"$dynamicRef": "#node"}), "extra/$dynamicRef is a dynamic reference"),
    "external file": (in_request({"$ref": "other.yaml#/X"}), "'other.yaml#/X', outside of the document"),
    "external URL": (in_request({"$ref": "https://a.example/x"}), "outside of the document"),
    "empty reference": (in_request({"$ref": ""}), "'', outside of the document"),
    "recursive": (in_request({"$ref": REF + "STTRequest"}), f"'{REF}STTRequest', which contains itself"),
    "refers to itself": (in_schemas(STTRequest={"$ref": REF + "STTRequest"}), "contains itself"),
    "response refers to itself": (
        lambda d: (in_operation("responses", "200", {"$ref": "#/x"})(d), put("x", {"$ref": "#/x"})(d)),
        "'#/x', which contains itself",
    ),
    "mutual": (
        in_request({"$ref": REF + "A"}, A={"not": {"$ref": REF + "B"}}, B={"not": {"$ref": REF + "A"}}),
        f"'{REF}A', which contains itself",
    ),
    "through an array": (
        in_request({"$ref": REF + "A"}, A={"type": "array", "items": {"$ref": REF + "A"}}),
        f"'{REF}A', which contains itself",
    ),
    "through a tuple": (in_request({"$ref": REF + "A"}, A={"prefixItems": [{"$ref": REF + "A"}]}), "contains itself"),
    "through a sibling": (
        in_request({"$ref": REF + "A"}, A={"$ref": REF + "B", "items": {"$ref": REF + "A"}}, B={"type": "array"}),
        "contains itself",
    ),
    "with another spelling": (in_request({"$ref": REF + "A"}, A={"items": {"$ref": REF + "%41"}}), "contains itself"),
    "to the whole document": (in_request({"$ref": "#"}), "which contains itself"),
    "exponential": (
        in_request(
            {"$ref": REF + "B40"},
            B0={"type": "string"},
            **{f"B{i}": {"allOf": [{"$ref": f"{REF}B{i - 1}"}] * 2} for i in range(1, 41)},
        ),
        "more than 100000 values",
    ),
    "exponential through siblings": (
        in_request(
            {"$ref": REF + "B40"},
            B0={"type": "string"},
            **{f"B{i}": {"$ref": f"{REF}B{i - 1}", "not": {"$ref": f"{REF}B{i - 1}"}} for i in range(1, 41)},
        ),
        "more than 100000 values",
    ),
    "endless chain": (
        in_request({"$ref": REF + "B999"}, **{f"B{i}": {"items": {"$ref": f"{REF}B{i - 1}"}} for i in range(1, 1000)}),
        "it is nested too deeply",
    ),
    "unknown type": (in_request({"type": "file"}), f"{REF}STTRequest/properties/extra/type is 'file', which is not"),
    "required is a boolean": (in_request({"required": True}), "extra/required is True"),
    "pattern": (in_request({"pattern": "["}), "extra/pattern is '['"),
    "pattern too large": (in_request({"pattern": "a{99999999999999999999}"}), "number too large"),
    "schema is a number": (in_request(5), "properties/extra is 5, which is not JSON Schema"),
    "properties is a list": (in_schemas(STTRequest={"properties": ["a"]}), "STTRequest/properties is ['a']"),
    "response is not a schema": (in_schemas(STTResponse={"type": 1}), f"{REF}STTResponse/type is 1"),
    "error is not a schema": (in_schemas(BadRequestResponse={"type": 1}), f"{REF}BadRequestResponse/type is 1"),
    "reference is a number": (in_request({"$ref": 5}), "extra/$ref is 5"),
}


class TestRefusedDocuments:
    @pytest.mark.parametrize(("apply", "problem"), REFUSED.values(), ids=REFUSED.keys())
    def test_each_is_refused(self, apply: Callable[[Any], None], problem: str, tmp_path: Path) -> None:
        document = small()
        apply(document)
        assert problem in refused(written(tmp_path / "api.json", document)).problem

    @pytest.mark.parametrize(
        "url",
        [
            "/api/v1",
            "openrouter.ai",
            "",
            "ftp://a.example",
            "https://",
            "https://a b",
            "https://[",
            "https://a.example:b",
            "https://a.example:99999",
            "https://a.example?x=1",
            "https://a.example#x",
            "https://{region}.a.example",
            5,
        ],
    )
    def test_a_server_must_be_an_absolute_url(self, url: Any, tmp_path: Path) -> None:
        document = small()
        document["servers"] = [{"url": url}]
        error = refused(written(tmp_path / "api.json", document))
        assert f"its first server is {url!r}, not an absolute URL" in error.problem

    def test_swagger_2(self, tmp_path: Path) -> None:
        error = refused(written(tmp_path / "swagger.json", {"swagger": "2.0", "paths": {OPERATION: {"post": {}}}}))
        assert "not OpenAPI 3.x" in error.problem


def places(node: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [trail, *(place for key, item in items for place in places(item, (*trail, key)))]


SMALL = small()
PLACES = places(SMALL)
KEYWORDS = ["type", "properties", "required", "items", "enum", "$ref", "allOf", "additionalProperties", "pattern"]
WORDS = [*KEYWORDS, "object", "array", "string", "null", "[", "#", REF + "STTRequest", REF + "STTUsage", "//[", "200"]
SCHEMA_LIKE = st.recursive(
    json_values() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)
VALUES: tuple[Any, ...] = (
    None,
    0,
    "",
    [],
    {},
    BODY,
    {"text": ""},
    {"error": {"code": 1, "message": ""}},
    [BODY, [1.5, {"type": None}]],
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "api.json"


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(PLACES), value=SCHEMA_LIKE, style=st.sampled_from([json.dumps, as_yaml]))
def test_any_value_anywhere_is_read_or_refused(place: Any, value: Any, style: Any, scratch: Path) -> None:
    document: Any = {"": deepcopy(SMALL)}
    inside = document
    for key in ("", *place)[:-1]:
        inside = inside[key]
    inside[place[-1] if place else ""] = value
    contract = read_or_refused(written(scratch, style(document[""])))
    if contract is None:
        return
    assert contract.host
    assert contract.url.endswith(OPERATION)
    for schema in (contract.request, contract.transcript, *map(contract.error_schema, contract.error_statuses)):
        for candidate in (*VALUES, value):
            schema.violations(candidate)


def read_or_refused(path: Path) -> Contract | None:
    """The contract, or none when it was refused properly; every other exception is for pytest to show."""
    try:
        return load_contract(path)
    except SpecError:
        refused(path)
        return None
