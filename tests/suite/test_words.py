"""What a failure says of what it saw: the words that tell one defect from another."""

from __future__ import annotations

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here

AGREE = "errors::test_sync_and_async_agree"
ONE_OBJECT = "request::test_body_is_one_json_object"
OBSERVED = {
    "errors:AsyncDefaultErrorFor429": (AGREE, "synchronous TooManyRequests, asynchronous SttError"),
    "request:ByteOrderMark": (ONE_OBJECT, "the body cannot be read: "),
    "request:Multipart": (ONE_OBJECT, "the body is multipart/form-data: "),
}


@pytest.mark.parametrize("mutant", OBSERVED)
def test_a_failure_says_what_was_seen(pytester: pytest.Pytester, mutant: str) -> None:
    check, words = OBSERVED[mutant]

    run = judge_here(pytester, f"tests.clients.mutants.{mutant}", f"stt/{check}")

    reasons = {result.reason for result in run.results.values() if result.verdict is Verdict.FAILED}
    assert any(reason.startswith(words) for reason in reasons)
