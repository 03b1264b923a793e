"""Whatever a command writes, each call ends with an outcome or with what was wrong, and the next one is answered."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.client import ClientNotFound, ClientUnderTest, Failure, NoAnswer, Transcript, status_of
from pytest_openrouter_stt.contract import Call
from tests.client.command.commands import HELLO, Adapter
from tests.fuzzing import awkward_json, awkward_text, mangled, short_and_long, try_each
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-of-a-test"
CALL = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="m")
SCHEMA = json.loads(
    (REPOSITORY / "pytest_openrouter_stt" / "client" / "command" / "command-protocol.schema.json").read_text("utf-8")
)
ANSWERS = Draft202012Validator({"$ref": "#/$defs/answer", "$defs": SCHEMA["$defs"]})
NUMBER = "@number@"
"""Stands for the number of the request in what is written."""

PUPPET = f"""\
import json, os, signal, sys
from pathlib import Path

def play(steps, number):
    for name, value in steps:
        if name == "write":
            sys.stdout.buffer.write(bytes.fromhex(value).replace(b'"{NUMBER}"', str(number).encode()))
            sys.stdout.flush()
        elif name == "complain":
            sys.stderr.buffer.write(bytes.fromhex(value))
            sys.stderr.flush()
        elif name == "close":
            os.close(value)
        elif name == "kill":
            os.kill(os.getpid(), value)
        else:
            os._exit(value)

play(json.loads(Path(__file__).with_name("greeting.json").read_text()), 0)
for line in sys.stdin:
    request = json.loads(line)
    play(json.loads(request["arguments"]["model"]), request["id"])
