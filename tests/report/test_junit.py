"""JUnit XML, as GitLab, Jenkins and the like read it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from pytest_openrouter_stt.judging import API_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.report.conftest import Shown

RIGHT = "--stt-client=tests.clients.reference:Client"
ODD = """
from tests.clients.reference import Client

SAID = "\\x00 \\x1b[2J \\u202e \\ufffe ]]> <script>"

class Odd(Client):
    def read(self, response):
        if response.status_code == 500:
            raise RuntimeError(f"{self.api_key} {SAID}")
        return super().read(response)
"""
CASES = ("stt/errors::test_status[sync-500]", "stt/errors::test_status[async-429]")


def cases(shown: Shown) -> dict[str, ET.Element]:
    found = list(ET.fromstring(shown.xml).iter("testcase"))
    named = {f"{case.get('classname')} {case.get('name')}": case for case in found}
    assert len(named) == len(found), "GitLab takes cases of one name for one"
    return named


def properties(case: ET.Element) -> dict[str | None, str | None]:
    return {entry.get("name"): entry.get("value") for entry in case.iter("property")}


@pytest.fixture
def odd(run: Callable[..., Shown]) -> Shown:
    return run("--stt-client=odd:Odd", *CASES, "--showlocals", odd=ODD)


def test_a_case_is_named_after_its_area_and_its_test(odd: Shown) -> None:
    assert set(cases(odd)) == {"stt.errors test_status[sync-500]", "stt.errors test_status[async-429]"}


def test_a_failure_says_in_one_line_what_was_observed_and_then_everything(odd: Shown) -> None:
    failure = cases(odd)["stt.errors test_status[sync-500]"].find("failure")

    assert failure is not None
    assert (failure.get("message") or "").startswith("a 500 is RuntimeError, not ")
    text = failure.text or ""
    assert text.startswith("observed  a 500 is RuntimeError")
    assert all(f"\n{label}" in text for label in ("required", "check", "call", "curl", "spec", "hint"))


def test_neither_the_key_nor_control_characters_are_in_it(odd: Shown) -> None:
    assert API_KEY not in odd.xml
    assert not [character for character in odd.xml if character < " " and character not in "\t\n"]
    assert not set("\u202e\ufffe") & set(odd.xml)
    assert "\\x1b[2J \\u202e" in odd.xml


def test_each_case_has_its_verdict_as_properties(odd: Shown) -> None:
    found = properties(cases(odd)["stt.errors test_status[sync-500]"])

    assert found["stt_case"] == "stt/errors::test_status[sync-500]"
    assert found["stt_check"] == "errors::test_status"
    assert found["stt_level"] == "MUST"
    assert found["stt_verdict"] == "failed"
    assert (found["stt_reason"] or "").startswith("a 500 is RuntimeError")
    assert found["stt_client"] == "odd:Odd"
    assert found["stt_known"] == ""


def test_what_does_not_fail_the_run_is_skipped(run: Callable[..., Shown], pytester: pytest.Pytester) -> None:
    pytester.makefile(".txt", known="errors::test_status[sync-500]  # later")

    done = run(
        "--stt-client=odd:Odd",
        *CASES,
        "stt/response::test_gzip_is_decoded",
        "--stt-known-failures=known.txt",
        odd=ODD.replace("class Odd(Client):", "class Odd(Client):\n    stt_features = {'sync', 'api_key'}"),
    )

    skipped = {name: case.find("skipped") for name, case in cases(done).items()}
    known = skipped["stt.errors test_status[sync-500]"]
    not_offered = skipped["stt.errors test_status[async-429]"]
    assert known is not None
    assert not_offered is not None
    assert (known.get("message") or "").startswith("known: later; a 500 is RuntimeError")
    assert properties(cases(done)["stt.errors test_status[sync-500]"])["stt_known"] == "later"
    assert not_offered.get("message") == "the client does not offer async"


def test_what_could_not_run_is_no_success(run: Callable[..., Shown]) -> None:
    broken = """
        import pytest

        @pytest.fixture(autouse=True)
        def broken():
            raise RuntimeError("broken")
    """
    done = run(RIGHT, CASES[0], conftest=broken)

    case = cases(done)["stt.errors test_status[sync-500]"]
    assert properties(case)["stt_verdict"] == "could not run"
    assert [child.tag for child in case if child.tag != "properties"] == ["error"]


def test_several_clients_have_cases_of_their_own(run: Callable[..., Shown]) -> None:
    done = run(RIGHT, "--stt-client=odd:Odd", "stt/errors::test_status", "-k", "sync-500", odd=ODD)

    clients = [properties(case)["stt_client"] for case in cases(done).values()]
    assert sorted(filter(None, clients)) == ["odd:Odd"] * 2 + ["tests.clients.reference:Client"] * 2
