"""Reports as Markdown: complete, within their limit, and harmless whatever the text in them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from pytest_openrouter_stt.report import (
    ErrorRow,
    Level,
    Repeat,
    Report,
    Sender,
    harmless,
    markdown_report,
)
from tests.report._markdown import fences, injected, parsed, squeezed, tables, unbalanced
from tests.report._reports import ABSENT, FAILED, HOSTILE, PASSED, STUCK, check, client, drawn, report, reports, texts

LIMIT = 900_000
EVIDENCE = (
    ("diff", '- required  + observed\n  {\n-     "format": ""\n+     "format_": ""\n  }'),
    ("sent", "POST https://a.example/\nX: 1"),
    ("call", "Client(api_key=...).create_transcription(model='m')"),
    ("curl", "curl https://a.example/"),
)
URL = check("request::test_url", PASSED, PASSED)
BODY = check("request::test_body", PASSED, FAILED, FAILED, reason="changed on the way: the body", evidence=EVIDENCE)


def page(*checks: object, **more: object) -> str:
    return markdown_report(report(*checks, **more))  # type: ignore[arg-type]


def test_the_verdict_is_the_heading() -> None:
    text = page(URL, BODY)

    assert text.startswith("## `mypkg 1.0`: not conformant: 1 of 2 MUST checks failed, in 2 of 5 cases\n")


def test_the_counts_are_those_of_the_terminal() -> None:
    assert tables(page(URL, BODY))[0] == [
        ["area", "MUST passed", "MUST failed", "SHOULD passed", "SHOULD failed", "not offered", "could not run"],
        ["request", "3", "2", "-", "-", "-", "-"],
        ["all", "3", "2", "-", "-", "-", "-"],
    ]


def test_a_failure_shows_requirement_difference_call_and_curl_once() -> None:
    text = page(URL, BODY)

    assert "**Required:** What `request::test_body` requires." in text
    assert "**Observed:** changed on the way: the body\n\n**In** `[1]`, `[2]`" in text
    assert fences(text) == [
        ("diff", '  {\n-     "format": ""\n+     "format_": ""\n  }\n'),
        ("http", "POST https://a.example/\nX: 1\n"),
        ("python", "Client(api_key=...).create_transcription(model='m')\n"),
        ("sh", "curl https://a.example/\n"),
    ]


def test_a_call_of_a_command_is_one_of_the_shell() -> None:
    text = page(check("a::test_b", FAILED, evidence=[("call", "printf '%s' '{}' | node adapter.mjs")]))

    assert fences(text)[0][0] == "sh"


def test_cases_with_other_evidence_are_shown_apart_and_not_without_end() -> None:
    cases = [check("a::test_b", FAILED, reason=f"reason {n}").cases[0] for n in range(8)]
    text = page(replace(check("a::test_b", FAILED), cases=tuple(cases)))

    assert text.count("**Observed:**") == 5
    assert "3 more failures of this check say something else again" in text


def test_what_to_mend_first_stands_before_the_failures() -> None:
    text = page(BODY, check("errors::test_status", STUCK, reason="no body; see request::test_body"))

    assert text.index("**Mend first:** `request::test_body`, without which 1 check could not run") < text.index(
        "### Failed"
    )


def test_the_rest_stands_in_tables_by_reason() -> None:
    text = page(
        URL,
        check("errors::test_status", STUCK, STUCK, reason="nothing was sent"),
        check("errors::test_headers", FAILED, level=Level.SHOULD, reason="it has no headers"),
        check("response::test_gzip", ABSENT),
        check("request::test_known", FAILED, reason="x", known="an upstream bug"),
    )

    found = {row[0]: row[1:] for rows in tables(text) for row in rows}
    assert found["nothing was sent"] == ["errors::test_status (2)"]
    assert found["it has no headers"] == ["errors::test_headers (1)"]
    assert found["because it not offered"] == ["response::test_gzip (1)"]
    assert found["request::test_known"] == ["1", "failed", "an upstream bug"]
    assert "### Failed\n" not in text


def test_a_broken_check_shows_its_traceback_once() -> None:
    evidence = [("traceback", "conftest.py:6: RuntimeError")]
    text = page(check("errors::test_status", STUCK, STUCK, reason="RuntimeError in the check", evidence=evidence))

    assert fences(text) == [("text", "conftest.py:6: RuntimeError\n")]
    assert "<summary><code>stt&#47;errors::test_status&#91;0&#93;</code>: <code>RuntimeError in the check" in text


def test_a_should_failure_is_shown_in_full_where_it_fails_the_run() -> None:
    headers = check("errors::test_headers", FAILED, level=Level.SHOULD, reason="it has no headers")

    assert "**Observed:** it has no headers" in page(URL, headers, level=Level.SHOULD)
    assert "**Observed:**" not in page(URL, headers)


def test_errors_repeats_senders_and_circumstances_are_told() -> None:
    text = page(
        check("retry::test_x", PASSED, PASSED, repeats=[Repeat(3, "timeout")]),
        errors=(ErrorRow(500, "pkg.E", True, False, True), ErrorRow(502, "pkg.E", True, False, True)),  # noqa: FBT003
        senders=(Sender("sync", "httpx, called from pkg/_http.py:8 in post"),),
    )

    rows = [row for found in tables(text) for row in found]
    assert ["500", "pkg.E", "yes", "no", "yes"] in rows
    assert "Cannot be told apart by their type: 500, 502 (`pkg.E`)" in text
    assert ["retry::test_x", "2", "3", "timeout"] in rows
    assert "requests are sent by httpx, called from `pkg/_http.py:8` in post" in text
    assert "against `packaged` (revision `0123456789ab`)" in text
    assert "at level MUST, at which the run passes; 20 examples from seed 0; endpoint served by respx" in text


def test_a_partial_and_an_unfinished_run_say_so() -> None:
    text = page(URL, not_run=("errors::test_a", "errors::test_b"), unfinished="it was interrupted")

    assert text.startswith("## `mypkg 1.0`: no verdict: it was interrupted\n")
    assert "1 of 3 checks were run; nothing is said of the others." in text


def test_several_clients_begin_with_the_matrix() -> None:
    other = client(URL, check("request::test_body", PASSED), check("errors::test_a", PASSED), name="other")
    text = markdown_report(Report((client(URL, BODY, check("errors::test_a", ABSENT)), other)))

    assert text.startswith("## 2 clients: 1 conformant, 1 not conformant\n")
    assert tables(text)[0] == [
        ["check", "level", "mypkg 1.0", "other 1.0"],
        ["request::test_body", "MUST", "failed 2 of 3", "passed"],
        ["errors::test_a", "MUST", "not offered", "passed"],
        ["1 more check", "", "passed", "passed"],
    ]
    assert "<summary><code>other 1.0</code>: conformant</summary>" in text
    assert unbalanced(text) == 0


def test_a_check_that_did_not_run_is_no_pass_in_the_matrix() -> None:
    text = markdown_report(Report((client(URL), client(name="other"))))

    assert tables(text)[0][1:] == [["request::test_url", "MUST", "passed", "not run"]]


@drawn
@given(one=reports())
def test_no_text_becomes_an_element_a_link_a_mention_or_structure(one: Report) -> None:
    text = markdown_report(one)

    assert injected(text) == []
    assert unbalanced(text) == 0
    text.encode()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_hostile_text_breaks_a_table_or_is_lost(hostile: str) -> None:
    assert_that_all_are_shown(hostile, hostile, hostile, hostile)


@drawn
@given(reason=texts(), known=texts(), kind=texts(), title=texts())
def test_no_text_breaks_a_table_or_is_lost(reason: str, known: str, kind: str, title: str) -> None:
    assert_that_all_are_shown(reason, known, kind, title)


def assert_that_all_are_shown(reason: str, known: str, kind: str, title: str) -> None:
    one = replace(
        client(
            check("errors::test_a", STUCK, reason=reason or "none"),
            check("errors::test_b", FAILED, reason=reason, known=known or "none"),
            errors=(ErrorRow(500, kind, True, True, False),),  # noqa: FBT003
        ),
    )
    other = replace(one, who=replace(one.who, title=title))
    text = markdown_report(Report((one, other)))

    matrix, *rest = tables(text)
    shown = [[squeezed(cell) for cell in row] for rows in rest for row in rows]
    assert squeezed(matrix[0][3]) == squeezed(clean(title)) + ("" if title != one.who.title else "(2)")
    assert [squeezed(clean(reason or "none")), "errors::test_a(1)"] in shown
    assert ["errors::test_b", "1", "failed", squeezed(clean(known or "none"))] in shown
    assert ["500", squeezed(clean(kind)), "yes", "yes", "no"] in shown


def clean(text: str) -> str:
    return harmless(" ".join(text.split()))


@pytest.mark.parametrize("evidence", HOSTILE)
def test_evidence_stays_in_its_block(evidence: str) -> None:
    text = page(check("a::test_b", FAILED, evidence=[("sent", evidence), ("curl", "curl x")]))

    assert fences(text) == [("http", f"{harmless(evidence)}\n"), ("sh", "curl x\n")]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_title_stays_one_heading(hostile: str) -> None:
    one = client(URL)
    text = markdown_report(Report((replace(one, who=replace(one.who, title=hostile), unfinished=hostile),)))

    tokens = parsed(text)
    assert injected(text) == []
    assert [token.type for token in tokens[:3]] == ["heading_open", "inline", "heading_close"]
    assert squeezed(clean(hostile)) in squeezed("".join(c.content for c in tokens[1].children or []))


@pytest.mark.parametrize("clients", [1, 2, 40])
def test_what_does_not_fit_is_left_out_and_said(clients: int) -> None:
    evidence = [("sent", "é" * 10_000)]
    checks = [check(f"a::test_{n}", FAILED, evidence=evidence) for n in range(60)]
    text = markdown_report(Report((client(*checks),) * clients))

    missing = sum(int(n) for n in re.findall(r"\*\*Cut to fit:\*\* (\d+) failed checks", text))
    assert len(text.encode()) < LIMIT
    assert text.count("**Observed:**") + missing == 60 * clients
    assert missing > 0
    assert unbalanced(text) == 0


def test_so_many_clients_that_not_even_their_verdicts_fit() -> None:
    text = markdown_report(Report((client(BODY),) * 3_000))

    left_out = re.search(r"\*\*Cut to fit:\*\* .*?(\d+) clients", text)
    assert len(text.encode()) < LIMIT
    assert left_out is not None
    assert text.count("<summary><code>mypkg 1.0") + int(left_out[1]) == 3_000


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    text = page(check("a::test_b", FAILED, evidence=[("replied", "x" * 1_000_000)]))

    assert len(text) < 30_000
    assert "… (1,000,000 characters)" in text


def test_of_so_many_reasons_some_are_counted() -> None:
    text = page(*(check(f"a::test_{number}", STUCK, reason=f"reason {number}") for number in range(63)))

    assert ["and 3 more reasons", ""] in [row for rows in tables(text) for row in rows]
