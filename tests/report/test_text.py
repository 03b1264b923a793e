"""Text that goes to a terminal: no secret in any spelling, no character that does something."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_openrouter_stt.report import harmless, harmless_log, one_line

KEY = "sk-or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f900-not-a-key"
ODD_KEY = "A0-._~+/=&%key with spaces"


@given(st.text())
@example("\x1b[31mred\x1b[0m \x07 \x00 \x7f \x9b")
@example("abc\u202edcba\u2066\u200f")
@example("\ud800 and \udfff")
@example("a\rb\x0bc\x0cd\x85e\u2028f\u2029g")
def test_every_character_but_the_line_feed_is_printable(text: str) -> None:
    shown = harmless(text)

    assert shown.replace("\n", "").isprintable()
    assert shown.count("\n") == text.count("\n")
    shown.encode()


def test_printable_text_stays_as_it_is() -> None:
    text = "naïve café 😀 日本語\n  indented 'quoted' \\ backslash"

    assert harmless(text, (KEY,)) == text


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(KEY, id="as it is"),
        pytest.param(f"https://host/?key={KEY}&x=1", id="in a longer text"),
        pytest.param(KEY.upper(), id="upper case"),
        pytest.param(base64.b64encode(KEY.encode()).decode(), id="base64"),
        pytest.param(base64.b64encode(b":" + KEY.encode()).decode(), id="base64 of a password"),
        pytest.param(base64.urlsafe_b64encode(b"ab" + KEY.encode() + b"cd").decode(), id="base64 of a longer text"),
    ],
)
def test_the_key_is_taken_out_in_every_spelling(spelling: str) -> None:
    shown = harmless(f"before {spelling} after", (KEY,))

    assert KEY[9:20].lower() not in shown.lower()
    assert base64.b64encode(KEY.encode()).decode()[8:40] not in shown
    assert "<the key" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("prefix", [b"", b"a", b"ab", b"abc"], ids=len)
def test_the_key_is_taken_out_of_base64_wherever_it_begins(prefix: bytes) -> None:
    encoded = base64.b64encode(prefix + ODD_KEY.encode() + b"end").decode()

    before, mark, after = harmless(encoded, (ODD_KEY,)).partition("<the key, encoded>")

    assert mark
    assert len(before) <= len(prefix) * 8 / 6 + 1, "one character may hold bits of both"
    assert len(after.rstrip("=")) <= len(b"end") * 8 / 6 + 1


def test_the_key_is_taken_out_where_it_is_percent_encoded() -> None:
    assert harmless(f"?key={quote(ODD_KEY, safe='')}", (ODD_KEY,)) == "?key=<the key, encoded>"


def test_a_key_that_nobody_told_us_of_is_taken_out() -> None:
    assert harmless("Bearer sk-or-v1-" + "9f" * 32) == "Bearer <a key>"


@pytest.mark.parametrize("secret", ["", "k"], ids=["empty", "one letter"])
def test_words_are_not_taken_apart_for_a_secret_that_is_none(secret: str) -> None:
    assert harmless("a kind of text", (secret,)) == "a kind of text"


def test_a_log_loses_colours_and_what_is_too_long_of_a_line() -> None:
    log = f"\x1b[32mINFO\x1b[0m sent\n{'x' * 100_000} {KEY}\nAuthorization: Bearer {KEY}\x07\n"

    shown = harmless_log(log, (KEY,))

    first, second, third, last = shown.split("\n")
    assert first == "INFO sent"
    assert len(second) < 3000
    assert "100,054 characters" in second
    assert third == "Authorization: Bearer <the key>\\x07"
    assert last == ""


@given(st.integers(0, 130))
def test_a_cut_line_does_not_end_in_part_of_the_key(before: int) -> None:
    shown = harmless_log("x" * (2000 - before) + KEY + "y" * 3000, (KEY,))

    assert KEY[:8] not in shown


def test_one_line_has_no_line_feed_and_says_that_it_was_cut() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("abcdef", 4) == "abc…"
