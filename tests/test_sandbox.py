"""A run where there is no network but loopback; everything else is as in any run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import ISOLATED, run_pytest, run_python

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = "--stt-client=tests.clients.reference:Client"
HEADER = "stt: sandboxed, with no network but loopback"
TRY = "from pytest_openrouter_stt.plugin.sandbox import leave_network; leave_network()"

DENIED = """
import errno, os
from pytest_openrouter_stt.plugin import sandbox

def deny(namespaces):
    raise OSError({number}, os.strerror({number}))

sandbox._unshare = deny
"""

OWN_TESTS = """
import os
import socket
from pathlib import Path

def test_the_network_is_another():
    assert str(Path("/proc/self/ns/net").readlink()) != os.environ["OUTSIDE"]

def test_there_is_no_way_out():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError as error:
            assert "unreachable" in str(error)
        else:
            raise AssertionError

def test_loopback_is_there():
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.create_server((host, 0), family=family) as server:
            socket.create_connection(server.getsockname()[:2]).close()

def test_the_user_is_the_same():
    assert str(os.geteuid()) == os.environ["USER_ID"]
    assert Path(__file__).stat().st_uid == os.geteuid()

def test_failing():
    assert False
"""

CONFTEST = """
import os
from pathlib import Path

assert str(Path("/proc/self/ns/net").readlink()) != os.environ["OUTSIDE"], "imported outside of the sandbox"
"""


@pytest.fixture(scope="module")
def _available(tmp_path_factory: pytest.TempPathFactory) -> None:
    done = run_python(tmp_path_factory.mktemp("try"), "-c", TRY)
    if done.returncode:
        pytest.skip(f"there is no sandbox here: {done.stderr.splitlines()[-1]}")


@pytest.fixture
def outside() -> dict[str, str]:
    return {"OUTSIDE": os.readlink("/proc/self/ns/net"), "USER_ID": str(os.geteuid())}  # noqa: PTH115 - no path


@pytest.mark.slow
@pytest.mark.usefixtures("_available")
def test_a_client_is_judged_in_it_as_outside(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "--stt-sandbox", CLIENT, "--stt-max-examples=1", "stt/request", "stt/network")

    assert run.exit_code == 0, run.output
    assert run.output.count(HEADER) == 1
    assert {area for node_id in run.results for area in re.findall("stt/(.*)::", node_id)} == {"request", "network"}
    assert run.checks(Verdict.COULD_NOT_RUN) == set()


@pytest.mark.slow
@pytest.mark.usefixtures("_available")
@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_the_whole_run_is_in_it(tmp_path: Path, outside: dict[str, str], options: tuple[str, ...]) -> None:
    (tmp_path / "test_own.py").write_text(OWN_TESTS)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nstt_sandbox = true\n")

    run = run_pytest(tmp_path, *options, env=outside)

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 4 passed" in run.output
    assert "FAILED test_own.py::test_failing" in run.output
    assert HEADER in run.output
    assert 'failures="1" skipped="0" tests="5"' in (tmp_path / "junit.xml").read_text()


@pytest.mark.usefixtures("_available")
def test_no_special_rights_are_needed(tmp_path: Path, outside: dict[str, str]) -> None:
    (tmp_path / "test_own.py").write_text(OWN_TESTS)
    drop_capability = (
        "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 21, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-m", "pytest", *ISOLATED, "--stt-sandbox", "test_own.py"]

    done = run_python(tmp_path, "-c", drop_capability, *command, env=outside)

    if "there is no sandbox" in done.stderr:
        pytest.skip(done.stderr)
    assert "1 failed, 4 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.usefixtures("_available")
def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ready")
    (tmp_path / "test_own.py").write_text(
        "import signal\ndef test_own():\n    open('ready', 'w').close()\n    signal.pause()\n"
    )
    command = [sys.executable, "-m", "pytest", *ISOLATED, "--stt-sandbox", "test_own.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        (tmp_path / "ready").read_text()
        running.send_signal(signal.SIGINT)
        output, _ = running.communicate(timeout=60)

    assert running.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in output


@pytest.mark.slow
@pytest.mark.usefixtures("_available")
def test_who_is_on_uvloop_is_advised_to_use_it(tmp_path: Path) -> None:
    pytest.importorskip("uvloop")
    (tmp_path / "on_uvloop.py").write_text("import uvloop\nfrom tests.clients.reference import Client\n")
    advice = "stt: uvloop is loaded, and its datagrams are not seen by the guard; --stt-sandbox keeps them here too"
    options = ("--collect-only", "stt/audio")

    assert advice in run_pytest(tmp_path, "--stt-client=on_uvloop:Client", *options).output
    assert advice not in run_pytest(tmp_path, "--stt-client=on_uvloop:Client", "--stt-sandbox", *options).output
    assert advice not in run_pytest(tmp_path, CLIENT, *options).output


def test_another_program_that_calls_pytest_is_not_started_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")

    done = pytester.runpytest_inprocess("--stt-sandbox")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*stt: --stt-sandbox starts pytest anew*start it on a command line*")


@pytest.mark.parametrize(
    ("number", "reason", "remedy"),
    [
        ("errno.EPERM", "Operation not permitted", "Run it as root"),
        ("errno.EINVAL", "Invalid argument", "A plugin started a thread"),
        ("errno.ENOSYS", "Function not implemented", "Run it in a Linux container"),
        ("errno.ENOSPC", "No space left on device", "user.max_user_namespaces"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is always missing")
def test_where_there_is_none_the_reason_is_told(tmp_path: Path, number: str, reason: str, remedy: str) -> None:
    (tmp_path / "denied.py").write_text(DENIED.format(number=number))
    (tmp_path / "test_own.py").write_text("def test_own(): pass")

    run = run_pytest(tmp_path, "-p", "denied", "--stt-sandbox", "test_own.py")

    assert run.exit_code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: stt: there is no sandbox for this run: {reason}. " in run.output
    assert remedy in run.output
    assert "test_own" not in run.output


def test_other_systems_have_none(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text(
        "import sys\nfrom pytest_openrouter_stt.plugin import sandbox\nsys.platform = 'plan9'\n"
    )

    run = run_pytest(tmp_path, "-p", "elsewhere", "--stt-sandbox")

    assert run.exit_code == pytest.ExitCode.USAGE_ERROR
    assert "there is no sandbox for this run: plan9 has no network namespaces; Linux has. " in run.output


def test_a_plugin_that_is_loaded_too_late_says_so(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['pytest_openrouter_stt.plugin']\n")

    run = run_pytest(tmp_path, "-p", "no:openrouter-stt", "--stt-sandbox")

    assert run.exit_code == pytest.ExitCode.USAGE_ERROR
    assert "--stt-sandbox comes too late" in run.output
