"""What a client makes of a 200, and of what only looks like one."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import answered, check, json_reply, require_family, smallest_call
from pytest_openrouter_stt.report import Level, Source
from pytest_openrouter_stt.strategies import transcription_responses

if TYPE_CHECKING:
    from pytest_openrouter_stt.judging import CheckContext
    from pytest_openrouter_stt.report import Observation

_RESPONSE = "#/components/schemas/STTResponse"
_USAGE = "#/components/schemas/STTUsage"
_200 = "#/paths/~1audio~1transcriptions/post/responses/200"
_TEXT = "naïve café 😀 \u0000 e\u0301 ﷽ \r\n\t end"
_TEXTS = st.text() | st.sampled_from(["", " ", _TEXT, "x" * 100_000])
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_RESPONSE}/properties/text",
    hint="Return the text as it came: no stripping, no normalising, decoded as UTF-8.",
    example=answered(Reply.transcript(" naïve\u0000 cafe\u0301 ")),
)
def test_text_is_verbatim(stt: CheckContext) -> None:
    """The transcript is the text of the response, character for character.

    Passes: the text as a string, also when it is empty or a space, or has NUL, emoji, letters in two parts or 100,000
    characters.
    Fails: stripping, normalising, truncating, None or an error for an empty text, or a wrong decoding.
    """

    @stt.any(_TEXTS)
    def judge(text: str) -> None:
        _judge_text(stt.reply(Reply.transcript(text)), text)


_INTEGERS = st.integers(0, 2**53)
_FRACTIONS = _INTEGERS.map(lambda number: number / 1024)
_NUMBERS = {"integer": _INTEGERS}


def _judge_text(seen: Observation, text: str) -> None:
    received = seen.transcript().text
    seen.require(received == text, "the transcript is not the text of the response", text, received)


@check(
    Level.MUST,
    Source.SCHEMA,
    _RESPONSE,
    hint="Only `text` is required; take every combination of the others.",
    example=answered(Reply.json({"text": "", "usage": {"cost": 0.5}})),
)
def test_every_valid_response_is_accepted(stt: CheckContext) -> None:
    """Each response that the schema admits is a transcript.

    Passes: returning the text, with any usage or none, and with an empty text.
    Fails: an error for a response that the schema admits, or a text that is changed.
    """

    @stt.any(stt.strategy(transcription_responses, stt.contract))
    def judge(body: dict[str, Any]) -> None:
        _judge_text(stt.reply(Reply.json(body)), body["text"])


@check(
    Level.MUST,
    Source.SCHEMA,
    _USAGE,
    hint="Keep each usage field, and tell 0 from absent.",
    each="usage field",
    example=answered(Reply.transcript("text", {"seconds": 0})),
)
def test_usage_fields_keep_their_value(stt: CheckContext, stt_usage_field: str) -> None:
    """Each usage field of the response has its value in the result; zero is a value.

    Passes: an equal number, such as `1.0` for `1`; a client that returns bare strings is not judged.
    Fails: a zero that is lost, a field that is missing, or a number that is rounded, converted to text or put under
    another name.
    """
    schema: Any = stt.contract.transcript.document
    fields = schema["properties"]["usage"]["properties"]
    values = {name: _NUMBERS.get(field.get("type"), _FRACTIONS) for name, field in fields.items()}

    @stt.any_value(stt_usage_field, values, lambda given: stt.reply(Reply.transcript("text", given)))
    def judge(seen: Observation, value: float) -> None:
        received = _usage(stt, seen)
        observed = f"usage.{stt_usage_field} is {received.get(stt_usage_field)!r}, not {value!r}"
        seen.require(received.get(stt_usage_field) == value, observed)


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_RESPONSE}/properties/usage",
    hint="Leave out what the response leaves out: a 0 that nobody sent looks like a free request.",
    example=answered(Reply.transcript("text")),
)
def test_absent_usage_is_absent(stt: CheckContext) -> None:
    """A usage field that the response does not have has no value in the result.

    Passes: no usage, or one whose fields are None; a client that returns bare strings is not judged.
    Fails: usage with a number that nobody sent, such as 0.
    """
    seen = stt.reply(Reply.transcript("text"))
    if not seen.transcript().has_usage:
        pytest.skip("the client returns a bare string, without usage")
    received = seen.transcript().usage(stt.usage_fields)
    seen.require(not received, f"the result has usage {received!r}, which the response has not")


@check(
    Level.MUST,
    Source.SCHEMA,
    _USAGE,
    hint="No usage field is required.",
    example=answered(Reply.transcript("text", {"seconds": 1})),
)
def test_partial_usage(stt: CheckContext) -> None:
    """Any subset of the usage fields is taken: those that are there with their value, the others without one.

    Passes: the fields that are in the response with their values, and None or nothing for the others; bare strings are
    not judged.
    Fails: an error because a field is missing, a field that is lost, or one that is made up.
    """

    @stt.any(stt.strategy(_subsets, stt.usage_fields))
    def judge(names: list[str]) -> None:
        usage = {name: place for place, name in enumerate(names, 1)}
        seen = stt.reply(Reply.transcript("text", usage))
        seen.require_same(usage, _usage(stt, seen), "the usage")


def _subsets(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True)


def _usage(stt: CheckContext, seen: Observation) -> dict[str, Any]:
    transcript = seen.transcript()
    if not transcript.has_usage:
        pytest.skip("the client returns a bare string, without usage")
    return transcript.usage(stt.usage_fields) or {}


@check(
    Level.MUST,
    Source.SUITE,
    _RESPONSE,
    hint="Ignore what you do not know: the API adds fields without asking.",
    example=answered(Reply.json({"text": "text", "x_new": {"a": [1, None]}, "usage": {"seconds": 1.5, "x_new": "b"}})),
)
def test_unknown_fields_are_ignored(stt: CheckContext) -> None:
    """Fields that the schema does not name do not disturb a transcript.

    Passes: the transcript, with or without the new fields.
    Fails: an error for a field that is not in the schema, at the top or in the usage.
    """
    body = {"text": "text", "x_new": {"a": [1, None]}, "usage": {"seconds": 1.5, "x_new": "b"}}
    _judge_text(stt.reply(Reply.json(body)), "text")


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 8.3.1",
    hint="Compare the media type only, without regard to case.",
    example=answered(
        json_reply('{"text": "naïve"}', "application/json; charset=utf-8"),
        around="Its type is 'Application/JSON ; a=b'.",
    ),
)
@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON", "application/json ; a=b"],
    ids=["charset", "upper-charset", "upper-case", "parameter"],
)
def test_content_type_in_every_form(stt: CheckContext, content_type: str) -> None:
    """A JSON response is understood whatever the case and the parameters of its Content-Type.

    Passes: the transcript for `Application/JSON`, and whatever parameters follow.
    Fails: an error unless the header is exactly `application/json`, or a text that is not decoded as UTF-8.
    """
    body = json.dumps({"text": _TEXT}, ensure_ascii=False).encode()
    _judge_text(stt.reply(Reply.raw(body, content_type)), _TEXT)


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 8.4",
    hint="Whoever sends Accept-Encoding has to decode what it names.",
    example=answered(
        json_reply('{"text": "naïve"}', Content_Encoding="gzip"), around="The body is compressed with gzip."
    ),
)
def test_gzip_is_decoded(stt: CheckContext) -> None:
    """A response compressed with gzip is understood by a client that says it accepts gzip.

    Passes: the transcript; a client that does not ask for gzip in Accept-Encoding is not judged.
    Fails: an error, or a wrong text, though the client asked for gzip.
    """
    if "gzip" not in (stt.call(smallest_call()).request.header("accept-encoding") or ""):
        pytest.skip("the client does not accept gzip")
    body = gzip.compress(json.dumps({"text": _TEXT}).encode(), mtime=0)
    _judge_text(stt.reply(Reply.raw(body, "application/json", headers={"Content-Encoding": "gzip"})), _TEXT)


_UNMEASURED = {
    "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n%x;a=b\r\n%b\r\n0\r\nX-Trailer: a\r\n\r\n",
    "until-closed": b"Connection: close\r\n\r\n%b%b",
}


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9112, 6.3",
    hint="Leave it to the HTTP library to find the end of a body; behind a proxy, few have a Content-Length.",
    example=answered(Reply.wire(_CHUNKED + b'9\r\n{"text": \r\n4;a=b\r\n"a"}\r\n0\r\nX-Trailer: a\r\n\r\n')),
)
@pytest.mark.parametrize("form", _UNMEASURED)
def test_a_body_without_length_is_read_whole(stt: CheckContext, form: str) -> None:
    """A response that does not say how long it is, in chunks or up to the end of the connection, is read whole.

    Passes: the whole text, from chunks with extensions and trailers, and from a body that ends with the connection.
    Fails: an error for a missing Content-Length, or a text that is cut or empty.
    """
    body = json.dumps({"text": _TEXT}, ensure_ascii=False).encode()
    first, second = body[:9], body[9:]
    parts = (first, second) if form == "until-closed" else (len(first), first, len(second), second)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    _judge_text(stt.reply(Reply.wire(head + _UNMEASURED[form] % parts)), _TEXT)


_NO_TRANSCRIPT = {
    "text-missing": Reply.json({"usage": {"seconds": 1.0}}),
    "text-null": Reply.json({"text": None}),
    "text-object": Reply.json({"text": {"a": 1}}),
    "text-list": Reply.json({"text": ["a"]}),
    "empty-object": Reply.json({}),
    "array": Reply.json([{"text": "a"}]),
    "null": Reply.json(None),
    "truncated": Reply.raw(b'{"text": "a', "application/json"),
    "empty-body": Reply.raw(b"", "application/json"),
    "html": Reply.raw(b"<html><body>Welcome to the Wi-Fi</body></html>", "text/html"),
    "error-object": Reply.json({"error": {"code": 500, "message": "it failed after the status was sent"}}),
}


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_RESPONSE}/required",
    hint="A 200 without a string in `text` is no transcript, least of all an empty one.",
)
@pytest.mark.parametrize("reply", _NO_TRANSCRIPT.values(), ids=_NO_TRANSCRIPT)
def test_no_transcript_is_an_error(stt: CheckContext, reply: Reply) -> None:
    """A 200 whose body is not the JSON of a transcript is an error, not an empty transcript.

    Passes: an error of any type: a KeyError or the error of a JSON parser too, raised or returned.
    Fails: a transcript, such as an empty string, the body as text or `str()` of what is not a string; SystemExit and
    the like.
    """
    stt.reply(reply).error()


@check(
    Level.SHOULD,
    Source.SUITE,
    f"{_RESPONSE}/required",
    hint="Wrap what goes wrong while reading a response in the client's own error.",
)
@pytest.mark.parametrize("reply", _NO_TRANSCRIPT.values(), ids=_NO_TRANSCRIPT)
def test_unreadable_responses_are_own_errors(stt: CheckContext, reply: Reply) -> None:
    """What is raised for a 200 that cannot be read belongs to the client's own errors, not to its libraries'.

    Passes: an error that shares a base class with those that statuses raise.
    Fails: a bare KeyError, JSONDecodeError or error of the HTTP library, a transcript, or a client whose errors have no
    base class of their own.
    """
    require_family(stt, stt.reply(reply))


@check(
    Level.MUST,
    Source.SCHEMA,
    _200,
    hint="Only a 200 holds a transcript.",
    example=answered(Reply(status=204)),
)
def test_no_content_is_an_error(stt: CheckContext) -> None:
    """A 204 without a body is an error, not an empty transcript.

    Passes: an error of any type.
    Fails: an empty transcript, or an object whose text is empty.
    """
    stt.reply(Reply(status=204)).error()
