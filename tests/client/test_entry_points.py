"""A distribution says by an entry point what is judged under a name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import ClientNotFound, resolve
from pytest_openrouter_stt.contract import load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Install = Callable[..., None]

NAMING = load_contract().sdk
NAME = "stt_entry_point_of_a_test"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution whose entry point `NAME` refers to *value*, and the module `NAME`."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(value: str, distribution: str = "one") -> None:
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[pytest_openrouter_stt.clients]\n{NAME} = {value}\n")
        (tmp_path / f"{NAME}.py").write_text("stt_client = 1\ndef other(): ...\n")

    yield installed
    sys.modules.pop(NAME, None)


def refused() -> ClientNotFound:
    with pytest.raises(ClientNotFound) as caught:
        resolve(NAME, NAMING)
    return caught.value


def test_it_goes_before_the_module_of_that_name(install: Install) -> None:
    install("tests.clients.reference:Client")

    target = resolve(NAME, NAMING)

    assert (target.name, target.entry_point) == (NAME, "tests.clients.reference:Client")
    assert target.value is sys.modules["tests.clients.reference"].Client


def test_an_attribute_is_looked_for_in_the_module(install: Install) -> None:
    install("tests.clients.reference:Client")

    target = resolve(f"{NAME}:other", NAMING)

    assert (target.module, target.entry_point) == (sys.modules[NAME], "")


def test_without_one_the_module_is_taken(install: Install) -> None:
    install("tests.clients.reference:Client")

    assert resolve("tests.clients.adapters:PassesOn", NAMING).entry_point == ""


def test_the_same_twice_is_no_question(install: Install) -> None:
    install("tests.clients.reference:Client")
    install("tests.clients.reference:Client", "two")

    assert resolve(NAME, NAMING).entry_point == "tests.clients.reference:Client"


def test_different_ones_of_the_same_name_are_refused(install: Install) -> None:
    install("tests.clients.reference:Client")
    install("tests.clients.adapters:PassesOn", "two")

    error = refused()

    assert "several distributions have an entry point of that name" in error.problem
    assert "tests.clients.adapters:PassesOn (two), tests.clients.reference:Client (one)" in error.problem
    assert "'module:attribute'" in error.remedy


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("stt_nonsense:client", "there is no module 'stt_nonsense'"),
        ("tests.clients.reference:Nope", "'tests.clients.reference' has no attribute 'Nope'"),
    ],
)
def test_one_that_leads_nowhere_is_one_error(install: Install, value: str, problem: str) -> None:
    install(value)

    assert refused().problem == f"its entry point {value!r} is broken: {problem}"


def test_the_header_says_where_a_name_leads(install: Install, pytester: pytest.Pytester) -> None:
    install("tests.clients.reference:Client")

    done = pytester.runpytest(f"--stt-client={NAME}", "--collect-only")

    done.stdout.fnmatch_lines(f"stt: client {NAME}*, the entry point tests.clients.reference:Client")
