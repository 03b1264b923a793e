"""The adapters in the how-to run, on a package that has what they name."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import REPOSITORY, judge_here

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = REPOSITORY / "docs" / "how-to" / "write-an-adapter.md"
PACKAGE = """
import base64
import httpx

URL = "https://openrouter.ai/api/v1/audio/transcriptions"

class ApiError(Exception):
    def __init__(self, response):
        super().__init__(response.text)
        self.status_code = response.status_code

class Unauthorized(ApiError): ...

def transcribe(audio: bytes, model, fmt="wav", *, token):
    body = {"input_audio": {"data": base64.b64encode(audio).decode(), "format": fmt}, "model": model}
    response = httpx.post(URL, json=body, headers={"Authorization": f"Bearer {token}"})
    if response.status_code != 200:
        raise (Unauthorized if response.status_code == 401 else ApiError)(response)
    return response.json()["text"]
"""
MORE = """
def transcribe_or_error(audio, model, fmt="wav", *, token):
    try:
        return transcribe(audio, model, fmt, token=token), None
    except ApiError as error:
        return None, error

class Client:
    def __init__(self, key):
        self.key = key
    def transcribe(self, path, model):
        return transcribe(path.read_bytes(), model, path.suffix[1:], token=self.key)
"""


@pytest.fixture(autouse=True)
def package(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pytester.makepyfile(mypkg=PACKAGE + MORE)
    monkeypatch.syspath_prepend(pytester.path)
    yield
    for name in ("mypkg", "stt_adapter"):
        sys.modules.pop(name, None)


def examples(language: str) -> list[str]:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return found


@pytest.mark.parametrize("number", range(3), ids=["function", "method", "returned failures"])
def test_an_adapter_of_the_how_to_runs(pytester: pytest.Pytester, number: int) -> None:
    pytester.makepyfile(stt_adapter=examples("python")[number])

    run = judge_here(pytester, "stt_adapter", "stt/request", "stt/errors::test_status", "--stt-max-examples=2")

    assert run.checks(Verdict.COULD_NOT_RUN) == set()
    assert {"request::test_body_is_the_wire_form", "request::test_bearer_key"} <= run.checks(Verdict.PASSED)
    assert {check for check in run.checks(Verdict.FAILED) if check.startswith("request")} == set()


def test_error_types_can_stand_in_the_configuration(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(examples("toml")[0].replace("mypkg.errors", "mypkg"))
    without_errors, count = re.subn(r"    errors=.*\n", "", examples("python")[0])
    pytester.makepyfile(stt_adapter=without_errors)

    run = judge_here(pytester, "stt_adapter", "stt/errors::test_status[sync-401]")

    assert count == 1
    assert run.checks(Verdict.PASSED) == {"errors::test_status"}


def test_what_init_shows_is_what_is_printed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(mypkg=PACKAGE)

    done = pytester.runpytest("--stt-init", "mypkg")

    command, *shown = examples("console")[0].splitlines()
    assert command == "$ pytest --stt-init mypkg"
    assert done.outlines == shown
