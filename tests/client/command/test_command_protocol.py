"""The document, its schema and the driver say the same of the command protocol."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.client import Request, Transcript
from pytest_openrouter_stt.client.command.protocol import Greeting, ProtocolError, read_answer, read_greeting
from pytest_openrouter_stt.contract import Call
from pytest_openrouter_stt.strategies import invalid_transcription_calls, transcription_calls
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from tests.client.command.commands import Adapter

DOCUMENT = (REPOSITORY / "docs" / "reference" / "command-protocol.md").read_text("utf-8")
SCHEMA = json.loads(
    (REPOSITORY / "pytest_openrouter_stt" / "client" / "command" / "command-protocol.schema.json").read_text("utf-8")
)
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
VALUES = [json.loads(code) for code in re.findall(r'`(\{"\$stt".*?\})`', DOCUMENT)]
CALL = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="m")


def problems(kind: str, value: object) -> list[str]:
    validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
    return [error.message for error in validator.iter_errors(value)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_document_shows_each_kind_of_line() -> None:
    assert {kind for kind, _ in EXAMPLES} == {"greeting", "request", "answer"}
    assert len(EXAMPLES) == 7


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_the_examples_of_the_document_are_valid(kind: str, text: str) -> None:
    assert problems(kind, json.loads(text)) == []


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_the_tagged_values_of_the_document_are_valid_and_understood(adapter: Adapter, value: Any) -> None:
    assert problems("value", value) == []
    client = adapter.drive(f"answer(ok={{'value': {value!r}}})")
    outcome = client.call(CALL, "sync", "k")
    assert isinstance(outcome, Transcript)
    assert isinstance(outcome.value, dict)
    assert outcome.value["value"] != value


def test_every_tag_of_the_schema_is_in_the_document() -> None:
    tags = [definition.get("properties", {}).get("$stt", {}) for definition in SCHEMA["$defs"].values()]
    known = {name for tag in tags for name in [*tag.get("enum", []), *([tag["const"]] if "const" in tag else [])]}
    assert known == {value["$stt"] for value in VALUES}


@pytest.mark.parametrize("kind", ["greeting", "request", "answer", "error"])
def test_every_member_is_in_the_document(kind: str) -> None:
    unnamed = [name for name in SCHEMA["$defs"][kind]["properties"] if f"`{name}`" not in DOCUMENT]
    assert unnamed == []


@pytest.mark.parametrize("text", [text for kind, text in EXAMPLES if kind == "greeting"])
def test_the_greetings_of_the_document_are_understood(adapter: Adapter, text: str) -> None:
    greeting = json.loads(text)
    client = adapter.drive("answer(ok='')", **greeting)
    assert isinstance(client.open("k"), Transcript)
    assert client.features("k") == {"sync", *greeting["features"]}


def test_a_greeting_may_leave_out_all_that_has_a_default() -> None:
    greeting = read_greeting(b'{"protocol": 1, "name": "mine", "features": []}')
    assert greeting == Greeting("mine", "", frozenset(), is_one_shot=False, is_concurrent=False, errors={})


def test_an_answer_is_refused_however_deeply_it_is_nested() -> None:
    def is_too_deep(depth: int) -> bool:
        try:
            json.loads("[" * depth + "]" * depth)
        except RecursionError:
            return True
        return False

    limit = bisect_left(range(100_000), x=True, key=is_too_deep)
    for depth in range(limit - 60, limit + 10):  # where it can be read, but then is too deep to be shown, and beyond
        line = f'{{"id": 1, "error": {{"type": "E", "message": {"[" * depth + "]" * depth}}}}}'
        with pytest.raises(ProtocolError, match=r"is no answer of protocol 1|which is nested too deeply"):
            read_answer(line.encode())


@pytest.mark.slow
@settings(deadline=None)
@given(call=transcription_calls() | invalid_transcription_calls().map(lambda invalid: invalid.call))
def test_what_is_sent_is_valid(call: Call) -> None:
    line = Request(1, "http://127.0.0.1:1", "key", call.kwargs(), retries=True, timeout=5).line()
    assert line.isascii()
    assert line.isprintable()
    assert problems("request", json.loads(line)) == []


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(
    arguments=st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.floats() | st.integers() | st.binary() | st.text(st.characters()),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()) | st.just("$stt"), inner),
        ),
    )
)
def test_whatever_is_sent_is_valid(arguments: dict[str, Any]) -> None:
    arguments.pop("$stt", None)
    line = Request(1, "http://127.0.0.1:1", None, arguments, retries=False, timeout=0.5).line()
    assert problems("request", json.loads(line)) == []
