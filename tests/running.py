"""Running the suite on a client in a process of its own, as a user does, and reading what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as ET

REPOSITORY = Path(__file__).resolve().parents[1]
_LIMIT = 120


@dataclass(frozen=True)
class Run:
    exit_code: int
    output: str
    junit: Path

    @cached_property
    def verdicts(self) -> dict[str, tuple[str, str]]:
        """Name of an item → its check and its verdict."""
        found = {}
        for case in ET.parse(self.junit).iter("testcase"):
            properties = {entry.get("name"): entry.get("value", "") for entry in case.iter("property")}
            if "stt_verdict" in properties:
                name = f"{case.get('classname')}::{case.get('name')}"
                found[name] = (properties["stt_check"], properties["stt_verdict"])
        return found

    def checks(self, verdict: str) -> set[str]:
        return {check for check, found in self.verdicts.values() if found == verdict}


def judge(client: str, folder: Path, *options: str) -> Run:
    return run_pytest(folder, f"--stt-client={client}", *options)


def run_pytest(folder: Path, *options: str, env: dict[str, str] | None = None) -> Run:
    """Run pytest in *folder*, with this repository's own test clients importable."""
    junit = folder / "junit.xml"
    # Plugins of this repository's own run must not leak into the user's.
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", f"--junitxml={junit}"]
    done = subprocess.run(
        [*command, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr, junit)
