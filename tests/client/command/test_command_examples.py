"""The suite judges the example clients of the API's page, each in its own language.

``nox -s commands`` installs what it can; a language that is not there is left out. STT_UPDATE_DOCS=1 writes the table
of verdicts anew.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import REPOSITORY, Run, run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = REPOSITORY / "docs" / "examples" / "commands"
VERDICTS = EXAMPLES / "README.md"
NODE_MODULES = "STT_NODE_MODULES"
_JARS = Path("/usr/share/java")  # where Debian has them
_JAVA = (
    "unirest-java",
    "com.android.json",
    "httpasyncclient",
    "httpclient",
    "httpcore",
    "httpcore-nio",
    "httpmime",
    "commons-logging",
    "commons-codec",
)
_DEADLINE = "--stt-deadline=3"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _python(_folder: Path) -> list[str]:
    return [sys.executable, str(EXAMPLES / "python_requests.py")]


def _fetch(_folder: Path) -> list[str]:
    return [_program("node"), str(EXAMPLES / "javascript_fetch.mjs")]


def _sdk(folder: Path) -> list[str]:
    node, modules = _program("node"), Path(os.environ.get(NODE_MODULES, ""))
    if not (modules / "@openrouter" / "sdk").exists():
        pytest.skip(f"@openrouter/sdk is not installed in the folder that {NODE_MODULES} names")
    folder.joinpath("node_modules").symlink_to(modules, target_is_directory=True)
    return [node, str(shutil.copy(EXAMPLES / "javascript_openrouter_sdk.mjs", folder))]


def _go(folder: Path) -> list[str]:
    build = [_program("go"), "build", "-o", str(folder / "go_nethttp"), str(EXAMPLES / "go_nethttp.go")]
    subprocess.run(build, check=True, timeout=100, env={**os.environ, "GO111MODULE": "off"})
    return [str(folder / "go_nethttp")]


def _ruby(_folder: Path) -> list[str]:
    return [_program("ruby"), str(EXAMPLES / "ruby_nethttp.rb")]


def _php(_folder: Path) -> list[str]:
    php = _program("php")
    if subprocess.run([php, "-r", "exit((int) !@include 'GuzzleHttp/autoload.php');"], check=False).returncode:
        pytest.skip("Guzzle is not installed")
    return [php, str(EXAMPLES / "php_guzzle.php")]


def _java(folder: Path) -> list[str]:
    compiler = _program("javac")
    jars = [_JARS / f"{name}.jar" for name in _JAVA]
    missing = [jar.stem for jar in jars if not jar.exists()]
    if missing:
        pytest.skip(f"{', '.join(missing)} are not installed")
    path = ":".join(map(str, [folder, *jars]))
    subprocess.run([compiler, "-cp", path, "-d", folder, EXAMPLES / "JavaUnirest.java"], check=True, timeout=100)
    return [_program("java"), "-cp", path, "JavaUnirest"]


LANGUAGES = {
    "Python, requests": _python,
    "JavaScript, fetch": _fetch,
    "JavaScript, the official SDK": _sdk,
    "Go, net/http": _go,
    "Ruby, Net::HTTP": _ruby,
    "PHP, Guzzle": _php,
    "Java, Unirest 1.4": _java,
}


_MAY_NOT_RUN = {  # docs/examples/commands/README.md says why
    "JavaScript, the official SDK": {
        "retry::test_a_later_answer_is_the_transcript",
        "retry::test_attempts_are_identical",
        "retry::test_client_errors_are_not_retried",
        "retry::test_retries_end",
        "retry::test_the_last_error_is_raised",
    },
}
_NOW_AND_THEN = {"Java, Unirest 1.4"}
"""Clients that send on closed connections, so that any of their cases may not reach the endpoint."""


def judged(folder: Path, command: list[str], *options: str) -> Run:
    return run_pytest(folder, f"--stt-client=cmd:{shlex.join(command)}", _DEADLINE, *options)


@pytest.mark.commands
@pytest.mark.parametrize("prepare", LANGUAGES.values(), ids=LANGUAGES)
def test_example(prepare: Callable[[Path], list[str]], request: pytest.FixtureRequest, tmp_path: Path) -> None:
    name = next(name for name, other in LANGUAGES.items() if other is prepare)

    run = judged(tmp_path, prepare(tmp_path), "stt", "-m", "stt_must")

    assert len(run.checks(Verdict.PASSED)) > 30, run.output
    failed, stuck = run.checks(Verdict.FAILED), run.checks(Verdict.COULD_NOT_RUN)
    if name in _NOW_AND_THEN:
        recorded = _recorded(name)
        assert failed <= recorded <= failed | stuck, run.output
        return
    assert stuck <= _MAY_NOT_RUN.get(name, set()), run.output
    _hold(name, failed)


def _recorded(name: str) -> set[str]:
    (row,) = re.findall(rf"^\| {re.escape(name)} \|(.*)$", VERDICTS.read_text("utf-8"), flags=re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", row))


def _hold(name: str, failed: set[str]) -> None:
    """Compare the row of *name* in the table of verdicts with what failed."""
    row = f"| {name} | {', '.join(f'`{check}`' for check in sorted(failed)) or 'none'} |"
    text = VERDICTS.read_text("utf-8")
    if os.environ.get("STT_UPDATE_DOCS"):
        text = re.sub(rf"^\| {re.escape(name)} \|.*$", lambda _: row, text, flags=re.MULTILINE)
        VERDICTS.write_text(text, "utf-8")
    assert row in text.splitlines(), f"{VERDICTS.name} is out of date: it should have {row}"


@pytest.mark.commands
def test_the_reference_as_a_command_is_conformant(tmp_path: Path) -> None:
    run = judged(tmp_path, [sys.executable, "-m", "tests.clients.command"], "stt", "--stt-level=should")
    assert run.exit_code == 0, run.output
    assert len(run.checks(Verdict.PASSED)) > 80


@pytest.mark.slow
def test_a_command_is_judged(tmp_path: Path) -> None:
    run = judged(
        tmp_path,
        [sys.executable, "-m", "tests.clients.command"],
        "stt/request",
        "-m",
        "stt_must",
        "--stt-max-examples=5",
    )
    assert run.exit_code == 0, run.output
    assert len(run.checks(Verdict.PASSED)) > 20
    assert "the reference client 1.0 (cmd:" in run.output


@pytest.mark.slow
def test_a_failure_shows_the_line_to_paste(tmp_path: Path) -> None:
    source = (
        "import json, sys\n"
        "print(json.dumps({'protocol': 1, 'name': 'x', 'features': ['input_audio', 'model']}), flush=True)\n"
        "from urllib.request import Request, urlopen\n"
        "for line in sys.stdin:\n"
        "  call = json.loads(line)\n"
        "  body = json.dumps(call['arguments']).encode()\n"
        "  url = call['base_url'] + '/audio/transcriptions'\n"
        "  with urlopen(Request(url, body, {'Content-Type': 'application/json', 'Authorization': 'Bearer x'})): pass\n"
        "  print(json.dumps({'id': call['id'], 'ok': ''}), flush=True)\n"
    )
    (tmp_path / "adapter.py").write_text(source)
    run = judged(tmp_path, [sys.executable, "adapter.py"], "stt/request::test_format_is_renamed[sync]")
    assert run.checks(Verdict.FAILED) == {"request::test_format_is_renamed"}, run.output
    assert """call      printf '%s\\n' '{"protocol":1,"id":1,"base_url":"https://openrouter.ai/api/v1",""" in run.output
    assert f"| {shlex.quote(sys.executable)} adapter.py" in run.output


