"""A reply says exactly what goes on the wire."""

from __future__ import annotations

import json
import math

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Fault, Reply, parse_json

CONTRACT = load_contract()


def test_json_is_compact_utf8_with_its_headers() -> None:
    reply = Reply.json({"a": "é", "b": [1, None]}, status=202, delay=0.5)
    assert reply.body == '{"a":"é","b":[1,null]}'.encode()
    assert reply.headers == (("Content-Type", "application/json"), ("Content-Length", str(len(reply.body))))
    assert (reply.status, reply.delay, reply.fault) == (202, 0.5, None)


def test_a_lone_surrogate_is_sent_as_its_escape() -> None:
    reply = Reply.transcript("a\\\ud800\U0001f600")
    assert parse_json(reply.body) == {"text": "a\\\ud800\U0001f600"}


def test_raw_is_sent_as_it_is() -> None:
    reply = Reply.raw(b"\x00\xff", "text/html", status=502, headers={"Retry-After": "1"})
    assert (reply.status, reply.body) == (502, b"\x00\xff")
    assert reply.headers == (("Content-Type", "text/html"), ("Content-Length", "2"), ("Retry-After", "1"))


@pytest.mark.parametrize("name", [pytest.param("CONTENT-TYPE", id="type"), pytest.param("content-length", id="length")])
def test_given_headers_replace_the_own_ones_whatever_their_case(name: str) -> None:
    reply = Reply.json({}, headers={name: "7", "X-Other": "x"})
    assert [value for key, value in reply.headers if key.lower() == name.lower()] == ["7"]
    assert reply.header(name.title()) == "7"
    assert len(reply.headers) == 3


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(Reply.transcript("x"), {"text": "x"}, id="without usage"),
        pytest.param(Reply.transcript("", {}), {"text": "", "usage": {}}, id="empty usage"),
        pytest.param(Reply.transcript("x", {"cost": 0}), {"text": "x", "usage": {"cost": 0}}, id="with usage"),
    ],
)
def test_transcript(reply: Reply, expected: object) -> None:
    assert reply.status == 200
    assert parse_json(reply.body) == expected
    assert not CONTRACT.transcript.violations(expected)


@pytest.mark.parametrize("status", [*CONTRACT.error_statuses, 418])
def test_error_bodies_are_those_of_the_contract(status: int) -> None:
    reply = Reply.error(status, "no", headers={"Retry-After": "1"})
    assert reply.status == status
    assert reply.header("retry-after") == "1"
    assert parse_json(reply.body) == {"error": {"code": status, "message": "no"}}
    assert not CONTRACT.error_schema(status).violations(json.loads(reply.body))


def test_an_error_without_message_gets_one() -> None:
    assert b"This is a 503." in Reply.error(503).body


def test_the_first_of_several_headers_is_returned() -> None:
    reply = Reply(headers=(("X", "a"), ("x", "b")))
    assert reply.header("x") == "a"
    assert reply.header("y") is None


@pytest.mark.parametrize("fault", Fault)
def test_broken_is_only_its_fault(fault: Fault) -> None:
    assert Reply.broken(fault) == Reply(fault=fault)
    assert str(Reply.broken(fault)) == fault.name.lower()


def test_shown_in_one_line() -> None:
    assert str(Reply.raw(b"abc", "text/plain", status=400)) == "400 text/plain, 3 bytes"
    assert str(Reply()) == "200 without content type, 0 bytes"


class TestWhatCannotBeServedCannotBeMade:
    """Else it would fail where it is served, inside the client's call stack."""

    @pytest.mark.parametrize("delay", [-0.1, math.nan, math.inf, 1e300])
    def test_delays(self, delay: float) -> None:
        with pytest.raises(ValueError, match="delay="):
            Reply(delay=delay)

    @pytest.mark.parametrize("header", [pytest.param(("X", "€"), id="value"), pytest.param(("X-€", "1"), id="name")])
    def test_headers(self, header: tuple[str, str]) -> None:
        with pytest.raises(ValueError, match="latin-1"):
            Reply(headers=(header,))
