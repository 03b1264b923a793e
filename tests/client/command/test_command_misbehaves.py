"""Whatever a command does, a call of it ends, no process is left, and it is said what happened."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import ClientNotFound, Failure, NoAnswer, Request, Transcript
from pytest_openrouter_stt.client.command.session import CommandFailed, CommandSession
from pytest_openrouter_stt.contract import Call
from tests.client.command.commands import HELLO
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.client.command.commands import Adapter

KEY = "sk-of-a-test"
CALL = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="m")
_LIMIT = 20
_FOREVER = "while True: signal.pause()"
_CHILD = f"""\
if os.fork() == 0:
    {_FOREVER}
"""
"""A child that holds the pipes of its parent."""

_DAEMON = f"""\
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 3)
    if os.fork() == 0:
        {_FOREVER}
    os._exit(0)
"""
"""A child that has left its parent, its process group and its session."""


@pytest.fixture(autouse=True)
def life_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pipe whose writing end every process of a command holds, and that has an end when all are gone."""
    path = tmp_path / "alive"
    os.mkfifo(path)
    monkeypatch.setenv("LIFE_LINE", str(path))
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield reading
    os.close(reading)


_HOLD = "import signal; alive = os.open(os.environ['LIFE_LINE'], os.O_WRONLY); os.write(alive, b'x')"


def all_are_gone(reading: int) -> bool:
    """Whether the processes that wrote into the life line let go of it within the limit."""
    assert os.read(reading, 100), "none was there"
    ready, _, _ = select.select([reading], [], [], _LIMIT)
    return bool(ready) and os.read(reading, 100) == b""


def why_not_opened(adapter: Adapter) -> str:
    assert adapter.driven is not None
    outcome = adapter.driven.open(KEY)
    assert isinstance(outcome, Failure), outcome
    assert isinstance(outcome.error, ClientNotFound)
    assert "docs/reference/command-protocol.md" in str(outcome.error)
    return outcome.error.problem


def why_no_answer(adapter: Adapter) -> str:
    assert adapter.driven is not None
    outcome = adapter.driven.call(CALL, "sync", KEY)
    assert isinstance(outcome, NoAnswer), outcome
    return outcome.reason


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        pytest.param("print('Hello, world')", "it wrote 'Hello, world', which is not JSON", id="garbage"),
        pytest.param("sys.stdout.buffer.write(b'\\xff\\n')", "is not JSON", id="no UTF-8"),
        pytest.param("say('{}')", "is no greeting of protocol 1 ('protocol' is a required", id="another object"),
        pytest.param('say(\'{"protocol": 2, "name": "", "features": []}\')', "protocol: 1 was exp", id="version"),
        pytest.param("say('[' * 100_000)", "is nested too deeply", id="nested"),
        pytest.param("sys.exit(3)", "its process ended with exit status 3", id="exit"),
        pytest.param("sys.exit('no module x')", "it wrote to standard error: no module x", id="last words"),
        pytest.param("os.kill(os.getpid(), 9)", "its process was ended by SIGKILL", id="signal"),
        pytest.param("os.close(1); os.read(0, 9)", "it closed its standard output and went on", id="closed"),
        pytest.param("os.read(0, 9)", "it wrote no greeting within 1 s", id="silence"),
        pytest.param("print('no end', end='', flush=True); os.read(0, 9)", "no greeting within 1 s", id="no line end"),
    ],
)
def test_no_greeting(adapter: Adapter, life_line: int, before: str, problem: str) -> None:
    adapter.drive("answer(ok='')", before=f"{_HOLD}\n{_DAEMON}\n{before}")
    adapter.command.start_limit = 1 if "within 1 s" in problem else 60
    assert problem in why_not_opened(adapter)
    assert all_are_gone(life_line)


