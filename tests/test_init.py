"""An adapter to begin with is written from what a package has, and runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import inspected
from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Write = Callable[..., None]

NAME = "stt_sample"
SENDING = """
import base64
import httpx

URL = "https://openrouter.ai/api/v1/audio/transcriptions"

class SampleError(Exception):
    def __init__(self, response):
        super().__init__(response.text)
        self.status_code = response.status_code

class Unauthorized(SampleError):
    status_code = 401

class NotFoundError(SampleError): ...

def send(key, audio, kind, model):
    body = {"input_audio": {"data": base64.b64encode(audio).decode(), "format": kind}, "model": model}
    response = httpx.post(URL, json=body, headers={"Authorization": f"Bearer {key}"})
    if response.status_code != 200:
        kinds = {401: Unauthorized, 404: NotFoundError}
        raise kinds.get(response.status_code, SampleError)(response)
    return response.json()["text"]
"""
FUNCTION = """
def transcribe(audio: bytes, model_name: str, audio_format: str = "wav", *, token: str) -> str:
    return send(token, audio, audio_format, model_name)
"""
METHOD = """
class Speech:
    def __init__(self, api_key, base_url="https://openrouter.ai/api/v1"):
        self.key = api_key
    def transcribe_file(self, path, model="m"):
        with open(path, "rb") as file:
            return send(self.key, file.read(), str(path).rpartition(".")[2], model)
    async def atranscribe(self, path, model="m"): ...
"""


@pytest.fixture
def write(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write the package `NAME`, each of its modules by name."""
    monkeypatch.syspath_prepend(pytester.path)

    def written(**modules: str) -> None:
        folder = pytester.path / NAME
        folder.mkdir()
        for name, source in {"__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(source)

    yield written
    for name in [name for name in sys.modules if name.partition(".")[0] in {NAME, "stt_adapter"}]:
        del sys.modules[name]


def adapter(pytester: pytest.Pytester) -> str:
    return (pytester.path / "stt_adapter.py").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("source", [FUNCTION, METHOD], ids=["function", "method"])
def test_what_is_written_runs_as_it_is(pytester: pytest.Pytester, write: Write, source: str) -> None:
    write(__init__=SENDING + source)
    assert pytester.runpytest("--stt-init", NAME).ret == 0

    run = judge_here(pytester, "stt_adapter:stt_client", "stt/request", "stt/errors", "--stt-max-examples=2")

    passed = run.checks(Verdict.PASSED)
    assert run.checks(Verdict.COULD_NOT_RUN) == set()
    assert {"request::test_body_is_the_wire_form", "request::test_bearer_key", "errors::test_status"} <= passed


def test_it_says_what_it_found(pytester: pytest.Pytester, write: Write) -> None:
    write(__init__=f"from {NAME}._speech import Speech", _speech=SENDING + METHOD)

    done = pytester.runpytest("--stt-init", NAME)

    done.stdout.fnmatch_lines(
        [
            f"stt: found in {NAME}:",
            f"  may make a call: {NAME}:Speech.transcribe_file(path, model='m')",
            f"  may make a call: async {NAME}:Speech.atranscribe(path, model='m')",
            "  errors that carry a status: SampleError, Unauthorized, NotFoundError",
            "  HTTP libraries: httpx",
            "  URLs in its code: https://openrouter.ai/api/v1/audio/transcriptions*",
            "  another URL can be given as: base_url of Speech",
            "stt: wrote stt_adapter.py; look at it, then run: python -m pytest --stt-client=stt_adapter",
        ]
    )
    done.stdout.no_fnmatch_line("*test session starts*")


def test_errors_are_found_by_their_status_and_by_their_names(pytester: pytest.Pytester, write: Write) -> None:
    write(__init__=SENDING + FUNCTION)
    pytester.runpytest("--stt-init", NAME)

    assert '    401: Unauthorized,\n    404: NotFoundError,\n    "default": SampleError,\n' in adapter(pytester)


def test_what_needs_no_object_gets_none(pytester: pytest.Pytester, write: Write) -> None:
    write(__init__="class C:\n  @staticmethod\n  def transcribe(path, model, api_key): ...\nclass Odd(Exception): ...")

    pytester.runpytest("--stt-init", NAME).stdout.fnmatch_lines("*other errors: Odd")

    assert "stt_client = from_function(\n    C.transcribe," in adapter(pytester)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("def transcribe(audio, model): ...", "is audio 'base64', 'bytes', a 'file', a 'path' or a 'mapping'?"),
        ("def transcribe(session, path, model): ...", "transcribe also needs session: write a function that gives it"),
        ("class C:\n  def __init__(self, region): ...\n  def stt(self, path): ...", "what does C take for region?"),
        ("def other(): ...", f"nothing in {NAME} was found that makes a call"),
    ],
    ids=["audio", "argument", "constructor", "nothing"],
)
def test_what_is_left_to_fill_in_says_so_when_it_runs(
    pytester: pytest.Pytester, write: Write, source: str, left: str
) -> None:
    write(__init__=source)
    done = pytester.runpytest("--stt-init", NAME)
    done.stdout.fnmatch_lines("*; fill in what says 'todo', then run: *")

    run = pytester.runpytest("--stt-client=stt_adapter", "stt/request::test_method_and_url[sync]")

    assert run.ret != 0
    assert f"stt_adapter.py: {left}" in " ".join([*run.stdout.lines, *run.stderr.lines])


