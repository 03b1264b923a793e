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
from pytest_openrouter_stt.judging.checks import UntoldCheck
from pytest_openrouter_stt.judging.checks import check as declared
from pytest_openrouter_stt.report import Level, Source
from tests.gathering import look_at_each
from tests.running import ISOLATED, REPOSITORY, run_python

if TYPE_CHECKING:
    from pytest_openrouter_stt.judging import CheckInfo


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


def test_each_check_names_a_place_in_the_spec_that_exists() -> None:
    look_at_each(CHECKS, _look_at_its_place)


def _look_at_its_place(check: CheckInfo) -> None:
    spec = check.requirement.spec

    if spec.startswith("#/"):
        assert load_contract().at(spec)
    elif spec.startswith("sdk.yaml#/"):
        value: Any = yaml.safe_load((REPOSITORY / "spec" / "sdk.yaml").read_text())
        for token in spec.removeprefix("sdk.yaml#/").split("/"):
            value = value[token]
        assert value
    else:
        assert re.fullmatch(r"RFC \d+, [\d.]+", spec)


def test_each_check_states_its_requirement_and_gives_a_hint() -> None:
    look_at_each(CHECKS, _look_at_its_requirement)


def _look_at_its_requirement(check: CheckInfo) -> None:
    requirement = check.requirement

    assert requirement.text.endswith(".")
    assert requirement.hint.endswith(".")
    assert len(requirement.text) < 120, "the requirement is shown on one line"


def test_each_check_says_what_passes_and_what_fails() -> None:
    look_at_each(CHECKS, _look_at_its_sentences)


def _look_at_its_sentences(check: CheckInfo) -> None:
    for sentence in (check.passes, check.fails):
        assert sentence.endswith(".")
        assert 20 < len(sentence) < 240, "one or two short sentences"


@pytest.mark.parametrize(
    "docstring",
    [
        None,
        "It is required.",
        "It is required.\n\nPasses: this.",
        "It is required.\n\nFails: that.",
        "It is required.\n\nPasses: .\nFails: that.",
        "It is required.\n\nPasses: this.\nFails: ",
        "It is required.\nPasses: this.\nFails: that.",
        "It is\nrequired.\n\nPasses: this.\nFails: that.",
        "It is required.\n\nPasses: this.\nFails: that.\n\nNote: more.",
    ],
    ids=["none", "bare", "no-fails", "no-passes", "no-words", "no-end", "no-line", "two-lines", "more"],
)
def test_a_check_that_does_not_say_it_is_refused(docstring: str | None) -> None:
    def test_something() -> None: ...

    test_something.__doc__ = docstring

    with pytest.raises(UntoldCheck, match=r"test_checks::test_something: its docstring has to be .* 'Passes: …'"):
        declared(Level.MUST, Source.SUITE, "#/paths")(test_something)


@pytest.mark.slow
def test_checks_judge_where_python_leaves_docstrings_out(tmp_path: Path) -> None:
    client = "--stt-client=tests.clients.reference:Client"

    done = run_python(tmp_path, "-OO", "-m", "pytest", *ISOLATED, client, "stt/request::test_method_and_url")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 1 MUST checks that were judged passed" in done.stdout


def test_sentences_are_read_as_one_line_each() -> None:
    def test_something() -> None:
        """It is required.

        Passes: this; and
        that.
        Fails: all
        other: such as `Fails: it`.
        """

    declared(Level.MUST, Source.SUITE, "#/paths")(test_something)

    info = test_something.pytestmark[0].args[0]  # type: ignore[attr-defined] # pytest's
    assert info.requirement.text == "It is required."
    assert (info.passes, info.fails) == ("this; and that.", "all other: such as `Fails: it`.")


def test_every_module_of_the_suite_is_an_area() -> None:
    folder = Path(str(suite.__file__)).parent

    assert {path.stem for path in folder.glob("[!_]*.py")} == set(suite.AREAS)


def test_every_function_of_an_area_that_looks_like_a_check_is_one() -> None:
    for area in suite.AREAS:
        names = suite.area_checks(area)
        module = importlib.import_module(suite.area_module(area))
        assert {name for name in vars(module) if name.startswith("test_")} == set(names)
