"""Two documents are compared by what they require of a client: nothing else is told, and nothing is missed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_openrouter_stt.contract import Contract, SpecError, load_contract
from pytest_openrouter_stt.drift import Binding, Drift, drift
from tests.contract._documents import OPERATION, as_yaml, packaged, post, schemas, small
from tests.drift._edits import EDITS, Edit

Load = Callable[[Any], Contract]
edits = pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)


@contextmanager
def loading() -> Iterator[Load]:
    """Give a loader that works under Hypothesis too, where a fixture of one test may not."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "api")

        def load(document: Any) -> Contract:
            path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
            return load_contract(path)

        yield load


@pytest.fixture
def load() -> Iterator[Load]:
    with loading() as loader:
        yield loader


def edited(*edits: Edit) -> Any:
    document = packaged()
    for edit in edits:
        edit.make(document)
    return document


def said(found: Drift) -> list[str]:
    return [str(change) for change in found.changes]


def pointers(found: Drift) -> tuple[set[str], set[str]]:
    old = {pointer for change in found.changes for pointer in change.old_pointers}
    return old, {pointer for change in found.changes for pointer in change.new_pointers}


def one_change(load: Load, change: Callable[[Any], object]) -> tuple[list[str], Binding | None]:
    document = packaged()
    change(document)
    found = drift(load_contract(), load(document))
    return said(found), found.changes[0].binding if found.changes else None


@cache
def compared(edit: Edit) -> tuple[Drift, Drift, Drift]:
    """Compare the packaged document with *edit* made, the other way round, and the edited one with itself."""
    with loading() as load:
        new = load(edited(edit))
    return drift(load_contract(), new), drift(new, load_contract()), drift(new, new)


class TestEveryEdit:
    @edits
    def test_is_told(self, edit: Edit) -> None:
        there, _, _ = compared(edit)

        assert edit.there in said(there)
        assert len(there.changes) == 1 + edit.more
        assert any(edit.pointer in found for found in pointers(there))

    @edits
    def test_is_told_the_other_way_round(self, edit: Edit) -> None:
        there, back, _ = compared(edit)

        assert edit.back in said(back)
        assert len(there.changes) == len(back.changes)
        assert pointers(there) == pointers(back)[::-1]

    @edits
    def test_is_no_change_of_itself(self, edit: Edit) -> None:
        assert compared(edit)[2] == Drift(changes=(), wording=0)

    @edits
    def test_binds_the_other_way_round(self, edit: Edit) -> None:
        there, back = ({frozenset(c.places): c.binding for c in found.changes} for found in compared(edit)[:2])
        opposite = {Binding.STRICTER: Binding.LOOSER, Binding.LOOSER: Binding.STRICTER, Binding.BOTH: Binding.BOTH}

        assert back == {places: opposite[binding] if binding else None for places, binding in there.items()}


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    olds=st.lists(st.sampled_from(EDITS), max_size=3, unique=True),
    news=st.lists(st.sampled_from(EDITS), max_size=3, unique=True),
)
def test_both_directions_name_the_same_places(olds: list[Edit], news: list[Edit]) -> None:
    with loading() as load:
        try:
            old, new = load(edited(*olds)), load(edited(*news))
        except (KeyError, ValueError):
            return  # an edit of what the edit before took out
        assert pointers(drift(old, new)) == pointers(drift(new, old))[::-1]
        assert drift(old, old) == drift(new, new) == Drift(changes=(), wording=0)


