"""What a sequence of calls shows of a client: only what came before is blamed, and as few steps as it takes are told."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.report import Verdict
from pytest_openrouter_stt.suite._course import make_call, new_key, numbers_in, text_of
from pytest_openrouter_stt.suite._crowd import Meeting
from tests.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = load_contract()
FEATURES = frozenset(CONTRACT.sdk.parameters)

SEQUENCE = "stt/state::test_any_sequence_of_calls[sync]"
_STEP = re.compile(r"^ +(\d+)\. (.*)$", re.MULTILINE)


def steps(folder: Path, mutant: str, seed: int) -> list[str]:
    """Return the steps that the failure of a mutant tells of."""
    run = run_pytest(folder, f"--stt-client=tests.clients.mutants.{mutant}", f"--stt-seed={seed}", SEQUENCE)
    found = _STEP.findall(run.output)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    return [words for _, words in found]


@pytest.mark.parametrize("seed", range(3))
class TestSteps:
    def test_they_are_as_few_as_it_takes(self, tmp_path: Path, seed: int) -> None:
        first, *errors, last = steps(tmp_path, "state:LastTranscriptAfterTwoErrors", seed)
        assert [first, last] == [line for line in (first, last) if line.endswith("answered with a transcript")]
        assert len(errors) == 2
        assert not any(line.endswith("answered with a transcript") for line in errors)

    def test_closing_is_a_step(self, tmp_path: Path, seed: int) -> None:
        closed, call = steps(tmp_path, "state:ReopensAClosedTransport", seed)
        client = closed.partition(" is closed")[0]
        assert closed == f"{client} is closed, and made anew with the same key"
        assert call.startswith(f"{client} makes a ")


@pytest.mark.parametrize(
    ("mutant", "verdict"),
    [
        pytest.param("errors:EmptyTextFor500", Verdict.PASSED, id="one kind of error"),
        pytest.param("errors:LosesStatus", Verdict.PASSED, id="every error"),
        pytest.param("request:RemembersLanguage", Verdict.PASSED, id="a call after a good call"),
        pytest.param("request:DataUri", Verdict.COULD_NOT_RUN, id="every call"),
    ],
)
def test_what_goes_wrong_without_a_sequence_is_not_blamed(tmp_path: Path, mutant: str, verdict: Verdict) -> None:
    run = run_pytest(tmp_path, f"--stt-client=tests.clients.mutants.{mutant}", "stt/state")
    assert {result.verdict for result in run.results.values()} - {Verdict.NOT_OFFERED} == {verdict}


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
        meeting, went_on = Meeting(3, 10), []

        def attend() -> None:
            meeting.attend()
            went_on.append(meeting.is_complete)

        threads = [threading.Thread(target=attend) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert went_on == [True] * 3

    def test_who_comes_alone_waits_once(self) -> None:
        meeting = Meeting(3, 0.05)
        before = time.monotonic()
        meeting.attend()
        assert time.monotonic() - before >= 0.05
        assert not meeting.is_complete
        for _ in range(3):
            meeting.attend()
        assert time.monotonic() - before < 5
