"""``--stt-fuzz``: rounds until the time is up, one report of each check, and failures that can be repeated."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from pytest_openrouter_stt.judging import Profile, checks
from pytest_openrouter_stt.plugin import fuzzing
from pytest_openrouter_stt.plugin.fuzzing import seconds_of
from pytest_openrouter_stt.report import Verdict
from tests.running import ISOLATED, REPOSITORY, judge_here, run_pytest
from tests.versions import newest_draws

if TYPE_CHECKING:
    from pathlib import Path

MODEL, LANGUAGE = "stt/request::test_model_is_verbatim[sync]", "stt/request::test_language_is_verbatim[sync]"
FORMAT, URL = "stt/request::test_format_is_renamed[sync]", "stt/request::test_method_and_url[sync]"
REFERENCE = "tests.clients.reference:Client"
HOURS = "--stt-fuzz=2h"
"""For runs that end otherwise."""

RARE = """
from tests.clients.reference import Client as Reference

class Client(Reference):
    '''Changes models that twenty examples hardly ever hold.'''

    def body(self, arguments):
        body = super().body(arguments)
        if len(body["model"]) > 12 and body["model"][-1].isupper():
            body["model"] = body["model"].lower()
        return body
"""


@pytest.fixture
def rare(pytester: pytest.Pytester) -> str:
    pytester.makepyfile(rare=RARE)
    pytester.syspathinsert()
    return "rare:Client"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is a hundredth of a second later each time that somebody looks: no test depends on the machine."""
    looks = 0

    def monotonic() -> float:
        nonlocal looks
        looks += 1
        return looks / 100

    for module in (fuzzing, checks):
        monkeypatch.setattr(module, "monotonic", monotonic)


def lines_of_progress(output: str) -> list[str]:
    return re.findall(r"^stt fuzz: (.*)$", output, re.MULTILINE)


def round_of(output: str) -> int:
    found = re.search(r"^round (\d+), [\d,]+ examples, \d+ failed in ", output, re.MULTILINE)
    assert found is not None, output
    return int(found[1])


# How long.


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1h0m5s", 3605),
        ("90", 90),
        ("0.5s", 0.5),
        ("1.5", 1.5),
    ],
)
def test_a_duration_is_hours_and_minutes_and_seconds(duration: str, seconds: float) -> None:
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize(
    "duration", ["x", "0", "0s", "-1", "5 m", "1m1h", "5d", "1e3", "nan", "h", "1h30", "٣", "9" * 400]
)
def test_what_is_no_duration_is_a_usage_error(duration: str) -> None:
    with pytest.raises(pytest.UsageError) as caught:
        seconds_of(duration)
    assert str(caught.value) == (
        f"stt: --stt-fuzz is {duration!r}; it has to be a time of more than 0, such as 30s, 5m, 2h or 1h30m, "
        "or a number of seconds"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stt-fuzz=soon"], "stt: --stt-fuzz is 'soon'; it has to be a time of more than 0, such as 30s"),
        (["--stt-fuzz=1s", "-n2"], "stt: --stt-fuzz runs in one process; leave out -n, or give -n0"),
    ],
    ids=["duration", "xdist"],
)
def test_bad_usage_ends_before_the_first_test(pytester: pytest.Pytester, options: list[str], message: str) -> None:
    done = pytester.runpytest(f"--stt-client={REFERENCE}", *options)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert message in done.stderr.str()


