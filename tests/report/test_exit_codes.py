"""The rows of docs/reference/exit-codes.md that are about runs which end oddly; test_gate.py has those of verdicts."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.running import run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.report.conftest import Shown

RIGHT = "--stt-client=tests.clients.reference:Client"
CASE = "stt/errors::test_status[sync-500]"
REPORT = "--stt-report=report.json"
DOING = """
import os, shutil, signal

from tests.clients.reference import Client


class Doing(Client):
    def read(self, response):
        if response.status_code == 500:
            {statement}
        return super().read(response)
"""


def test_zero_checks_are_five(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "stt", "-k", "nothing_of_that_name", REPORT)

    assert done.exit_code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert not done.client()["green"]
    assert done.client()["verdict"] == "no verdict"


def test_nothing_but_weaker_checks_are_one(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "stt/audio", "-m", "stt_should", REPORT)

    assert done.exit_code == pytest.ExitCode.TESTS_FAILED
    assert done.client()["conclusion"] == "no verdict: no MUST check was judged"


def test_a_plugin_that_breaks_is_three(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, CASE, REPORT, "-p", "broken", broken="def pytest_runtest_logreport(report): raise OSError")

    assert done.exit_code == pytest.ExitCode.INTERNAL_ERROR
    assert done.client()["verdict"] == "no verdict"


def test_a_report_that_cannot_be_written_in_the_end_is_one(run: Callable[..., Shown]) -> None:
    doing = DOING.format(statement="shutil.rmtree('reports'); open('reports', 'w').close()")

    done = run("--stt-client=doing:Doing", CASE, "--stt-report=reports/report.json", doing=doing)

    assert done.exit_code == pytest.ExitCode.TESTS_FAILED
    assert "report.json cannot be written: " in done


@pytest.mark.slow
def test_stopping_at_the_first_failure_is_two_with_workers(tmp_path: Path) -> None:
    (tmp_path / "doing.py").write_text(DOING.format(statement="return ''"))

    done = run_pytest(tmp_path, "-n1", "-x", "--stt-client=doing:Doing", "-opythonpath=.", CASE, REPORT)

    (client,) = json.loads((tmp_path / "report.json").read_text())["clients"]
    assert done.exit_code == pytest.ExitCode.INTERRUPTED
    assert not client["green"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_run_that_the_system_ends_leaves_no_report_of_another(tmp_path: Path) -> None:
    (tmp_path / "doing.py").write_text(DOING.format(statement="os.kill(os.getpid(), signal.SIGTERM)"))
    (tmp_path / "report.json").write_text("of a run before")

    done = run_pytest(tmp_path, "--stt-client=doing:Doing", "-opythonpath=.", CASE, REPORT)

    assert done.exit_code == -signal.SIGTERM
    assert not (tmp_path / "report.json").exists()
