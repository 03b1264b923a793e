"""Reports as files: what is in them, and what is not."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

import pytest_openrouter_stt.report
from pytest_openrouter_stt.judging import API_KEY
from pytest_openrouter_stt.report import read_report, report_json
from tests.running import run_pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.report.conftest import Shown

RIGHT = "--stt-client=tests.clients.reference:Client"
CASE = "stt/errors::test_status[sync-500]"
SCHEMA = Path(pytest_openrouter_stt.report.__file__).with_name("report.schema.json")
VERSIONS = {1: "93ec74caf10ac89a340829599e2b61f670b66e74caca49459412414648e18ad8"}
"""The digest of the schema of each version; another schema is another version."""

ODD = """
    import os

    from tests.clients.reference import Client


    class Odd(Client):
        def read(self, response):
            if response.status_code == 500:
                raise RuntimeError(
                    f"{self.api_key} {os.environ.get('HOME')} {__file__} <script>alert(1)</script> \\x1b[2J \\u202e"
                )
            return super().read(response)

        async def create_transcription_async(self, **arguments):
            os._exit
            return await super().create_transcription_async(**arguments)
"""


@pytest.fixture
def odd(pytester: pytest.Pytester) -> str:
    pytester.makepyfile(odd=ODD)
    return "--stt-client=odd:Odd"


def test_every_outcome_is_in_the_report_which_is_valid(run: Callable[..., Shown], odd: str) -> None:
    broken = """
        import pytest

        @pytest.fixture(autouse=True)
        def broken(request):
            if "429" in request.node.name:
                raise RuntimeError("broken")
    """

    done = run(
        odd,
        CASE,
        "stt/errors::test_status[async-404]",
        "stt/errors::test_status[sync-429]",
        "stt/response::test_gzip_is_decoded",
        "--stt-report=report.json",
        conftest=broken,
    )

    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(done.report())
    cases = {case["node_id"]: case for check in done.client()["checks"] for case in check["cases"]}
    assert {case["outcome"] for case in cases.values()} == {"passed", "failed", "not offered", "could not run"}
    assert [row["label"] for row in cases[CASE]["evidence"]] == ["replied", "outcome", "raised at", "call", "curl"]
    assert cases["stt/errors::test_status[sync-429]"]["evidence"][0]["label"] == "traceback"
    assert len(done.client()["not_run"]) > 100


def test_what_is_written_can_be_read_again(run: Callable[..., Shown], odd: str) -> None:
    done = run(odd, CASE, "stt/errors::test_status", "--stt-report=report.json")

    assert report_json(read_report(done.folder / "report.json")) == done.report()


def test_another_schema_is_another_version() -> None:
    schema = SCHEMA.read_bytes()

    assert hashlib.sha256(schema).hexdigest() == VERSIONS[json.loads(schema)["properties"]["version"]["const"]]


@pytest.mark.parametrize("ending", [".json", ".md", ".html"])
def test_neither_key_nor_environment_nor_paths_are_in_a_report(
    run: Callable[..., Shown], odd: str, ending: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody-of-that-name")
    monkeypatch.setenv("SERVICE_TOKEN", "a-value-that-nobody-may-see")
    leaking = ODD.replace("os.environ.get('HOME')", "os.environ.get('SERVICE_TOKEN')")
    spec = tmp_path / "openapi.yaml"
    spec.write_bytes((Path(__file__).parents[2] / "spec" / "openapi.yaml").read_bytes())

    first = run(odd, CASE, f"--stt-report=report{ending}", f"--stt-spec={spec}")
    second = run("--stt-client=leaking:Odd", CASE, f"--stt-report=other{ending}", leaking=leaking)

    texts = [(first.folder / f"report{ending}").read_text(), (second.folder / f"other{ending}").read_text()]
    for text in texts:
        assert "RuntimeError" in text
        for secret in (
            API_KEY,
            "somebody-of-that-name",
            "a-value-that-nobody-may-see",
            str(first.folder),
            str(tmp_path),
        ):
            assert secret not in text
        assert not [
            value for value in os.environ.values() if len(value) > 12 and value in text and value != "xterm-256color"
        ]


@pytest.mark.parametrize("ending", [".json", ".md", ".html"])
def test_what_a_client_says_is_text(run: Callable[..., Shown], odd: str, ending: str) -> None:
    done = run(odd, CASE, f"--stt-report=report{ending}")

    text = (done.folder / f"report{ending}").read_text("utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text
    if ending == ".html":
        assert "<script>alert" not in text


def test_several_reports_of_one_run(run: Callable[..., Shown]) -> None:
    done = run(
        RIGHT, CASE, "--stt-report=a.json", "--stt-report=deep/er/b.md", "--stt-report=c.html", "--stt-badge=d.json"
    )

    assert "stt: written: a.json, deep/er/b.md, c.html, d.json" in done.output.replace(os.sep, "/")
    assert done.report("a.json")["clients"][0]["verdict"] == "conformant"
    assert "conformant" in (done.folder / "deep" / "er" / "b.md").read_text("utf-8")
    assert done.report("d.json")["schemaVersion"] == 1
    assert not list(done.folder.glob(".*.json*"))


def test_a_report_is_written_where_pytest_was_started(run: Callable[..., Shown], pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\n")
    below = pytester.mkdir("below")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(below)
        pytester.runpytest_inprocess(RIGHT, CASE, "--stt-report=report.json", "-p", "no:randomly")

    assert (below / "report.json").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--stt-report=report.pdf", "--stt-report is 'report.pdf'; it has to end in .json, .md, .html"),
        ("--stt-report=report", "it has to end in .json, .md, .html"),
        ("--stt-badge=folder", "folder is a folder; give the name of a file in it"),
        ("--stt-report=file/report.json", "cannot be written"),
    ],
)
def test_a_file_that_cannot_be_written_ends_before_the_first_test(
    pytester: pytest.Pytester, option: str, message: str
) -> None:
    pytester.mkdir("folder")
    (pytester.path / "file").write_text("")

    done = pytester.runpytest(RIGHT, CASE, option)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert message in done.stderr.str() + done.stdout.str()


@pytest.mark.slow
@pytest.mark.usefixtures("pytester")
def test_the_summary_of_a_step_gets_the_report_in_markdown(
    run: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")

    done = run(RIGHT, CASE, summary="")
    (done.folder / "summary.md").write_text("before\n")
    run(RIGHT, CASE)

    text = (done.folder / "summary.md").read_text()
    assert text.startswith("before\n")
    assert "conformant" in text


def test_a_summary_that_cannot_be_written_is_no_fault_of_the_client(
    run: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "there/is/no/such.md")

    assert run(RIGHT, CASE).exit_code == pytest.ExitCode.OK


@pytest.mark.slow
def test_no_more_annotations_than_are_shown(
    run: Callable[..., Shown], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    pytester.makepyfile(odd=ODD.replace("== 500", "> 0"))

    done = run("--stt-client=odd:Odd", "stt/errors", "stt/response")

    *shown, last = [line for line in done.output.splitlines() if line.startswith("::error")]
    assert len(shown) == 9
    assert last.endswith(" more checks fail; the log shows them")


def test_failures_are_annotations_of_a_workflow(
    run: Callable[..., Shown], odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    done = run(odd, CASE, "stt/errors::test_status[sync-429]")

    (line,) = [line for line in done.output.splitlines() if line.startswith("::")]
    assert line.startswith("::error title=errors%3A%3Atest_status (MUST)%2C odd%3AOdd::a 500 is RuntimeError, not ")
    assert line.endswith("%0A1 of 2 cases")


def test_a_stale_known_failure_is_an_annotation_too(
    run: Callable[..., Shown], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    pytester.makefile(".txt", known="errors::test_status  # mended since")

    done = run(RIGHT, CASE, "--stt-known-failures=known.txt")

    stale = "known.txt:1: errors::test_status passes; remove the entry"
    assert f"::error title=known failures::{stale}" in done.output.splitlines()


@pytest.mark.slow
def test_no_annotation_without_a_workflow_or_without_a_failure(
    run: Callable[..., Shown], odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert "::error" not in run(odd, CASE)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "::error" not in run(RIGHT, CASE)


@pytest.mark.slow
def test_workers_write_one_report(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "-n2", RIGHT, "stt/errors::test_status", "--stt-report=report.json")

    report = json.loads((tmp_path / "report.json").read_text())
    (client,) = report["clients"]
    assert done.exit_code == 0
    assert client["green"]
    assert client["unfinished"] == ""
    assert client["settings"]["endpoint"] == ["respx"]
    assert {sender["mode"] for sender in client["senders"]} == {"sync", "async"}
