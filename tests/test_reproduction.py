"""One seed gives one smallest call: run again, distributed, beside other tests, whatever profile the user has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.running import Run, run_pytest
from tests.versions import newest_draws

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "stt/request::test_model_is_verbatim"
EFFORT = ("--stt-seed=5", "--stt-max-examples=200")
"""With these, the defect below is found."""

RARE = """
import os
from tests.clients.reference import Client as Reference

class Client(Reference):
    '''Changes models that twenty examples hardly ever hold.'''

    def body(self, arguments):
        body = super().body(arguments)
        with open(os.environ.get("SEEN", os.devnull), "a", encoding="utf-8") as file:
            print(ascii(body["model"]), file=file)
        if len(body["model"]) > 12 and body["model"][-1].isupper():
            body["model"] = body["model"].lower()
        return body
"""
PROFILE = """
from hypothesis import settings

settings.register_profile("own", max_examples=3, derandomize=True)
settings.load_profile("own")
"""
OWN_TEST = """
from hypothesis import given, settings, strategies as st

import rare.more

counts = []

@given(st.integers())
def test_property(number):
    counts.append(number)

def test_profile():
    assert len(counts) == 3
    assert settings().max_examples == settings.default.max_examples == 3
    assert settings().derandomize
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A client's own repository, with tests that load more of it than judging it does."""
    (tmp_path / "rare").mkdir()
    (tmp_path / "rare" / "__init__.py").write_text(RARE)
    (tmp_path / "rare" / "more.py").write_text(f"WORDS = {[f'word {number}' for number in range(900)]}")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\nstt_client = rare:Client\n")
    return tmp_path


def failures(run: Run) -> list[str]:
    """Return what the run shows of each failure, in the order of the checks."""
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    found = re.findall(r"^(_+ stt/\S+ _+\n.*?^hint .*?)$", run.output, re.MULTILINE | re.DOTALL)
    return sorted(re.sub(r"^\[gw\d\].*\n", "", text, flags=re.MULTILINE) for text in found)


@pytest.mark.slow
def test_a_failure_is_the_same_when_run_again_and_distributed_and_with_a_profile_of_the_user(project: Path) -> None:
    alone = failures(run_pytest(project, MODEL, *EFFORT, "-v"))
    assert len(alone) == 2
    assert all("model='000000000000A'" in failure for failure in alone)

    assert failures(run_pytest(project, MODEL, *EFFORT, "-v", "-n2")) == alone
    (project / "conftest.py").write_text(PROFILE)
    (project / "test_own.py").write_text(OWN_TEST)
    beside = run_pytest(project, MODEL, "test_own.py", *EFFORT, "-v")
    assert failures(beside) == alone
    assert "2 failed, 2 passed" in beside.output


@pytest.mark.slow
@newest_draws
def test_the_examples_do_not_depend_on_what_else_is_loaded(project: Path) -> None:
    run_pytest(project, f"{MODEL}[sync]", *EFFORT, env={"SEEN": "alone"})
    (project / "test_own.py").write_text(OWN_TEST)
    run_pytest(project, "test_own.py", f"{MODEL}[sync]", *EFFORT, env={"SEEN": "together"})

    alone = (project / "alone").read_text("utf-8").splitlines()
    assert len(alone) > 100
    assert (project / "together").read_text("utf-8").splitlines() == alone
