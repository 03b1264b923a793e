"""Clients on every HTTP library are judged alike; ``python -m tests.proof`` judges their mutants by all checks."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.clients.mutants import CAUGHT_BY
from tests.clients.mutants import transports as mutants
from tests.clients.transports import TRANSPORTS
from tests.running import REPOSITORY, Run, run_pytest

if TYPE_CHECKING:
    from pathlib import Path

# The reference itself, over sockets, is what tests/suite/test_forms.py judges too.
_MUTANTS = [name.partition(":")[2] for name in CAUGHT_BY if name.startswith("transports:")]


def _library(client: str) -> str:
    """Return what a client, or the one that a mutant is made of, is on."""
    lines = getattr(mutants, client, None)
    names = [kind.__name__ for kind in lines.__mro__] if lines is not None else [client]
    return next(TRANSPORTS[name] for name in names if name in TRANSPORTS)


def _judge(folder: Path, client: str, *options: str) -> Run:
    """Judge *client* as a user does; by default, httpx would not be led to the sockets on which all others are."""
    library = _library(client.rpartition(":")[2])
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    served = ["--stt-endpoint=loopback"] if library == "httpx" else []
    return run_pytest(folder, f"--stt-client=tests.clients.{client}", "--stt-level=should", *served, *options)


@pytest.mark.long
@pytest.mark.parametrize("client", TRANSPORTS)
def test_a_client_on_any_library_passes_every_check(client: str, tmp_path: Path) -> None:
    run = _judge(tmp_path, f"transports:{client}")

    assert run.checks(Verdict.FAILED) | run.checks(Verdict.COULD_NOT_RUN) == set(), run.output
    assert run.checks(Verdict.PASSED), run.output
    assert run.exit_code == 0, run.output


@pytest.mark.long
@pytest.mark.parametrize("mutant", _MUTANTS)
def test_a_mutant_on_any_library_is_failed_by_the_checks_that_name_it(mutant: str, tmp_path: Path) -> None:
    named = CAUGHT_BY[f"transports:{mutant}"].surely

    run = _judge(tmp_path, f"mutants.transports:{mutant}", *(f"stt/{check}" for check in sorted(named)))

    assert run.checks(Verdict.FAILED) == named, run.output
    assert run.checks(Verdict.COULD_NOT_RUN) == set(), run.output


def test_the_page_on_libraries_names_every_mutant() -> None:
    page = (REPOSITORY / "docs" / "explanation" / "http-libraries.md").read_text("utf-8")

    assert re.findall(r"\| `(\w+)` \|$", page, re.MULTILINE) == _MUTANTS


def test_three_mutants_are_made_of_every_client() -> None:
    bases = [_library(mutant) for mutant in _MUTANTS]

    assert {library: bases.count(library) for library in TRANSPORTS.values()} == dict.fromkeys(TRANSPORTS.values(), 3)
