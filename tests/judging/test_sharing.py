"""Checks that look at the same answers share the calls, and what fails in company is tried alone."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import Transcript
from pytest_openrouter_stt.judging import harness, smallest_call
from pytest_openrouter_stt.judging.harness import SharedExchanges
from pytest_openrouter_stt.report import Observation, Verdict
from tests.running import judge_here, run_pytest

if TYPE_CHECKING:
    from pathlib import Path

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


REPEATED = "stt/network::test_a_fault_is_an_error[sync-reset]", "stt/network::test_faults_are_own_errors[sync-reset]"


SENDS_AGAIN = """
    from tests.clients.reference import Client as Reference, ConnectionFailed

    class Client(Reference):
        def exchange(self, request):
            try:
                return super().exchange(request)
            except ConnectionFailed:
                return super().exchange(request)
"""


def test_each_check_says_that_a_shared_call_was_sent_twice(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(mine=dedent(SENDS_AGAIN))
    pytester.syspathinsert()
    run = judge_here(pytester, "mine:Client", *REPEATED, "--junitxml=out.xml")
    assert set(run.results) == set(REPEATED)
    assert (pytester.path / "out.xml").read_text().count("stt_note_repeat") == len(REPEATED)


KEEPS_A_LANGUAGE = """
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        '''Sends the language of the call before, unless that had a temperature too.'''
        before = {}

        def body(self, arguments):
            body, before = super().body(arguments), self.before
            Client.before = body
            if "language" in before and "temperature" not in before:
                return {"language": before["language"], **body}
            return body
"""
NEXT_CALL = "stt/request::test_each_call_sends_its_own_body[sync]"


@pytest.mark.parametrize("options", [(), ("--stt-fuzz=1",)], ids=["once", "fuzz"])
def test_what_a_call_leaves_behind_is_found_in_a_row_of_calls(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    pytester.makepyfile(mine=dedent(KEEPS_A_LANGUAGE))
    pytester.syspathinsert()
    assert judge_here(pytester, "mine:Client", NEXT_CALL, *options).results[NEXT_CALL].verdict is Verdict.FAILED


def test_rounds_of_fuzzing_make_calls_in_a_row_too(pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, "tests.clients.reference:Client", NEXT_CALL, "--stt-fuzz=2")
    assert run.results[NEXT_CALL].verdict is Verdict.PASSED


HANGS_IN_COMPANY = """
    from threading import Event
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        def body(self, arguments):
            body = super().body(arguments)
            if "language" in body and "temperature" in body:
                Event().wait()
            return body
"""


def test_a_call_that_does_not_end_in_company_fails_at_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(mine=dedent(HANGS_IN_COMPANY))
    pytester.syspathinsert()
    result = judge_here(pytester, "mine:Client", LANGUAGE, "--stt-deadline=1").results[LANGUAGE]
    assert result.verdict is Verdict.FAILED
    assert "the call did not end" in result.reason


FAILS_AT_FIRST = """
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        '''Changes bodies as often as it has to, and then no more.'''
        left = TIMES

        def body(self, arguments):
            body = super().body(arguments)
            if self.left and "provider" in body and "deep" not in str(body["provider"]):
                Client.left -= 1
                return {**body, "provider": {"options": {"another": 1}}}
            return body
"""
LEAKS_ONCE = """
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        '''Sends a language that was not passed, once, after a call that has one without a temperature.'''
        before, left = {}, 1

        def body(self, arguments):
            body, before = super().body(arguments), self.before
            Client.before = body
            if self.left and "language" in before and "temperature" not in before and "language" not in body:
                Client.left -= 1
                return {"language": before["language"], **body}
            return body
"""
OPTIONS = "stt/request::test_provider_options_are_verbatim[sync]"


@pytest.mark.parametrize(
    ("client", "check"),
    [
        (FAILS_AT_FIRST.replace("TIMES", "1"), OPTIONS),
        (FAILS_AT_FIRST.replace("TIMES", "2"), OPTIONS),
        (LEAKS_ONCE, NEXT_CALL),
    ],
    ids=["once", "twice", "in a row"],
)
def test_a_failure_that_does_not_come_back_is_a_failure(pytester: pytest.Pytester, client: str, check: str) -> None:
    pytester.makepyfile(mine=dedent(client))
    pytester.syspathinsert()
    assert judge_here(pytester, "mine:Client", check).results[check].verdict is Verdict.FAILED


def test_the_oldest_exchange_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "_MOST", 2)
    observation = Observation(smallest_call(), "sync", Transcript("text"), ())
    exchanges = SharedExchanges()

    for key in "abc":
        exchanges.keep(key, observation)

    assert [exchanges.find(key) for key in "abc"] == [None, observation, observation]
