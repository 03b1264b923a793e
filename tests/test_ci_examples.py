"""The examples for continuous integration do what their comments say, step by step, on a client made here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
import yaml

from tests.runners import RIGHT, WRONG, Machine, has_shells
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runners import Job

    System = Callable[[Machine], Job]
    Ran = Callable[[System, str], tuple[Machine, Job]]

EXAMPLES = REPOSITORY / "docs" / "examples" / "ci"
REPORTS = {"stt-reports/stt.json", "stt-reports/stt.html", "stt-reports/junit.xml"}
FAILING = "request::test_format_is_renamed"
NOBODY_LISTENS = "http://127.0.0.1:9"

pytestmark = [pytest.mark.long, pytest.mark.skipif(not has_shells(), reason="there is no POSIX shell")]


def the_job(name: str) -> dict[str, Any]:
    document = yaml.safe_load((EXAMPLES / name).read_text("utf-8"))
    (job,) = document.get("jobs", document).values()
    assert isinstance(job, dict)
    return job


def on_github(machine: Machine) -> Job:
    return machine.on_github(the_job("github-workflow.yml"))


def on_gitlab(machine: Machine) -> Job:
    return machine.on_gitlab(the_job("gitlab-ci.yml"))


SYSTEMS = pytest.mark.parametrize("system", [on_github, on_gitlab])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Runs a job once on a client, and keeps the machine as it is left."""

    @cache
    def ran(system: System, client: str) -> tuple[Machine, Job]:
        machine = Machine(tmp_path_factory.mktemp("machine"), client)
        return machine, system(machine)

    return ran


@SYSTEMS
@pytest.mark.parametrize(("client", "exit_code"), [(RIGHT, 0), (WRONG, 1)], ids=["right", "wrong"])
def test_the_gate_passes_and_fails_and_keeps_its_reports(ran: Ran, system: System, client: str, exit_code: int) -> None:
    machine, done = ran(system, client)

    assert done.exit_code == exit_code, done.output
    assert done.artefacts == REPORTS
    (judged,) = json.loads((machine.project / "stt-reports" / "stt.json").read_text("utf-8"))["clients"]
    assert judged["green"] is (exit_code == 0)
    assert judged["unfinished"] == ""
    assert (FAILING in done.output) is (exit_code == 1)


@SYSTEMS
def test_a_step_that_fails_before_the_gate_fails_the_job(tmp_path: Path, system: System) -> None:
    machine = Machine(tmp_path, RIGHT)
    machine.stub("pip", "#!/bin/sh\nexit 9\n")

    done = system(machine)

    assert done.exit_code == 9
    assert done.artefacts == set()


def test_on_github_a_step_has_its_summary(ran: Ran) -> None:
    _, done = ran(on_github, WRONG)

    assert "mypkg:Client" in done.summary
    assert "not conformant" in done.summary


def test_on_github_each_check_that_fails_is_one_annotation(ran: Ran) -> None:
    _, done = ran(on_github, WRONG)

    (command,) = [line for line in done.output.splitlines() if line.startswith("::")]
    parts = re.fullmatch(r"::error title=([^:,]*)::(.*)", command)
    assert parts is not None
    title, text = map(unquote, parts.groups())
    assert title.startswith(f"{FAILING} (MUST), mypkg:Client")
    assert text.splitlines() == [
        "`input_audio.format` is not what was passed",
        "required: `input_audio.format_` goes on the wire as `format`.",
        "2 of 2 cases",
    ]


def test_elsewhere_there_are_no_annotations(ran: Ran) -> None:
    _, done = ran(on_gitlab, WRONG)

    assert not [line for line in done.output.splitlines() if line.startswith("::")]


@pytest.mark.parametrize(
    ("name", "schema", "mistake"),
    [
        ("github-workflow.yml", "vendor.github-workflows", ("runs-on:", "run-on:")),
        ("gitlab-ci.yml", "vendor.gitlab-ci", ("when: always", "when: ever")),
    ],
    ids=["github", "gitlab"],
)
def test_an_example_has_the_form_that_its_system_publishes(
    tmp_path: Path, name: str, schema: str, mistake: tuple[str, str]
) -> None:
    text = (EXAMPLES / name).read_text("utf-8")
    (tmp_path / name).write_text(text.replace(*mistake))

    assert is_valid(schema, EXAMPLES / name)
    assert not is_valid(schema, tmp_path / name)


def is_valid(schema: str, document: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(document)],
        env={"https_proxy": NOBODY_LISTENS, "http_proxy": NOBODY_LISTENS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or "Schema validation errors" in done.stdout, done.stdout + done.stderr
    return done.returncode == 0


def test_the_workflow_may_do_nothing_but_read() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text("utf-8"))

    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in the_job("github-workflow.yml")


def before_merge(machine: Machine) -> Job:
    machine.install()
    shutil.copy(EXAMPLES / "pre-merge.sh", machine.project)
    return machine.run("sh", "pre-merge.sh", "main.json")


def with_main(machine: Machine, client: str) -> Machine:
    """Let the machine have the report of a main branch with *client*."""
    now = machine.client
    machine.change(client)
    machine.install()
    machine.run("pytest", "--stt-client=mypkg:Client", "--stt-report=main.json", "stt")
    machine.change(now)
    return machine


@pytest.mark.parametrize(
    ("main", "client", "exit_code", "said"),
    [
        (RIGHT, WRONG, 1, "worse: 1 check regressed, in 2 cases"),
        (WRONG, RIGHT, 0, "1 check better, in 2 cases"),
        (WRONG, WRONG, 0, "as before"),
    ],
    ids=["worse", "better", "as before"],
)
def test_before_a_merge_only_what_gets_worse_fails(
    tmp_path: Path, main: str, client: str, exit_code: int, said: str
) -> None:
    done = before_merge(with_main(Machine(tmp_path, client), main))

    assert done.exit_code == exit_code, done.output
    assert said in done.output


@pytest.mark.parametrize(("client", "exit_code"), [(RIGHT, 0), (WRONG, 1)], ids=["right", "wrong"])
def test_without_a_report_of_the_main_branch_every_failure_counts(tmp_path: Path, client: str, exit_code: int) -> None:
    done = before_merge(Machine(tmp_path, client))

    assert done.exit_code == exit_code, done.output
    assert "there is no main.json; what fails here fails the gate" in done.output


def test_what_is_no_report_is_no_green_gate(tmp_path: Path) -> None:
    machine = Machine(tmp_path, RIGHT)
    (machine.project / "main.json").write_text("{}")

    assert before_merge(machine).exit_code == 2


def test_a_client_that_is_not_there_fails_though_an_older_report_lies_about(tmp_path: Path) -> None:
    machine = with_main(Machine(tmp_path, RIGHT), RIGHT)
    report = machine.project / "stt-reports" / "stt.json"
    report.parent.mkdir()
    shutil.copy(machine.project / "main.json", report)
    machine.change("reference:Nobody")

    done = before_merge(machine)

    assert done.exit_code == pytest.ExitCode.USAGE_ERROR
    assert not report.exists()
