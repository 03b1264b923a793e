"""What is said of a case that did not pass: the words that tell one defect from another."""

from __future__ import annotations

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here

AGREE = "errors::test_sync_and_async_agree"
ONE_OBJECT = "request::test_body_is_one_json_object"
SAID = {
    "mutants.errors:AsyncDefaultErrorFor429": (AGREE, "synchronous TooManyRequests, asynchronous SttError"),
    "mutants.request:ByteOrderMark": (ONE_OBJECT, "the body cannot be read: "),
    "mutants.request:Multipart": (ONE_OBJECT, "the body is multipart/form-data: "),
    "variants:NeverRetries": ("retry::test_retry_after_in_milliseconds_is_honoured", "the client does not retry a 503"),
}


@pytest.mark.parametrize("client", SAID)
def test_it_says_what_was_seen(pytester: pytest.Pytester, client: str) -> None:
    check, words = SAID[client]

    run = judge_here(pytester, f"tests.clients.{client}", f"stt/{check}")

    reasons = {result.reason for result in run.results.values() if result.verdict is not Verdict.PASSED}
    assert any(reason.startswith(words) for reason in reasons)


FAILS_ONCE = """
    from tests.clients.reference import Client as Reference

    class Client(Reference):
        bodies = 0

        def body(self, arguments):
            Client.bodies += 1
            changed = {"model": "changed"} if Client.bodies == 9 else {}
            return {**super().body(arguments), **changed}
"""


def test_what_does_not_happen_every_time_is_a_failure_all_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(once=FAILS_ONCE)
    pytester.syspathinsert()

    run = judge_here(pytester, "once:Client", "stt/request::test_body_is_the_wire_form[sync]")

    (result,) = run.results.values()
    assert (result.verdict, result.reason) == (Verdict.FAILED, "changed on the way: the body")
