"""Each mutant is failed by the checks that name it and by no other; each check is named by a mutant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.suite import AREAS, area_checks
from tests.clients.mutants import CAUGHT_BY
from tests.running import judge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mutant", CAUGHT_BY)
def test_mutant_is_caught_by_the_checks_that_name_it(mutant: str, tmp_path: Path) -> None:
    run = judge(f"tests.clients.mutants:{mutant}", tmp_path, "--stt-level=should")

    assert run.checks("failed") == CAUGHT_BY[mutant]


def test_every_check_is_named_by_a_mutant() -> None:
    named = set().union(*CAUGHT_BY.values())
    shipped = {f"{area}::{check}" for area in AREAS for check in area_checks(area)}

    assert named >= shipped, "a check that nothing fails may be one that cannot fail"
    assert named <= shipped, "a mutant names a check that does not exist"
