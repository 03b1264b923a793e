"""The plugin as its users meet it: on the command line, in a conftest.py, in their own tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Level, Verdict
from tests.contract._documents import packaged, schemas
from tests.running import judge_here, run_pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Run

REFERENCE = "tests.clients.reference:Client"
COUNT = "1"
QUICK = f"--stt-max-examples={COUNT}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stt-client=nonsense"], "there is no module 'nonsense'"),
        (["--stt-client=json"], "module 'json' has neither OpenRouter nor stt_client"),
        (["--stt-client=json:missing"], "'json' has no attribute 'missing'"),
        (["--stt-client=json:"], "it is not the name of a module"),
        (["--stt-client=json", "--stt-spec=nowhere.yaml"], "nowhere.yaml: there is no such file"),
        ([f"--stt-client={REFERENCE}", "--stt-max-examples=0"], "--stt-max-examples is '0'"),
        ([f"--stt-client={REFERENCE}", "--stt-seed=x"], "--stt-seed is 'x'"),
        ([f"--stt-client={REFERENCE}", "--stt-level=shall"], "--stt-level is 'shall'"),
        ([f"--stt-client={REFERENCE}", "stt/nonsense"], "not found: stt/nonsense"),
        (["stt"], "there is no client to judge"),
        (["stt/"], "there is no client to judge"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "message",
)
def test_bad_usage_ends_before_the_first_test(pytester: pytest.Pytester, options: list[str], message: str) -> None:
    pytester.makepyfile("def test_own(): pass")

    done = pytester.runpytest(*options)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert message in " ".join(done.stderr.lines)
    assert "test_own" not in done.stdout.str()


@pytest.mark.parametrize(
    ("schema", "keyword", "problem"),
    [
        ("STTRequest", "patternProperties", "is not understood; understood are additionalProperties, *"),
        ("STTInputAudio", "dependentRequired", "is not understood; *"),
        ("STTResponse", "contains", "is not understood; *"),
        ("BadRequestResponseErrorData", "not", "is not understood; *"),
        ("STTRequest", "minProperties", "is not understood of a request as a whole"),
    ],
)
def test_a_keyword_that_is_not_understood_ends_before_the_first_test(
    pytester: pytest.Pytester, schema: str, keyword: str, problem: str
) -> None:
    document = packaged()
    schemas(document)[schema][keyword] = 3 if keyword == "minProperties" else {}
    pytester.makefile(".json", openapi=json.dumps(document))
    pytester.makepyfile("def test_own(): pass")

    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--stt-spec=openapi.json")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(f"*stt: #/* uses {keyword!r}, which {problem}")
    assert "test_own" not in done.stdout.str()


def test_missing_module_says_where_pytest_looks(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("--stt-client=nonsense")

    done.stderr.fnmatch_lines("*python -m pytest*pythonpath*")


def test_client_that_cannot_be_imported_is_named_with_its_reason(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(broken="raise RuntimeError('no licence')")
    pytester.syspathinsert()

    done = pytester.runpytest("--stt-client=broken")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*importing it raised RuntimeError: no licence*")


def test_importing_a_client_reaches_no_host(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(caller="import socket\nsocket.create_connection(('192.0.2.1', 443), timeout=1)")
    pytester.syspathinsert()

    done = pytester.runpytest("--stt-client=caller")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*importing it raised *192.0.2.1:443 is beyond this machine*")


def test_header_says_who_is_judged_and_against_what(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--collect-only", "--stt-seed=7", QUICK)

    spec = f"stt: spec packaged (*), endpoint auto, level must, {COUNT} examples, seed 7"
    done.stdout.fnmatch_lines([f"stt: client {REFERENCE}", spec])


def test_options_can_be_given_in_the_configuration_file(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\nstt_client = {REFERENCE}\nstt_max_examples = 1\nstt_level = should\n")

    done = pytester.runpytest("--collect-only")

    done.stdout.fnmatch_lines([f"stt: client {REFERENCE}", "stt: *level should, 1 examples*"])


def test_a_run_on_the_command_line_passes_and_says_so(reference_run: Run) -> None:
    assert reference_run.exit_code == 0
    assert "conformant: all" in reference_run.output
    assert set(reference_run.results) == {node_id for node_id in reference_run.results if node_id.startswith("stt/")}


@pytest.mark.slow
def test_the_official_sdk_passes_every_must_check(tmp_path: Path) -> None:
    pytest.importorskip("openrouter")
    # Not in this process: its clients close themselves when they are collected, which may be in another test.
    run = run_pytest(tmp_path, "--stt-client=openrouter", QUICK)

    assert run.exit_code == 0, run.output
    assert run.checks(Verdict.COULD_NOT_RUN) == set()
    assert run.checks(Verdict.FAILED) >= {
        "request::test_unknown_provider_slugs_are_kept",
        "errors::test_redirects_do_not_turn_post_into_get",
    }


def collected(pytester: pytest.Pytester, *options: str) -> list[str]:
    """Return the node IDs of all cases, in order."""
    done = pytester.runpytest(f"--stt-client={REFERENCE}", "--collect-only", "-q", *options)
    return sorted(line for line in done.outlines if line.startswith("stt/"))


@pytest.mark.slow
def test_the_same_node_ids_with_two_workers(pytester: pytest.Pytester) -> None:
    together = run_pytest(pytester.path, f"--stt-client={REFERENCE}", QUICK, "-n2")

    assert together.exit_code == 0
    assert sorted(together.results) == collected(pytester)
    assert "conformant: all" in together.output


def test_a_node_id_can_be_given_back(pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, REFERENCE, QUICK, "stt/errors::test_status[sync-429]")

    assert list(run.results) == ["stt/errors::test_status[sync-429]"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "ini",
    [
        "[pytest]\npython_files = check_*.py\npython_functions = check_*\naddopts = --import-mode=importlib\n",
        "[pytest]\naddopts = --strict-markers --strict-config -W error\n",
    ],
    ids=["own-patterns", "strict"],
)
def test_the_suite_is_complete_in_any_project(pytester: pytest.Pytester, ini: str) -> None:
    expected = collected(pytester, "-c", "/dev/null", f"--rootdir={pytester.path}")
    pytester.makeini(ini)
    pytester.makepyfile(check_own="def check_own(): pass", test_own="def test_own(): pass")

    assert collected(pytester) == expected
    assert judge_here(pytester, REFERENCE, QUICK, "stt/request", "stt/errors").exit_code == 0


@pytest.mark.parametrize("level", Level)
def test_levels_are_markers(pytester: pytest.Pytester, reference_run: Run, level: Level) -> None:
    of_the_level = [node_id for node_id, result in reference_run.results.items() if result.level is level]

    assert collected(pytester, "-m", f"stt_{level.lower()}") == sorted(of_the_level)
    assert of_the_level


# --- the client as a fixture ---


FIXTURE = """
import pytest
from tests.clients.reference import Client

