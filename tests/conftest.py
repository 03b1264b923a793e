"""Settings of all tests, and what several of them look at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.running import Run

# How long an example takes is a matter of the machine, and of what else it does. A test says the same twice, as a gate
# has to; `--hypothesis-profile=exploring` looks for what it has not met yet.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def reference_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of the whole suite on the reference, on the command line, for tests that only look at it."""
    from tests.running import shared  # noqa: PLC0415 - most tests need none of this

    return shared(tmp_path_factory, "reference", lambda: _judge_reference(tmp_path_factory))


def _judge_reference(temporary: pytest.TempPathFactory) -> Run:
    from tests.running import run_pytest  # noqa: PLC0415 - as above

    folder = temporary.mktemp("reference")
    options = ("--stt-client=tests.clients.reference:Client", "--stt-level=should", "--stt-report=report.json")
    run = run_pytest(folder, *options)
    (client,) = json.loads((folder / "report.json").read_text("utf-8"))["clients"]
    assert client["settings"]["endpoint"] == ["respx"], run.output
    return run
