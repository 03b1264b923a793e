"""What a sequence of calls shows: only what came before is blamed, and as few steps as it takes are told."""

from __future__ import annotations

import re
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.judging.concurrency import Barrier, barrier_timeout
from pytest_openrouter_stt.judging.sequences import make_call, new_key, numbers_in, text_of
from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here, run_pytest
from tests.versions import newest_draws

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = load_contract()
FEATURES = frozenset(CONTRACT.sdk.parameters)

SEQUENCE = "stt/state::test_any_sequence_of_calls[sync]"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("mutant", "count"),
    [("LastTranscriptAfterTwoErrors", 4), ("ReopensAClosedTransport", 2)],
    ids=["errors", "closing"],
)
def test_as_few_steps_are_told_as_it_takes(pytester: pytest.Pytester, mutant: str, count: int, seed: int) -> None:
    run = judge_here(pytester, f"tests.clients.mutants.state:{mutant}", f"--stt-seed={seed}", SEQUENCE)
    (result,) = run.results.values()
    assert result.reason.startswith(f"as the last of {count} steps, ")


@pytest.mark.slow
@newest_draws
def test_the_steps_are_told_in_words(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "--stt-client=tests.clients.mutants.state:ReopensAClosedTransport", SEQUENCE)
    assert re.search(r"\n +1\. client A is closed, and made anew with the same key\n", run.output)
    assert re.search(r"\n +2\. client A makes a (full|plain) call: answered with a transcript\n", run.output)


@pytest.mark.slow
def test_a_call_that_does_not_end_is_told_with_its_steps(tmp_path: Path) -> None:
    check = "stt/state::test_usable_after_each_error[sync]"

    run = run_pytest(tmp_path, "--stt-client=tests.clients.oddities:WaitsForAnotherKey", check)

    assert "observed  the call did not end: it waited for more than a year\n" in run.output
    assert re.search(r"\n +1\. the client makes a full call: answered with a 401\n", run.output)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "verdicts"),
    [
        pytest.param("errors:EmptyTextFor500", {Verdict.PASSED}, id="one kind of error"),
        pytest.param("request:RemembersLanguage", {Verdict.PASSED}, id="a call after a good call"),
        pytest.param("request:DataUri", {Verdict.PASSED, Verdict.COULD_NOT_RUN}, id="every call"),
    ],
)
def test_what_goes_wrong_without_errors_and_closes_is_not_blamed(
    pytester: pytest.Pytester, mutant: str, verdicts: set[Verdict]
) -> None:
    run = judge_here(pytester, f"tests.clients.mutants.{mutant}", "stt/state")
    assert {result.verdict for result in run.results.values()} - {Verdict.NOT_OFFERED} == verdicts


class TestCalls:
    @pytest.mark.parametrize("shape", ["full", "plain"])
    def test_they_are_valid_and_hold_their_number(self, shape: str) -> None:
        for number in range(1, 9):
            call = make_call(shape, number, CONTRACT, FEATURES)
            assert not list(CONTRACT.request.violations(CONTRACT.wire_body(call)))
            assert numbers_in(repr(call)) == {number}
            assert (set(call.arguments) == FEATURES - {"retries"}) == (shape == "full")

    def test_a_client_is_only_passed_what_it_takes(self) -> None:
        call = make_call("full", 1, CONTRACT, {"language"})
        assert set(call.arguments) == {"input_audio", "model", "language"}

    def test_a_text_belongs_to_one_call(self) -> None:
        assert numbers_in(f"{text_of(1)}, {text_of(12)}") == {1, 12}
        assert numbers_in("benchmark-1 mark-x") == set()

    def test_each_key_is_new(self) -> None:
        assert new_key() != new_key()


class TestMeeting:
    def test_nobody_goes_on_before_all_have_come(self) -> None:
        barrier, went_on = Barrier(3, 10), []

        def wait() -> None:
            barrier.wait()
            went_on.append(barrier.is_complete)

        threads = [threading.Thread(target=wait) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert went_on == [True] * 3

    def test_who_comes_alone_waits_once(self) -> None:
        barrier = Barrier(3, 0.05)
        before = time.monotonic()
        barrier.wait()
        assert time.monotonic() - before >= 0.05
        assert not barrier.is_complete
        for _ in range(3):
            barrier.wait()
        assert time.monotonic() - before < 5

    def test_it_is_complete_when_all_have_come(self) -> None:
        barrier, complete = Barrier(4, 0), []
        for _ in range(4):
            barrier.wait()
            complete.append(barrier.is_complete)
        assert complete == [False, False, False, True]

    @pytest.mark.parametrize("deadline", [1.0, 3.0, 60.0])
    def test_no_call_waits_until_its_deadline(self, deadline: float) -> None:
        context: Any = SimpleNamespace(harness=SimpleNamespace(profile=SimpleNamespace(deadline=deadline)))
        assert 0 < barrier_timeout(context) < deadline / 2