"""
"""A command that does what it is told in the model of a call, and before its greeting in a file."""

Step = tuple[str, str | int]
GOOD = ("write", f'{{"id":"{NUMBER}","ok":"well"}}\n'.encode().hex())
LINES = [
    json.dumps({"id": NUMBER, "ok": {"text": "x", "usage": {"seconds": 1.5}}}).encode() + b"\n",
    json.dumps({"id": NUMBER, "error": {"types": ["A", "B"], "message": "m", "status": 429}}).encode() + b"\n",
    json.dumps(HELLO).encode() + b"\n",
]
TOKENS = [
    *(
        b"\n",
        b"\r\n",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x1b[2J",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
    ),
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"[" * 2000, b'{"a":' * 2000, b"x" * 100_000),
    *(b'"id":1,', b'"id":"@number@",', b'"ok":"",', b'"error":{},', b'{"$stt":"nan"}', b'"$stt":', b'"\\ud800"'),
]


class Puppet:
    """A client whose command writes whatever a test says."""

    def __init__(self, adapter: Adapter, folder: Path) -> None:
        self._greeting = folder / "greeting.json"
        self.greets(("write", (json.dumps(HELLO) + "\n").encode().hex()))
        self.client: ClientUnderTest = adapter.drive_program(PUPPET)

    def greets(self, *steps: Step) -> None:
        self._greeting.write_text(json.dumps(steps))

    def call(self, *steps: Step) -> object:
        return self.client.call(CALL.replace(model=json.dumps(steps)), "sync", KEY)

    def goes_on(self) -> bool:
        """Whether the next call is answered, after what was left to be said of the last one."""
        return any(self.call(GOOD) == Transcript("well") for _ in range(2))


@pytest.fixture
def puppet(adapter: Adapter, tmp_path: Path) -> Puppet:
    return Puppet(adapter, tmp_path)


def writing(data: bytes) -> Step:
    return ("write", data.hex())


def answering(value: object) -> Step:
    return writing(json.dumps(value).encode() + b"\n")


def outputs() -> st.SearchStrategy[bytes]:
    """What a command writes: nearly right, any JSON, any bytes; with an end of the line or without."""
    answers = st.fixed_dictionaries(
        {"id": st.just(NUMBER) | st.sampled_from([0, -1, 1.0, 10**400, True, None])},
        optional={"ok": awkward_json(), "error": errors() | awkward_json(), "more": awkward_json()},
    )
    texts = (answers | awkward_json()).map(json.dumps).map(str.encode)
    ends = st.sampled_from([b"\n", b"\r\n", b"", b"\n\n", b" \n", b"\n\xff"])
    return mangled(LINES, TOKENS) | st.tuples(texts, ends).map(b"".join)


def errors() -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["type", "types", "message", "status", "headers", "code", "metadata", "body", "user_id"])
    like_names = st.lists(awkward_text() | st.sampled_from(["A", "A\n", "TypeError", "Exception", "a.b"]), max_size=3)
    return st.dictionaries(names, awkward_json() | like_names | tagged_like(), max_size=5)


def steps() -> st.SearchStrategy[list[Step]]:
    """What a command does, and ends, so that a call which waits for ever waits for what cannot come."""
    writes = outputs().map(writing)
    complaints = st.sampled_from([b"\x1b[2J\xff", b"x" * 200_000, b"::error::\n"]).map(
        lambda data: ("complain", data.hex())
    )
    ends: list[Step] = [("exit", 0), ("exit", 3), ("exit", 255), ("kill", 9), ("kill", 11), ("kill", 15), ("close", 1)]
    some = st.lists(writes | complaints, min_size=1, max_size=3)
    return st.tuples(some, st.sampled_from(ends)).map(lambda parts: [*parts[0], parts[1], ("exit", 1)])


@short_and_long
def test_any_output_comes_to_an_end(examples: int, puppet: Puppet) -> None:
    def judge(script: list[Step]) -> None:
        outcome = puppet.call(*script)
        assert isinstance(outcome, Transcript | Failure | NoAnswer)
        if isinstance(outcome, NoAnswer):
            assert "still under way" not in outcome.reason
            assert outcome.reason.startswith(("it ", "its process "))
            assert len(outcome.reason) < 1500
        assert puppet.goes_on()

    try_each(examples // 3, judge, steps())


@short_and_long
def test_any_greeting_comes_to_an_end(examples: int, tmp_path: Path) -> None:
    def judge(script: list[Step]) -> None:
        adapter = Adapter(tmp_path)
        puppet = Puppet(adapter, tmp_path)
        puppet.greets(*script)
        outcome = puppet.client.open(KEY)
        adapter.close()
        if isinstance(outcome, Failure):
            assert isinstance(outcome.error, ClientNotFound)
            assert "within" not in outcome.error.problem
            assert "docs/reference/command-protocol.md" in str(outcome.error)
        else:
            assert puppet.client.features(KEY) >= {"sync"}
            assert puppet.client.errors(KEY).origin in {"declared", "inferred"}

    greetings = st.fixed_dictionaries(
        {"protocol": st.just(1), "name": awkward_text(), "features": st.lists(awkward_text(), max_size=3)},
        optional={
            "version": awkward_text() | awkward_json(),
            "calls": st.sampled_from(["many", "one", 1, None]),
            "at_once": st.booleans() | awkward_json(),
            "errors": st.dictionaries(
                st.sampled_from(["404", "404\n", "default", "default\n", "99", "4xx"]),
                st.lists(st.sampled_from(["A", "B", "A\n", "TypeError", "", "\x00"]), max_size=3) | awkward_json(),
            ),
        },
    )
    scripts = greetings.map(lambda greeting: [answering(greeting), ("exit", 0)])
    try_each(examples // 3, judge, scripts | steps())


def tagged_like() -> st.SearchStrategy[Any]:
    """Values of the protocol, and such as nearly are."""
    integers = st.integers(-1, 70_000)
    units = st.lists(integers | st.sampled_from([65.0, 0.5, True, None, "a", 1e300]), max_size=3)
    encoded = st.binary(max_size=4).map(lambda data: base64.b64encode(data).decode())
    texts = st.text(max_size=3)

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        pairs = st.lists(inner, max_size=3) | st.tuples(texts | inner, inner).map(list)
        members = st.fixed_dictionaries(
            {
                "$stt": st.sampled_from(["nan", "infinity", "-infinity", "utf16", "bytes", "path", "object", "moon"])
                | inner
            },
            optional={
                "units": units | inner,
                "base64": encoded | st.just(1),
                "path": texts | inner,
                "entries": st.lists(pairs, max_size=3) | inner,
                "more": inner,
            },
        )
        return st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3) | members | _tagged(inner)

    return st.recursive(st.none() | st.booleans() | integers | texts, around, max_leaves=8)


def _tagged(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    halves = st.fixed_dictionaries({"$stt": st.just("utf16"), "units": st.lists(st.integers(0, 0xFFFF), max_size=2)})
    return st.one_of(
        halves,
        st.fixed_dictionaries({"$stt": st.just("path"), "path": halves}),
        st.fixed_dictionaries({"$stt": st.just("object"), "entries": st.lists(st.tuples(halves, inner), max_size=2)}),
    )


@pytest.mark.slow
@short_and_long
def test_what_is_understood_is_what_the_schema_admits(examples: int, puppet: Puppet) -> None:
    def judge(answer: dict[str, Any]) -> None:
        is_admitted = ANSWERS.is_valid(json.loads(json.dumps({"id": 1, **answer})))
        outcome = puppet.call(answering({"id": NUMBER, **answer}))
        assert isinstance(outcome, NoAnswer) is not is_admitted, outcome

    oks = st.fixed_dictionaries({"ok": st.dictionaries(st.just("value"), tagged_like()) | tagged_like()})
    named = {"type": st.just("E"), "message": st.text(max_size=3) | tagged_like()}
    kept = {name: tagged_like() for name in ("code", "metadata", "body", "user_id", "openrouter_metadata")}
    status = st.none() | st.integers() | st.sampled_from([429.0, 429.5, "429"])
    headers = st.dictionaries(st.sampled_from(["$stt", "a"]), st.text(max_size=2) | tagged_like(), max_size=2)
    failed = st.fixed_dictionaries(named, optional={**kept, "status": status, "headers": headers})
    try_each(examples, judge, oks | failed.map(lambda error: {"error": error}))


# What was found that way.


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"$stt": "bytes", "base64": "!"}, "Only base64 data is allowed"),
        ({"$stt": "bytes", "base64": "é"}, "is no tagged value"),
        ({"$stt": "utf16", "units": [65.5]}, "a unit is an integer from 0 to 65535"),
        ({"$stt": "utf16", "units": [True]}, "a unit is an integer from 0 to 65535"),
        ({"$stt": "object", "entries": [["a"]]}, "an entry is a key and a value"),
        ({"$stt": "object", "entries": [[1, 2]]}, "a string is needed"),
        ({"$stt": "nan", "more": 1}, "there is no such tag, or it has other members"),
    ],
)
def test_a_value_that_its_tag_does_not_have_is_said_at_once(puppet: Puppet, value: object, reason: str) -> None:
    outcome = puppet.call(answering({"id": NUMBER, "ok": {"value": value}}))
    assert isinstance(outcome, NoAnswer)
    assert outcome.reason.startswith('it wrote \'{"id": 1, "ok": {"value": ')
    assert "which is no answer of protocol 1 (ok: " in outcome.reason
    assert reason in outcome.reason
    assert puppet.goes_on()


def test_a_unit_may_be_written_as_a_float(puppet: Puppet) -> None:
    assert puppet.call(answering({"id": NUMBER, "ok": {"$stt": "utf16", "units": [65.0, 66]}})) == Transcript("AB")


def test_a_status_may_be_written_as_a_float(puppet: Puppet) -> None:
    outcome = puppet.call(answering({"id": NUMBER, "error": {"type": "E", "message": "", "status": 429.0}}))
    assert isinstance(outcome, Failure)
    assert repr(status_of(outcome.error)) == "429"


@pytest.mark.parametrize("text", ["utf-16", "utf-32"])
def test_another_encoding_is_no_json(puppet: Puppet, text: str) -> None:
    outcome = puppet.call(writing(json.dumps({"id": 1, "ok": ""}).encode(text) + b"\n"))
    assert isinstance(outcome, NoAnswer)
    assert "is not JSON" in outcome.reason


def test_nesting_is_understood_up_to_what_the_document_says(puppet: Puppet) -> None:
    def nested(times: int) -> Step:
        return writing(b'{"id":"@number@","ok":{"a":' + b"[" * (times - 1) + b"]" * (times - 1) + b"}}\n")

    assert isinstance(puppet.call(nested(100)), Transcript)
    outcome = puppet.call(nested(101))
    assert isinstance(outcome, NoAnswer)
    assert "ok: it is nested more than 100 times" in outcome.reason
    assert puppet.goes_on()


def test_a_large_value_is_refused_in_the_room_that_it_takes(puppet: Puppet) -> None:
    megabyte, deep = b"x" * 2**20, 60
    line = b'{"id":"@number@","ok":{"a":' + b"[" * deep + b'"' + megabyte + b'",{"$stt":1}' + b"]" * deep + b"}}\n"

    assert most_memory(lambda: puppet.call(writing(line))) < 40 * 2**20


def most_memory(act: Any) -> int:
    """Return the most bytes that Python has held at once while *act* ran."""
    import tracemalloc  # noqa: PLC0415 - only one test measures

    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
