"""Environments of their own, with the built wheel in each, and clients judged there as a user does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.version import Version

from pytest_openrouter_stt.report import Conformance, UnreadableReport, Verdict, read_report
from tests.running import REPOSITORY, importable_tests

if TYPE_CHECKING:
    from collections.abc import Sequence

_MINUTES = 60.0
_LIMIT = 5 * _MINUTES
_TESTS = importable_tests()
_INHERITED_BY_NONE = ("COVERAGE_", "PYTEST_", "PYTHONPATH", "STT_")


class CannotInstall(Exception):
    """An environment could not be made; the message is what pip or virtualenv said last."""


@dataclass(frozen=True)
class Judged:
    """What one run says of a client.

    Attributes:
        conformance: Of the client as a whole; ``None`` when there is no report.
        verdicts: By the node ID of each case.
        exit_code: pytest's.
        output: What it printed.
    """

    conformance: Conformance | None
    verdicts: dict[str, Verdict]
    exit_code: int = 0
    output: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Render it for a cell of a table."""
        if self.conformance is None:
            return f"no report, exit code {self.exit_code}"
        verdicts = list(self.verdicts.values())
        bad = [f"{verdicts.count(each)} {each}" for each in Verdict if each.is_bad and each in verdicts]
        return ", ".join([str(self.conformance), *bad, f"{len(verdicts)} cases"])


def project_file() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))


def lower_bounds(project: dict[str, Any]) -> dict[str, str]:
    """Return the lowest version of each direct dependency, by its name; the extra for sockets is one of them.

    Args:
        project: The table of that name in a ``pyproject.toml``.

    Raises:
        ValueError: A dependency has no lower bound.
    """
    wanted = [*project["dependencies"], *project["optional-dependencies"]["loopback"]]
    return dict(map(_lower_bound, map(Requirement, wanted)))


def _lower_bound(requirement: Requirement) -> tuple[str, str]:
    bounds = [each.version for each in requirement.specifier if each.operator in {">=", "==", "~="}]
    if not bounds:
        raise ValueError(f"{requirement} has no lower bound: write one, such as {requirement.name}>=1.0")
    return requirement.name, max(bounds, key=Version)


def built_wheel(folder: Path) -> Path:
    """Build the wheel of this repository into *folder*.

    Raises:
        CannotInstall: It cannot be built.
    """
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", str(REPOSITORY)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment(folder: Path, python: str, wheel: Path, requirements: Sequence[str]) -> Path:
    """Make an environment in *folder*, and return its interpreter.

    Raises:
        CannotInstall: There is no such Python, or the requirements cannot be fulfilled.
    """
    _run([sys.executable, "-m", "virtualenv", "--quiet", f"--python={python}", str(folder)])
    interpreter = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    options = ["--quiet", "--disable-pip-version-check"]
    _run([str(interpreter), "-m", "pip", "install", *options, f"{wheel}[loopback]", *requirements])
    return interpreter


def installed(interpreter: Path) -> dict[str, str]:
    """Return the version of each package beside *interpreter*, by its name in lower case."""
    listed = _run([str(interpreter), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"])
    return {each["name"].lower(): each["version"] for each in json.loads(listed)}


def judged(interpreter: Path, client: str, options: Sequence[str]) -> Judged:
    """Judge *client*, named below ``tests.clients``, from an empty directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_INHERITED_BY_NONE)}
    with TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").touch()  # and none of a folder above
        report = Path(folder, "report.json")
        given = [f"--stt-client=tests.clients.{client}", f"--stt-report={report}", *options]
        done = subprocess.run(
            [str(interpreter), "-m", "pytest", "-p", "no:cacheprovider", *given],
            cwd=folder,
            env={**kept, "PYTHONPATH": _TESTS.name},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        return _read(report, done)


def _read(report: Path, done: subprocess.CompletedProcess[str]) -> Judged:
    try:
        (client,) = read_report(report).clients
    except UnreadableReport:
        return Judged(None, {}, done.returncode, done.stdout)
    verdicts = {result.node_id: result.verdict for result in client.results}
    return Judged(client.conformance, verdicts, done.returncode, done.stdout)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise CannotInstall(f"{' '.join(command[1:4])}: {said[-1]}")
    return done.stdout
