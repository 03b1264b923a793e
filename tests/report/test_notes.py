"""Notes: what is said of a client beside the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import Transcript
from pytest_openrouter_stt.contract import Call
from pytest_openrouter_stt.endpoint import Exchange, Fault, Reply, WireRequest
from pytest_openrouter_stt.report import (
    AdapterWork,
    Case,
    CheckReport,
    Circumstances,
    ClientReport,
    ErrorRow,
    Level,
    Note,
    Observation,
    Repeat,
    Requirement,
    Result,
    Sender,
    Served,
    Source,
    Verdict,
    Who,
    error_lines,
    note_lines,
    note_property,
    notes_in,
)
from tests.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (
    ErrorRow(500, "pkg.ServerError", status_kept=True, message_kept=True, retried=True),
    ErrorRow(502, "pkg.ServerError", status_kept=False, message_kept=True, retried=False),
)
REPEAT = Repeat(3, "timeout")
SENDER = Sender("sync", "httpx, called from pkg/_http.py:8 in post")
ADAPTER = AdapterWork("adapter", "pkg", ("waits (time.sleep, adapter.py:2 in call)",))


def client(*notes: Repeat | Sender | AdapterWork | tuple[ErrorRow, ...], cases: int = 1) -> ClientReport:
    requirement = Requirement("retry::test_x", Level.MUST, Source.SUITE, "#/", "It is so.")
    repeats = tuple(note for note in notes if isinstance(note, Repeat))
    result = Result("stt/retry::test_x", requirement.check, Level.MUST, Verdict.PASSED, "")
    return ClientReport(
        who=Who("pkg", "1", "pkg 1"),
        circumstances=Circumstances("2027-01-01T00:00:00Z", 1.0, {}, "packaged", "0" * 12, Level.MUST, 20, 0, ()),
        checks=(CheckReport(requirement, (Case(result, repeats=repeats),) * cases),),
        errors=next((note for note in notes if isinstance(note, tuple)), ()),
        senders=tuple(note for note in notes if isinstance(note, Sender)),
        adapters=tuple(note for note in notes if isinstance(note, AdapterWork)),
    )


def observation(*replies: Reply, bodies: tuple[bytes, ...] | None = None) -> Observation:
    sent = bodies or (b"{}",) * len(replies)
    ledger = [Exchange(WireRequest("POST", "https://a/", (), body), r) for body, r in zip(sent, replies, strict=True)]
    return Observation(Call(input_audio={}, model="m"), "sync", Transcript("a"), tuple(ledger))


@pytest.mark.parametrize(
    "note",
    [REPEAT, ROWS, SENDER, ADAPTER, Served("respx"), Who("pkg", "1", "pkg 1")],
    ids=lambda note: type(note).__name__,
)
def test_a_note_travels_as_a_user_property(note: Note) -> None:
    assert list(notes_in([("stt_check", "a::b"), note_property(note)])) == [note]


def test_a_body_that_was_received_and_comes_again_is_a_repeat() -> None:
    seen = observation(Reply.broken(Fault.TIMEOUT), Reply.broken(Fault.TIMEOUT), Reply.transcript("a"))

    assert seen.repeat == REPEAT


@pytest.mark.parametrize(
    "seen",
    [
        observation(Reply.transcript("a")),
        observation(Reply.broken(Fault.REFUSED), Reply.transcript("a")),
        observation(Reply.error(503), Reply.transcript("a")),
        observation(Reply.transcript("a"), Reply.transcript("b"), bodies=(b"1", b"2")),
    ],
    ids=["one request", "refused", "an error", "another body"],
)
def test_anything_else_is_none(seen: Observation) -> None:
    assert seen.repeat is None


def test_repeats_are_counted_by_check() -> None:
    assert list(note_lines(client(REPEAT, cases=2), verbose=False)) == [
        "sent again after the server had received it, so possibly billed twice:",
        "  retry::test_x (2), answered: timeout",
        "",
    ]


def test_where_requests_come_from_is_said_once_where_it_is_the_same() -> None:
    both = client(SENDER, Sender("async", SENDER.origin))
    differing = client(Sender("async", "aiohttp"), SENDER)

    assert list(note_lines(both, verbose=False)) == [f"requests are sent by {SENDER.origin}", ""]
    assert list(note_lines(differing, verbose=False)) == [
        f"sync requests are sent by {SENDER.origin}",
        "async requests are sent by aiohttp",
        "",
    ]


def test_what_an_adapter_does_itself_is_said() -> None:
    assert list(note_lines(client(ADAPTER), verbose=False)) == [
        "the adapter adapter does itself what is then not judged of pkg:",
        "  waits (time.sleep, adapter.py:2 in call)",
        "",
    ]


def test_an_adapter_that_only_passes_on_is_told_so() -> None:
    assert list(note_lines(client(AdapterWork("adapter", "pkg", ())), verbose=False)) == [
        "the adapter adapter was seen to do nothing itself that is the work of pkg",
        "",
    ]


def test_the_table_of_errors_is_shown_only_when_much_is_asked_for() -> None:
    assert list(note_lines(client(ROWS), verbose=False)) == []
    assert list(note_lines(client(ROWS), verbose=True)) == [*error_lines(ROWS), ""]


def test_the_table_says_what_cannot_be_told_apart() -> None:
    *_, second, last = error_lines(ROWS)

    assert second.split() == ["502", "ServerError", "no", "yes", "no"]
    assert last == "cannot be told apart by their type: 500, 502 (pkg.ServerError)"


@pytest.mark.slow
def test_the_end_of_a_run_has_both(tmp_path: Path) -> None:
    client = "--stt-client=tests.clients.mutants.retry:RepeatsAfterTimeouts"

    done = run_pytest(tmp_path, client, "-v", "stt/retry", "stt/errors", "-k", "repeated or distinct")

    assert "possibly billed twice:\n  retry::test_accepted_requests_are_not_repeated (1)" in done.output
    assert ["429", "TooManyRequests", "yes", "yes", "no"] in [line.split() for line in done.output.splitlines()]
