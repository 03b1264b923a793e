"""A function of any signature is a client, and what lies between is declared."""

from __future__ import annotations

import base64
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt import Call, Endpoint, Reply, from_function, intercept
from pytest_openrouter_stt.client import ClientUnderTest, Failure, Target, Transcript, resolve
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.report import Verdict
from tests.clients import shapes
from tests.running import judge_here, run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTRACT = load_contract()
KEY = "sk-1"
WAV = base64.b64encode(b"RIFF\0\0\0\0WAVE").decode()
CALL = Call(input_audio={"data": WAV, "format_": "wav"}, model="m")
FORMS = ("by_base64", "by_bytes", "by_bytes_async", "by_file", "by_path", "by_method")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with intercept(Endpoint(CONTRACT)) as served:
        yield served


def driven(value: object) -> ClientUnderTest:
    target = value if isinstance(value, Target) else Target("client", "", "package:client", value, None)
    return ClientUnderTest(target, CONTRACT, deadline=5, flooded=threading.Event())


def adapted(name: str) -> ClientUnderTest:
    return driven(resolve(f"tests.clients.adapted:{name}", CONTRACT.sdk))


def outcome_of(client: ClientUnderTest, call: Call = CALL) -> Any:
    mode = "sync" if "sync" in client.features(KEY) else "async"
    try:
        return client.call(call, mode, KEY)  # type: ignore[arg-type] # it is one of the two
    finally:
        client.close()


def received(function: Callable[..., Any], call: Call = CALL, **options: Any) -> Any:
    """Return what *function* got for its audio, as it was then."""
    return outcome_of(driven(from_function(function, **options)), call)


@pytest.mark.parametrize("name", FORMS)
def test_each_form_sends_what_was_passed(endpoint: Endpoint, name: str) -> None:
    outcome = outcome_of(adapted(name))

    (request,) = endpoint.requests
    assert isinstance(outcome, Transcript), outcome
    assert request.json() == CONTRACT.wire_body(CALL)
    assert request.bearer == KEY


@pytest.mark.parametrize("name", ["by_bytes", "by_bytes_async"])
def test_what_it_raises_is_raised(endpoint: Endpoint, name: str) -> None:
    endpoint.reply_with(Reply.error(401))

    outcome = outcome_of(adapted(name))

    assert isinstance(outcome, Failure)
    assert isinstance(outcome.error, shapes.ApiError)
    assert not outcome.returned


def test_a_failure_that_is_returned_is_one(endpoint: Endpoint) -> None:
    endpoint.reply_with(Reply.error(401), Reply.transcript("text"))
    client = adapted("by_pair")

    failed, done = (client.call(CALL, "sync", KEY) for _ in range(2))
    client.close()

    assert isinstance(failed, Failure)
    assert failed.returned
    assert isinstance(failed.error, shapes.ApiError)
    assert isinstance(done, Transcript)
    assert done.text == "text"


@pytest.mark.parametrize(
    "predicate", [lambda text: None if text else "no words", lambda text: "no words" if text == "" else None]
)
def test_an_empty_string_may_stand_for_a_failure(predicate: Callable[[Any], Any]) -> None:
    outcome = received(lambda input_audio, model: "", returned_failure=predicate)

    assert outcome == Failure("no words", returned=True)


def test_a_file_object_has_a_name_and_stands_at_its_beginning() -> None:
    outcome = received(lambda input_audio, model: f"{input_audio.name} {input_audio.read()!r}", audio="file")

    assert outcome.text == f"audio.wav {base64.b64decode(WAV)!r}"


def test_a_file_is_there_for_the_call_and_gone_after_it() -> None:
    outcome = received(lambda input_audio, model: f"{input_audio} {input_audio.read_bytes()!r}", audio="path")

    path, content = outcome.text.split(" ", 1)
    assert Path(path).name == "audio.wav"
    assert content == repr(base64.b64decode(WAV))
    assert not Path(path).exists()