def test_the_header_says_so_and_the_configuration_file_may(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\nstt_client = {REFERENCE}\nstt_fuzz = 1h30m\n")

    done = pytester.runpytest("--collect-only", "-n0", "stt/request")

    done.stdout.fnmatch_lines("stt: spec *, seed 0, fuzz 1h30m")
    assert done.ret == 0
    assert "stt fuzz" not in done.stdout.str()
    assert "stt: fuzz =" not in done.stdout.str()


# Rounds.


@pytest.mark.usefixtures("clock")
def test_what_passes_is_tried_until_the_time_is_up_and_reported_once(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--stt-fuzz=5", MODEL, LANGUAGE, URL, *ISOLATED, "-v")

    assert done.ret == 0
    done.assert_outcomes(passed=3)
    assert Counter(re.findall(r"^(stt/request::\S+) PASSED", done.stdout.str(), re.MULTILINE)) == {
        MODEL: 1,
        LANGUAGE: 1,
        URL: 1,
    }
    assert round_of(done.stdout.str()) > 2
    assert re.fullmatch(r"round 1, 40 examples, 0 failed, \d+s left", lines_of_progress(done.stdout.str())[0])
    done.stdout.fnmatch_lines(["*= stt: fuzz =*", "conformant: all 3 MUST checks*"])


@pytest.mark.usefixtures("clock")
def test_no_example_is_tried_after_the_time_is_up(pytester: pytest.Pytester) -> None:
    # Each example costs one look at the clock, a hundredth of a second; only the first round is never cut short.
    done = pytester.runpytest(
        f"--stt-client={REFERENCE}", "--stt-fuzz=2", "--stt-max-examples=100", MODEL, *ISOLATED, "-q"
    )

    examples = re.search(r"^round 2, (\d+) examples", done.stdout.str(), re.MULTILINE)
    assert examples is not None
    assert 100 < int(examples[1]) < 200


@pytest.mark.usefixtures("clock")
def test_the_first_round_is_complete_however_little_time_there_is(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--stt-fuzz=0.01", MODEL, LANGUAGE, *ISOLATED)

    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines("round 1, 40 examples, 0 failed in *")


@pytest.mark.usefixtures("clock")
def test_little_is_said_of_the_progress_when_that_is_wanted(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--stt-fuzz=5", MODEL, *ISOLATED, "-q")

    assert lines_of_progress(done.stdout.str()) == []
    assert round_of(done.stdout.str()) > 2


@pytest.mark.usefixtures("clock")
def test_what_draws_no_examples_is_run_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")

    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--stt-fuzz=5", ".", URL, *ISOLATED)

    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines("round 1, 0 examples, 0 failed in *")


@pytest.mark.usefixtures("clock")
def test_nothing_is_said_when_the_suite_is_left_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")

    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--stt-fuzz=10", ".", *ISOLATED)

    done.assert_outcomes(passed=1)
    assert "round" not in done.stdout.str()


@pytest.mark.usefixtures("clock")
def test_fixtures_of_the_session_are_made_once(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest
        from tests.clients.reference import Client

        made = []

        @pytest.fixture(scope="session")
        def stt_client_under_test():
            made.append(1)
            yield Client
            made.append(-1)

        def pytest_unconfigure():
            assert made == [1, -1]
        """
    )

    done = pytester.runpytest("--stt-fuzz=5", MODEL, LANGUAGE, *ISOLATED)

    assert done.ret == 0
    assert round_of(done.stdout.str()) > 2


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
def test_warnings_and_output_do_not_pile_up(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        noisy="""
        import warnings
        from tests.clients.reference import Client as Reference

        class Client(Reference):
            def body(self, arguments):
                print("a body")
                warnings.warn(DeprecationWarning("old"))
                return super().body(arguments)
        """
    )
    pytester.syspathinsert()
    junit = ("--junitxml=out.xml", "-o", "junit_logging=all", "-o", "junit_log_passing_tests=1")
    options = ("--stt-client=noisy:Client", MODEL, LANGUAGE, *junit, *ISOLATED)

    once = pytester.runpytest(*options).parseoutcomes()
    lines = (pytester.path / "out.xml").read_text().count("a body")
    many = pytester.runpytest(*options, "--stt-fuzz=5")

    assert many.parseoutcomes() == once
    assert once["warnings"] > 0
    assert (pytester.path / "out.xml").read_text().count("a body") == lines > 0
    assert round_of(many.stdout.str()) > 2


# Failures.


@pytest.mark.slow
@newest_draws
def test_what_twenty_examples_miss_is_found_and_the_command_that_is_printed_repeats_it(
    pytester: pytest.Pytester, rare: str
) -> None:
    assert judge_here(pytester, rare, MODEL).checks(Verdict.FAILED) == set()

    found = run_pytest(pytester.path, f"--stt-client={rare}", HOURS, MODEL)

    assert found.exit_code == pytest.ExitCode.TESTS_FAILED
    assert round_of(found.output) > 1
    assert {node_id: result.verdict for node_id, result in found.results.items()} == {MODEL: Verdict.FAILED}
    commands = re.findall(r"^(?:repeat    |  )(pytest .*)$", found.output, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0] == commands[1]
    program, *options = shlex.split(commands[0])
    assert (program, options[-1]) == ("pytest", MODEL)
    again = run_pytest(pytester.path, *options)
    assert again.exit_code == pytest.ExitCode.TESTS_FAILED
    assert call_in(again.output) == call_in(found.output)
    assert "model='000000000000A'" in call_in(found.output)


def call_in(output: str) -> str:
    """Return the part of the first failure that shows the smallest call."""
    found = re.search(r"^observed .*?^client ", output, re.MULTILINE | re.DOTALL)
    assert found is not None, output
    return found[0]


def test_each_check_is_one_test_case_of_junit_with_one_verdict(pytester: pytest.Pytester, rare: str) -> None:
    pytester.runpytest(f"--stt-client={rare}", HOURS, MODEL, URL, "--junitxml=out.xml", *ISOLATED)

    cases = list(ET.parse(pytester.path / "out.xml").iter("testcase"))
    assert sorted(str(case.get("name")) for case in cases) == [
        "test_method_and_url[sync]",
        "test_model_is_verbatim[sync]",
    ]
    verdicts = [[p.get("value") for p in case.iter("property") if p.get("name") == "stt_verdict"] for case in cases]
    assert sorted(verdicts) == [["failed"], ["passed"]]
    assert sum(1 for case in cases for _ in case.iter("failure")) == 1


@pytest.mark.parametrize(
    ("option", "said", "code"),
    [
        ("-x", "*stopping after 1 failures*", pytest.ExitCode.TESTS_FAILED),
        ("--stepwise", "*Interrupted: Test failed, continuing from this test next run.*", pytest.ExitCode.INTERRUPTED),
    ],
)
def test_the_first_failure_ends_the_run_when_that_is_wanted(
    pytester: pytest.Pytester, rare: str, option: str, said: str, code: int
) -> None:
    done = pytester.runpytest(f"--stt-client={rare}", HOURS, FORMAT, MODEL, option, "-p", "no:randomly")

    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines([said])
    assert done.ret == code


def test_what_failed_last_is_known_afterwards(pytester: pytest.Pytester, rare: str) -> None:
    pytester.runpytest(f"--stt-client={rare}", HOURS, MODEL, URL, "-p", "no:randomly")

    done = pytester.runpytest(f"--stt-client={rare}", "--lf", "--collect-only", "-q", "stt", "-p", "no:randomly")

    assert [line for line in done.outlines if line.startswith("stt/")] == [MODEL]


@pytest.mark.slow
def test_the_commands_of_the_how_to_do_what_it_says(pytester: pytest.Pytester) -> None:
    text = (REPOSITORY / "docs" / "how-to" / "fuzz-a-client.md").read_text("utf-8")
    (client,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    first, again, _ = re.findall(r"^```console\n\$ pytest (.*)\n```", text, re.MULTILINE)
    pytester.makepyfile(mypkg=client)

    found = run_pytest(pytester.path, "-o", "pythonpath=.", *shlex.split(first))

    assert found.exit_code == pytest.ExitCode.TESTS_FAILED
    (command,) = re.findall(r"^  pytest (.*\[sync\].*)$", found.output, re.MULTILINE)
    assert re.sub(r"=\d+", "=N", command) == re.sub(r"=\d+", "=N", again)
    repeated = run_pytest(pytester.path, "-o", "pythonpath=.", *shlex.split(command))
    assert call_in(repeated.output) in found.output


# Ctrl-C.


@pytest.mark.slow
def test_ctrl_c_ends_it_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "tests").symlink_to(REPOSITORY / "tests", target_is_directory=True)
    options = ("--stt-client=tests.clients.mutants.request:ForgetsToRenameFormat", HOURS, MODEL, FORMAT)
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *ISOLATED, *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        output = ""
        while "stt fuzz: round 1" not in output and (line := running.stdout.readline()):
            output += line
        running.send_signal(signal.SIGINT)
        output += running.communicate(timeout=60)[0]

    assert running.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "KeyboardInterrupt" in output
    assert re.search(r"^round \d+, [\d,]+ examples, 1 failed in ", output, re.MULTILINE)
    assert re.search(rf"^FAILED {re.escape(FORMAT)}", output, re.MULTILINE)
    assert "not conformant: 1 of 2 MUST checks failed, in 1 of 2 cases" in output
    assert "1 failed, 1 passed" in output


INTERRUPTS = """
import os
import signal
from tests.clients.reference import Client as Reference

class Client(Reference):
    '''Has a defect, and the user presses Ctrl-C when it shows for the third time.'''
    shown = 0

    def body(self, arguments):
        body = super().body(arguments)
        if len(body["model"]) > 3 and "whisper" not in body["model"]:
            body["model"] = ""
            Client.shown += 1
            if Client.shown == 3:
                os.kill(os.getpid(), signal.SIGINT)
        return body
"""


ALONE = ("-o", "pythonpath=.", "--stt-max-examples=21")
"""More than the usual number, from which on each check makes calls of its own."""


def test_ctrl_c_that_python_drops_is_remembered() -> None:
    profile = Profile(max_examples=1, seed=0, deadline=1)

    with pytest.raises(KeyboardInterrupt), fuzzing._remembering_interrupts(profile):  # noqa: SLF001
        signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt), profile.example():
        pytest.fail("one more example was tried")


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_where_ctrl_c_is_nothing_for_python_it_stays_so(handler: signal.Handlers) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        with fuzzing._remembering_interrupts(Profile(max_examples=1, seed=0, deadline=1)):  # noqa: SLF001
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_ctrl_c_before_anything_failed_reports_nothing(tmp_path: Path) -> None:
    (tmp_path / "interrupts.py").write_text(INTERRUPTS.replace('body["model"] = ""', "").replace("== 3", "== 1"))

    run = run_pytest(tmp_path, "--stt-client=interrupts:Client", *ALONE, HOURS, FORMAT, MODEL)

    assert run.exit_code == pytest.ExitCode.INTERRUPTED, run.output
    assert {node_id: result.verdict for node_id, result in run.results.items()} == {FORMAT: Verdict.PASSED}
    assert "1 passed" in run.output


@pytest.mark.slow
def test_ctrl_c_while_a_smaller_call_is_looked_for_reports_the_failure(tmp_path: Path) -> None:
    (tmp_path / "interrupts.py").write_text(INTERRUPTS)

    run = run_pytest(tmp_path, "--stt-client=interrupts:Client", *ALONE, HOURS, FORMAT, MODEL)

    assert run.exit_code == pytest.ExitCode.INTERRUPTED, run.output
    assert {node_id: result.verdict for node_id, result in run.results.items()} == {
        FORMAT: Verdict.PASSED,
        MODEL: Verdict.FAILED,
    }
    assert "changed on the way: the model" in call_in(run.output)
    assert "not conformant: 1 of 2 MUST checks failed, in 1 of 2 cases" in run.output