class TestNothing:
    def test_of_the_same_document(self) -> None:
        assert drift(load_contract(), load_contract()) == Drift(changes=(), wording=0)

    @pytest.mark.slow
    @settings(max_examples=10, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_of_another_order(self, random: Any) -> None:
        def shuffled(value: Any, key: str = "") -> Any:
            if isinstance(value, dict):
                items = list(value.items())
                random.shuffle(items)
                return {name: shuffled(item, name) for name, item in items}
            if isinstance(value, list):
                order = [shuffled(item) for item in value]
                if key in {"required", "enum", "type", "anyOf"}:
                    random.shuffle(order)
                return order
            return value

        document = packaged()
        properties = schemas(document)["STTRequest"]["properties"]
        properties["model"]["enum"] = ["a", "b", "c"]
        properties["language"] = {
            "anyOf": [{"type": "string", "maxLength": 2}, {"type": "string", "minLength": 9}, {"type": "integer"}]
        }
        with loading() as load:
            assert drift(load(document), load(shuffled(document))) == Drift(changes=(), wording=0)

    @pytest.mark.parametrize("write", [json.dumps, as_yaml, lambda d: as_yaml(d).replace("\n", "\r\n")])
    def test_of_another_notation(self, write: Callable[[Any], str], load: Load) -> None:
        assert drift(load_contract(), load(write(packaged()))) == Drift(changes=(), wording=0)

    def test_of_other_words(self, load: Load) -> None:
        document = packaged()
        schemas(document)["STTRequest"] |= {"description": "Another.", "title": "Other", "x-order": 1}
        schemas(document)["STTUsage"]["properties"]["cost"]["example"] = 0.1
        post(document)["requestBody"]["content"]["application/json"]["example"] = {"model": "a"}
        post(document).update(summary="Hear", operationId="hear", tags=["audio"])
        post(document)["responses"]["200"]["description"] = "Good"
        post(document)["responses"]["x-note"] = "no status"
        document["info"]["version"] = "2.0.0"

        assert drift(load_contract(), load(document)) == Drift(changes=(), wording=9)

    def test_of_words_in_a_field_that_is_new(self, load: Load) -> None:
        document = packaged()
        schemas(document)["STTRequest"]["properties"]["diarize"] = {"description": "Who", "title": "Diarize"}

        found = drift(load_contract(), load(document))

        assert (said(found), found.wording) == (["request: new optional argument `diarize`"], 0)

    def test_of_other_operations(self, load: Load) -> None:
        document = packaged()
        document["paths"]["/chat"] = {"post": {"requestBody": {"$ref": "#/components/schemas/Endless"}}}
        schemas(document)["Endless"] = {"properties": {"again": {"$ref": "#/components/schemas/Endless"}}}
        document["components"]["parameters"] = {"Lost": {"$ref": "#/components/parameters/Nowhere"}}

        assert drift(load_contract(), load(document)) == Drift(changes=(), wording=0)

    def test_of_a_schema_written_where_it_is_used(self, load: Load) -> None:
        document = packaged()
        components = schemas(document)
        components["STTRequest"]["properties"]["input_audio"] = components.pop("STTInputAudio")
        components["STTResponse"]["properties"]["usage"] = {"allOf": [{"$ref": "#/components/schemas/STTUsage"}]}
        content = post(document)["requestBody"].pop("content")
        document["components"]["requestBodies"] = {"Audio": {"content": content}}
        post(document)["requestBody"] = {"$ref": "#/components/requestBodies/Audio"}

        assert drift(load_contract(), load(document)).changes == ()

    def test_of_a_path_item_that_is_referred_to(self, load: Load) -> None:
        document = packaged()
        document["components"]["pathItems"] = {"Stt": document["paths"][OPERATION]}
        document["paths"][OPERATION] = {"$ref": "#/components/pathItems/Stt"}

        assert drift(load_contract(), load(document)).changes == ()

    def test_of_a_base_url_that_is_a_part_of_the_path(self, load: Load) -> None:
        document = packaged()
        document["paths"]["/v1" + OPERATION] = document["paths"].pop(OPERATION)
        document["servers"][0]["url"] = "https://openrouter.ai/api"

        assert drift(load_contract(), load(document)).changes == ()

    def test_of_a_scheme_under_another_name(self, load: Load) -> None:
        document = packaged()
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "Bearer"}}
        document["security"] = [{"bearer": []}]

        assert drift(load_contract(), load(document)).changes == ()

    def test_of_null_in_the_dialect_of_openapi_3_0(self, load: Load) -> None:
        old, new = small(), small()
        old["openapi"] = "3.0.3"
        schemas(old)["STTRequest"]["properties"]["language"]["nullable"] = True
        for schema in (schemas(old)["BadRequestResponse"], schemas(old)["InternalServerResponse"]):
            schema["properties"]["user_id"] = {"type": "string", "nullable": True}
        schemas(new)["STTRequest"]["properties"]["language"]["type"] = ["null", "string"]

        assert drift(load(old), load(new)).changes == ()

    @pytest.mark.parametrize("nothing", [True, {}, {"description": "Anything"}])
    def test_of_a_schema_that_admits_everything(self, nothing: object, load: Load) -> None:
        document = packaged()
        schemas(document)["STTUsage"]["additionalProperties"] = nothing

        assert drift(load_contract(), load(document)).changes == ()


