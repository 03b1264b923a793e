"""What fails a run and what does not: levels, known failures, and runs that do not come to their end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.running import run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.report.conftest import Shown

WRONG = "--stt-client=wrong:Wrong"
RIGHT = "--stt-client=tests.clients.reference:Client"
FAILING = ("stt/errors::test_status[sync-500]", "stt/errors::test_status[sync-429]")
REPORT = "--stt-report=report.json"
KNOWN = "--stt-known-failures=known.txt"


@pytest.fixture(autouse=True)
def _wrong_client(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        wrong="""
        from tests.clients.reference import Client

        class Wrong(Client):
            def read(self, response):
                if response.status_code >= 400:
                    raise RuntimeError("wrong")
                return super().read(response)
        """
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["known.toml", "known.txt"])
def test_what_fails_now_can_be_written_and_is_known_from_then_on(run: Callable[..., Shown], name: str) -> None:
    first = run(WRONG, *FAILING, f"--stt-write-known-failures={name}")
    second = run(WRONG, *FAILING, f"--stt-known-failures={name}", REPORT)

    assert first.exit_code == 1
    assert second.exit_code == 0
    assert "in 2 of 2 cases, all of them known" in second
    client = second.client()
    assert client["green"]
    assert client["verdict"] == "not conformant"
    assert all(case["known"] for check in client["checks"] for case in check["cases"])


def test_a_list_that_is_written_over_itself_keeps_owners_and_dates(
    pytester: pytest.Pytester, run: Callable[..., Shown]
) -> None:
    said = 'reason = "later"\nowner = "me"\nexpires = 2099-12-31\n'
    pytester.makefile(".toml", known=f'[[failure]]\nid = "errors"\n{said}')

    done = run(WRONG, *FAILING, "--stt-known-failures=known.toml", "--stt-write-known-failures=known.toml")

    assert done.exit_code == 0
    assert said in (done.folder / "known.toml").read_text("utf-8")


def test_a_new_failure_beside_a_known_one_fails(pytester: pytest.Pytester, run: Callable[..., Shown]) -> None:
    pytester.makefile(".txt", known="errors::test_status[*-500]  # later")

    done = run(WRONG, *FAILING, REPORT, KNOWN)

    assert done.exit_code == 1
    assert done.client()["green"] is False
    assert "in 2 of 2 cases, 1 of them known" in done


@pytest.mark.parametrize(
    ("client", "lines", "said"),
    [
        (RIGHT, "errors::test_status # mended since", "known.txt:1: errors::test_status passes; remove the entry"),
        (WRONG, "errors # x\nerrors::test_stats # y", "known.txt:2: errors::test_stats matches no check; mend the ID"),
    ],
)
def test_an_entry_that_is_not_needed_fails(
    pytester: pytest.Pytester, run: Callable[..., Shown], client: str, lines: str, said: str
) -> None:
    pytester.makefile(".txt", known=lines)

    done = run(client, FAILING[0], KNOWN, REPORT)

    assert done.exit_code == 1
    assert said in done
    assert done.client()["stale"] == [said]
    assert done.client()["green"] is False


def test_an_entry_of_what_was_not_asked_for_is_left_alone(pytester: pytest.Pytester, run: Callable[..., Shown]) -> None:
    pytester.makefile(".txt", known="retry::test_retries_off_means_one_request  # later")

    assert run(RIGHT, FAILING[0], KNOWN).exit_code == 0


def test_an_unusable_file_ends_before_the_first_test(pytester: pytest.Pytester) -> None:
    pytester.makefile(".txt", known="errors::test_status")

    done = pytester.runpytest(RIGHT, FAILING[0], KNOWN)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*stt: known.txt:1: 'errors::test_status' has no reason*")


@pytest.mark.parametrize(
    ("mutant", "check", "level", "exit_code"),
    [
        ("errors:LosesHeaders", "stt/errors::test_headers_are_kept", "must", 0),
        ("errors:LosesHeaders", "stt/errors::test_headers_are_kept", "should", 1),
        ("retry:KnowsNoMilliseconds", "stt/retry::test_retry_after_in_milliseconds_is_honoured", "should", 0),
        ("retry:KnowsNoMilliseconds", "stt/retry::test_retry_after_in_milliseconds_is_honoured", "may", 1),
    ],
)
def test_the_level_says_what_fails_the_run(
    run: Callable[..., Shown], mutant: str, check: str, level: str, exit_code: int
) -> None:
    done = run(f"--stt-client=tests.clients.mutants.{mutant}", FAILING[0], check, f"--stt-level={level}", REPORT)

    assert done.exit_code == exit_code
    assert done.client()["green"] is (exit_code == 0)
    assert done.client()["verdict"] == "conformant", "that is about MUST alone"


BREAKING_OFF = """
import pytest

