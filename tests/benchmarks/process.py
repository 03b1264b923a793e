"""A command in a process of its own, and what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
THIS = "pytest_openrouter_stt.plugin"
DEPENDENCIES = ("_hypothesis_pytestplugin", "anyio.pytest_plugin", "respx.plugin")
"""The plugins of what this package needs."""


@dataclass(frozen=True)
class Cost:
    """What a process cost, with the processes that it waited for.

    Attributes:
        seconds: Real time.
        cpu: CPU time in seconds.
        peak: Resident memory at its highest, in bytes.
        code: The exit code.
        output: What it printed.
    """

    seconds: float
    cpu: float
    peak: int
    code: int
    output: str


def cost_of(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> Cost:
    """Run *command* in *folder*, where the clients of the tests can be imported, and nothing else of this repository.

    Raises:
        RuntimeError: The command ended by a signal or by an error of its own usage.
    """
    printed = folder / "printed.txt"
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    with printed.open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**inherited, "PYTHONPATH": str(_importable(folder)), **(env or {})},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    output = printed.read_text("utf-8", "replace")
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode, output)


def pytest_command(*options: str, plugins: Sequence[str] = (*DEPENDENCIES, THIS)) -> list[str]:
    """Return the command of a run with *plugins*; those of the peers, which are installed too, are not loaded."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--disable-plugin-autoload"]
    return [*command, *(f"-p{plugin}" for plugin in plugins), *options]


def _importable(folder: Path) -> Path:
    """Return a folder that holds the tests and nothing else: beside them stands the package's source."""
    place = folder / "importable"
    place.mkdir(exist_ok=True)
    if not (place / "tests").exists():
        (place / "tests").symlink_to(REPOSITORY / "tests", target_is_directory=True)
    return place
