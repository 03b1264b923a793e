"""Two runs compared: what got better, what got worse, and what fails the comparison."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given

from pytest_openrouter_stt.report import (
    ChangeKind,
    CheckReport,
    ClientReport,
    Comparison,
    Level,
    Report,
    Verdict,
    compare,
    comparison_lines,
    comparison_markdown,
)
from tests.report._markdown import injected, tables
from tests.report._reports import ABOUT, ABSENT, FAILED, PASSED, STUCK, check, client, drawn, report, reports

NAME = "errors::test_status"
OTHER = check("request::test_url", PASSED)
OTHER_SUITE = {**ABOUT.versions, "pytest-openrouter-stt": "0.2.0"}


def of(*verdicts: Verdict, level: Level = Level.MUST, reason: str = "", known: str = "") -> CheckReport:
    return check(NAME, *verdicts, level=level, reason=reason, known=known)


def compared(old: CheckReport | None, new: CheckReport | None, **more: object) -> Comparison:
    before, after = ([OTHER, one] if one else [OTHER] for one in (old, new))
    return compare(report(*before), report(*after, **more))


def kinds(comparison: Comparison) -> list[ChangeKind]:
    return [change.kind for one in comparison.clients for change in one.changes]


SHOULD = Level.SHOULD
BY_CHANGE = [
    (of(PASSED), of(FAILED), ChangeKind.WORSE, True),
    (of(PASSED), of(STUCK), ChangeKind.WORSE, True),
    (of(PASSED, level=SHOULD), of(FAILED, level=SHOULD), ChangeKind.WORSE, True),
    (of(PASSED), of(FAILED, known="we know"), ChangeKind.WORSE, False),
    (of(FAILED), of(PASSED), ChangeKind.BETTER, False),
    (of(STUCK), of(PASSED), ChangeKind.BETTER, False),
    (of(FAILED, known="we know"), of(PASSED), ChangeKind.BETTER, False),
    (of(PASSED), of(ABSENT), ChangeKind.NO_LONGER_OFFERED, True),
    (of(FAILED), of(ABSENT), ChangeKind.NO_LONGER_OFFERED, True),
    (of(PASSED, level=SHOULD), of(ABSENT, level=SHOULD), ChangeKind.NO_LONGER_OFFERED, False),
    (of(ABSENT), of(PASSED), ChangeKind.NEWLY_OFFERED, False),
    (of(ABSENT), of(FAILED), ChangeKind.NEWLY_OFFERED, True),
    (of(ABSENT, level=SHOULD), of(FAILED, level=SHOULD), ChangeKind.NEWLY_OFFERED, False),
    (of(FAILED), of(STUCK), ChangeKind.OTHERWISE, False),
    (of(FAILED, reason="one"), of(FAILED, reason="another"), ChangeKind.OTHERWISE, False),
    (of(FAILED), of(FAILED, known="we know"), ChangeKind.NEWLY_KNOWN, False),
    (of(FAILED, known="we know"), of(FAILED), ChangeKind.NO_LONGER_KNOWN, False),
    (None, of(PASSED), ChangeKind.NEW, False),
    (None, of(FAILED), ChangeKind.NEW, True),
    (None, of(STUCK, level=SHOULD), ChangeKind.NEW, True),
    (None, of(FAILED, level=SHOULD), ChangeKind.NEW, False),
    (None, of(FAILED, known="we know"), ChangeKind.NEW, False),
    (of(PASSED), None, ChangeKind.GONE, True),
    (of(FAILED), None, ChangeKind.GONE, True),
    (of(ABSENT), None, ChangeKind.GONE, False),
    (of(PASSED, level=SHOULD), None, ChangeKind.GONE, False),
]


@pytest.mark.parametrize(("old", "new", "kind", "is_regression"), BY_CHANGE)
def test_what_became_of_a_case(
    old: CheckReport | None,
    new: CheckReport | None,
    kind: ChangeKind,
    is_regression: bool,  # noqa: FBT001 - a column
) -> None:
    comparison = compared(old, new)

    assert kinds(comparison) == [kind]
    assert comparison.is_worse is is_regression


@pytest.mark.parametrize("one", [of(PASSED), of(FAILED), of(ABSENT), of(STUCK, known="we know")])
def test_what_is_as_it_was_is_no_change(one: CheckReport) -> None:
    slower = replace(one, cases=tuple(replace(case, duration=99.0) for case in one.cases))

    assert kinds(compared(one, slower)) == []


def test_a_new_should_failure_counts_where_it_fails_the_run() -> None:
    assert compared(None, of(FAILED, level=SHOULD), level=SHOULD).is_worse


def test_an_unfinished_new_run_is_worse() -> None:
    assert compared(None, None, unfinished="it was interrupted").is_worse
    assert not compare(report(OTHER, unfinished="it was interrupted"), report(OTHER)).is_worse


def test_a_case_is_missed_where_both_runs_had_the_same_to_run() -> None:
    assert compared(of(PASSED, PASSED), of(PASSED)).is_worse
    assert not compared(of(PASSED, PASSED), of(PASSED), versions=OTHER_SUITE).is_worse
    assert not compared(of(PASSED, PASSED), of(PASSED), revision="ba9876543210").is_worse
    assert compared(of(PASSED, PASSED), None, versions=OTHER_SUITE).is_worse


def versions(*pairs: tuple[str, str]) -> Report:
    return Report(tuple(client(OTHER, name=name, version=version) for name, version in pairs))


@pytest.mark.parametrize(
    ("old", "new", "titles"),
    [
        ([("a", "1")], [("a", "2")], ["a 1 → a 2"]),
        ([("a", "1")], [("b", "1")], ["a 1 → b 1"]),
        ([("a", "1"), ("b", "1")], [("b", "2"), ("a", "2")], ["b 1 → b 2", "a 1 → a 2"]),
        ([("a", "1"), ("a", "2")], [("a", "2"), ("a", "3")], ["a 2", "a 1 → a 3"]),
        ([("a", "1"), ("a", "1")], [("a", "1"), ("a", "1")], ["a 1", "a 1"]),
        ([("a", "1"), ("b", "1")], [("a", "1")], ["a 1", "b 1"]),
        ([("a", "1")], [("b", "1"), ("a", "1")], ["b 1", "a 1"]),
    ],
    ids=["version", "only ones", "order", "versions", "twice", "gone", "new"],
)
def test_which_client_is_which(old: list[tuple[str, str]], new: list[tuple[str, str]], titles: list[str]) -> None:
    assert [one.title for one in compare(versions(*old), versions(*new)).clients] == titles


def test_a_client_that_is_gone_is_worse_and_a_new_one_is_judged_by_its_gate() -> None:
    one, good, bad = client(OTHER), client(OTHER, name="good"), client(of(FAILED), name="bad")
    weak = client(of(PASSED, level=SHOULD), name="weak")

    assert compare(Report((one, weak)), Report((one,))).is_worse
    assert not compare(Report((one,)), Report((one, good))).is_worse
    assert compare(Report((one,)), Report((one, bad))).is_worse


MIRRORED = {
    ChangeKind.WORSE: ChangeKind.BETTER,
    ChangeKind.NEW: ChangeKind.GONE,
    ChangeKind.NO_LONGER_OFFERED: ChangeKind.NEWLY_OFFERED,
    ChangeKind.NO_LONGER_KNOWN: ChangeKind.NEWLY_KNOWN,
    ChangeKind.OTHERWISE: ChangeKind.OTHERWISE,
}
MIRRORED |= {other: kind for kind, other in MIRRORED.items()}


@drawn
@given(one=reports())
def test_nothing_changes_from_a_report_to_itself(one: Report) -> None:
    assert kinds(compare(one, one)) == []
    assert compare(one, one).is_worse is any(client.unfinished for client in one.clients)


@drawn
@given(one=reports(), other=reports())
def test_the_way_back_mirrors_the_way_there(one: Report, other: Report) -> None:
    there, back = Counter(kinds(compare(one, other))), Counter(kinds(compare(other, one)))

    assert there == Counter({MIRRORED[kind]: count for kind, count in back.items()})


@pytest.mark.slow
@drawn
@given(one=reports(), other=reports())
def test_every_client_and_every_case_of_both_is_accounted_for(one: Report, other: Report) -> None:
    comparison = compare(one, other)

    assert sorted(id(c.old) for c in comparison.clients if c.old) == sorted(map(id, one.clients))
    assert [c.new for c in comparison.clients if c.new] == list(other.clients)
    for c in comparison.clients:
        assert c.alike + sum(ch.kind is not ChangeKind.GONE for ch in c.changes) == (len(c.new.results) if c.new else 0)


@drawn
@given(one=reports(), other=reports())
def test_its_text_is_harmless(one: Report, other: Report) -> None:
    comparison = compare(one, other)
    text = comparison_markdown(comparison)

    assert injected(text, lists=True) == []
    assert all(line.isprintable() for line in comparison_lines(comparison))
    assert len(text.encode()) < 900_000


B = check("errors::test_b", PASSED)
OLD = client(
    check("errors::test_a", PASSED, PASSED),
    check("errors::test_b", FAILED, reason="it was lost"),
    check("errors::test_c", FAILED, reason="one"),
    check("errors::test_d", PASSED, level=SHOULD),
    check("errors::test_f", FAILED, reason="a bug"),
    check("errors::test_g", PASSED),
)
NEW = client(
    check("errors::test_a", FAILED, FAILED, reason="it returned a transcript"),
    replace(B, requirement=replace(B.requirement, text="It does what it has to.")),
    check("errors::test_c", FAILED, reason="another"),
    check("errors::test_d", PASSED),
    check("errors::test_e", PASSED, PASSED),
    check("errors::test_f", FAILED, reason="a bug", known="upstream"),
    version="1.1",
    revision="ba9876543210",
)


def test_the_text_for_the_terminal() -> None:
    assert list(comparison_lines(compare(Report((OLD,)), Report((NEW,))))) == [
        "mypkg 1.0 → mypkg 1.1",
        "  was not conformant: 3 of 5 MUST checks failed, in 3 of 6 cases",
        "  is not conformant: 3 of 6 MUST checks failed, in 4 of 8 cases, 1 of them known",
        "  judged otherwise: contract 0123456789ab → ba9876543210",
        "  worse:",
        "    ! errors::test_a  MUST, 2 cases: passed → failed",
        "          it returned a transcript",
        "  gone:",
        "    ! errors::test_g  MUST, 1 case: passed",
        "  newly a known failure:",
        "      errors::test_f  MUST, 1 case: failed → failed (known)",
        "          a bug (known: upstream)",
        "  bad in another way:",
        "      errors::test_c  MUST, 1 case: failed",
        "          another (was: one)",
        "  better:",
        "      errors::test_b  MUST, 1 case: failed → passed",
        "          it was lost",
        "  requirements that are of another level: errors::test_d (SHOULD → MUST); worded otherwise: 1",
        "  new, and passed or not offered: 1 check, in 2 cases",
        "  as before: 1 case",
        "",
        "worse: 2 checks regressed, in 3 cases; 1 check better, in 1 case",
    ]


def test_the_text_in_markdown() -> None:
    text = comparison_markdown(compare(Report((OLD,)), Report((NEW,))))

    assert text.startswith("## worse: 2 checks regressed, in 3 cases; 1 check better, in 1 case\n")
    assert "- requirements that are of another level: `errors::test_d` (SHOULD → MUST); worded otherwise: 1" in text
    assert tables(text)[0] == [
        ["check", "level", "was → is", "reason", "cases"],
        ["errors::test_a", "MUST", "passed → failed", "it returned a transcript", "[0], [1]"],
    ]


def test_nothing_to_tell() -> None:
    one: ClientReport = client(OTHER)

    assert list(comparison_lines(compare(Report((one,)), Report((one,)))))[-1] == (
        "no regression: nothing is better or worse"
    )


def test_of_so_many_changes_some_are_counted() -> None:
    names = [f"request::test_{number}" for number in range(53)]
    old, new = (report(*(check(name, verdict) for name in names)) for verdict in (PASSED, FAILED))

    lines = list(comparison_lines(compare(old, new)))

    assert "    … and 3 more" in lines
    assert sum(line.startswith("    ! ") for line in lines) == 50