def pytest_runtest_logreport(report):
    if report.when == "teardown":
        {statement}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "exit_code", "why"),
    [
        ("raise KeyboardInterrupt", 2, "the run was stopped: by the user; 1 of 2 cases were not run"),
        ("pytest.exit('enough', returncode=0)", 1, "the run was stopped: enough; 1 of 2 cases were not run"),
        ("pytest.exit('enough')", 2, "the run was stopped: enough; 1 of 2 cases were not run"),
    ],
)
def test_a_run_that_is_broken_off_is_not_green(tmp_path: Path, statement: str, exit_code: int, why: str) -> None:
    (tmp_path / "breaking.py").write_text(BREAKING_OFF.format(statement=statement))

    done = run_pytest(
        tmp_path, RIGHT, *FAILING, REPORT, "--stt-badge=badge.json", "-p", "breaking", "-o", "pythonpath=."
    )

    (client,) = json.loads((tmp_path / "report.json").read_text())["clients"]
    assert done.exit_code == exit_code
    assert client["exit_code"] == exit_code
    assert not client["green"]
    assert client["verdict"] == "no verdict"
    assert client["unfinished"] == why
    assert "green" not in (tmp_path / "badge.json").read_text()


def test_a_run_that_stops_at_a_failure_of_the_projects_own_is_not_green(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "test_own.py", *FAILING, "-x", REPORT, test_own="def test_own(): assert 0")

    assert done.exit_code == 1
    assert done.client()["unfinished"] == "the run was stopped: stopping after 1 failures; 2 of 2 cases were not run"


def test_a_run_that_cannot_be_collected_is_not_green(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "test_own.py", *FAILING, REPORT, test_own="import nothing_of_that_name")

    assert done.exit_code == 2
    assert done.client()["verdict"] == "no verdict"
    assert done.client()["unfinished"]


def test_the_projects_own_failures_are_not_the_clients(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "test_own.py", FAILING[0], REPORT, test_own="def test_own(): assert 0")

    assert done.exit_code == 1
    assert done.client()["green"]
    assert done.client()["exit_code"] == 1


def test_a_check_whose_end_fails_does_not_count_as_passed(run: Callable[..., Shown]) -> None:
    teardown = """
        import pytest

        @pytest.fixture(autouse=True)
        def broken():
            yield
            raise RuntimeError("broken")
    """
    done = run(RIGHT, FAILING[0], REPORT, conftest=teardown)

    assert done.exit_code == 1
    assert done.client()["verdict"] == "no verdict"
    assert done.client()["checks"][0]["outcome"] == "could not run"


def test_a_report_of_a_run_before_does_not_stay(run: Callable[..., Shown]) -> None:
    first = run(RIGHT, FAILING[0], REPORT)
    assert first.client()["green"]

    run(RIGHT, FAILING[0], REPORT, conftest="def pytest_collection(session): raise RuntimeError('broken')")

    assert not json.loads((first.folder / "report.json").read_text())["clients"][0]["green"]


def test_only_collecting_writes_and_removes_nothing(run: Callable[..., Shown]) -> None:
    first = run(RIGHT, FAILING[0], REPORT)
    text = (first.folder / "report.json").read_text()

    run(RIGHT, FAILING[0], REPORT, "--collect-only")

    assert (first.folder / "report.json").read_text() == text


def test_a_run_without_the_suite_says_nothing_of_the_client(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "test_own.py", REPORT, test_own="def test_own(): pass")

    assert done.exit_code == 0
    assert done.client()["verdict"] == "no verdict"
    assert done.client()["unfinished"] == "no check was run"


CRASHING = """
import os

from tests.clients.reference import Client


class Crashing(Client):
    def read(self, response):
        if response.status_code == 500:
            os._exit(3)
        return super().read(response)
"""


@pytest.mark.slow
def test_a_worker_that_crashes_is_told_and_nothing_is_green(tmp_path: Path) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING)

    done = run_pytest(
        tmp_path, "-n1", "--stt-client=crashing:Crashing", "-opythonpath=.", *FAILING, REPORT, "--stt-badge=badge.json"
    )

    (client,) = json.loads((tmp_path / "report.json").read_text())["clients"]
    cases = {case["node_id"]: case for check in client["checks"] for case in check["cases"]}
    assert done.exit_code == 1
    assert not client["green"]
    assert client["verdict"] == "no verdict"
    assert cases[FAILING[0]]["reason"] == "the process that ran the check ended before it was over"
    assert cases[FAILING[1]]["outcome"] == "passed"


@pytest.mark.slow
@pytest.mark.parametrize("own", ["test_own.py", "stt/test_own.py"])
def test_a_worker_that_a_test_of_the_projects_own_ends_says_nothing_of_the_client(tmp_path: Path, own: str) -> None:
    (tmp_path / "stt").mkdir()
    (tmp_path / own).write_text("import os\n\n\ndef test_own():\n    os._exit(3)\n")

    done = run_pytest(tmp_path, "-n1", RIGHT, *FAILING, own, REPORT)

    (client,) = json.loads((tmp_path / "report.json").read_text())["clients"]
    assert done.exit_code == 1
    assert client["verdict"] == "conformant"
    assert [case["outcome"] for check in client["checks"] for case in check["cases"]] == ["passed", "passed"]


@pytest.mark.slow
def test_workers_that_cannot_go_on_leave_the_rest_not_run(tmp_path: Path) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING)

    done = run_pytest(
        tmp_path, "-n1", "--max-worker-restart=0", "--stt-client=crashing:Crashing", "-opythonpath=.", *FAILING, REPORT
    )

    (client,) = json.loads((tmp_path / "report.json").read_text())["clients"]
    assert done.exit_code != 0
    assert not client["green"]