@pytest.mark.parametrize("kind", ["../../wav", "w/v", "", "x" * 300])
def test_a_format_that_is_no_suffix_is_in_no_name(kind: str) -> None:
    call = CALL.replace(input_audio={"data": WAV, "format_": kind})

    outcome = received(lambda input_audio, model: input_audio.name, call, audio="path")

    assert outcome.text == "audio"


def test_the_mapping_may_be_passed_as_it_is() -> None:
    outcome = received(lambda audio, model: audio["data"], audio="mapping", arguments={"input_audio": "audio"})

    assert outcome.text == WAV


@pytest.mark.parametrize("given", [b"RIFF", Path("speech.wav")], ids=["bytes", "path"])
def test_audio_itself_is_passed_as_it_is(given: object) -> None:
    outcome = received(lambda input_audio, model: repr(input_audio), CALL.replace(input_audio=given), audio="bytes")

    assert outcome.text == repr(given)


def test_audio_that_is_not_passed_is_missed_by_the_function_itself() -> None:
    outcome = received(lambda input_audio, model: "", Call(model="m"), audio="bytes")

    assert isinstance(outcome.error, TypeError)
    assert "missing 1 required positional argument: 'input_audio'" in str(outcome.error)


def test_what_is_no_base64_is_refused_for_a_function_that_takes_bytes() -> None:
    call = CALL.replace(input_audio={"data": "no base64", "format_": "wav"})

    outcome = received(lambda input_audio, model: "", call, audio="bytes")

    assert isinstance(outcome.error, ValueError)
    assert "input_audio.data is no base64" in str(outcome.error)


def test_arguments_that_have_no_keyword_are_passed_by_place(endpoint: Endpoint) -> None:
    def positional(model: str, audio: str, /, language: str = "") -> str:
        return f"{model} {audio} {language}"

    call = CALL.replace(language="en")

    assert received(positional, call, arguments={"input_audio": "audio"}).text == f"m {WAV} en"


@pytest.mark.parametrize(
    ("options", "features"),
    [
        ({}, {"sync", "input_audio", "model", "audio_decoded"}),
        ({"audio": "mapping"}, {"sync", "input_audio", "model"}),
        ({"audio": "bytes"}, {"sync", "input_audio", "model", "audio_decoded", "audio_bytes"}),
        (
            {"audio": "file", "features": {"app"}},
            {"sync", "input_audio", "model", "audio_decoded", "audio_file", "app"},
        ),
        ({"audio": "path"}, {"sync", "input_audio", "model", "audio_decoded", "audio_path"}),
        ({"arguments": {"language": "options"}}, {"sync", "input_audio", "model", "language", "audio_decoded"}),
    ],
)
def test_it_offers_what_the_signature_shows(options: dict[str, Any], features: set[str]) -> None:
    client = driven(from_function(lambda input_audio, model, options=None: "", **options))

    assert client.features(KEY) == features
    client.close()


def test_with_a_format_any_string_is_passed_on() -> None:
    client = driven(from_function(lambda input_audio, model, format: "", arguments={}))  # noqa: A006 - as users do

    assert "audio_decoded" not in client.features(KEY)


def test_bytes_that_need_a_format_beside_them_are_not_offered_alone() -> None:
    client = driven(from_function(lambda input_audio, model, format: "", audio="bytes"))  # noqa: A006 - as users do

    assert "audio_bytes" not in client.features(KEY)


def test_what_it_takes_by_any_keyword_has_to_be_named() -> None:
    def function(input_audio: str, model: str, **more: Any) -> str:
        return f"{more}"

    client = driven(from_function(function, arguments={"language": "lang"}))
    assert client.features(KEY) >= {"language"}
    assert "temperature" not in client.features(KEY)
    assert outcome_of(client, CALL.replace(language="en")).text == "{'lang': 'en'}"


