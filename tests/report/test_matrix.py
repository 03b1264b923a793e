"""Several clients side by side in a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_openrouter_stt.report import Level, Report, matrix, matrix_lines
from tests.report._reports import ABSENT, FAILED, PASSED, STUCK, check, client, drawn, reports

URL = check("request::test_url", PASSED)
GOOD = client(URL, check("request::test_body", PASSED, PASSED), check("a::test_b", PASSED), name="good")
BAD = client(URL, check("request::test_body", PASSED, FAILED), check("a::test_b", ABSENT), name="bad")
STRANGE = client(
    URL,
    check("request::test_body", FAILED, known="we know"),
    check("a::test_b", STUCK),
    check("only::test_here", PASSED, level=Level.SHOULD),
    name="strange",
)


def lines(*clients: object, width: int = 100) -> list[str]:
    return list(matrix_lines(Report(clients), width))  # type: ignore[arg-type]


def test_what_differs_is_shown_in_words_where_there_is_room() -> None:
    assert lines(GOOD, BAD, STRANGE) == [
        "check                      good 1.0  bad 1.0        strange 1.0",
        "request::test_body (MUST)  passed    failed 1 of 2  failed (known)",
        "a::test_b (MUST)           passed    not offered    could not run",
        "only::test_here (SHOULD)   not run   not run        passed",
        "",
        "1 check: passed by all",
        "",
        "1  good 1.0: conformant: all 3 MUST checks that were judged passed, in 4 cases",
        "2  bad 1.0: not conformant: 1 of 2 MUST checks failed, in 1 of 3 cases",
        "3  strange 1.0: not conformant: 1 of 2 MUST checks failed, in 1 of 2 cases, all of them known; 1 of",
        "   4 checks could not run",
    ]


def test_columns_are_numbered_where_words_do_not_fit() -> None:
    assert lines(GOOD, BAD, STRANGE, width=60)[:8] == [
        "check                      1  2  3",
        "request::test_body (MUST)  .  F  k",
        "a::test_b (MUST)           .  o  U",
        "only::test_here (SHOULD)   -  -  .",
        "",
        "F failed, k known, U could not run, o not offered, - not",
        "run, . passed",
        "",
    ]


def test_more_columns_than_fit_go_on_below() -> None:
    shown = lines(*[GOOD, BAD] * 20, width=60)

    heads = [line.split()[1:] for line in shown if line.startswith("check ")]
    assert [number for head in heads for number in head] == [str(n) for n in range(1, 41)]
    assert sum(line.startswith("request::test_body") for line in shown) == len(heads) > 1


def test_clients_on_which_all_agree_need_no_table() -> None:
    assert lines(GOOD, GOOD) == [
        "3 checks: passed by all",
        "",
        "1  good 1.0 (1): conformant: all 3 MUST checks that were judged passed, in 4 cases",
        "2  good 1.0 (2): conformant: all 3 MUST checks that were judged passed, in 4 cases",
    ]


@drawn
@given(one=reports(), width=st.integers(1, 150))
def test_any_report_fits_the_terminal_in_ascii_and_no_check_is_lost(one: Report, width: int) -> None:
    shown = list(matrix_lines(one, width))

    assert all(line.isascii() and line.isprintable() for line in shown)
    assert all(len(line) <= max(width, 40) for line in shown)
    alike = sum(int(line.split()[0]) for line in shown if line.endswith(" by all"))
    differing = [row for row in matrix(one).rows if row.needs_a_look]
    assert alike + len(differing) == len(one.requirements)


@pytest.mark.parametrize("count", [1, 3])
def test_every_client_has_its_conclusion(count: int) -> None:
    shown = lines(*[BAD] * count)

    assert sum("not conformant: 1 of 2 MUST checks failed" in line for line in shown) == count
