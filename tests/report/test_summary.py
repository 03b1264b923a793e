"""The end of a run: the table, the reasons, and the sentence that says what it comes to."""

from __future__ import annotations

import pytest

from pytest_openrouter_stt.report import Level, Result, Verdict, conclusion, is_conclusive, is_green, summary_lines


def results(check: str, verdict: Verdict, count: int = 1, level: Level = Level.MUST, reason: str = "") -> list[Result]:
    return [Result(f"stt/{check}[{case}]", check, level, verdict, reason) for case in range(count)]


PASSED = results("request::test_url", Verdict.PASSED, 2)
FAILED = results("request::test_body", Verdict.FAILED, 2, reason="changed on the way: the body")
STUCK = results("errors::test_status", Verdict.COULD_NOT_RUN, 3, reason="nothing was sent")
ABSENT = results("response::test_gzip", Verdict.NOT_OFFERED, 2, reason="the client does not accept gzip")
FINDING = results("errors::test_headers", Verdict.FAILED, 2, Level.SHOULD, "it has no headers")


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (PASSED, "conformant: all 1 MUST checks that were judged passed, in 2 cases"),
        (PASSED + ABSENT, "conformant: all 1 MUST checks that were judged passed, in 2 cases"),
        (
            PASSED + FINDING,
            "conformant: all 1 MUST checks that were judged passed, in 2 cases; 1 SHOULD check failed",
        ),
        (PASSED + FAILED, "not conformant: 1 of 2 MUST checks failed, in 2 of 4 cases"),
        (
            PASSED + FAILED + STUCK,
            "not conformant: 1 of 2 MUST checks failed, in 2 of 4 cases; 1 of 3 checks could not run",
        ),
        (PASSED + STUCK, "no verdict: 1 of 2 checks could not run"),
        (STUCK, "no verdict: 1 of 1 checks could not run"),
        (ABSENT, "no verdict: no MUST check was judged"),
        (FINDING, "no verdict: no MUST check was judged"),
    ],
    ids=["passed", "absent", "finding", "failed", "failed and stuck", "stuck", "all stuck", "all absent", "no MUST"],
)
def test_conclusion(run: list[Result], sentence: str) -> None:
    assert conclusion(run) == sentence


@pytest.mark.parametrize("run", [[], ABSENT, STUCK, FINDING, ABSENT + STUCK], ids=len)
def test_nothing_is_green_when_no_must_check_was_judged(run: list[Result]) -> None:
    assert not is_conclusive(run)
    assert not is_green(run)


def test_green_depends_on_the_level() -> None:
    assert is_green(PASSED + FINDING, Level.MUST)
    assert not is_green(PASSED + FINDING, Level.SHOULD)
    assert not is_green(PASSED + STUCK)
    assert not is_green(PASSED + FAILED)


def test_the_table_has_a_row_for_each_area_and_a_column_for_each_count() -> None:
    lines = list(summary_lines(PASSED + FAILED + STUCK + ABSENT + FINDING))

    assert lines[:6] == [
        "             MUST     MUST   SHOULD   SHOULD       not     could",
        "area       passed   failed   passed   failed   offered   not run",
        "request         2        2        -        -         -         -",
        "errors          -        -        -        2         -         3",
        "response        -        -        -        -         2         -",
        "all             2        2        -        2         2         3",
    ]


def test_may_has_columns_when_there_are_checks_of_it() -> None:
    lines = list(summary_lines(PASSED + results("audio::test_bytes", Verdict.PASSED, 1, Level.MAY)))

    assert lines[0].split() == ["MUST", "MUST", "SHOULD", "SHOULD", "MAY", "MAY", "not", "could"]
    assert lines[3].split() == ["audio", "-", "-", "-", "-", "1", "-", "-", "-"]


def test_each_reason_stands_once_above_the_checks_that_share_it() -> None:
    stuck = [r for n in range(9) for r in results(f"request::test_{n}", Verdict.COULD_NOT_RUN, 2, reason="no JSON")]

    lines = list(summary_lines(stuck))

    assert lines[lines.index("could not run:") :] == [
        "could not run:",
        "  no JSON",
        "    request::test_0 (2)",
        "    request::test_1 (2)",
        "    request::test_2 (2)",
        "    request::test_3 (2)",
        "    and 5 more checks (10)",
        "",
    ]


def test_many_reasons_do_not_fill_the_screen() -> None:
    stuck = [r for n in range(200) for r in results("a::test_b", Verdict.COULD_NOT_RUN, 1, reason=f"{n} {'x' * 5000}")]

    lines = list(summary_lines(stuck))

    assert len(lines) < 30
    assert max(map(len, lines)) < 320
    assert "  … and 192 more reasons" in lines


def test_failures_of_a_weaker_level_are_listed_and_those_that_fail_the_run_are_not() -> None:
    at_must = "\n".join(summary_lines(PASSED + FINDING, Level.MUST))
    at_should = "\n".join(summary_lines(PASSED + FINDING, Level.SHOULD))

    assert "failed SHOULD checks, which do not fail the run (--stt-level=should shows them in full):" in at_must
    assert "  it has no headers\n    errors::test_headers (2)" in at_must
    assert "it has no headers" not in at_should


def test_the_table_fits_80_columns() -> None:
    lines = list(summary_lines(results("transcription::test_x", Verdict.PASSED, 99_999)))

    assert max(map(len, lines)) <= 80


def test_the_check_to_mend_first_is_that_which_kept_most_from_running() -> None:
    body = results("request::test_body", Verdict.FAILED, 2, reason="the body is no JSON")
    url = results("request::test_url", Verdict.FAILED, 1, reason="it is another URL")
    kept = [
        *results("request::test_model", Verdict.COULD_NOT_RUN, 2, reason="not JSON; see request::test_body"),
        *results("request::test_language", Verdict.COULD_NOT_RUN, 2, reason="not JSON; see request::test_body"),
        *results("errors::test_status", Verdict.COULD_NOT_RUN, 1, reason="see request::test_url"),
        *results(
            "errors::test_message", Verdict.COULD_NOT_RUN, 1, reason="see request::test_of_which_nothing_is_known"
        ),
    ]

    lines = [line for line in summary_lines(url + body + kept) if line.startswith("mend first")]

    assert lines == [
        "mend first: request::test_body, without which 2 checks could not run: the body is no JSON",
        "mend first: request::test_url, without which 1 check could not run: it is another URL",
    ]


def test_what_could_not_run_for_its_own_reason_has_nothing_to_mend_first() -> None:
    assert not any("mend first" in line for line in summary_lines(PASSED + FAILED + STUCK))