@pytest.fixture
def stt_client_under_test():
    return {value}
"""


@pytest.mark.slow
@pytest.mark.parametrize("value", ["Client", "Client(api_key='its own')"], ids=["class", "object"])
def test_a_fixture_of_the_project_can_give_the_client(pytester: pytest.Pytester, value: str) -> None:
    pytester.makeconftest(FIXTURE.format(value=value))
    pytester.makepyfile("def test_own(): pass")

    done = pytester.runpytest(QUICK, "-k", "test_model_is_verbatim or test_bearer_key or test_own")

    assert done.ret == 0
    done.stdout.fnmatch_lines("*stt: Client*")
    offered = "passed" if value == "Client" else "skipped"
    assert done.parseoutcomes()[offered] >= 8


def test_a_fixture_that_the_suite_cannot_see_is_a_usage_error(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("tests")
    (folder / "conftest.py").write_text(FIXTURE.format(value="Client"))

    done = pytester.runpytest("--rootdir=.", str(folder))

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*only tests beside it see*move it to the conftest.py in*")


# --- clients that do not play along ---


VIA_REQUESTS = """
import requests

class Client:
    def __init__(self, api_key):
        self.api_key = api_key

    def create_transcription(self, *, input_audio, model):
        headers = {"Authorization": f"Bearer {self.api_key}"}
        url = "https://openrouter.ai/api/v1/audio/transcriptions"
        return requests.post(url, json={"model": model}, headers=headers, timeout=5).json()
