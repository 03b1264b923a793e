"""What several tests of the suite look at."""

from __future__ import annotations

import json

import pytest

from tests.running import Run, run_pytest, shared


@pytest.fixture(scope="session")
def reference_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The verdicts of the whole suite on the reference over respx, for tests that only look at them."""
    return shared(tmp_path_factory, "reference", lambda: _judge_reference(tmp_path_factory))


def _judge_reference(temporary: pytest.TempPathFactory) -> Run:
    folder = temporary.mktemp("reference")
    options = ("--stt-client=tests.clients.reference:Client", "--stt-level=should", "--stt-report=report.json")
    run = run_pytest(folder, *options)
    (client,) = json.loads((folder / "report.json").read_text("utf-8"))["clients"]
    assert client["settings"]["endpoint"] == ["respx"], run.output
    return run
