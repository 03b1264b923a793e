"""Runs of pytest in this process, and what came of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests.running import ISOLATED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Runs pytest in this process, as wide as a terminal seldom is and not as in continuous integration."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)
    pytester.syspathinsert()

    def run(*options: str, **files: str) -> Shown:
        if files:
            pytester.makepyfile(**files)
        done = pytester.runpytest_inprocess(*ISOLATED, "--junitxml=junit.xml", *options)
        return Shown(
            int(done.ret),
            done.stdout.str() + done.stderr.str(),
            (pytester.path / "junit.xml").read_text(),
            pytester.path,
        )

    return run


@dataclass(frozen=True)
class Shown:
    """What came of a run: its exit code, what it printed, its JUnit XML, and the folder that it ran in."""

    exit_code: int
    output: str
    xml: str
    folder: Path

    def __contains__(self, text: str) -> bool:
        return text in self.output

    def verdicts(self) -> list[str | None]:
        """Return the verdict of every item."""
        entries = ET.fromstring(self.xml).iter("property")
        return [entry.get("value") for entry in entries if entry.get("name") == "stt_verdict"]

    def report(self, name: str = "report.json") -> dict[str, Any]:
        """Return a report in JSON that the run wrote."""
        document: dict[str, Any] = json.loads((self.folder / name).read_text("utf-8"))
        return document

    def client(self) -> dict[str, Any]:
        """Return what the report says of the only client."""
        (client,) = self.report()["clients"]
        assert isinstance(client, dict)
        return client
