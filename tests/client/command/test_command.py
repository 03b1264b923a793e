"""A command is a client like any other: it is told of a call in a line of JSON, and its answer is the outcome."""

from __future__ import annotations

import math
import os
import subprocess
import threading
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_openrouter_stt.client import (
    ClientNotFound,
    ClientUnderTest,
    Failure,
    NoAnswer,
    Transcript,
    headers_of,
    kept,
    message_of,
    resolve,
    status_of,
    target_of,
)
from pytest_openrouter_stt.contract import Call, load_contract
from pytest_openrouter_stt.guard import NetworkGuard
from pytest_openrouter_stt.strategies import transcription_calls

if TYPE_CHECKING:
    from tests.client.command.commands import Adapter

CONTRACT = load_contract()
KEY = "sk-of-a-test"
CALL = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="m")


def outcome_of(client: ClientUnderTest, call: Call = CALL, **options: Any) -> Any:
    outcome = client.call(call, "sync", KEY, **options)
    assert isinstance(outcome, Transcript), outcome
    return outcome.value


def error_of(client: ClientUnderTest) -> Any:
    outcome = client.call(CALL, "sync", KEY)
    assert isinstance(outcome, Failure), outcome
    assert not outcome.returned
    return outcome.error


# --- What it is told ----------------------------------------------------------------------------------------------


def test_a_request_has_everything_of_a_call(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok={'text': json.dumps(request)})")
    call = CALL.replace(language=None, temperature=0)

    request = adapter.loads(outcome_of(client, call)["text"])

    assert request.pop("id") == 1
    assert request == {
        "protocol": 1,
        "base_url": adapter.base_url,
        "api_key": KEY,
        "arguments": {
            "input_audio": {"data": "UklGRg==", "format_": "wav"},
            "model": "m",
            "language": None,
            "temperature": 0,
        },
        "retries": False,
        "timeout": adapter.deadline,
    }


@pytest.mark.parametrize("retries", [False, True])
def test_it_is_told_whether_to_retry(adapter: Adapter, retries: bool) -> None:  # noqa: FBT001 - a case
    client = adapter.drive("answer(ok=str(request['retries']))")
    assert outcome_of(client, retries=retries) == str(retries)


def test_a_key_that_is_none_is_null(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok=json.dumps(request['api_key']))")
    outcome = client.call(CALL, "sync", None)  # type: ignore[arg-type] # as the check on missing keys does
    assert outcome == Transcript("null")


_ECHO = "answer(ok={'echo': request['arguments']})"
_AWKWARD = {
    "numbers": [0, -0.0, 1e308, 5e-324, 2**53 + 1, 10**300, True, None],
    "strings": ["", "\x00\r\n\u2028", "😀", "</script>"],
    "containers": [[], {}, {"": {"": []}}],
    "half of a pair": ["\ud800", "a\udfffb", {"\udc00": 1}],
    "beyond JSON": [math.inf, -math.inf, b"", b"\x00\xff", PurePosixPath("a/b")],
    "like a tag": [{"$stt": "nan"}, {"$stt": {"$stt": 1}, "b": 2}, {"a": [{"$stt": None}]}],
}


@pytest.mark.parametrize("values", _AWKWARD.values(), ids=_AWKWARD)
def test_awkward_values_arrive(adapter: Adapter, values: list[object]) -> None:
    client = adapter.drive(_ECHO)
    call = CALL.replace(provider=values)
    there_and_back = outcome_of(client, kwargs={**call.kwargs(), "provider": values})["echo"]["provider"]
    paths = [PurePosixPath(value) if isinstance(value, Path) else value for value in there_and_back]
    assert repr(paths) == repr(values)


def test_nan_arrives(adapter: Adapter) -> None:
    assert math.isnan(outcome_of(adapter.drive(_ECHO), CALL.replace(temperature=math.nan))["echo"]["temperature"])


