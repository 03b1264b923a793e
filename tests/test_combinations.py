"""The table of versions and plugins: it can say no, it goes on, and the page holds all of it."""

from __future__ import annotations

import subprocess
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.report import Conformance, Verdict
from tests import combinations as these
from tests.combinations import PAGE, PLUGINS, Combination, Row, Setup, combinations, problems, rows_of, table
from tests.environments import CannotInstall, Judged, lower_bounds, project_file

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD = Judged(Conformance.CONFORMANT, {"stt/a::test_b": Verdict.PASSED})
BAD = Judged(Conformance.NOT_CONFORMANT, {"stt/a::test_b": Verdict.FAILED}, exit_code=1)
OTHER = Judged(Conformance.NOT_CONFORMANT, {"stt/a::test_b": Verdict.COULD_NOT_RUN}, exit_code=1, output="it said so")
ELSE = Judged(Conformance.NOT_CONFORMANT, BAD.verdicts, exit_code=3)
NONE = Judged(None, {}, exit_code=4)


def row(good: Judged | None = GOOD, bad: Judged | None = BAD, name: str = "one", reason: str = "") -> Row:
    return Row(Combination(name, Setup()), good, bad, reason)


@pytest.mark.parametrize("output", ["", "what a plugin printed"])
def test_the_same_verdicts_are_the_same(output: str) -> None:
    again = Judged(BAD.conformance, dict(BAD.verdicts), BAD.exit_code, output)

    assert row(bad=again).is_as(row())
    assert list(problems([row(), row(bad=again)])) == []


@pytest.mark.parametrize(
    "different",
    [row(bad=OTHER), row(bad=ELSE), row(bad=NONE), row(good=None, bad=None, reason="it is not there")],
    ids=["case", "exit-code", "no-report", "not-judged"],
)
def test_whatever_differs_is_told(different: Row) -> None:
    rows = [row(), different]

    assert not different.is_as(row())
    assert [line.endswith("| yes |") for line in table(rows).splitlines()[2:]] == [True, False]
    assert "".join(problems(rows)).startswith("\none: ")


def test_a_case_that_differs_is_named_with_what_the_run_said() -> None:
    told = "\n".join(problems([row(), row(bad=OTHER)]))

    assert "stt/a::test_b: failed, here could not run" in told
    assert "it said so" in told


@pytest.mark.parametrize("wrong", [row(good=BAD), row(bad=GOOD), row(bad=NONE)], ids=["right", "wrong", "no-report"])
def test_what_is_compared_with_has_to_be_right_itself(wrong: Row) -> None:
    assert not wrong.is_as(wrong)


def test_a_combination_that_fails_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def environment(folder: Path, python: str, *_: object) -> Path:
        if python == "3.12":
            raise CannotInstall("there is no Python 3.12")
        return Path(python)

    def judged(interpreter: Path, client: str, options: Sequence[str]) -> Judged:
        if "--hangs" in options:
            raise subprocess.TimeoutExpired("pytest", 9)
        return GOOD if "Right" in client else BAD

    fakes: dict[str, Any] = {
        "built_wheel": Path,
        "environment": environment,
        "installed": lambda _: {},
        "judged": judged,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(these, name, fake)
    absent, hanging = Combination("absent", Setup("3.12")), Combination("hanging", Setup("3.11"), ("--hangs",))

    rows = list(rows_of([absent, hanging, Combination("fine", Setup("3.11"))], {}))

    assert [each.is_as(row()) for each in rows] == [False, False, True]
    assert [each.reason for each in rows[:2]] == [
        "there is no Python 3.12",
        "Command 'pytest' timed out after 9 seconds",
    ]


def test_lower_bounds_are_those_of_the_project() -> None:
    extra = {"loopback": ["trustme[x]>=1.2"]}

    assert lower_bounds(
        {"dependencies": ["a>=1.10,>=1.9,<3", "b~=2.1; os_name != ''"], "optional-dependencies": extra}
    ) == {
        "a": "1.10",
        "b": "2.1",
        "trustme": "1.2",
    }


def test_a_dependency_without_a_lower_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="h11<1 has no lower bound: write one, such as h11>="):
        lower_bounds({"dependencies": ["h11<1"], "optional-dependencies": {"loopback": []}})


@pytest.mark.parametrize(
    ("setup", "pinned"),
    [
        (Setup(), set()),
        (Setup(pytest="oldest"), {"pytest"}),
        (Setup(dependencies="lowest"), {*lower_bounds(project_file()["project"])} - {"pytest"}),
        (Setup(pytest="oldest", dependencies="lowest"), {*lower_bounds(project_file()["project"])}),
    ],
)
def test_what_is_pinned(setup: Setup, pinned: set[str]) -> None:
    assert {requirement.partition("==")[0] for requirement in setup.requirements()} == pinned


def test_plugins_have_the_names_that_pytest_knows_them_by() -> None:
    known = {(found.dist.name, found.name) for found in entry_points(group="pytest11") if found.dist is not None}
    here = {package for package, _ in known}

    assert {(package, name) for package, name in PLUGINS.items() if package in here} <= known


def test_a_plugin_is_tried_alone() -> None:
    (alone,) = [each for each in combinations() if each.name == "pytest-sugar"]

    assert "pytest-sugar" in alone.setup.requirements()
    assert "-pno:sugar" not in alone.options
    assert {"-pno:xdist", "-pno:socket"} < set(alone.options)


def test_the_page_holds_all_combinations_and_each_is_the_same() -> None:
    shown = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.endswith("cases | yes |")]

    assert [cells[0].removeprefix("| ") for cells in shown] == [each.name for each in combinations()]
