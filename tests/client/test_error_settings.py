"""Error types from pyproject.toml stand in for what a client does not declare."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import ClientUnderTest, ErrorTable, Target, UnusableErrors, configured_errors
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.report import Verdict
from tests.clients import reference
from tests.running import judge_here

if TYPE_CHECKING:
    from pathlib import Path

SECTION = "[tool.pytest-openrouter-stt.errors]\n"
CONTRACT = load_contract()


def table(value: object, errors: dict[int | str, type] | None) -> ErrorTable:
    target = Target("client", "", "package:client", value, None, errors)
    client = ClientUnderTest(target, CONTRACT, deadline=1, flooded=threading.Event())
    return client.errors("k")


def transcribe(*, input_audio: object, model: str) -> str:
    return ""


def test_statuses_lead_to_types(tmp_path: Path) -> None:
    lines = '401 = "tests.clients.reference:Unauthorized"\ndefault = "tests.clients.reference:SttError"\n'
    (tmp_path / "pyproject.toml").write_text(SECTION + lines)

    assert configured_errors(tmp_path) == {401: reference.Unauthorized, "default": reference.SttError}


@pytest.mark.parametrize("text", [None, "", "[tool.other]\n", "[tool]\npytest-openrouter-stt = {other = 1}\n"])
def test_a_project_that_says_nothing_configures_nothing(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)

    assert configured_errors(tmp_path) is None


def test_they_are_the_table_of_a_client_that_declares_none() -> None:
    found = table(transcribe, {401: reference.Unauthorized, "default": reference.SttError})

    assert (found.origin, dict(found.by_status)) == ("configured", {401: reference.Unauthorized})
    assert found.default is reference.SttError


def test_what_a_client_declares_goes_before() -> None:
    found = table(reference.Client, {401: ValueError})

    assert (found.origin, found.by_status[401]) == ("declared", reference.Unauthorized)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SECTION + '200 = "m:T"', "errors.200: it is not the status of an error. Write a status from 400 to 599"),
        (SECTION + 'other = "m:T"', "errors.other: it is not the status of an error"),
        (SECTION + '401 = "json"', "errors.401 = 'json': it is not the name of a type. Write 'module:Type'."),
        (SECTION + "401 = 5", "errors.401 = 5: it is not the name of a type"),
        (SECTION + '401 = "stt_nonsense:T"', "leads nowhere (ModuleNotFoundError: No module named 'stt_nonsense')"),
        (SECTION + '401 = "json:Nope"', "leads nowhere (AttributeError: "),
        (SECTION + '401 = "json:dumps"', "errors.401 = 'json:dumps': it is function, not a type of exception"),
        ("[tool.pytest-openrouter-stt]\nerrors = 1", "tool.pytest-openrouter-stt.errors: it is no table"),
        ("[tool", "pyproject.toml: it cannot be read ("),
    ],
    ids=["success", "word", "module", "number", "no module", "no attribute", "no type", "no table", "no TOML"],
)
def test_what_leads_to_no_type_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(UnusableErrors) as caught:
        configured_errors(tmp_path)

    assert message in str(caught.value)


def test_a_run_is_refused_before_the_first_test(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(SECTION + '401 = "json:Nope"')

    done = pytester.runpytest("--stt-client=tests.clients.reference:Client")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*stt: tool.pytest-openrouter-stt.errors.401 = 'json:Nope': it leads nowhere*")


def test_a_run_is_judged_by_them(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(SECTION + '401 = "tests.clients.reference:NotFound"')
    check = "stt/errors::test_status[sync-401]"
    client = "tests.clients.adapted:undeclared"

    configured = judge_here(pytester, client, check)
    pytester.makepyprojecttoml("")
    inferred = judge_here(pytester, client, check)

    assert configured.checks(Verdict.FAILED) == {"errors::test_status"}
    assert inferred.checks(Verdict.PASSED) == {"errors::test_status"}


def test_so_is_what_a_fixture_gives(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(SECTION + '401 = "tests.clients.reference:NotFound"')
    pytester.makeconftest(
        "import pytest\nfrom tests.clients.adapted import undeclared\n"
        "@pytest.fixture\ndef stt_client_under_test():\n    return undeclared\n"
    )

    done = pytester.runpytest("stt/errors::test_status[sync-401]")

    done.assert_outcomes(failed=1)
