"""What the how-to on a gate in CI shows can be followed from the first line to the last."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.runners import RIGHT, WRONG, Machine, has_shells
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGE = REPOSITORY / "docs" / "how-to" / "gate-in-ci.md"
SCRIPT = REPOSITORY / "docs" / "examples" / "ci" / "pre-merge.sh"
ON_A_WRONG_CLIENT = {
    "pip install . pytest-openrouter-stt==0.1.0": 0,
    "pytest --stt-client=mypkg:Client stt": 1,
    "pytest --stt-client=mypkg:Client --stt-write-known-failures=stt-known.toml stt": 1,
    "pytest --stt-client=mypkg:Client --stt-known-failures=stt-known.toml stt": 0,
    "pytest --stt-client=mypkg:Client --stt-known-failures=stt-known.toml --stt-write-known-failures=stt-known.toml "
    "stt": 0,
    "pytest --stt-client=mypkg:Client --stt-level=should stt": 1,
    "pytest --stt-client=mypkg:Client --stt-deadline=10 stt": 1,
    "pytest --stt-client=mypkg:Client --stt-report=stt-reports/stt.json --stt-report=stt-reports/stt.html "
    "--stt-badge=stt-reports/badge.json --junitxml=stt-reports/junit.xml stt": 1,
    "pytest-openrouter-stt compare main.json stt-reports/stt.json": 0,
    "sh pre-merge.sh main.json": 0,
}
GH = """\
#!/bin/sh
case "$1 $2" in
    "run list") echo 7 ;;
    "run download") test "$3 $4 $5" = "7 --name=stt-reports --dir=main" && mkdir main && cp main.json main/stt.json ;;
esac
"""
CURL = """\
#!/bin/sh
case "$*" in *"/projects/5/jobs/artifacts/main/raw/stt-reports/stt.json?job=speech-to-text") : ;; *) exit 22 ;; esac
test "$4" = main.json
"""
FAILS = "#!/bin/sh\nexit 1\n"

pytestmark = [pytest.mark.long, pytest.mark.skipif(not has_shells(), reason="there is no POSIX shell")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    return [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One with a client that fails, which on the main branch failed too."""
    machine = Machine(tmp_path, WRONG)
    machine.install()
    shutil.copy(SCRIPT, machine.project)
    machine.run("pytest", "--stt-client=mypkg:Client", "--stt-report=main.json", "stt")
    return machine


def test_each_command_ends_as_the_page_says(machine: Machine) -> None:
    ended = {}
    for command in commands():
        done = machine.run(*shlex.split(command))
        ended[command] = done.exit_code
        assert done.exit_code == ON_A_WRONG_CLIENT[command], done.output

    assert list(ended) == list(ON_A_WRONG_CLIENT)
    written = {path.name for path in (machine.project / "stt-reports").iterdir()}
    assert written == {"stt.json", "stt.html", "badge.json", "junit.xml"}


def test_the_entry_and_the_configuration_make_a_gate(machine: Machine) -> None:
    entry, configuration = blocks("toml")
    (machine.project / "pyproject.toml").write_text(configuration)
    (machine.project / "stt-known.toml").write_text(entry)

    known = machine.run("pytest", "stt")
    (machine.project / "stt-known.toml").write_text(entry.replace("not what was passed", "lost"))
    other = machine.run("pytest", "stt")

    assert known.exit_code == 0, known.output
    assert "level should" in known.output
    assert other.exit_code == 1
    assert "request::test_format_is_renamed fails otherwise than it says" in other.output


@pytest.mark.parametrize(("gh", "exit_code"), [(GH, 0), (FAILS, 1)], ids=["again", "the first time"])
def test_on_github_the_report_of_the_main_branch_is_fetched(machine: Machine, gh: str, exit_code: int) -> None:
    machine.stub("gh", gh)

    done = machine.on_github({"steps": snippet(1)})

    assert done.exit_code == exit_code, done.output


@pytest.mark.parametrize(("curl", "exit_code"), [(CURL, 0), (FAILS, 1)], ids=["again", "the first time"])
def test_on_gitlab_the_report_of_the_main_branch_is_fetched(machine: Machine, curl: str, exit_code: int) -> None:
    machine.stub("curl", curl)
    if exit_code:
        (machine.project / "main.json").unlink()
    script = "\n".join(["set -eo pipefail", *snippet(2)["script"]])

    done = machine.run("bash", "-c", script, CI_API_V4_URL="http://127.0.0.1", CI_PROJECT_ID="5", CI_JOB_TOKEN="token")

    assert done.exit_code == exit_code, done.output


def test_the_sandbox_works_or_says_why_not(machine: Machine) -> None:
    machine.change(RIGHT)
    machine.install()
    machine.stub("sudo", "#!/bin/sh\n")

    done = machine.on_github({"steps": snippet(0)})

    assert done.exit_code == 0 or (done.exit_code == 4 and "there is no sandbox for this run" in done.output)


def snippet(number: int) -> Any:
    return yaml.safe_load(blocks("yaml")[number])
