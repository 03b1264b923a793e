"""Running the suite on a client, in this process or in one of its own as a user does, and reading the verdicts."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import io
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

import pytest

from pytest_openrouter_stt import suite
from pytest_openrouter_stt.report import Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
T = TypeVar("T")
_LIMIT = 120

# Pytester forgets what a run in this process imports; imported here, it is not imported again by each.
for _native in ("trustme", "yaml"):  # and what is native in them cannot be imported twice
    importlib.import_module(_native)
for _area in suite.AREAS:
    suite.area_checks(_area)
ISOLATED = ("-p", "no:randomly", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Attributes:
        exit_code: pytest's.
        output: What it printed.
        results: The result of every check's item, by node ID.
    """

    exit_code: int
    output: str
    results: dict[str, Result]

    def checks(self, verdict: Verdict) -> set[str]:
        """Return the IDs of the checks of which at least one item has *verdict*."""
        return {result.check for result in self.results.values() if result.verdict is verdict}


@dataclass(eq=False)  # pytest 8.4 hashes its plugins
class Recorder:
    results: dict[str, Result] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = Result.from_properties(report.user_properties)
        if result is not None:
            self.results[report.nodeid] = result


def forget_mutants() -> None:
    """Let the next run in this process begin with new classes: some mutants keep on them what they should not."""
    for name in [name for name in sys.modules if name.startswith("tests.clients.mutants.")]:
        del sys.modules[name]


def judged_alone(client: str, *options: str) -> Run:
    """Judge a client below ``tests.clients`` in this process, and print nothing."""
    recorder = Recorder()
    forget_mutants()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(["-q", f"--stt-client=tests.clients.{client}", *ISOLATED, *options], plugins=[recorder])
    return Run(int(code), said.getvalue(), recorder.results)


@contextlib.contextmanager
def elsewhere() -> Iterator[None]:
    """Be in a folder with no project of a user's, and no configuration."""
    with TemporaryDirectory() as empty, contextlib.chdir(empty):
        Path("pytest.ini").touch()  # and none of a folder above
        yield


def shared(temporary: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """Return what *make* returns, which is called once in a whole run of the tests, whichever worker comes first.

    Args:
        temporary: The fixture `tmp_path_factory`.
        name: A name for the result, which is kept as a file.
        make: Returns what can be pickled.
    """
    base = temporary.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"{name}.pickle"
    with kept.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not kept.stat().st_size:
            kept.write_bytes(pickle.dumps(make()))
        made: T = pickle.loads(kept.read_bytes())
    return made


def judge_here(pytester: pytest.Pytester, client: str, *options: str) -> Run:
    """Judge *client* in this process, which saves what starting one costs."""
    recorder = Recorder()
    forget_mutants()
    done = pytester.inline_run(f"--stt-client={client}", *ISOLATED, *options, plugins=[recorder])
    return Run(int(done.ret or 0), "", recorder.results)


def run_pytest(folder: Path, *options: str, env: dict[str, str] | None = None) -> Run:
    """Run pytest in *folder* in a process of its own, with this repository's test clients importable."""
    junit = folder / "junit.xml"
    done = run_python(folder, "-m", "pytest", *ISOLATED, f"--junitxml={junit}", *options, env=env)
    return Run(done.returncode, done.stdout + done.stderr, read_junit(junit))


def run_python(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python in *folder*, with this repository's test clients importable."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": importable_tests().name, **(env or {})},
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )


@cache
def importable_tests() -> TemporaryDirectory[str]:
    """Return a folder that holds the tests and nothing else: beside them stands the package's source."""
    folder = TemporaryDirectory()
    Path(folder.name, "tests").symlink_to(REPOSITORY / "tests", target_is_directory=True)
    return folder


def read_junit(junit: Path) -> dict[str, Result]:
    if not junit.exists():
        return {}
    results = {}
    for case in ET.parse(junit).iter("testcase"):
        node_id = f"{(case.get('classname') or '').replace('.', '/')}::{case.get('name')}"
        properties = [(entry.get("name", ""), entry.get("value", "")) for entry in case.iter("property")]
        result = Result.from_properties(properties)
        if result is not None:
            results[node_id] = result
    return results