@pytest.mark.parametrize(
    ("each", "problem"),
    [
        pytest.param("print('debugging')\nanswer(ok='')", "'debugging', which is not JSON", id="garbage"),
        pytest.param('say(\'{"id": 1, "ok": NaN}\')', "NaN is written as a tagged value", id="NaN"),
        pytest.param("say('{\"id\": 1}')", "'ok' is a required property or 'error' is", id="neither"),
        pytest.param("answer(ok='', error={'type': 'E', 'message': ''})", "is no answer", id="both"),
        pytest.param(
            "answer(error={'message': ''})", "(error: 'type' is a required property or 'types' is", id="no type"
        ),
        pytest.param("answer(ok=7)", "is no answer of protocol 1 (ok: ", id="no transcript"),
        pytest.param("answer(ok={'$stt': 'moon'})", "is no answer of protocol 1 (ok: ", id="no tag"),
        pytest.param("request['id'] += 1; answer(ok='')", "request 2, which was not made", id="another"),
        pytest.param("sys.exit('Traceback: boom')", "status 1; it wrote to standard error: Traceback: boom", id="exit"),
        pytest.param("os.kill(os.getpid(), 11)", "its process was ended by SIGSEGV", id="crash"),
        pytest.param("os.close(1); os.read(0, 9)", "it closed its standard output", id="closed"),
        pytest.param(
            "os.closerange(0, 3); os.kill(os.getpid(), 9)", "its process was ended by SIGKILL", id="all closed"
        ),
        pytest.param(
            "import itertools\nfor _ in itertools.repeat(0): sys.stdout.write('x' * 2**20)", "is not JSON", id="endless"
        ),
    ],
)
def test_no_answer(adapter: Adapter, life_line: int, each: str, problem: str) -> None:
    adapter.drive(each, before=f"{_HOLD}\n{_DAEMON}")
    assert problem in why_no_answer(adapter)
    assert all_are_gone(life_line)


def test_what_comes_after_the_answer_is_said_with_the_next_call(adapter: Adapter, life_line: int) -> None:
    client = adapter.drive("answer(ok='')\nprint('bye')\nsys.exit()", before=_HOLD)
    assert client.call(CALL, "sync", KEY) == Transcript("")
    assert all_are_gone(life_line)
    assert "'bye', which is not JSON" in why_no_answer(adapter)
    assert client.call(CALL, "sync", KEY) == Transcript("")  # by a process that is started afresh


def test_one_that_makes_a_single_call_and_breaks_is_followed_by_another(adapter: Adapter, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    each = f"if not os.path.exists({str(broken)!r}): open({str(broken)!r}, 'w'); sys.exit('boom')\nanswer(ok='well')"
    client = adapter.drive(each, calls="one")
    assert "it wrote to standard error: boom" in why_no_answer(adapter)
    assert client.call(CALL, "sync", KEY) == Transcript("well")


def test_who_asks_a_process_that_has_ended_is_told_how(tmp_path: Path) -> None:
    hello = f"print({json.dumps(HELLO)!r}, flush=True); input()"
    session = CommandSession([sys.executable, "-c", f"{hello}; raise SystemExit('boom')"], tmp_path)
    session.greet(60)
    request = Request(1, "http://127.0.0.1:9", KEY, CALL.kwargs(), retries=False, timeout=1)
    for _ in range(2):  # first while it ends, and then when it is known that it has
        with pytest.raises(CommandFailed, match="ended with exit status 1; it wrote to standard error: boom"):
            session.ask(request)
    session.end()


def test_a_request_that_is_not_read_to_its_end_is_lost_with_its_process(adapter: Adapter) -> None:
    hello = "print(json.dumps({'protocol': 1, 'name': 'x', 'features': []}), flush=True)"
    client = adapter.drive_program(f"import json, os, sys\n{hello}\nos.read(0, 1)\nsys.exit('boom')")
    audio = {"data": "A" * 2**24, "format_": "wav"}
    outcome = client.call(CALL.replace(input_audio=audio), "sync", KEY)
    assert isinstance(outcome, NoAnswer)
    assert "exit status 1; it wrote to standard error: boom" in outcome.reason


def test_a_call_that_waits_for_its_turn_is_given_up_too(adapter: Adapter, tmp_path: Path) -> None:
    pipe = tmp_path / "asked"
    os.mkfifo(pipe)
    adapter.deadline = 0.5
    adapter.drive(f"open({str(pipe)!r}, 'w').close()\nsignal.alarm({_LIMIT}); os.read(0, 9)", before="import signal")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(adapter.command.client(api_key=KEY, base_url=adapter.base_url).create_transcription)
        pipe.read_bytes()  # which has an end when the process was asked
        assert why_no_answer(adapter) == "it was still under way after 0.5 s"
        with pytest.raises(CommandFailed, match="its process ended"):
            first.result(_LIMIT)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("signal.pause()", id="asleep"),
        pytest.param("pass", id="busy"),
        pytest.param("signal.signal(15, signal.SIG_IGN); signal.pause()", id="stubborn"),
        pytest.param("print('x' * 1000, file=sys.stderr)", id="talkative"),
    ],
)
def test_a_call_that_does_not_end_is_given_up(adapter: Adapter, life_line: int, body: str) -> None:
    adapter.deadline = 2
    client = adapter.drive(f"while request['id'] == 1: {body}\nanswer(ok='well')", before=f"{_HOLD}\n{_CHILD}")
    assert why_no_answer(adapter) == "it was still under way after 2 s"
    assert all_are_gone(life_line)
    assert client.call(CALL, "sync", KEY) == Transcript("well")