class TestBinding:
    @pytest.mark.parametrize(
        ("keyword", "old", "new", "sent"),
        [
            ("maximum", 2, 1, Binding.STRICTER),
            ("maximum", 1, 1.5, Binding.LOOSER),
            ("minimum", 0, 1, Binding.STRICTER),
            ("exclusiveMinimum", 1, 0, Binding.LOOSER),
            ("type", "number", "integer", Binding.STRICTER),
            ("type", "integer", ["integer", "null"], Binding.LOOSER),
            ("type", "integer", "string", Binding.BOTH),
            ("enum", [1, 2], [1], Binding.STRICTER),
            ("enum", [1, 2], [2, 1, 3], Binding.LOOSER),
            ("enum", [1, 2], [2, 3], Binding.BOTH),
            ("const", 1, 2, Binding.BOTH),
            ("multipleOf", 2, 3, None),
            ("oneOf", [{"type": "integer"}, {"minimum": 1}], [{"type": "integer"}, {"minimum": 2}], None),
            ("not", {"minimum": 1}, {"minimum": 2}, None),
        ],
    )
    def test_of_answers_is_the_reverse_of_that_of_requests(
        self, keyword: str, old: object, new: object, sent: Binding | None, load: Load
    ) -> None:
        met = {Binding.STRICTER: Binding.LOOSER, Binding.LOOSER: Binding.STRICTER}
        for schema, name, expected in (
            ("STTRequest", "temperature", sent),
            ("STTUsage", "cost", met.get(sent, sent) if sent else None),
        ):
            documents = packaged(), packaged()
            for document, value in zip(documents, (old, new), strict=True):
                schemas(document)[schema]["properties"][name][keyword] = value
            before, after = map(load, documents)
            found = drift(before, after)
            assert found.changes
            assert {change.binding for change in found.changes} == {expected}

    def test_of_a_field_that_had_been_refused_is_both(self, load: Load) -> None:
        old, new = packaged(), packaged()
        for document in (old, new):
            schemas(document)["STTRequest"]["additionalProperties"] = False
        schemas(new)["STTRequest"]["properties"]["diarize"] = {"type": "boolean"}

        (change,) = drift(load(old), load(new)).changes

        assert change.binding is Binding.BOTH

    def test_of_a_field_that_could_be_relied_on_is_both(self, load: Load) -> None:
        text, binding = one_change(load, lambda d: schemas(d)["STTResponse"]["properties"].pop("text"))

        assert "response: the field `text` is gone" in text
        assert binding is Binding.BOTH

    def test_is_not_said_of_a_type_that_moves_into_alternatives(self, load: Load) -> None:
        def change(document: Any) -> None:
            alternatives = [{"type": "string", "maxLength": 9}, {"type": "integer"}]
            schemas(document)["STTResponse"]["properties"]["text"] = {"anyOf": alternatives}

        text, binding = one_change(load, change)

        assert text[0] == "response: `text` is of any type now (was string)"
        assert binding is None