def test_a_command_that_ignores_the_base_url_is_told_so(tmp_path: Path) -> None:
    source = (
        "import json, sys\n"
        "from urllib.request import urlopen\n"
        "print(json.dumps({'protocol': 1, 'name': 'x', 'features': ['input_audio', 'model']}), flush=True)\n"
        "for line in sys.stdin:\n"
        "  try: urlopen('https://api.invalid/v1', b'', timeout=5)\n"
        "  except OSError as error: refused = str(error)\n"
        "  error = {'type': 'E', 'message': refused}\n"
        "  print(json.dumps({'id': json.loads(line)['id'], 'error': error}), flush=True)\n"
    )
    (tmp_path / "adapter.py").write_text(source)
    run = judged(tmp_path, [sys.executable, "adapter.py"], "stt/request::test_bearer_key")
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert "request through a proxy to api.invalid:443 refused" in " ".join(run.output.split())
    assert run.checks(Verdict.PASSED) == set()


@pytest.mark.parametrize(
    ("command", "shown", "exit_code"),
    [
        ("stt-no-such-program", "there is no program 'stt-no-such-program'", pytest.ExitCode.USAGE_ERROR),
        ("python -c 'print(1)'", "is no greeting of protocol 1", pytest.ExitCode.TESTS_FAILED),
    ],
    ids=["missing", "no greeting"],
)
def test_what_does_not_begin_is_said(tmp_path: Path, command: str, shown: str, exit_code: int) -> None:
    run = run_pytest(tmp_path, f"--stt-client=cmd:{command}", "stt/request::test_bearer_key")
    assert run.exit_code == exit_code
    assert shown in " ".join(run.output.split())
    assert run.checks(Verdict.PASSED) == set()


def test_with_respx_alone_it_is_said_what_to_do(tmp_path: Path) -> None:
    run = run_pytest(
        tmp_path,
        f"--stt-client=cmd:{sys.executable} -m tests.clients.command",
        "--stt-endpoint=respx",
        "stt/request::test_method_and_url",
    )
    assert "--stt-endpoint=loopback" in run.output
    assert run.checks(Verdict.PASSED) == set()
