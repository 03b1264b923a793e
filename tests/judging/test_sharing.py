"""Checks that look at the same answers share the calls, and what fails in company is tried alone."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here, run_pytest

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LANGUAGE, MODEL, TEMPERATURE, WIRE_FORM = (
    f"stt/request::test_{name}[sync]"
    for name in (
        "language_is_verbatim",
        "model_is_verbatim",
        "temperature_keeps_its_value",
        "body_is_the_wire_form",
    )
)
COUNTED = """
    import atexit
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        calls = 0

        def request(self, arguments):
            Client.calls += 1
            return super().request(arguments)

    atexit.register(lambda: print("calls:", Client.calls))
"""
STUMBLES_IN_COMPANY = """
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        '''Sends a wrong language beside a temperature.'''

        def body(self, arguments):
            body = super().body(arguments)
            return {**body, "language": "xx"} if "temperature" in body and "language" in body else body
"""
REMEMBERS_WHAT_IT_GOT_WRONG = """
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        '''Drops the one language that it meets first beside a temperature, from then on everywhere.'''
        dropped = None

        def body(self, arguments):
            body = super().body(arguments)
            if "temperature" in body and self.dropped is None:
                Client.dropped = body.get("language")
            return {name: value for name, value in body.items() if (name, value) != ("language", self.dropped)}
"""


def calls_in(folder: Path, *node_ids: str) -> int:
    (folder / "counted.py").write_text(dedent(COUNTED))
    run = run_pytest(folder, "--stt-client=counted:Client", "-o", "pythonpath=.", *node_ids)
    assert run.exit_code == 0, run.output
    (found,) = re.findall(r"^calls: (\d+)$", run.output, re.MULTILINE)
    return int(found)


def test_checks_that_look_at_the_same_answer_share_one_call(tmp_path: Path) -> None:
    alone = calls_in(tmp_path, "stt/errors::test_status_is_kept[sync-500]")
    both = calls_in(
        tmp_path, "stt/errors::test_status_is_kept[sync-500]", "stt/errors::test_failures_are_raised[sync-500]"
    )
    assert both == alone


def test_checks_of_single_values_share_their_calls(tmp_path: Path) -> None:
    assert calls_in(tmp_path, MODEL) == calls_in(tmp_path, MODEL, LANGUAGE, TEMPERATURE)


def test_with_more_examples_than_usual_each_value_is_tried_alone(tmp_path: Path) -> None:
    assert calls_in(tmp_path, MODEL, LANGUAGE, "--stt-max-examples=21") > calls_in(
        tmp_path, MODEL, "--stt-max-examples=21"
    )


def test_a_value_that_is_wrong_only_beside_another_is_no_failure_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(mine=dedent(STUMBLES_IN_COMPANY))
    pytester.syspathinsert()
    run = judge_here(pytester, "mine:Client", LANGUAGE, WIRE_FORM)
    verdicts = {node_id: result.verdict for node_id, result in run.results.items()}
    assert verdicts == {LANGUAGE: Verdict.PASSED, WIRE_FORM: Verdict.FAILED}


def test_a_value_that_fails_in_company_and_then_alone_fails_the_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(mine=dedent(REMEMBERS_WHAT_IT_GOT_WRONG))
    pytester.syspathinsert()
    assert judge_here(pytester, "mine:Client", LANGUAGE).results[LANGUAGE].verdict is Verdict.FAILED