@pytest.mark.parametrize(
    ("source", "client"),
    [
        ("class OpenRouter: ...", NAME),
        ("stt_client = 1", NAME),
        ("def transcribe(*, input_audio, model): ...", f"{NAME}:transcribe"),
        ("class C:\n  def create_transcription(self, *, input_audio, model): ...", f"{NAME}:C"),
    ],
    ids=["SDK-shaped", "client", "function", "class"],
)
def test_what_needs_no_adapter_gets_none(pytester: pytest.Pytester, write: Write, source: str, client: str) -> None:
    write(__init__=source)

    done = pytester.runpytest("--stt-init", NAME)

    assert done.ret == 0
    done.stdout.fnmatch_lines(f"stt: {NAME} needs no adapter; run: python -m pytest --stt-client={client}")
    assert not (pytester.path / "stt_adapter.py").exists()


def test_another_file_may_be_named(pytester: pytest.Pytester, write: Write) -> None:
    write(__init__=SENDING + FUNCTION)

    done = pytester.runpytest("--stt-init", f"{NAME}:judged.py")

    done.stdout.fnmatch_lines("stt: wrote judged.py; * --stt-client=judged")
    assert (pytester.path / "judged.py").exists()


def test_nothing_is_overwritten(pytester: pytest.Pytester, write: Write) -> None:
    write(__init__=SENDING + FUNCTION)
    pytester.makepyfile(stt_adapter="# mine")

    done = pytester.runpytest("--stt-init", NAME)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*--stt-init does not overwrite *stt_adapter.py; *--stt-init PACKAGE:PATH")
    assert adapter(pytester) == "# mine"


def test_where_nothing_can_be_written_that_is_said(pytester: pytest.Pytester, write: Write) -> None:
    write(__init__=SENDING + FUNCTION)

    done = pytester.runpytest("--stt-init", f"{NAME}:nowhere/judged.py")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*--stt-init cannot write *judged.py (*")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (None, "ModuleNotFoundError: No module named 'stt_sample'"),
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("import socket\nsocket.create_connection(('192.0.2.1', 443), timeout=1)", "*192.0.2.1:443 is beyond*"),
    ],
    ids=["missing", "exits", "calls out"],
)
def test_a_package_that_cannot_be_imported_is_one_error(
    pytester: pytest.Pytester, write: Write, source: str | None, problem: str
) -> None:
    if source is not None:
        write(__init__=source)

    done = pytester.runpytest("--stt-init", NAME)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(
        f"*--stt-init cannot import '{NAME}' (*{problem}*); give the name of an installed package"
    )


def test_nothing_is_called(pytester: pytest.Pytester, write: Write) -> None:
    fail = "raise AssertionError('it was called')"
    methods = f"  def __init__(self, key): {fail}\n  def transcribe(self, path): {fail}\n"
    write(__init__=f"class C:\n{methods}def stt(audio): {fail}")

    assert pytester.runpytest("--stt-init", NAME).ret == 0


def test_parts_that_cannot_be_imported_are_left_out(tmp_path: Path, write: Write) -> None:
    write(_broken="raise ImportError('an extra')", _works=SENDING + FUNCTION, __main__="raise SystemExit(1)")

    found = inspected(NAME)

    assert [candidate.path for candidate in found.candidates] == ["transcribe"]


def test_parts_that_cannot_be_read_are_left_out(pytester: pytest.Pytester, write: Write) -> None:
    write(_misleading="def stt(audio): ...\nstt.__signature__ = 'audio'", _works=SENDING + FUNCTION)
    (pytester.path / NAME / "__init__.py").unlink()  # which leaves a package without a file

    found = inspected(NAME)

    assert [candidate.path for candidate in found.candidates] == ["transcribe"]
    assert found.libraries == ("httpx",)
