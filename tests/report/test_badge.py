"""The badge: green only for what is known to be right."""

from __future__ import annotations

import pytest
from hypothesis import given

from pytest_openrouter_stt.report import ClientReport, Level, Report, badge
from tests.report._reports import ABSENT, FAILED, PASSED, STUCK, check, client, drawn, reports

URL = check("request::test_url", PASSED, PASSED)
BODY = check("request::test_body", PASSED, FAILED, FAILED)
KNOWN = check("request::test_known", FAILED, known="an upstream bug")
HEADERS = check("errors::test_headers", FAILED, level=Level.SHOULD)
STATUS = check("errors::test_status", STUCK)
KNOWN_STATUS = check("errors::test_status", STUCK, known="a proxy")
LEFT_OUT = ("errors::test_a", "errors::test_b")


@pytest.mark.parametrize(
    ("one", "colour", "message"),
    [
        (client(URL), "brightgreen", "conformant"),
        (client(URL, HEADERS), "brightgreen", "conformant"),
        (client(URL, HEADERS, level=Level.SHOULD), "yellow", "conformant, 1 fail at level SHOULD"),
        (client(URL, not_run=LEFT_OUT), "yellow", "conformant (1 of 3 checks)"),
        (client(URL, BODY), "red", "1 of 2 MUST fail"),
        (client(URL, BODY, STATUS), "red", "1 of 2 MUST fail"),
        (client(URL, BODY, not_run=LEFT_OUT), "red", "1 of 2 MUST fail"),
        (client(URL, BODY, unfinished="interrupted"), "red", "1 of 2 MUST fail"),
        (client(URL, KNOWN), "orange", "1 of 2 MUST fail (known)"),
        (client(URL, KNOWN, STATUS), "red", "1 of 2 MUST fail (known)"),
        (client(URL, KNOWN, unfinished="interrupted"), "red", "1 of 2 MUST fail (known)"),
        (client(URL, KNOWN, BODY), "red", "2 of 3 MUST fail (1 known)"),
        (client(URL, STATUS), "lightgrey", "no verdict"),
        (client(URL, KNOWN_STATUS), "lightgrey", "no verdict"),
        (client(URL, unfinished="interrupted"), "lightgrey", "no verdict"),
        (client(check("a::test_b", ABSENT)), "lightgrey", "no verdict"),
        (client(), "lightgrey", "no verdict"),
    ],
)
def test_one_client(one: ClientReport, colour: str, message: str) -> None:
    assert badge(Report((one,))) == {
        "schemaVersion": 1,
        "label": "OpenRouter STT",
        "message": message,
        "color": colour,
    }


@pytest.mark.parametrize(
    ("clients", "colour", "message"),
    [
        ((client(URL), client(URL)), "brightgreen", "conformant"),
        ((client(URL), client(BODY, name="other")), "red", "other 1.0: 1 of 1 MUST fail"),
        ((client(URL, not_run=LEFT_OUT), client(STATUS, name="b"), client(KNOWN)), "lightgrey", "b 1.0: no verdict"),
        (
            (client(URL), client(KNOWN, name="b"), client(URL, not_run=LEFT_OUT)),
            "orange",
            "b 1.0: 1 of 1 MUST fail (known)",
        ),
    ],
    ids=["all green", "red", "grey", "orange"],
)
def test_of_several_clients_the_worst_counts(clients: tuple[ClientReport, ...], colour: str, message: str) -> None:
    shown = badge(Report(clients))

    assert (shown["color"], shown["message"]) == (colour, message)


@drawn
@given(one=reports())
def test_it_is_green_only_for_complete_runs_of_conformant_clients(one: Report) -> None:
    shown = badge(one)

    is_right = all(c.conformance == "conformant" and c.is_green and not c.not_run for c in one.clients)
    assert (shown["color"] == "brightgreen") == is_right
    assert str(shown["message"]).isprintable()
    assert len(str(shown["message"])) < 500
