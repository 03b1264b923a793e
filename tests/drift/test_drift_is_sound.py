"""What fails because of another document is among what was said of that document before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.command_line.drift import compared
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.report import Verdict
from tests.contract._documents import packaged, schemas
from tests.running import judge_here

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.long
REFERENCE = "tests.clients.reference:Client"
CHECKS = (
    "stt/request::test_a_valid_call_is_sent",
    *("stt/request::test_method_and_url", "stt/request::test_body_is_the_wire_form"),
    *("stt/request::test_language_is_verbatim", "stt/request::test_temperature_keeps_its_value"),
    *("stt/request::test_model_is_verbatim", "stt/request::test_every_provider_slug_is_sent_as_it_is"),
    *("stt/request::test_provider_options_are_verbatim", "stt/request::test_audio_is_verbatim"),
    *("stt/response::test_text_is_verbatim", "stt/response::test_every_valid_response_is_accepted"),
    *("stt/response::test_usage_fields_keep_their_value", "stt/errors::test_status"),
)


def _fields(document: Any, schema: str = "STTRequest") -> Any:
    return schemas(document)[schema]["properties"]


EDITS: dict[str, Callable[[Any], object]] = {
    "the base URL": lambda d: d["servers"][0].update(url="https://api.example/v2"),
    "a language that is a number": lambda d: _fields(d)["language"].update(type="integer"),
    "a temperature that is a word": lambda d: _fields(d).update(temperature={"type": "string"}),
    "a model that is a list": lambda d: _fields(d).update(model={"type": "array", "items": {"type": "string"}}),
    "a provider that is a name": lambda d: _fields(d).update(provider={"type": "string"}),
    "options that are a list": lambda d: _fields(d, "ProviderOptions").update(groq={"type": "array"}),
    "a field more of the audio": lambda d: _fields(d, "STTInputAudio").update(channels={"type": "integer"}),
    "a required field more of the audio": lambda d: (
        _fields(d, "STTInputAudio").update(channels={"type": "integer"}),
        schemas(d)["STTInputAudio"]["required"].append("channels"),
    ),
    "a format that is a number": lambda d: _fields(d, "STTInputAudio").update(format={"type": "integer"}),
    "a text that is a number": lambda d: _fields(d, "STTResponse").update(text={"type": "integer"}),
    "a text that may be null": lambda d: _fields(d, "STTResponse")["text"].update(type=["string", "null"]),
}


def test_the_reference_is_right_by_the_old_document(pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, REFERENCE, *CHECKS, "--stt-max-examples=10")

    assert run.exit_code == 0
    assert len(run.results) >= len(CHECKS)


@pytest.mark.parametrize("name", EDITS)
def test_a_check_that_fails_was_named(name: str, pytester: pytest.Pytester) -> None:
    document = packaged()
    EDITS[name](document)
    Path("new.json").write_text(json.dumps(document))

    run = judge_here(pytester, REFERENCE, *CHECKS, "--stt-spec=new.json", "--stt-max-examples=10")

    report = compared(load_contract(), load_contract("new.json"))
    named = {check for checks in report.touched for check in checks}
    wrong = run.checks(Verdict.FAILED)
    unjudged = run.checks(Verdict.COULD_NOT_RUN)
    assert wrong, run.output
    assert wrong | unjudged <= named