class TestWords:
    def test_what_an_enum_admits_and_does_not(self, load: Load) -> None:
        documents = packaged(), packaged()
        for document, formats in zip(documents, (["wav", "flac"], ["opus", "wav"]), strict=True):
            schemas(document)["STTInputAudio"]["properties"]["format"]["enum"] = formats
        before, after = map(load, documents)

        assert said(drift(before, after)) == [
            "request: `input_audio.format` admits `opus` now and no longer admits `flac`"
        ]

    def test_a_limit_that_was_another(self, load: Load) -> None:
        documents = packaged(), packaged()
        for document, limit in zip(documents, (2, 1), strict=True):
            schemas(document)["STTRequest"]["properties"]["temperature"]["maximum"] = limit
        before, after = map(load, documents)

        assert said(drift(before, after)) == ["request: `temperature` may be at most 1 (was 2)"]

    @pytest.mark.parametrize(
        ("keyword", "value", "there"),
        [
            ("items", {"type": "string"}, "request: `language[]` is described now"),
            ("additionalProperties", {"type": "string"}, "request: `language.*` is described now"),
            ("contains", {"const": 1}, "request: `language (contains)` is described now"),
            ("uniqueItems", True, "request: `language` has `uniqueItems` true now"),
            ("x-keyword", 1, None),
            (
                "patternProperties",
                {"^x": {"type": "null"}},
                "request: `language (patternProperties ^x)` is described now",
            ),
        ],
    )
    def test_other_keywords(self, keyword: str, value: object, there: str | None, load: Load) -> None:
        text, _ = one_change(
            load, lambda d: schemas(d)["STTRequest"]["properties"]["language"].update({keyword: value})
        )

        assert text == ([there] if there else [])

    def test_another_kind_of_body(self, load: Load) -> None:
        documents = packaged(), packaged()
        for document, limit in zip(documents, (1, 2), strict=True):
            post(document)["requestBody"]["content"]["multipart/form-data"] = {
                "schema": {"properties": {"file": {"maxLength": limit}}}
            }
        before, after = map(load, documents)

        assert said(drift(before, after)) == [
            "request as `multipart/form-data`: `file` may have at most 2 characters (was 1)"
        ]

    def test_a_name_cannot_leave_its_backticks(self, load: Load) -> None:
        text, _ = one_change(load, lambda d: schemas(d)["STTRequest"]["properties"].update({"a`b": {}}))

        assert text == ["request: new optional argument `a'b`"]

    def test_values_are_short(self, load: Load) -> None:
        text, _ = one_change(
            load, lambda d: schemas(d)["STTRequest"]["properties"]["language"].update(pattern="x" * 100_000)
        )

        assert len(text[0]) < 300

    def test_long_lists_are_cut(self, load: Load) -> None:
        text, _ = one_change(
            load,
            lambda d: schemas(d)["ProviderOptions"]["properties"].update({f"new-{i}": {} for i in range(500)}),
        )

        assert text[0].endswith("`new-11` and 488 more")


def _field(**keywords: Any) -> Callable[[Any], object]:
    return lambda document: schemas(document)["STTRequest"]["properties"].update(extra=keywords)


def _query(**schema: Any) -> Callable[[Any], object]:
    return lambda document: post(document).update(parameters=[{"in": "query", "name": "q", "schema": schema}])


def _twice(document: Any) -> None:
    """The parameter of the operation takes precedence over that of the path."""
    document["paths"][OPERATION]["parameters"] = [{"in": "query", "name": "q"}]
    post(document)["parameters"] = [{"in": "query", "name": "q", "required": True}]


def _secured_by(name: str, **scheme: str) -> Callable[[Any], object]:
    def change(document: Any) -> None:
        post(document)["security"] = [{name: []}]
        document["components"]["securitySchemes"] = {name: scheme} if scheme else {}

    return change