def test_errors_are_its_table() -> None:
    table = adapted("by_bytes").errors(KEY)

    assert (table.origin, table.default) == ("declared", shapes.ApiError)


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("by_base64", ()),
        ("by_bytes", ("decodes the audio, for a function that takes bytes",)),
        ("by_path", ("decodes the audio and writes it to a file, for a function that takes a path",)),
    ],
)
def test_it_says_whose_adapter_it_is_and_what_it_does(name: str, work: tuple[str, ...]) -> None:
    adapter = adapted(name).adapter(KEY)

    assert adapter is not None
    assert (adapter.name, adapter.package, adapter.work) == ("tests.clients.adapted", "tests", work)


def test_its_module_may_say_it_more_exactly() -> None:
    adapter = driven(resolve("tests.clients.adapters:passing_on", CONTRACT.sdk)).adapter(KEY)

    assert adapter is not None
    assert adapter.package == "tests.clients.shapes"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"audio": "wav"}, "audio='wav' is none of 'base64', 'bytes', 'file', 'path', 'mapping'"),
        ({"arguments": {"input_audio": "sound"}}, "names 'sound'; there are 'b64', 'fmt', 'model', 'token'"),
        ({"arguments": {"input_audio": "b64", "modell": "model"}}, "names 'modell'; there are 'input_audio', 'model'"),
        ({}, "which parameter takes the audio is not known"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        from_function(shapes.from_base64, **options)


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match=r"'mypkg\.transcribe' cannot be called"):
        from_function("mypkg.transcribe")  # type: ignore[arg-type] # that is the mistake


@pytest.mark.parametrize("name", ["by_bytes_async", "by_file", "by_path", "by_method"])
def test_no_check_blames_the_form_of_the_audio(pytester: pytest.Pytester, name: str) -> None:
    checks = ("stt/request", "stt/invalid", "stt/audio::test_base64_is_exact")

    run = judge_here(pytester, f"tests.clients.adapted:{name}", *checks, "--stt-max-examples=2")

    assert run.exit_code == 0
    assert "request::test_body_is_the_wire_form" in run.checks(Verdict.PASSED)


@pytest.mark.slow
def test_no_area_needs_strings_that_are_no_audio(pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, "tests.clients.adapted:by_sniffed", "stt", "--stt-max-examples=1", "-k", "not hostile")

    assert run.checks(Verdict.COULD_NOT_RUN) == set()


def test_a_format_that_is_not_passed_on_is_still_judged(pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, "tests.clients.adapted:by_pair", "stt/request::test_body_is_the_wire_form")

    assert run.checks(Verdict.FAILED) == {"request::test_body_is_the_wire_form"}


_MIXING = """
from tests.clients import shapes

class Client:
    def transcribe(self, b64, fmt, model, token):
        self.request = token, b64, fmt, model
        return shapes.text_of(shapes.send(*self.request))
"""
_ADAPTERS = {
    "a class": """
import mixing
stt_adapter_for = "mixing"
_client = mixing.Client()
class stt_client:
    def __init__(self, api_key):
        self.key = api_key
    def create_transcription(self, *, input_audio, model):
        return _client.transcribe(input_audio["data"], input_audio["format_"], model, self.key)
""",
    "from_function": """
import mixing
from pytest_openrouter_stt import from_function
names = {"input_audio": "b64", "format": "fmt", "api_key": "token"}
stt_client = from_function(mixing.Client().transcribe, arguments=names)
""",
}


@pytest.mark.parametrize("adapter", _ADAPTERS.values(), ids=_ADAPTERS)
def test_threads_cross_in_the_client_behind_an_adapter(tmp_path: Path, adapter: str) -> None:
    (tmp_path / "mixing.py").write_text(_MIXING, "utf-8")
    (tmp_path / "stt_adapter.py").write_text(adapter, "utf-8")

    # In a process of its own: in this one, other tests may have left a thread behind.
    run = run_pytest(tmp_path, "--stt-client=stt_adapter", "stt/state::test_calls_at_once_do_not_cross[sync]")

    assert run.checks(Verdict.FAILED) == {"state::test_calls_at_once_do_not_cross"}


def test_it_goes_by_the_name_of_its_function() -> None:
    client = from_function(shapes.from_bytes, arguments={"input_audio": "audio"})

    assert (client.__module__, client.__name__) == ("tests.clients.shapes", "from_bytes")
