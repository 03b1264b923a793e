"""Known failures: what an entry covers, what is wrong with it, and how a file of them is read and written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import (
    KnownFailure,
    KnownFailures,
    Level,
    Result,
    UnusableKnownFailures,
    Verdict,
    known_failures_text,
    read_known_failures,
)

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2027, 3, 1)
REASON = "it raised TypeError, not *X"


def result(
    case: str = "errors::test_status[sync-429]",
    verdict: Verdict = Verdict.FAILED,
    reason: str = REASON,
    client: str = "pkg",
    level: Level = Level.MUST,
) -> Result:
    return Result(f"stt/{case}", case.partition("[")[0], level, verdict, reason, client)


def entry(id: str = "errors::test_status", **more: object) -> KnownFailure:  # noqa: A002 - the field's name
    return KnownFailure(**{"id": id, "reason": "for now", "place": "known.toml, entry 1", **more})  # type: ignore[arg-type] # given by name


def problems(one: KnownFailure, *results: Result, not_run: tuple[str, ...] = ()) -> list[str]:
    return [problem for _, problem in KnownFailures((one,), TODAY).problems(results, not_run)]


@pytest.mark.parametrize(
    "pattern",
    [
        "errors::test_status[sync-429]",
        "stt/errors::test_status[sync-429]",
        "errors::test_status",
        "errors",
        "errors::*",
        "errors::test_status[*-429]",
        "*[sync-4?9]",
    ],
)
def test_an_area_a_check_and_a_case_can_be_named(pattern: str) -> None:
    assert KnownFailures((entry(pattern),), TODAY).reason_for(result()) == "for now"


@pytest.mark.parametrize(
    "pattern",
    ["errors::test_status[sync-4]", "errors::test_stat", "error", "retry", "errors::test_status[429]", "test_status"],
)
def test_nothing_else_is_meant(pattern: str) -> None:
    assert not KnownFailures((entry(pattern),), TODAY).reason_for(result())


def test_what_passes_is_not_known_to_fail() -> None:
    assert not KnownFailures((entry(),), TODAY).reason_for(result(verdict=Verdict.PASSED))


def test_an_entry_may_be_about_one_client() -> None:
    assert entry(client="p*").covers(result())
    assert not entry(client="other").covers(result())


def test_an_entry_is_bound_to_what_was_observed() -> None:
    assert entry(observed=REASON).covers(result())
    assert entry(observed="it raised *").covers(result())
    assert not entry(observed="it returned").covers(result())


def test_an_entry_counts_up_to_its_last_day() -> None:
    assert KnownFailures((entry(expires=TODAY),), TODAY).reason_for(result())
    assert not KnownFailures((entry(expires=date(2027, 2, 28)),), TODAY).reason_for(result())


@pytest.mark.parametrize(
    ("one", "results", "said"),
    [
        (entry(), [result(verdict=Verdict.PASSED)], "passes; remove the entry"),
        (entry(), [result(verdict=Verdict.NOT_OFFERED)], "is not offered by the client; remove the entry"),
        (entry("errors::test_statos"), [result()], "matches no check; mend the ID"),
        (entry("errors::test_status[sync-4290]"), [result()], "matches no check; mend the ID"),
        (entry(observed="it hung"), [result()], f"fails otherwise than it says: {REASON}"),
        (entry(expires=date(2027, 2, 28)), [result()], "has expired on 2027-02-28; mend the client, or think again"),
    ],
)
def test_an_entry_that_is_not_needed_is_a_problem(one: KnownFailure, results: list[Result], said: str) -> None:
    assert problems(one, *results) == [f"known.toml, entry 1: {one.id} {said}"]


@pytest.mark.parametrize(
    ("one", "results"),
    [
        (entry(), [result()]),
        (entry(), [result(), result("errors::test_status[sync-500]", Verdict.PASSED)]),
        (entry(), [result(verdict=Verdict.COULD_NOT_RUN)]),
        (entry("retry::test_x"), [result()]),
        (entry("retry::test_x[sync]"), [result()]),
        (entry("retry::*"), [result()]),
        (entry(client="other"), [result(verdict=Verdict.PASSED)]),
    ],
    ids=["needed", "needed by one case", "could not run", "left out", "a case left out", "an area", "another client"],
)
def test_an_entry_that_is_needed_or_of_which_nobody_knows_is_none(one: KnownFailure, results: list[Result]) -> None:
    assert problems(one, *results, not_run=("retry::test_x",)) == []


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "known.txt"
    path.write_text(
        "# a comment\n\nerrors::test_status[*-429]  # no type for it: #12\n[other]\nretry::test_x # later\n"
    )

    first, second = read_known_failures(path, TODAY).entries

    assert first == entry("errors::test_status[*-429]", reason="no type for it: #12")
    assert first.place == "known.txt:3"
    assert (second.id, second.client, second.reason) == ("retry::test_x", "other", "later")


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(
        '[[failure]]\nid = "errors"\nreason = "later"\nowner = "me"\n'
        'expires = 2027-04-01\nobserved = "x"\nclient = "a"\n'
    )

    (read,) = read_known_failures(path, TODAY).entries

    assert read == entry("errors", reason="later", owner="me", expires=date(2027, 4, 1), observed="x", client="a")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("k.txt", "errors::test_status", "k.txt:1: 'errors::test_status' has no reason"),
        ("k.toml", "[[failure]]\nid = 'a'", "k.toml, entry 1: it has no 'reason'. Each entry needs id and reason"),
        ("k.toml", "[[failure]]\nid = ''\nreason = 'x'", "k.toml, entry 1: it has no 'id'"),
        ("k.toml", "[[failure]]\nid = 'a'\nreason = 'x'\nowners = 'y'", "there is 'owners'. Allowed are id, reason"),
        ("k.toml", "[[failure]]\nid = 1\nreason = 'x'", "'id' is 1. It has to be a string"),
        ("k.toml", "[[failure]]\nid = 'a'\nreason = 'x'\nexpires = 'y'", "It has to be a date, such as 2027-01-31"),
        ("k.toml", "[[failure]]\nid = 'a'\nreason = 'x'\nexpires = 2027-01-31T00:00:00Z", "It has to be a date"),
        ("k.toml", "[failure]\nid = 'a'", "Write each entry as a table [[failure]]"),
        ("k.toml", "[[known]]\nid = 'a'", "there is 'known'. Write each entry as a table [[failure]]"),
        ("k.toml", "[[failure", "it is not TOML"),
        ("k.toml", "failure = ['a']", "Write each entry as a table [[failure]]"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_what_to_do(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(UnusableKnownFailures) as caught:
        read_known_failures(tmp_path / name, TODAY)

    assert message in str(caught.value)


def test_a_file_that_is_not_there_or_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe")

    for name, problem in (("nowhere.toml", "No such file"), ("binary.txt", "it is not UTF-8")):
        with pytest.raises(UnusableKnownFailures, match=problem):
            read_known_failures(tmp_path / name, TODAY)


@pytest.mark.parametrize("name", ["known.toml", "known.txt"])
def test_what_is_written_covers_what_fails_now_and_is_needed(tmp_path: Path, name: str) -> None:
    results = [
        result("errors::test_status[sync-429]", reason='it said "no" \\ #1'),
        result("errors::test_status[async-429]", reason="it hung"),
        result("errors::test_status[sync-500]", Verdict.PASSED),
        result("retry::test_x[sync]", Verdict.COULD_NOT_RUN),
        result("retry::test_x[async]", Verdict.COULD_NOT_RUN, client="other"),
        result("audio::test_y", level=Level.SHOULD),
    ]
    path = tmp_path / name

    path.write_text(known_failures_text(results, Level.MUST, toml=path.suffix == ".toml"))
    known = read_known_failures(path, TODAY)

    assert [bool(known.reason_for(r)) for r in results] == [True, True, False, True, True, False]
    assert list(known.problems(results, ())) == []
    assert [one.id for one in known.entries] == [
        "errors::test_status[sync-429]",
        "errors::test_status[async-429]",
        "retry::test_x",
        "retry::test_x",
    ]


def test_written_anew_an_entry_keeps_what_people_wrote(tmp_path: Path) -> None:
    passed = date(2027, 2, 28)
    before = KnownFailures((entry("errors", reason="why", owner="me", expires=passed, observed="*X"),), TODAY)
    path = tmp_path / "known.toml"

    path.write_text(known_failures_text([result(), result("audio::test_y")], Level.MUST, toml=True, before=before))

    old, new = read_known_failures(path, TODAY).entries
    assert (old.id, old.observed) == ("errors::test_status", REASON)
    assert (old.reason, old.owner, old.expires) == ("why", "me", passed)
    assert (new.reason, new.owner, new.expires) == ("not looked into yet", "", None)


def test_lines_written_anew_keep_their_reasons() -> None:
    before = KnownFailures((entry(reason="why"),), TODAY)

    assert known_failures_text([result()], Level.MUST, toml=False, before=before).endswith("test_status  # why\n")


def test_only_toml_is_bound_to_what_was_observed(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(known_failures_text([result()], Level.MUST, toml=True))

    assert not read_known_failures(path, TODAY).reason_for(result(reason="another"))
