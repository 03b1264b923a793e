"""Each mutant is failed by the checks that name it and by no other, each check is named by one, no variant fails."""

from __future__ import annotations

import pytest

from pytest_openrouter_stt.report import Verdict
from pytest_openrouter_stt.suite import AREAS, area_checks
from tests.clients.mutants import CAUGHT_BY
from tests.clients.variants import VARIANTS
from tests.running import judge_here


@pytest.mark.parametrize("mutant", CAUGHT_BY)
def test_mutant_is_caught_by_the_checks_that_name_it(mutant: str, pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, f"tests.clients.mutants.{mutant}")

    failed, catch = run.checks(Verdict.FAILED), CAUGHT_BY[mutant]
    assert failed >= catch.surely, "a check that names the defect does not see it"
    assert failed <= catch.surely | catch.perhaps, "a check that does not name the defect blames it"


@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_passes_every_check(variant: str, pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, f"tests.clients.variants:{variant}", "--stt-level=should")

    assert run.exit_code == 0
    assert run.checks(Verdict.FAILED) | run.checks(Verdict.COULD_NOT_RUN) == set()


def test_the_reference_passes_every_check(pytester: pytest.Pytester) -> None:
    run = judge_here(pytester, "tests.clients.reference:Client", "--stt-level=should")

    assert run.exit_code == 0
    assert run.checks(Verdict.FAILED) | run.checks(Verdict.COULD_NOT_RUN) == set()


def test_every_check_is_named_by_a_mutant() -> None:
    named = frozenset().union(*(catch.surely for catch in CAUGHT_BY.values()))
    shipped = {f"{area}::{check}" for area in AREAS for check in area_checks(area)}

    assert named >= shipped, "a check that nothing fails may be one that cannot fail"
    assert named <= shipped, "a mutant names a check that does not exist"
