"""A failure: what it says, in which order, and that neither size nor content of what was seen can spoil it."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from pytest_openrouter_stt.client import Failure, NoAnswer, Outcome, Transcript
from pytest_openrouter_stt.contract import MISSING, Call, load_contract
from pytest_openrouter_stt.endpoint import Exchange, Fault, Reply, WireRequest
from pytest_openrouter_stt.report import (
    CheckFailed,
    FailureWriter,
    Level,
    Observation,
    Rendered,
    Requirement,
    Source,
    Subject,
)

KEY = "sk-or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f900-not-a-key"
CONTRACT = load_contract()
CALL = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="openai/whisper-1")
SUBJECT = Subject("a client 1.2", "Client(api_key=...).transcribe", (KEY,), "Client(api_key=...).transcribe_async")
FINE = Reply.transcript("a transcript")


def requirement(area: str, source: Source = Source.SCHEMA) -> Requirement:
    return Requirement(f"{area}::test_it", Level.MUST, source, "#/the/spec", "What is required.", "What to look at.")


def request(body: bytes = b'{"model": "m"}', **headers: str) -> WireRequest:
    pairs = {"Authorization": f"Bearer {KEY}", **headers}
    return WireRequest("POST", CONTRACT.url, tuple(pairs.items()), body)


def seen(*ledger: Exchange, outcome: Outcome | None = None, call: Call = CALL) -> Observation:
    return Observation(call, "sync", outcome or Transcript("a transcript"), ledger)


def rendered(area: str, failure: CheckFailed, subject: Subject = SUBJECT) -> Rendered:
    return FailureWriter(subject, CONTRACT).write(failure, requirement(area))


def rows(text: str) -> dict[str, str]:
    """Return what stands beside each label, without the indentation."""
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        label, value = line[:10].strip(), line[10:]
        if label:
            found[label] = []
        found[list(found)[-1]].append(value)
    return {label: "\n".join(lines) for label, lines in found.items()}


def difference(expected: Any, actual: Any) -> list[str]:
    failure = CheckFailed(observed="changed", expected=expected, actual=actual)
    first, *lines = rows(rendered("request", failure).text)["diff"].split("\n")
    assert first == "- required  + observed"
    return lines


def test_the_order_of_the_rows() -> None:
    failure = CheckFailed(
        observed="it differs", observation=seen(Exchange(request(), FINE)), expected={"a": 1}, actual={"a": 2}
    )

    text = rendered("request", failure).text

    assert list(rows(text)) == ["observed", "required", "check", "diff", "call", "curl", "client", "spec", "hint"]
    assert text.startswith("observed  it differs\nrequired  What is required.\n")
    assert rows(text)["check"] == "request::test_it  MUST, by the OpenAPI document"
    assert rows(text)["client"] == "a client 1.2"
    assert rows(text)["spec"] == "#/the/spec"
    assert rows(text)["hint"] == "What to look at."


def test_a_convention_of_the_suite_is_said_to_be_one() -> None:
    failure = CheckFailed(observed="it differs")

    shown = FailureWriter(SUBJECT, CONTRACT).write(failure, requirement("request", Source.SUITE))

    assert "MUST, by a convention of this suite's own" in shown.text


def test_a_failure_about_the_request_shows_the_request_and_no_reply_that_is_as_ever() -> None:
    failure = CheckFailed(observed="it is wrong", observation=seen(Exchange(request(Accept="text/plain"), FINE)))

    shown = rows(rendered("request", failure).text)

    assert shown["sent"].split("\n") == [
        f"POST {CONTRACT.url}",
        "Authorization: Bearer <the key>",
        "Accept: text/plain",
        "",
        '{"model": "m"}',
    ]
    assert "replied" not in shown
    assert "outcome" not in shown


def test_a_failure_about_an_error_shows_what_was_replied_and_what_was_raised() -> None:
    reply = Reply.error(529, "overloaded", headers={"Retry-After": "7"})
    error = LookupError("no such status")
    failure = CheckFailed(observed="wrong type", observation=seen(Exchange(request(), reply), outcome=Failure(error)))

    shown = rows(rendered("errors", failure).text)

    assert shown["replied"].split("\n") == [
        f"529 application/json, {len(reply.body)} bytes",
        "Retry-After: 7",
        '{"error":{"code":529,"message":"overloaded"}}',
    ]
    assert shown["outcome"] == "raised LookupError: no such status"
    assert "sent" not in shown


def test_where_an_exception_was_raised_is_shown_the_last_call_first() -> None:
    def innermost() -> None:
        raise KeyError("text")

    def outermost() -> None:
        innermost()

    with pytest.raises(KeyError) as caught:
        outermost()
    failure = CheckFailed(observed="bare", observation=seen(Exchange(request(), FINE), outcome=Failure(caught.value)))

    first, second, _ = rows(rendered("response", failure).text)["raised at"].split("\n")

    assert first.endswith(' in innermost: raise KeyError("text")')
    assert second.endswith(" in outermost: innermost()")
    assert "test_failure.py:" in first


def test_several_requests_are_listed_with_their_answers() -> None:
    exchanges = [Exchange(request(), Reply.error(500))] * 9 + [Exchange(request(), Reply.broken(Fault.RESET))]

    shown = rows(rendered("errors", CheckFailed(observed="again", observation=seen(*exchanges))).text)

    assert shown["sent"].split("\n")[0] == f"1. POST {CONTRACT.url}, body {request().digest} → 500"
    assert shown["sent"].split("\n")[-1] == "… 6 more requests"
    assert shown["replied"].startswith("reset")


def test_a_request_to_another_place_is_shown_by_every_check() -> None:
    elsewhere = WireRequest("GET", "https://elsewhere.example/", (), b"")

    shown = rows(rendered("errors", CheckFailed(observed="away", observation=seen(Exchange(elsewhere, FINE)))).text)

    assert shown["sent"] == "GET https://elsewhere.example/"


def test_a_call_that_sends_nothing_says_so_and_why() -> None:
    failure = CheckFailed(observed="no request", observation=seen(outcome=Failure(ValueError("model is empty"))))

    shown = rows(rendered("request", failure).text)

    assert shown["sent"] == "nothing"
    assert shown["outcome"] == "raised ValueError: model is empty"


def test_a_call_that_does_not_end_shows_the_lines_of_the_client() -> None:
    stack = (
        '  File "/usr/lib/python3/threading.py", line 1, in run\n    run()\n'
        '  File "/home/me/mine/client.py", line 7, in send\n    wait()\n'
        '  File "/env/site-packages/httpx/_client.py", line 9, in send\n    send()\n'
    )
    outcome = NoAnswer("it was still under way after 5 s", stack)
    failure = CheckFailed(observed="no end", observation=seen(Exchange(request(), FINE), outcome=outcome))

    stuck = rows(rendered("errors", failure).text)["stuck at"]

    assert "/home/me/mine/client.py:7 in send" in stuck
    assert "httpx" not in stuck


class Unshowable(Exception):
    def __str__(self) -> str:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("outcome", [Failure(Unshowable()), Transcript(Unshowable())], ids=["failure", "transcript"])
def test_values_that_cannot_be_shown_do_not_break_the_report(outcome: Outcome) -> None:
    failure = CheckFailed(observed="odd", observation=seen(Exchange(request(), FINE), outcome=outcome))

    assert "Unshowable" in rows(rendered("errors", failure).text)["outcome"]


def test_an_address_in_memory_is_not_part_of_what_was_observed() -> None:
    failure = CheckFailed(observed="it got <Result object at 0x7f2331666690>, of all things")

    assert rendered("request", failure).summary == "it got <Result object>, of all things"


def test_what_was_observed_is_one_line() -> None:
    failure = CheckFailed(observed="it said\r\nobserved  all is well\x1b[2J" + "x" * 10_000)

    first, second, *_ = rendered("request", failure).text.split("\n")

    assert first.startswith("observed  it said observed all is well\\x1b[2J")
    assert len(first) < 400
    assert second.startswith("required  ")


@pytest.mark.parametrize("area", ["request", "errors"])
def test_the_key_is_nowhere_in_a_failure(area: str) -> None:
    url = f"{CONTRACT.url}?key={KEY}"
    leaking = WireRequest("POST", url, (("X-Api-Key", KEY), (KEY, "name")), f'{{"key": "{KEY}"}}'.encode())
    reply = Reply.error(401, f"bad key {KEY}", headers={"X-Seen": KEY})
    outcome = Failure(ValueError(f"the key {KEY} is bad"))
    call = CALL.replace(model=KEY, http_referer=f"https://host/{KEY}")
    failure = CheckFailed(
        observed=f"it sent {KEY}",
        observation=seen(Exchange(leaking, reply), outcome=outcome, call=call),
        expected={"a": KEY} if area == "request" else MISSING,
        actual={KEY: "a" * 500 + KEY} if area == "request" else MISSING,
        details=f"key={KEY}",
    )

    shown = rendered(area, failure, Subject(f"client {KEY}", f"Client({KEY!r})", (KEY,)))

    for text in (shown.text, shown.summary, shown.brief):
        assert KEY[:14] not in text


@pytest.mark.parametrize("scheme", ["Bearer ", ""], ids=["bearer", "no scheme"])
def test_the_token_of_another_key_is_not_shown_in_full(scheme: str) -> None:
    sent = request(Authorization=f"{scheme}pk_live_4f7a9c1e5b8d2f6a0c3e")

    shown = rendered("request", CheckFailed(observed="x", observation=seen(Exchange(sent, FINE))))

    assert f"Authorization: {scheme}pk_l… (28 characters, not the key that was given)" in shown.text


HUGE = "".join(random.Random(0).choices(string.ascii_letters, k=25_000_000))


def test_25_megabytes_everywhere_are_a_screen() -> None:
    body = f'{{"input_audio": {{"data": "{HUGE}"}}}}'.encode()
    reply = Reply(body=body, headers=(("X-Many", "h" * 1000),) * 10_000)
    exchange = Exchange(WireRequest("POST", CONTRACT.url, (("X-Many", HUGE[:100_000]),) * 10_000, body), reply)
    call = CALL.replace(input_audio={"data": HUGE, "format_": "wav"})
    observation = seen(exchange, outcome=Failure(ValueError(HUGE)), call=call)

    for area in ("request", "errors"):
        text = rendered(area, CheckFailed(observed=f"it is {HUGE}", observation=observation)).text

        assert len(text) < 12_000
        assert "25,000,0" in text
        assert "headers" in text or "X-Many" in text


def test_the_difference_of_equal_beginnings_is_shown_where_they_part() -> None:
    lines = difference({"data": HUGE}, {"data": HUGE[:1_000_000]})

    assert [line.strip() for line in lines if "data" in line] == [
        f'-   "data": "{HUGE[999_960:1_000_080]}"… (25,000,000 characters, from character 999,960 on)',
        f'+   "data": "{HUGE[999_960:1_000_000]}"… (1,000,000 characters, from character 999,960 on)',
    ]


def test_a_difference_shows_what_changed_and_a_little_around_it() -> None:
    expected = {"input_audio": {"data": "", "format": "wav"}, "model": "m", "provider": {"options": {"a": {"b": 1}}}}
    actual = {**expected, "input_audio": {"data": "", "format_": "wav"}}

    assert difference(expected, actual) == [
        "  {",
        '    "input_audio": {',
        '      "data": ""',
        '-     "format": "wav"',
        '+     "format_": "wav"',
        "    }",
        '    "model": "m"',
        '    "provider": {',
    ]


def test_an_added_entry_does_not_change_the_line_before_it() -> None:
    assert difference({"a": 1}, {"a": 1, "b": [True, None]}) == [
        "  {",
        '    "a": 1',
        '+   "b": [',
        "+     true",
        "+     null",
        "+   ]",
        "  }",
    ]


def test_113_renamed_entries_are_a_few_of_them_and_their_number() -> None:
    expected = {f"slug-{n:03}": {"of": n} for n in range(113)}

    lines = difference(expected, {name.replace("-", "_"): value for name, value in expected.items()})

    assert len(lines) < 20
    assert any("214 more that differ" in line for line in lines)


def test_one_change_in_a_long_array_is_shown_alone() -> None:
    expected = list(range(100_000))
    actual = [*expected[:70_000], "new", *expected[70_000:]]

    assert difference(expected, actual) == [
        "  [",
        "    … 70,000 more that are the same",
        '+   "new"',
        "    … 30,000 more that are the same",
        "  ]",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e\u0301", "\u00e9"),
        (10**5000, 10**5000 + 1),
        (1, True),
        ({"a": None}, {}),
        ({"a": MISSING, "b": 1}, {"b": 2}),
        ("\ud800", "\udbff"),
        (float("nan"), None),
        ([1, 2], [2, 1]),
        (b"bytes", "bytes"),
    ],
    ids=["accents", "large numbers", "booleans", "null", "missing", "surrogates", "nan", "order", "no JSON"],
)
def test_every_difference_is_seen(one: Any, other: Any) -> None:
    lines = difference(one, other)

    assert [line for line in lines if line[0] != " "]
    assert "\n".join(lines).isascii()


def test_an_entry_at_the_end_of_an_array_is_shown_alone() -> None:
    assert difference({"a": [1, 2]}, {"a": [1, 2, 3]})[1:-1] == [
        '    "a": [',
        "      … 2 more that are the same",
        "+     3",
        "    ]",
    ]


def test_lists_within_what_was_added_are_left_out() -> None:
    lines = difference({}, {"a": [[[1]], []]})

    assert [line[1:].strip() for line in lines] == ["{}", "{", '"a": [', "[", "[…]", "]", "[]", "]", "}"]


def test_a_difference_that_is_too_deep_is_told_all_the_same() -> None:
    def deep(value: object) -> Any:
        for _ in range(20):
            value = {"a": value}
        return value

    assert difference(deep(1), deep(2)) == ["(they differ in what is too long to be shown)"]


def test_a_row_has_an_end() -> None:
    reply = Reply(status=200, body=b"\n" * 1000)
    failure = CheckFailed(observed="odd", observation=seen(Exchange(request(), reply)))

    assert rows(rendered("response", failure).text)["replied"].split("\n")[-1] == "… 572 more lines"


def test_values_deeper_than_recursion_goes_are_cut() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    assert len(difference([deep, 1], [deep, 2])) < 40


def test_failures_with_the_same_evidence_are_known_by_it() -> None:
    def failure(mode: str, status: int) -> Rendered:
        observation = Observation(CALL, mode, Transcript(""), (Exchange(request(), Reply.error(status)),))  # type: ignore[arg-type] # one of the two
        return rendered("errors", CheckFailed(observed="no error", observation=observation))

    assert failure("sync", 500).alike == failure("async", 500).alike
    assert failure("sync", 500).alike != failure("sync", 502).alike
    assert failure("sync", 500).brief == "\n".join(failure("sync", 500).text.split("\n")[:3])
