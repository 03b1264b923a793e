"""Several clients in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running import run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.report.conftest import Shown

REFERENCE = "tests.clients.reference:Client"
MUTANT = "tests.clients.mutants.errors:EmptyTextFor500"
BOTH = (f"--stt-client={REFERENCE}", f"--stt-client={MUTANT}")
CHECK = "stt/errors::test_status"


def cases(done: Shown) -> list[dict[str, str]]:
    return [
        {case["node_id"]: case["outcome"] for check in client["checks"] for case in check["cases"]}
        for client in done.report()["clients"]
    ]


def test_each_is_judged_and_all_are_shown_side_by_side(run: Callable[..., Shown]) -> None:
    done = run(*BOTH, CHECK, "--stt-report=report.json")

    right, wrong = cases(done)
    titles = [client["client"]["name"] for client in done.report()["clients"]]
    assert done.exit_code == 1
    assert titles == [REFERENCE, MUTANT]
    assert set(right) == set(wrong)
    assert set(right.values()) == {"passed"}
    assert {node_id for node_id, outcome in wrong.items() if outcome == "failed"} == {
        f"{CHECK}[sync-500]",
        f"{CHECK}[async-500]",
    }
    assert f"stt: {REFERENCE}" in done
    assert f"stt: {MUTANT}" in done
    assert "stt: all clients" in done


@pytest.mark.slow
def test_random_order_changes_no_verdict(run: Callable[..., Shown]) -> None:
    in_order = run(*BOTH, CHECK, "--stt-report=report.json")
    shuffled = run(*BOTH, CHECK, "--stt-report=report.json", "-p", "randomly", "-p", "random_order")

    assert cases(in_order) == cases(shuffled)


def test_a_case_of_one_client_can_be_asked_for(run: Callable[..., Shown]) -> None:
    done = run(*BOTH, f"{CHECK}[{MUTANT}-sync-500]")

    assert done.verdicts() == ["failed"]


@pytest.mark.slow
def test_known_failures_are_named_as_with_one_client(run: Callable[..., Shown], pytester: pytest.Pytester) -> None:
    pytester.makefile(".txt", known=f"[{MUTANT}]\nerrors::test_status[*-500]  # later")

    done = run(*BOTH, CHECK, "--stt-known-failures=known.txt")

    assert done.exit_code == 0


@pytest.mark.slow
def test_they_can_be_given_in_the_configuration_file(run: Callable[..., Shown], pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\nstt_client =\n    {REFERENCE}\n    {MUTANT}\n")

    done = run(CHECK, "--stt-report=report.json")

    assert [client["verdict"] for client in done.report()["clients"]] == ["conformant", "not conformant"]


@pytest.mark.slow
def test_two_kinds_of_clients_do_not_disturb_each_other(run: Callable[..., Shown]) -> None:
    done = run(
        "--stt-client=tests.clients.transports:OnUrllib3",
        f"--stt-client={REFERENCE}",
        "stt/request",
        "stt/network",
        "--stt-report=report.json",
    )

    over_sockets, in_process = done.report()["clients"]
    assert over_sockets["settings"]["endpoint"] == ["loopback"]
    assert in_process["settings"]["endpoint"] == ["respx"]
    assert over_sockets["verdict"] == in_process["verdict"] == "conformant"


@pytest.mark.slow
def test_one_that_cannot_be_judged_does_not_keep_the_other_from_it(run: Callable[..., Shown]) -> None:
    done = run(
        f"--stt-client={REFERENCE}",
        "--stt-client=silent:Silent",
        CHECK,
        "--stt-report=report.json",
        silent="""
        class Silent:
            def __init__(self, api_key):
                pass

            def create_transcription(self, *, input_audio, model):
                return {"text": ""}
    """,
    )

    assert done.exit_code == 1
    assert [client["verdict"] for client in done.report()["clients"]] == ["conformant", "no verdict"]


def test_the_same_client_twice_is_a_usage_error(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={REFERENCE}", f"--stt-client={REFERENCE}")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*is given twice; name each client once*")


@pytest.mark.slow
def test_workers_share_the_work(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "-n2", *BOTH, CHECK)

    assert "2 failed, 38 passed" in done.output
