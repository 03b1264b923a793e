"""The call in a failure can be pasted: Python gives the same call, a shell the same request."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_openrouter_stt.client import Mode, Request, Transcript
from pytest_openrouter_stt.contract import Call, load_contract
from pytest_openrouter_stt.endpoint import Exchange, Reply, WireRequest
from pytest_openrouter_stt.report import (
    CheckFailed,
    FailureWriter,
    Level,
    Observation,
    Requirement,
    Source,
    Subject,
)
from pytest_openrouter_stt.strategies import transcription_calls

CONTRACT = load_contract()
AUDIO = {"data": "UklGRg==", "format_": "wav"}
NASTY = 'it\'s "quoted" $HOME `id` \\ !x\n\r\t\x00 naïve 😀 \u202e \ud800 %s {} </script>'


def row(label: str, call: Call, mode: Mode = "sync", command: str = "") -> str:
    exchange = Exchange(WireRequest("POST", CONTRACT.url, (), b"{}"), Reply.transcript("text"))
    failure = CheckFailed(observed="x", observation=Observation(call, mode, Transcript("text"), (exchange,)))
    requirement = Requirement("request::test_it", Level.MUST, Source.SCHEMA, "#", "y", "z")
    subject = Subject("client", "Client(api_key=...).transcribe", (), "Client(api_key=...).transcribe_async", command)
    text = FailureWriter(subject, CONTRACT).write(failure, requirement).text
    lines = text.split(f"\n{label:<10}")[1].split("\n")
    return "\n".join([lines[0], *(line[10:] for line in lines[1 : _end(lines)])])


def _end(lines: list[str]) -> int:
    return next((n for n, line in enumerate(lines) if n and not line.startswith(" " * 10)), len(lines))


class Client:
    """Records what it is called with."""

    def __init__(self, api_key: object) -> None: ...

    def transcribe(self, **arguments: object) -> dict[str, object]:
        return arguments


def evaluated(call: Call) -> Any:
    return eval(row("call", call), {"Client": Client})


def sent(call: Call) -> tuple[str, dict[str, str], str]:
    """Return the URL, the headers and the body that curl would send, as a shell takes its command line apart."""
    words = shlex.split(row("curl", call))
    command, url, *options = [word for word in words if word != "\n"]  # what shlex makes of a continued line
    assert command == "curl"
    pairs = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in pairs if option == "-H")
    (body,) = [value for option, value in pairs if option == "-d"]
    return url, headers, body


@given(transcription_calls(CONTRACT))
@example(Call(input_audio=AUDIO, model=NASTY, provider={"options": {NASTY: [NASTY, None, -0.0, 1e300]}}))
@example(Call(input_audio={"data": "QUJD" * 262_144 + "Q", "format_": "wav"}, model=""))
@example(Call(input_audio=AUDIO, model="m", temperature=2**300))
def test_python_gives_the_same_call(call: Call) -> None:
    if len(repr(call.kwargs()["provider"] if "provider" in call.arguments else "")) > 1500:
        return  # too long to be shown in full

    assert evaluated(call) == call.kwargs()


@given(transcription_calls(CONTRACT))
@example(Call(input_audio=AUDIO, model=NASTY.replace("\ud800", ""), provider={"options": {"it's": {"a\nb": "'"}}}))
def test_a_shell_gives_the_same_body(call: Call) -> None:
    if "@body.json" in row("curl", call):
        return

    url, headers, body = sent(call)

    assert url == CONTRACT.url
    assert json.loads(body) == json.loads(json.dumps(CONTRACT.wire_body(call)))
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer $OPENROUTER_API_KEY"


@given(st.text(st.characters(min_codepoint=33, exclude_categories=("C", "Z")), min_size=1, max_size=50))
@example('it\'s $HOME `id` "quoted" \\ naïve 😀')
def test_a_shell_gives_the_same_headers(value: str) -> None:
    _, headers, _ = sent(Call(input_audio=AUDIO, model="m", http_referer=value))

    assert headers["HTTP-Referer"] == value


def test_a_header_that_cannot_be_seen_survives_a_shell() -> None:
    value = "a\tb\r\nX-Injected: it's \\ \u202e"
    call = Call(input_audio=AUDIO, model="m", http_referer=value)
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}; {row('curl', call)}"

    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})

    assert f"HTTP-Referer: {value}" in done.stdout.decode().split("\0")


def test_an_awaited_call_is_spelled_as_one() -> None:
    assert row("call", Call(input_audio=AUDIO, model="m"), "async").startswith(
        "await Client(api_key=...).transcribe_async("
    )


def test_a_long_call_has_an_argument_on_each_line() -> None:
    call = Call(input_audio=AUDIO, model="openai/whisper-large-v3", language="en", temperature=0)

    assert row("call", call).split("\n") == [
        "Client(api_key=...).transcribe(",
        "    input_audio={'data': 'UklGRg==', 'format_': 'wav'},",
        "    model='openai/whisper-large-v3',",
        "    language='en',",
        "    temperature=0,",
        ")",
    ]


def test_a_string_that_repeats_itself_is_a_multiplication() -> None:
    shown = row("call", Call(input_audio={"data": "A" * 1_000_000, "format_": "wav"}, model="m"))

    assert "'data': 'A' * 1000000" in shown


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        b"bytes" * 1000,
        object(),
        {1: {2}},
        [[[]]],
        json.loads("[" * 50 + "1" + "]" * 50),
        {"a": {"b" * 5000: 1}},
        {str(n): n for n in range(9999)},
    ],
    ids=["nan", "bytes", "object", "set", "lists", "deep", "long name", "many"],
)
def test_any_value_can_be_shown(value: object) -> None:
    shown = row("call", Call(input_audio=AUDIO, model=value))

    assert shown.startswith("Client(api_key=...).transcribe(")
    assert len(shown) < 3000


def test_what_json_cannot_carry_has_no_curl() -> None:
    with pytest.raises(IndexError):
        row("curl", Call(input_audio=AUDIO, model=float("nan")))


def test_a_body_that_is_too_long_for_a_command_line_is_in_a_file() -> None:
    shown = row("curl", Call(input_audio={"data": "A" * 25_000_000, "format_": "wav"}, model="m"))

    assert shown.split("\n")[-2:] == [
        "  -d @body.json",
        "(body.json: the arguments above under their wire names; too long for a command line)",
    ]


_ADAPTER = (
    "import json, sys; print('{}'); call = json.loads(sys.stdin.readline()); print(json.dumps([call, sys.argv[1:]]))"
)


@settings(deadline=None, max_examples=25)  # a process for each
@given(call=transcription_calls())
@example(call=Call(input_audio=AUDIO, model=NASTY))
@example(call=Call(input_audio=AUDIO, model="the-key-of-the-shell"))
def test_a_command_gets_the_call(call: Call) -> None:
    command = shlex.join([sys.executable, "-c", _ADAPTER, "a b"])
    line = row("call", call, command=command)
    if line.startswith(command):
        return  # too long for a command line
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "OPENROUTER_API_KEY": "it's a key"},
    )
    request, arguments = json.loads(done.stdout.splitlines()[1])
    assert arguments == ["a b"]
    assert request["api_key"] == "it's a key"
    assert (
        request["arguments"]
        == json.loads(Request(1, "", "", call.kwargs(), retries=True, timeout=1).line())["arguments"]
    )


def test_what_json_cannot_carry_is_not_shown_to_a_command() -> None:
    with pytest.raises(IndexError):
        row("call", Call(input_audio=AUDIO, model=object()), command="node adapter.mjs")


def test_a_command_is_not_shown_a_megabyte() -> None:
    call = Call(input_audio={"data": "A" * 2**20, "format_": "wav"}, model="m")
    shown = row("call", call, command="node adapter.mjs")
    assert shown.startswith("node adapter.mjs < request.json")
    assert len(shown) < 500
