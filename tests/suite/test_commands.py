"""Where a command is judged otherwise than a client in this process: what it waits for takes real time."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

BACKS_OFF = """
import time

from tests.clients import command

at_once = command.outcome


def outcome(call):
    ended = at_once(call)
    if call["retries"] and "error" in ended:
        time.sleep(3600)
    return ended


command.outcome = outcome
command.main()
"""
RETRY = "retry::test_a_later_answer_is_the_transcript"
SILENCE = "network::test_a_silent_server_is_given_up"


@pytest.mark.slow
def test_what_it_would_wait_for_too_long_is_not_blamed(tmp_path: Path) -> None:
    tmp_path.joinpath("backs_off.py").write_text(BACKS_OFF, "utf-8")
    command = shlex.join([sys.executable, "backs_off.py"])

    run = run_pytest(
        tmp_path, f"--stt-client=cmd:{command}", "--stt-deadline=2", f"stt/{RETRY}[sync]", f"stt/{SILENCE}[sync]"
    )

    found = {result.check: (result.verdict, result.reason) for result in run.results.values()}
    verdict, reason = found[RETRY]
    assert verdict is Verdict.COULD_NOT_RUN
    assert reason.startswith("with retries on: ")
    assert reason.endswith("; in a command, waiting takes real time")
    assert found[SILENCE] == (Verdict.NOT_OFFERED, "the client waits in a process of its own, in real time")