"""


@pytest.mark.slow
def test_a_client_that_is_not_intercepted_is_told_where_it_went(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(via_requests=VIA_REQUESTS)
    pytester.syspathinsert()

    run = judge_here(pytester, "via_requests:Client", "--stt-endpoint=respx")

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert {result.verdict for result in run.results.values()} == {Verdict.COULD_NOT_RUN}
    assert all("openrouter.ai:443" in result.reason for result in run.results.values())


def test_a_client_that_retries_for_ever_is_failed(tmp_path: Path) -> None:
    run = run_pytest(
        tmp_path, "--stt-client=tests.clients.mutants.endless:RetriesForEver", QUICK, "stt/errors::test_status"
    )

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    result = run.results["stt/errors::test_status[sync-500]"]
    assert (result.verdict, result.reason) == (
        Verdict.FAILED,
        "the call did not end: it sent requests without end",
    )
    assert run.results["stt/errors::test_status[sync-429]"].verdict is Verdict.PASSED


@pytest.mark.slow
def test_a_client_that_blocks_for_ever_is_failed_and_then_left_alone(tmp_path: Path) -> None:
    run = run_pytest(
        tmp_path, "--stt-client=tests.clients.mutants.endless:BlocksForEver", "--stt-deadline=1", "stt/request"
    )

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert run.results["stt/request::test_method_and_url[sync]"].verdict is Verdict.FAILED
    assert Verdict.COULD_NOT_RUN in {result.verdict for result in run.results.values()}
    assert "threading.Event().wait()" in run.output


def test_a_client_that_exits_does_not_end_the_run(pytester: pytest.Pytester) -> None:
    cases = ("stt/errors::test_status", "stt/request::test_method_and_url")

    run = judge_here(pytester, "tests.clients.mutants.endless:Exits", QUICK, *cases)

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert run.results["stt/errors::test_status[sync-500]"].verdict is Verdict.FAILED
    assert run.results["stt/request::test_method_and_url[sync]"].verdict is Verdict.PASSED


@pytest.mark.slow
def test_a_client_that_offers_nothing_is_never_green(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        modest="from tests.clients.reference import Client as Base\nclass Client(Base):\n    stt_features = ['api_key']"
    )
    pytester.syspathinsert()

    run = judge_here(pytester, "modest:Client", QUICK)

    assert {result.verdict for result in run.results.values()} == {Verdict.NOT_OFFERED}
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED


# --- without a client ---


APPLICATION_TEST = """
import httpx
import pytest
from pytest_openrouter_stt import Reply

def transcribe(audio="UklGRg==", base_url="https://openrouter.ai/api/v1"):
    body = {"input_audio": {"data": audio, "format": "wav"}, "model": "openai/whisper-1"}
    headers = {"Authorization": "Bearer k"}
    return httpx.post(f"{base_url}/audio/transcriptions", json=body, headers=headers)

def test_faithful(stt_endpoint):
    assert transcribe().json()["usage"]["seconds"] >= 0
    assert transcribe(7).status_code == 400
    assert len(stt_endpoint.requests) == 2

def test_scripted(stt_endpoint):
    stt_endpoint.reply_with(Reply.error(503), Reply.transcript("better"))
    assert transcribe().status_code == 503
    assert transcribe().json() == {"text": "better"}

def test_contract(stt_contract):
    assert stt_contract.host == "openrouter.ai"

def test_broken_script(stt_endpoint):
    stt_endpoint.reply_with(lambda request: 1 / 0)
    assert transcribe().status_code == 200

def test_broken_script_of_a_server(stt_server):
    stt_server.endpoint.reply_with(lambda request: 1 / 0)
    assert transcribe(base_url=stt_server.base_url).status_code == 200
"""


def test_fixtures_for_application_developers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(APPLICATION_TEST)

    done = pytester.runpytest("-p", "no:randomly")

    done.assert_outcomes(passed=5, errors=2)
    assert done.stdout.str().count("E   ZeroDivisionError") == 2


def test_a_folder_of_the_same_name_is_no_part_of_the_suite(pytester: pytest.Pytester) -> None:
    own = pytester.mkpydir("stt") / "test_own.py"
    own.write_text("def test_own(): pass")

    pytester.runpytest("stt").assert_outcomes(passed=1)
    judged = pytester.runpytest(f"--stt-client={REFERENCE}", str(own), "stt/errors::test_status[sync-500]")
    judged.assert_outcomes(passed=2)
    judged.stdout.fnmatch_lines("conformant: all 1 MUST checks that were judged passed, in 1 case")


ON_THE_STAND = """
def test_own(stt):
    stt.call(stt.smallest).transcript
"""


def test_a_test_of_the_project_may_use_the_stand(pytester: pytest.Pytester) -> None:
    own = pytester.makepyfile(ON_THE_STAND)

    pytester.runpytest(f"--stt-client={REFERENCE}", own).assert_outcomes(passed=1)


def test_the_stand_without_a_client_says_what_to_give(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ON_THE_STAND)

    done = pytester.runpytest()

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines("*there is no client to judge*")


UNUSED = """
import sys

def test_own():
    heavy = {"hypothesis", "respx", "httpx", "jsonschema", "jinja2", "yaml"}
    assert heavy.isdisjoint(sys.modules)
"""


def test_unused_the_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(UNUSED)

    # The plugins of hypothesis and respx would import these themselves.
    run = run_pytest(
        tmp_path, "-p", "pytest_openrouter_stt.plugin", env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": ""}
    )

    assert run.exit_code == 0, run.output
