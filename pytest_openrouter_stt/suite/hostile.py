"""Responses that no server should send, and some do."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import Failure
from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import (
    DONE,
    MALFORMED_REPLIES,
    TEXT,
    answered,
    check,
    json_reply,
    nested,
    require_family,
)
from pytest_openrouter_stt.report import Level, Source

if TYPE_CHECKING:
    from pytest_openrouter_stt.judging import CheckContext, MalformedReply

_RESPONSE = "#/components/schemas/STTResponse"
_RESPONSES = "#/paths/~1audio~1transcriptions/post/responses"
_JSON = "application/json"

_malformed_replies = pytest.mark.parametrize("lie", MALFORMED_REPLIES.values(), ids=MALFORMED_REPLIES)


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_RESPONSES}/200",
    hint="What cannot be read is an error; guess no text, and end no program.",
    example=answered(MALFORMED_REPLIES["text-twice"].reply),
)
@_malformed_replies
def test_no_wrong_text_is_returned(stt: CheckContext, lie: MalformedReply) -> None:
    """A response that lies or is absurd ends in an error, or in the very text that its bytes mean.

    Passes: an error of any type; or a text that the bytes can mean, such as either of two under the same name.
    Fails: an empty, partial or joined text, bytes dropped, a transcript for a 300 or an error status, or SystemExit.
    """
    seen = stt.reply(lie.reply)
    if not lie.texts or isinstance(seen.outcome, Failure):
        seen.error()
        return
    received = seen.transcript().text
    seen.require(received in lie.texts, "the transcript is not the text of the response", min(lie.texts), received)


@check(
    Level.SHOULD,
    Source.SUITE,
    "sdk.yaml#/default_error",
    hint="Parsers raise more than ValueError: RecursionError, UnicodeError and the errors of decompression too.",
    example=answered(MALFORMED_REPLIES["charset-hex"].reply),
)
@_malformed_replies
def test_absurd_responses_are_own_errors(stt: CheckContext, lie: MalformedReply) -> None:
    """What is raised for a response that lies or is absurd belongs to the client's own errors.

    Passes: a transcript, or an error that shares a base class with those that statuses raise.
    Fails: RecursionError, UnicodeDecodeError, LookupError of an unknown charset, ValueError of a huge number, or an
    error of the HTTP library.
    """
    seen = stt.reply(lie.reply)
    _ = seen.request
    if isinstance(seen.outcome, Failure):
        require_family(stt, seen)


_UNUSUAL = {
    "text-1-mb": (b'{"text": "%s"}' % (b"word," * 200_000), "word," * 200_000),
    "spaces-1-mb": (b" " * 1_000_000 + b'{"text"\r\n\t: "a"}\n', "a"),
    "nested-100": (b'{"text": "a", "x": %s}' % nested(100), "a"),
    "escaped": (rb'{"\u0074ext": "1\/2 caf\u00e9 \ud83d\ude00"}', "1/2 café 😀"),
}


@check(
    Level.MUST,
    Source.SCHEMA,
    _RESPONSE,
    hint="Leave the reading of JSON to a library, and set no limit that an hour of speech can reach.",
    example=answered(json_reply(r'{"\u0074ext": "1\/2 caf\u00e9 \ud83d\ude00"}')),
)
@pytest.mark.parametrize(("body", "text"), _UNUSUAL.values(), ids=_UNUSUAL)
def test_unusual_json_is_understood(stt: CheckContext, body: bytes, text: str) -> None:
    """A valid response is a transcript however long it is, and however it is written.

    Passes: the text of a response of a megabyte, of one with a megabyte of spaces, nested 100 levels deep, or with
    escapes even in its names.
    Fails: a limit on size or depth that such a response reaches, or looking for `"text"` in the bytes.
    """
    received = stt.reply(Reply.raw(body, _JSON))
    received.require_same(text, received.transcript().text, "the text")


@check(
    Level.MUST,
    Source.SCHEMA,
    "#/components/schemas/STTUsage",
    hint="Refuse a number that the language cannot hold; do not clip it or put another in its place.",
    each="usage field",
    example=answered(json_reply('{"text": "a", "usage": {"seconds": NaN}}')),
)
def test_absurd_usage_is_no_other_number(stt: CheckContext, stt_usage_field: str) -> None:
    """An absurd number in the usage is kept as far as a float can, left out or an error, never another number.

    Passes: the number itself, the nearest float, infinity or NaN where a float has no other, None, or an error of any
    type.
    Fails: a number that is clipped, such as the largest of 64 bits, or 0 for NaN.
    """
    for number in ("9" * 400, "-9007199254740993", "1e999", "NaN"):
        body = f'{{"text": "absurd", "usage": {{"{stt_usage_field}": {number}}}}}'
        seen = stt.reply(Reply.raw(body.encode(), _JSON))
        if isinstance(seen.outcome, Failure):
            seen.error()
            continue
        received = (seen.transcript().usage(stt.usage_fields) or {}).get(stt_usage_field)
        kept = received is None or _is_same_number(received, number)
        seen.require(kept, f"usage.{stt_usage_field} is {received!r}, where the response has {number[:20]}")


def _is_same_number(received: object, number: str) -> bool:
    if not isinstance(received, int | float | Decimal):
        return False
    wanted = float(number)
    return math.isnan(received) if math.isnan(wanted) else received in {wanted, Decimal(number)}


@check(
    Level.SHOULD,
    Source.HTTP,
    "RFC 8259, 11",
    hint="Decode JSON from its bytes: it is UTF-8, and application/json has no charset parameter.",
    example=answered(
        json_reply(json.dumps({"text": TEXT}, ensure_ascii=False), "application/json; charset=iso-8859-1")
    ),
)
@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "utf-16"])
def test_charset_label_has_no_effect(stt: CheckContext, charset: str) -> None:
    """A charset that the Content-Type wrongly claims does not change the transcript.

    Passes: the text decoded as UTF-8, whatever charset the Content-Type names.
    Fails: letters decoded by the wrong charset, or an error.
    """
    body = json.dumps({"text": TEXT}, ensure_ascii=False).encode()
    seen = stt.reply(Reply.raw(body, f"{_JSON}; charset={charset}"))
    seen.require_same(TEXT, seen.transcript().text, "the text")


@check(
    Level.SHOULD,
    Source.SUITE,
    _RESPONSES,
    hint="Switch the cookie jar of the HTTP library off: the API needs none, and they tie calls together.",
    example=answered(
        json_reply('{"text": "a"}', Set_Cookie="tie=together; Path=/; Secure"),
        DONE,
        around="The second is the next call's.",
    ),
)
def test_cookies_do_not_come_back(stt: CheckContext) -> None:
    """A cookie that a response sets is not sent with the next call.

    Passes: no Cookie header in the next call.
    Fails: sending back what Set-Cookie said, as the session of an HTTP library does by itself.
    """
    first = stt.call(stt.smallest, _with_cookie("tie=together; Path=/; Secure"))
    _ = first.request
    end = _with_cookie("tie=; Path=/; Secure; Max-Age=0")  # so that the calls of other checks have none
    seen = stt.call(stt.smallest, end)
    sent = seen.request.values("cookie")
    seen.require(not sent, f"it sent the cookie {', '.join(sent)!r} of the response before")


def _with_cookie(cookie: str) -> Reply:
    body = json.dumps({"text": "a"}).encode()
    return Reply.raw(body, _JSON, headers={"Set-Cookie": cookie})