CORNERS: dict[str, tuple[Callable[[Any], object], Callable[[Any], object], str, Binding | None]] = {
    "a field that must not be there": (
        lambda document: schemas(document)["STTRequest"]["properties"].update(extra=True),
        lambda document: schemas(document)["STTRequest"]["properties"].update(extra=False),
        "request: the argument `extra` must not be there now",
        None,
    ),
    "fewer alternatives": (
        _field(anyOf=[{"type": "string"}, {"type": "integer"}, {"pattern": "x"}]),
        _field(anyOf=[{"type": "string"}, {"pattern": "x"}]),
        "request: `extra` may no longer be `integer`",
        Binding.STRICTER,
    ),
    "a limit that is no number": (
        _query(minimum="x"),
        _query(minimum=5),
        "parameters: `query q` must be at least 5 (was `x`)",
        None,
    ),
    "two limits of one kind": (
        _field(type="string"),
        _field(type="string", allOf=[{"minLength": 1}, {"minLength": 2}]),
        "request: `extra` must have at least 1 character now",
        Binding.STRICTER,
    ),
    "how a parameter is written": (
        _query(),
        lambda document: post(document).update(
            parameters=[{"in": "query", "name": "q", "schema": {}, "style": "form"}]
        ),
        "parameters: `query q` has `style` `form` now",
        None,
    ),
    "a place in a list": (
        _field(prefixItems=[{"type": "string"}]),
        _field(prefixItems=[{"type": "integer"}]),
        "request: `extra[0]` is integer now (was string)",
        Binding.BOTH,
    ),
    "a place that nothing fits": (
        _field(prefixItems=[True]),
        _field(prefixItems=[False]),
        "request: `extra`: `prefixItems` admits nothing now",
        None,
    ),
    "what has to be contained": (
        _field(contains=True),
        _field(contains=False),
        "request: `extra (contains)` is described now",
        None,
    ),
    "how a field is encoded": (
        lambda document: document,
        lambda document: post(document)["requestBody"]["content"]["application/json"].update(encoding={"model": {}}),
        'request: `application/json` has `encoding` {"model": {}} now',
        None,
    ),
    "a server of the operation": (
        lambda document: document,
        lambda document: post(document).update(servers=[{"url": "https://b.example"}]),
        "the base URL is `https://b.example` (was `https://openrouter.ai/api/v1`)",
        Binding.BOTH,
    ),
    "a parameter that is there twice": (
        lambda document: post(document).update(parameters=[]),
        _twice,
        "parameters: `query q` is described now, and required",
        Binding.STRICTER,
    ),
    "a scheme that is not described": (
        _secured_by("a", type="http", scheme="bearer"),
        _secured_by("mine"),
        "authentication is by `mine` (was `http bearer`)",
        Binding.BOTH,
    ),
    "a scheme without more": (
        _secured_by("a", type="http", scheme="bearer"),
        _secured_by("a", type="openIdConnect"),
        "authentication is by `openIdConnect` (was `http bearer`)",
        Binding.BOTH,
    ),
    "a header of the response": (
        lambda document: document,
        lambda document: post(document)["responses"]["200"].update(headers={"X-A": {"required": True}}),
        "response: the header `x-a` is described now, and required",
        None,
    ),
}


@pytest.mark.parametrize(("old", "new", "told", "binding"), CORNERS.values(), ids=CORNERS)
def test_a_corner_is_told(
    old: Callable[[Any], object], new: Callable[[Any], object], told: str, binding: Binding | None, load: Load
) -> None:
    documents = packaged(), packaged()
    old(documents[0])
    new(documents[1])

    found = drift(*map(load, documents))

    assert (told, binding) in [(str(change), change.binding) for change in found.changes]


