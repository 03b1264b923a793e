"""What a request says about itself, and which bodies are JSON to the letter."""

from __future__ import annotations

import math

import pytest

from pytest_openrouter_stt.endpoint import BodyError, WireRequest, parse_json

URL = "https://api.invalid/v1/audio/transcriptions?a=1"


def wire(*headers: tuple[str, str], body: bytes = b"") -> WireRequest:
    return WireRequest("POST", URL, headers, body)


class TestHeaders:
    def test_names_are_looked_up_whatever_their_case(self) -> None:
        request = wire(("X-One", "a"), ("x-two", "b"), ("X-ONE", "c"))
        assert request.values("x-one") == ("a", "c")
        assert request.header("X-TWO") == "b"

    def test_several_lines_are_joined(self) -> None:
        assert wire(("Accept", "a"), ("accept", "b")).header("Accept") == "a, b"

    def test_what_is_absent_is_none(self) -> None:
        assert wire().values("X") == ()
        assert wire().header("X") is None
        assert wire(("X", "")).header("X") == ""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param("application/json", "application/json", id="plain"),
            pytest.param("Application/JSON", "application/json", id="case"),
            pytest.param(" application/json ; charset=utf-8", "application/json", id="parameter"),
            pytest.param("multipart/form-data; boundary=x", "multipart/form-data", id="multipart"),
            pytest.param("", "", id="empty"),
            pytest.param(None, "", id="absent"),
        ],
    )
    def test_media_type(self, value: str | None, expected: str) -> None:
        headers = () if value is None else (("content-TYPE", value),)
        assert wire(*headers).media_type == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param("Bearer sk-1", "sk-1", id="plain"),
            pytest.param("bearer sk-1", "sk-1", id="scheme in lower case"),
            pytest.param("BEARER  sk-1 ", "sk-1", id="spaces"),
            pytest.param("Bearer None", "None", id="the word None"),
            pytest.param("Bearer", None, id="no token"),
            pytest.param("Bearer  ", None, id="blank token"),
            pytest.param("Basic c2s6", None, id="other scheme"),
            pytest.param("sk-1", None, id="no scheme"),
            pytest.param(None, None, id="absent"),
        ],
    )
    def test_bearer(self, value: str | None, expected: str | None) -> None:
        headers = () if value is None else (("AUTHORIZATION", value),)
        assert wire(*headers).bearer == expected

    def test_the_path_has_no_query(self) -> None:
        assert wire().path == "/v1/audio/transcriptions"


class TestJson:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            pytest.param(b'{"a":[1,2.5,true,null,"x"]}', {"a": [1, 2.5, True, None, "x"]}, id="object"),
            pytest.param(b' \t\r\n"x" \n', "x", id="scalar in white space"),
            pytest.param('"é\U0001f600"'.encode(), "é\U0001f600", id="not ASCII"),
            pytest.param(rb'"\ud800"', "\ud800", id="escaped lone surrogate"),
            pytest.param(b'{"a":{"a":1},"b":{"a":1}}', {"a": {"a": 1}, "b": {"a": 1}}, id="same key elsewhere"),
            pytest.param(b"1e999", math.inf, id="float beyond the range"),
            pytest.param(b"9" * 4000, int("9" * 4000), id="long integer"),
        ],
    )
    def test_what_is_json_is_read(self, body: bytes, expected: object) -> None:
        assert wire(body=body).json() == expected
        assert parse_json(body) == expected

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            pytest.param(b"", "not JSON", id="empty"),
            pytest.param(b'{"a":', "not JSON", id="truncated"),
            pytest.param(b"{} {}", "not JSON", id="two texts"),
            pytest.param(b"{'a':1}", "not JSON", id="single quotes"),
            pytest.param(b'{"a":1,}', "not JSON", id="trailing comma"),
            pytest.param(b'"\n"', "not JSON", id="raw control character"),
            pytest.param(b"\xef\xbb\xbf{}", "byte order mark", id="BOM"),
            pytest.param("{}".encode("utf-16"), "not UTF-8", id="UTF-16"),
            pytest.param(b'"\xff"', "not UTF-8.*byte 1", id="Latin-1"),
            pytest.param(b'"\xed\xa0\x80"', "not UTF-8", id="encoded surrogate"),
            pytest.param(b'{"a":NaN}', "NaN", id="NaN"),
            pytest.param(b"[Infinity]", "Infinity", id="infinity"),
            pytest.param(b"[-Infinity]", "-Infinity", id="minus infinity"),
            pytest.param(b'{"a":1,"b":2,"a":1}', "twice: 'a'", id="duplicate key"),
            pytest.param(rb'[{"x":{"a":1,"\u0061":2}}]', "twice: 'a'", id="duplicate key by escape, nested"),
            pytest.param(b"[" * 100_000 + b"]" * 100_000, "nested too deeply", id="deep arrays"),
            pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply", id="deep objects"),
            pytest.param(b"-" + b"9" * 5000, "integer of 5001 digits", id="integer that Python does not convert"),
        ],
    )
    def test_what_is_not_is_refused_with_the_reason(self, body: bytes, reason: str) -> None:
        with pytest.raises(BodyError, match=reason):
            wire(body=body).json()
