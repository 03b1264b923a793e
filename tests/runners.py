"""As much of the runners of GitHub and of GitLab as the examples in the documentation need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.running import importable_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INSTALL = f"install . pytest-openrouter-stt=={metadata.version('pytest-openrouter-stt')}"
SOME_CHECKS = "test_format_is_renamed or test_a_valid_call_is_sent"
RIGHT, WRONG = "reference:Client", "mutants.request:ForgetsToRenameFormat"

_PIP = f"""\
#!/bin/sh
# Stands in for pip: knows the documented command, installs the project into a folder of its own, and nothing else.
if [ "$*" != "{INSTALL}" ]; then
    echo "pip $* is not what is documented: pip {INSTALL}" >&2
    exit 9
fi
cp -R src/. "$STT_INSTALLED"
"""
_OF_A_RUNNER = ("CI", "GITHUB_", "GITLAB_", "CI_", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE")
_GITHUB_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
_ON_THE_MACHINE = {"actions/checkout", "actions/setup-python"}


@dataclass(frozen=True)
class Job:
    """What came of a job: its exit code, what it printed, the names of its artefacts, and the summary of its steps."""

    exit_code: int
    output: str
    artefacts: frozenset[str] = frozenset()
    summary: str = ""


class Machine:
    """A machine with a checked out project, which has to be installed before ``mypkg`` can be imported.

    Args:
        folder: An empty one.
        client: What ``mypkg:Client`` is.
    """

    def __init__(self, folder: Path, client: str) -> None:
        self.project = folder / "project"
        self._folder = folder
        self._tools = folder / "tools"
        self._installed = folder / "installed"
        for path in (self.project, self._tools, self._installed):
            path.mkdir()
        self.stub("pip", _PIP)
        self.change(client)

    def install(self) -> None:
        """Install the project as documented."""
        done = self.run("pip", *INSTALL.split())
        assert done.exit_code == 0, done.output

    def stub(self, name: str, text: str) -> None:
        """Put a program before those that are installed."""
        program = self._tools / name
        program.write_text(text)
        program.chmod(0o755)

    def change(self, client: str) -> None:
        """Let ``mypkg:Client`` be another one, from the next installation on."""
        self.client = client
        source = self.project / "src" / "mypkg" / "__init__.py"
        source.parent.mkdir(parents=True, exist_ok=True)
        module, _, name = client.partition(":")
        source.write_text(f"from tests.clients.{module} import {name} as Client\n")

    def run(self, *command: str, **variables: str) -> Job:
        """Run a command in the project, on some of the checks."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OF_A_RUNNER)}
        path = os.pathsep.join([str(self._tools), str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {
            "PATH": path,
            "PYTHONPATH": os.pathsep.join([importable_tests().name, str(self._installed)]),
            "PYTEST_ADDOPTS": f"-k '{SOME_CHECKS}' -p no:randomly",
            "PYTHONPYCACHEPREFIX": _bytecode().name,
            "STT_INSTALLED": str(self._installed),
        }
        done = subprocess.run(
            command,
            cwd=self.project,
            env={**inherited, **own, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Job(done.returncode, done.stdout)

    def on_github(self, job: Mapping[str, Any]) -> Job:
        """Run the steps of a job as GitHub does: each in a shell of its own, and after a failure only some."""
        exit_code, output, artefacts = 0, "", frozenset[str]()
        summary = self._folder / "summary.md"
        for step in job["steps"]:
            if exit_code and step.get("if") != "always()":
                continue
            if "run" in step:
                done = self._step(step["run"], summary)
                output += done.output
                exit_code = exit_code or (0 if step.get("continue-on-error") else done.exit_code)
            elif step["uses"].startswith("actions/upload-artifact@"):
                artefacts = self._kept([step["with"]["path"]])
            else:
                assert step["uses"].partition("@")[0] in _ON_THE_MACHINE
        return Job(exit_code, output, artefacts, summary.read_text("utf-8") if summary.exists() else "")

    def _step(self, text: str, summary: Path) -> Job:
        assert "${{" not in text, "expressions are not understood here"
        script = self._folder / "step.sh"
        script.write_text(text)
        summary.touch()
        github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(self.project)}
        return self.run(*_GITHUB_SHELL, str(script), CI="true", **github)

    def on_gitlab(self, job: Mapping[str, Any]) -> Job:
        """Run the script of a job as GitLab does: all of its lines in one shell."""
        script = "\n".join(["set -eo pipefail", *job["script"]])
        done = self.run("bash", "-c", script, CI="true", GITLAB_CI="true", CI_PROJECT_DIR=str(self.project))
        artefacts = job["artifacts"]
        is_kept = artefacts["when"] == "always" or done.exit_code == 0
        paths = [*artefacts["paths"], artefacts["reports"]["junit"]]
        return Job(done.exit_code, done.output, self._kept(paths) if is_kept else frozenset())

    def _kept(self, paths: Iterable[str]) -> frozenset[str]:
        found = [self.project / path for path in paths]
        files = [file for path in found for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
        return frozenset(str(file.relative_to(self.project)) for file in files)


@cache
def _bytecode() -> TemporaryDirectory[str]:
    """Return a folder for what Python compiles, so that only the first machine waits for it."""
    return TemporaryDirectory()


def has_shells() -> bool:
    return all(shutil.which(name) for name in ("bash", "sh"))
