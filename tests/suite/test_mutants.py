"""Each check is named by a mutant, and none blames the reference; ``python -m tests.proof`` shows the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Verdict
from pytest_openrouter_stt.suite import AREAS, area_checks
from tests.clients.mutants import CAUGHT_BY

if TYPE_CHECKING:
    from tests.running import Run


def test_the_reference_passes_every_check(reference_run: Run) -> None:
    assert reference_run.exit_code == 0
    assert reference_run.checks(Verdict.FAILED) | reference_run.checks(Verdict.COULD_NOT_RUN) == set()


def test_every_check_is_named_by_a_mutant() -> None:
    named = frozenset().union(*(catch.surely for catch in CAUGHT_BY.values()))
    shipped = {f"{area}::{check}" for area in AREAS for check in area_checks(area)}

    assert named >= shipped, "a check that nothing fails may be one that cannot fail"
    assert named <= shipped, "a mutant names a check that does not exist"
