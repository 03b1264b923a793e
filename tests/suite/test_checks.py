"""What every check has to have, so that its failure can teach."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_openrouter_stt import suite
from pytest_openrouter_stt.contract import load_contract
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from pytest_openrouter_stt.suite import CheckInfo


def _checks() -> dict[str, CheckInfo]:
    found = {}
    for area in suite.AREAS:
        names = suite.area_checks(area)
        module = importlib.import_module(suite.area_module(area))
        for name in names:
            info = next(mark.args[0] for mark in getattr(module, name).pytestmark if mark.name == "stt_check")
            found[info.requirement.check] = info
    return found


CHECKS = _checks()


@pytest.mark.parametrize("check", CHECKS)
def test_the_place_in_the_spec_exists(check: str) -> None:
    spec = CHECKS[check].requirement.spec

    if spec.startswith("#/"):
        assert load_contract().at(spec)
    elif spec.startswith("sdk.yaml#/"):
        value: Any = yaml.safe_load((REPOSITORY / "spec" / "sdk.yaml").read_text())
        for token in spec.removeprefix("sdk.yaml#/").split("/"):
            value = value[token]
        assert value
    else:
        assert re.fullmatch(r"RFC \d+, [\d.]+", spec)


@pytest.mark.parametrize("check", CHECKS)
def test_it_states_its_requirement_and_gives_a_hint(check: str) -> None:
    requirement = CHECKS[check].requirement

    assert requirement.text.endswith(".")
    assert requirement.hint.endswith(".")
    assert len(requirement.text) < 120, "the requirement is shown on one line"


def test_every_module_of_the_suite_is_an_area() -> None:
    folder = Path(str(suite.__file__)).parent

    assert {path.stem for path in folder.glob("[!_]*.py")} == set(suite.AREAS)


def test_every_function_of_an_area_that_looks_like_a_check_is_one() -> None:
    for area in suite.AREAS:
        names = suite.area_checks(area)
        module = importlib.import_module(suite.area_module(area))
        assert {name for name in vars(module) if name.startswith("test_")} == set(names)