@pytest.mark.slow
def test_a_request_that_is_not_read_is_given_up(adapter: Adapter, life_line: int) -> None:
    adapter.deadline = 2
    hello = "print(json.dumps({'protocol': 1, 'name': 'x', 'features': []}), flush=True)"
    client = adapter.drive_program(f"import json, os\n{_HOLD}\n{hello}\n{_FOREVER}")
    audio = {"data": "A" * 2**20, "format_": "wav"}
    outcome = client.call(CALL.replace(input_audio=audio), "sync", KEY)
    assert isinstance(outcome, NoAnswer)
    assert all_are_gone(life_line)


def test_a_hundred_megabytes_of_complaints_hold_nothing_up(adapter: Adapter, capfd: pytest.CaptureFixture[str]) -> None:
    client = adapter.drive(
        "for _ in range(100): sys.stderr.write('x' * 2**20)\nprint('end', file=sys.stderr)\nanswer(ok='')"
    )
    assert client.call(CALL, "sync", KEY) == Transcript("")
    passed_on = capfd.readouterr().err
    assert passed_on.endswith("xend\n")
    assert len(passed_on) == 64 * 1024


@pytest.mark.parametrize("calls", ["many", "one"])
def test_children_that_stay_are_ended(adapter: Adapter, life_line: int, calls: str) -> None:
    client = adapter.drive("answer(ok='')", before=f"{_HOLD}\n{_DAEMON}\n{_CHILD}", calls=calls)
    client.call(CALL, "sync", KEY)
    client.close()
    assert all_are_gone(life_line)


def test_who_ignores_the_end_of_its_input_is_ended(adapter: Adapter, life_line: int) -> None:
    client = adapter.drive(f"answer(ok='')\n{_FOREVER}", before=_HOLD)
    client.call(CALL, "sync", KEY)
    client.close()
    assert all_are_gone(life_line)


def test_who_heeds_the_end_of_its_input_ends_by_itself(adapter: Adapter, tmp_path: Path) -> None:
    farewell = tmp_path / "farewell"
    client = adapter.drive("answer(ok='')", before=f"import atexit; atexit.register(open, {str(farewell)!r}, 'w')")
    client.call(CALL, "sync", KEY)
    client.close()
    assert farewell.exists()


def test_nothing_is_left_when_pytest_is_killed(adapter: Adapter, life_line: int) -> None:
    each = f"answer(ok='')\n{_FOREVER}"
    adapter.drive(each, before=f"{_HOLD}\n{_DAEMON}")
    adapter.close()
    source = (
        "import sys, signal\n"
        "from pytest_openrouter_stt.client import resolve\n"
        "from pytest_openrouter_stt.contract import load_contract\n"
        "target = resolve(sys.argv[1], load_contract().sdk)\n"
        "client = target.command.client(api_key='k', base_url='http://127.0.0.1:9')\n"
        "print(client.create_transcription(model='m'), flush=True)\n"
        "signal.pause()\n"
    )
    pytest_like = subprocess.Popen(
        [sys.executable, "-c", source, adapter.wanted], stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
    )
    with pytest_like:
        assert pytest_like.stdout is not None
        assert pytest_like.stdout.readline() == "\n"
        pytest_like.send_signal(signal.SIGKILL)
    assert all_are_gone(life_line)
