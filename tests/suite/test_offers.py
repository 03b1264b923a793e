"""Variants that offer less than the reference are judged on the rest; see also `tests.proof`."""

from __future__ import annotations

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["IsGivenFiles", "CreditsItself"])
def test_no_check_blames_it(variant: str, pytester: pytest.Pytester) -> None:
    areas = ("stt/request", "stt/invalid", "stt/state")

    run = judge_here(pytester, f"tests.clients.variants:{variant}", "--stt-level=should", *areas)

    assert run.checks(Verdict.PASSED) >= {"request::test_a_valid_call_is_sent", "state::test_usable_after_each_error"}
    assert run.checks(Verdict.FAILED) | run.checks(Verdict.COULD_NOT_RUN) == set()