def test_what_is_nested_too_deeply_to_be_compared_is_refused(load: Load) -> None:
    """Nobody reads the schema of a parameter before documents are compared."""
    document = packaged()
    _query(**{"$ref": "#/components/schemas/B999"})(document)
    for number in range(1, 1000):
        schemas(document)[f"B{number}"] = {"items": {"$ref": f"#/components/schemas/B{number - 1}"}}
    contract = load(document)
    with pytest.raises(SpecError, match="it is nested too deeply"):
        drift(load_contract(), contract)


class TestHostile:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("spoil", "problem"),
        [
            pytest.param(
                lambda d: post(d)["parameters"].append({"$ref": "#/components/parameters/None"}),
                "'#/components/parameters/None', which does not exist",
                id="a parameter that is not there",
            ),
            pytest.param(
                lambda d: (
                    d["components"].update(headers={"A": {"$ref": "#/components/headers/A"}})
                    or post(d)["responses"]["429"].update(headers={"A": {"$ref": "#/components/headers/A"}})
                ),
                "which contains itself",
                id="a header that is itself",
            ),
            pytest.param(
                lambda d: (
                    schemas(d).update(Loop={"items": {"$ref": "#/components/schemas/Loop"}})
                    or post(d)["requestBody"]["content"].update(
                        {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Loop"}}}
                    )
                ),
                "which contains itself",
                id="a body without end",
            ),
            pytest.param(
                lambda d: (
                    schemas(d).update(
                        {
                            f"B{i}": {"properties": {k: {"$ref": f"#/components/schemas/B{i + 1}"} for k in "abcdefgh"}}
                            for i in range(9)
                        },
                        B9={},
                    )
                    or post(d)["responses"]["200"]["content"].update(
                        {"a/b": {"schema": {"$ref": "#/components/schemas/B0"}}}
                    )
                ),
                "more than 100000 values",
                id="a bomb of references",
            ),
            pytest.param(
                lambda d: post(d)["parameters"].append("not an object"),
                "not an object",
                id="a parameter that is text",
            ),
            pytest.param(
                lambda d: (
                    schemas(d).update(
                        {f"C{i}": {"properties": {str(k): {"type": "null"} for k in range(20_000)}} for i in range(1)}
                    )
                    or post(d)["responses"].update(
                        {
                            str(status): {
                                "description": "",
                                "content": {"a/b": {"schema": {"$ref": "#/components/schemas/C0"}}},
                            }
                            for status in range(430, 436)
                        }
                    )
                ),
                "says more than 100000 things",
                id="very much of everything",
            ),
        ],
    )
    def test_what_cannot_be_compared_is_refused(self, spoil: Callable[[Any], object], problem: str, load: Load) -> None:
        document = packaged()
        spoil(document)
        new = load(document)

        for old, other in ((load_contract(), new), (new, load_contract())):
            with pytest.raises(SpecError) as caught:
                drift(old, other)
            assert problem in str(caught.value)

    @pytest.mark.parametrize(
        "odd",
        [
            {"security": "none"},
            {"security": [{"nobody knows": []}, 3]},
            {"parameters": {"a": 1}},
            {"parameters": [{}, {"in": 1, "name": []}]},
            {"tags": None, "servers": [], "callbacks": {"a": 1}},
        ],
    )
    def test_what_is_odd_is_no_traceback(self, odd: dict[str, Any], load: Load) -> None:
        document = packaged()
        post(document).update(deepcopy(odd))

        drift(load_contract(), load(document))

    def test_what_is_deep_is_refused_or_compared(self, load: Load) -> None:
        deep: Any = {"type": "string"}
        for _ in range(80):
            deep = {"type": "object", "properties": {"a": deep}}
        document = packaged()
        schemas(document)["STTRequest"]["properties"]["deep"] = deep
        other = deepcopy(document)
        inner = schemas(other)["STTRequest"]["properties"]["deep"]
        while "properties" in inner:
            inner = inner["properties"]["a"]
        inner["type"] = "integer"

        (change,) = drift(load(document), load(other)).changes

        assert change.words.endswith("is integer now (was string)")
