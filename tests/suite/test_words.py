"""What a failure says of what it saw: the words that tell one defect from another."""

from __future__ import annotations

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here

OBSERVED = {
    "errors:AsyncDefaultErrorFor429": (
        "errors::test_sync_and_async_agree",
        "synchronous TooManyRequests, asynchronous SttError",
    ),
}


@pytest.mark.parametrize("mutant", OBSERVED)
def test_a_failure_says_what_was_seen(pytester: pytest.Pytester, mutant: str) -> None:
    check, words = OBSERVED[mutant]

    run = judge_here(pytester, f"tests.clients.mutants.{mutant}", f"stt/{check}")

    assert words in {result.reason for result in run.results.values() if result.verdict is Verdict.FAILED}