@settings(database=None, deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(call=transcription_calls(), anything=st.recursive(st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_call_arrives(adapter: Adapter, call: Call, anything: object) -> None:
    client = adapter.driven or adapter.drive(_ECHO)
    arguments = {**call.kwargs(), "anything": anything}
    assert repr(outcome_of(client, kwargs=arguments)["echo"]) == repr(arguments)


def test_what_has_no_form_is_not_taken_for_a_refusal(adapter: Adapter) -> None:
    client = adapter.drive(_ECHO)
    outcome = client.call(CALL, "sync", KEY, {"input_audio": object(), "model": "m"})
    assert isinstance(outcome, NoAnswer)
    assert "cannot be passed to a command" in outcome.reason
    assert outcome_of(client)["echo"]["model"] == "m"


# --- What it answers ------------------------------------------------------------------------------------------------


def test_an_object_is_a_transcript_with_its_usage(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok={'text': 'héllo', 'usage': {'seconds': 1.5, 'cost': None}})")
    outcome = client.call(CALL, "sync", KEY)
    assert isinstance(outcome, Transcript)
    assert (outcome.text, outcome.usage(("seconds", "cost"))) == ("héllo", {"seconds": 1.5})


def test_nothing_is_a_failure_that_was_returned(adapter: Adapter) -> None:
    assert adapter.drive("answer(ok=None)").call(CALL, "sync", KEY) == Failure(None, returned=True)


def test_a_megabyte_of_text_arrives(adapter: Adapter) -> None:
    assert len(outcome_of(adapter.drive("answer(ok='é' * 3_000_000)"))) == 3_000_000


def test_an_error_keeps_what_it_is_said_to_keep(adapter: Adapter) -> None:
    client = adapter.drive(
        "answer(error={'types': ['TooMany', 'ApiError'], 'status': 429, 'message': 'slow down', 'code': 7,"
        "'metadata': {'a': [1]}, 'user_id': 'u', 'openrouter_metadata': {'b': None},"
        "'headers': {'Retry-After': '5'}})"
    )
    error = error_of(client)
    assert type(error).__name__ == "TooMany"
    assert (status_of(error), message_of(error), headers_of(error)) == (429, "slow down", {"retry-after": "5"})
    assert [kept(error, *path) for path in (("error", "code"), ("error", "metadata"), ("user_id",))] == [
        7,
        {"a": [1]},
        "u",
    ]
    assert kept(error, "openrouter_metadata") == {"b": None}


def test_the_body_that_an_error_keeps_is_read(adapter: Adapter) -> None:
    client = adapter.drive("""answer(error={'type': 'E', 'message': '', 'body': '{"error": {"code": 9}}'})""")
    error = error_of(client)
    assert kept(error, "error", "code") == 9
    assert status_of(error) is None
    assert headers_of(error) is None


def test_error_types_are_classes_as_the_client_has_them(adapter: Adapter) -> None:
    client = adapter.drive(
        "answer(error={'types': [['A', 'Base'], ['B', 'Base'], ['A', 'Base'], ['Alone']][request['id'] - 1],"
        "'message': 'm'})"
    )
    first, second, third, alone = (type(error_of(client)) for _ in range(4))
    assert first is third
    assert first is not second
    assert first.__mro__[1] is second.__mro__[1]
    assert first.__mro__[1].__name__ == "Base"
    assert alone.__mro__[1] is Exception


def test_what_it_offers_is_what_it_says(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok='')", features=["api_key", "model", "retries"])
    assert client.features(KEY) == {"sync", "api_key", "model", "retries"}


def test_what_its_statuses_raise_is_what_it_says(adapter: Adapter) -> None:
    client = adapter.drive(
        "answer(error={'types': ['A', 'B'], 'message': ''})", errors={"400": ["A", "B"], "default": ["B"]}
    )
    client.open(KEY)
    table = client.errors(KEY)
    assert table.origin == "declared"
    assert isinstance(error_of(client), table.by_status[400])
    assert table.default is table.by_status[400].__mro__[1]


def test_without_a_table_it_is_inferred(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok='')")
    client.open(KEY)
    assert client.errors(KEY).origin == "inferred"


def test_reports_call_it_by_its_name(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok='')", name="a client", version="1.2")
    assert client.title == adapter.wanted
    client.open(KEY)
    assert client.title == f"a client 1.2 ({adapter.wanted})"


# --- Its process ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [False, True])
def test_one_process_makes_all_calls(adapter: Adapter, at_once: bool) -> None:  # noqa: FBT001 - a case
    client = adapter.drive("answer(ok=str(os.getpid()))", at_once=at_once)
    pids = [client.call(CALL, "sync", key) for key in (KEY, KEY, "another key")]
    assert pids[0] == pids[1] == pids[2]


def test_a_process_for_each_call(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok=str(os.getpid()) + sys.stdin.read())", calls="one")
    assert len({outcome_of(client) for _ in range(3)}) == 3


def test_calls_at_once_take_their_turn(adapter: Adapter) -> None:
    client = adapter.drive(
        'import select\nanswer(ok=f\'{request["arguments"]["model"]} {select.select([0], [], [], 0)[0]}\')'
    )
    calls = [CALL.replace(model=f"m{number}") for number in range(4)]
    assert client.call_in_threads(calls, KEY) == [Transcript(f"m{number} []") for number in range(4)]


def test_calls_at_once_are_answered_in_any_order(adapter: Adapter) -> None:
    client = adapter.drive(
        "held = globals().setdefault('held', [])\n"
        "held.append(request)\n"
        "if len(held) == 4:\n"
        "  for request in reversed(held): answer(ok=request['arguments']['model'])",
        at_once=True,
    )
    calls = [CALL.replace(model=f"m{number}") for number in range(4)]
    assert client.call_in_threads(calls, KEY) == [Transcript(f"m{number}") for number in range(4)]


def test_calls_at_once_each_have_a_process_where_it_makes_but_one(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok=str(os.getpid()))", calls="one")
    outcomes = client.call_in_threads([CALL] * 3, KEY)
    assert all(isinstance(outcome, Transcript) for outcome in outcomes)
    assert len({str(outcome) for outcome in outcomes}) == 3


def test_waiting_for_it_takes_real_time(adapter: Adapter) -> None:
    client = adapter.drive("import time; time.sleep(0.3); answer(ok='')")
    with client.clock.running():
        assert outcome_of(client) == ""
        assert client.clock.waits == ()


def test_the_command_is_split_as_a_shell_does(adapter: Adapter) -> None:
    client = adapter.drive("answer(ok=json.dumps(sys.argv[1:]))", arguments="'a b' \"c'd\" e\\ f $HOME *")
    assert adapter.loads(outcome_of(client)) == ["a b", "c'd", "e f", "$HOME", "*"]


def test_it_stays_in_the_folder_where_it_was_named(
    adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    client = adapter.drive("answer(ok=os.getcwd())")
    monkeypatch.chdir("/")
    assert outcome_of(client) == str(tmp_path)


def test_its_standard_error_is_passed_on(adapter: Adapter, capfd: pytest.CaptureFixture[str]) -> None:
    client = adapter.drive("print(f'call {request[\"id\"]}', file=sys.stderr); answer(ok='')")
    outcome_of(client)
    assert capfd.readouterr().err == "call 1\n"
    outcome_of(client)
    assert capfd.readouterr().err == "call 2\n"


def test_it_finds_no_secrets(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("HARMLESS", "yes")
    client = adapter.drive("answer(ok=json.dumps(dict(os.environ)))")
    found = adapter.loads(outcome_of(client))
    assert "a secret" not in found.values()
    assert found["HARMLESS"] == "yes"
    assert "STT_LEASH" not in found


def test_it_finds_what_the_guard_set(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "the user's")
    client = adapter.drive("answer(ok=json.dumps(dict(os.environ)))")
    with NetworkGuard() as guard, guard.armed():
        guard.permit(adapter.command.argv)
        found = adapter.loads(outcome_of(client))
        assert found["HTTPS_PROXY"] == found["http_proxy"] == found["ALL_PROXY"] == os.environ["ALL_PROXY"]
        assert "OPENROUTER_API_KEY" not in found
        monkeypatch.setenv("OPENROUTER_API_KEY", "of a check")
        assert adapter.loads(outcome_of(client))["OPENROUTER_API_KEY"] == "of a check"


def test_the_guard_permits_that_command_and_no_other(adapter: Adapter) -> None:
    with NetworkGuard() as guard, guard.armed():
        client = adapter.drive("answer(ok='')")
        outcome = client.open(KEY)
        assert isinstance(outcome, Failure)
        assert isinstance(outcome.error, ClientNotFound)
        guard.permit(adapter.command.argv)
        assert outcome_of(client) == ""
        guard.take_egress_attempts()
        for argv in (adapter.command.argv[:-1], [*adapter.command.argv, "more"], ["node"]):
            with pytest.raises(PermissionError):
                subprocess.run(argv, check=False)
        assert len(guard.take_egress_attempts()) == 3


# --- What is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("cmd:", "it names no command"),
        ("cmd:  ", "it names no command"),
        ("cmd:node 'adapter.mjs", "No closing quotation"),
        ("cmd:stt-no-such-program --x", "there is no program 'stt-no-such-program'"),
        ("cmd:./stt-no-such-file", "there is no program './stt-no-such-file'"),
    ],
)
def test_what_is_no_command_is_refused_before_the_first_test(wanted: str, problem: str) -> None:
    with pytest.raises(ClientNotFound) as caught:
        resolve(wanted, CONTRACT.sdk)
    assert problem in caught.value.problem
    assert caught.value.wanted == wanted


@pytest.mark.parametrize("base_url", ["", "https://openrouter.ai/api/v1", "http://192.0.2.1/api/v1"])
def test_it_is_never_told_to_leave_this_machine(adapter: Adapter, base_url: str) -> None:
    client = adapter.drive("answer(ok='')")
    client.base_url = base_url
    outcome = client.open(KEY)
    assert isinstance(outcome, Failure)
    assert isinstance(outcome.error, ClientNotFound)
    assert "base_url" in str(outcome.error) or "not on this machine" in str(outcome.error)


# --- Other clients that have to be told the server ------------------------------------------------------------------


class ByName:
    def __init__(self, api_key: str, base_url: str) -> None:
        self.base_url = base_url

    def create_transcription(self, *, input_audio: Any, model: str) -> str:
        return self.base_url


class ByOtherName(ByName):
    def __init__(self, *, api_key: str, server_url: str) -> None:
        super().__init__(api_key, server_url)


class Optional(ByName):
    def __init__(self, api_key: str, base_url: str = "its own") -> None:
        super().__init__(api_key, base_url)


class WithoutSignature(dict[str, str]):
    """Its constructor does not say what it takes."""

    def create_transcription(self, *, input_audio: Any, model: str) -> str:
        return self.get("base_url", "its own")


def factory(base_url: str) -> ByName:
    return ByName("", base_url)


@pytest.mark.parametrize(
    ("value", "told", "spelling"),
    [
        (ByName, "http://127.0.0.1:1", "ByName(api_key=..., base_url=...).create_transcription"),
        (ByOtherName, "http://127.0.0.1:1", "ByOtherName(api_key=..., server_url=...).create_transcription"),
        (factory, "http://127.0.0.1:1", "factory(base_url=...).create_transcription"),
        (Optional, "its own", "Optional(api_key=...).create_transcription"),
        (WithoutSignature, "its own", "WithoutSignature(api_key=...).create_transcription"),
    ],
    ids=["class", "other name", "factory", "optional", "no signature"],
)
def test_who_cannot_do_without_a_server_is_told(value: object, told: str, spelling: str) -> None:
    client = ClientUnderTest(target_of(value), CONTRACT, deadline=5, flooded=threading.Event())
    client.base_url = "http://127.0.0.1:1"
    assert outcome_of(client) == told
    assert client.spelling(KEY) == spelling
    client.close()


@pytest.mark.parametrize("kind", [TypeError, ValueError])
def test_an_argument_is_refused_as_in_python(adapter: Adapter, kind: type) -> None:
    client = adapter.drive(f"answer(error={{'types': ['ArgumentError', {kind.__name__!r}], 'message': 'm'}})")
    assert isinstance(error_of(client), kind)
