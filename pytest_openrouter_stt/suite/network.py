"""What becomes of a call when the connection fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.endpoint import Fault, Reply
from pytest_openrouter_stt.judging import answered, check, require_family
from pytest_openrouter_stt.report import Level, Source

if TYPE_CHECKING:
    from pytest_openrouter_stt.judging import CheckContext

_RESPONSE = "#/components/schemas/STTResponse"
_DEFAULT = "sdk.yaml#/default_error"
_TEXT = "the whole transcript, 😀 included"
_BODY = b'{"text": "%s"}' % _TEXT.encode()
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY)
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_DAY = 86_400
_TOO_LONG = 3600

_FAULTS = {
    "refused": Reply.broken(Fault.REFUSED),
    "reset": Reply.broken(Fault.RESET),
    "closed": Reply.broken(Fault.CLOSED),
    "timeout": Reply.broken(Fault.TIMEOUT),
    "reset-in-head": Reply.wire(_HEAD[:-2], then=Fault.RESET),
    "reset-in-body": Reply.wire(_HEAD + _BODY[:-1], then=Fault.RESET),
    "silent-in-body": Reply.wire(_HEAD + _BODY[:-1], then=Fault.TIMEOUT),
    "cut-body": Reply.wire(_HEAD + _BODY[:-1]),
    "cut-chunk": Reply.wire(_CHUNKED + b"%x\r\n" % (len(_BODY) + 1) + _BODY),
    "no-last-chunk": Reply.wire(_CHUNKED + b"%x\r\n" % len(_BODY) + _BODY + b"\r\n"),
    "bad-chunk": Reply.wire(_CHUNKED + b"ZZ\r\n" + _BODY),
    "no-http": Reply.wire(b"\x15\x03\x01\x00\x02\x02\x16" + b"\r\n\r\n"),
}
_faults = pytest.mark.parametrize("reply", _FAULTS.values(), ids=_FAULTS)


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9112, 8",
    hint="A response that did not arrive whole is no response: raise, even when the part that came is JSON.",
)
@_faults
def test_a_fault_is_an_error(stt: CheckContext, reply: Reply) -> None:
    """A connection that fails before the whole response is there ends in an error, never in a transcript.

    Passes: an error of any type, raised or returned.
    Fails: a transcript, empty or made of the part that came, also where that part is complete JSON.
    """
    stt.reply(reply).error()


@check(
    Level.SHOULD,
    Source.SUITE,
    _DEFAULT,
    hint="Wrap the errors of the HTTP library: a user of the client should not have to know which one it is.",
)
@_faults
def test_faults_are_own_errors(stt: CheckContext, reply: Reply) -> None:
    """What is raised for a failed connection belongs to the client's own errors, not to its HTTP library's.

    Passes: an error that shares a base class with those that statuses raise.
    Fails: the exception of the HTTP library, a bare OSError, or a transcript.
    """
    require_family(stt, stt.reply(reply))


@check(
    Level.SHOULD,
    Source.SUITE,
    _DEFAULT,
    hint="Give every request a timeout: without one, a server that is silent holds the program for ever.",
    example=answered(Reply.transcript("a day later", delay=86_400)),
)
def test_a_silent_server_is_given_up(stt: CheckContext) -> None:
    """A server that does not answer is given up within an hour.

    Passes: an error after an hour at the most, attempts and pauses together; commands, which wait in real time, are not
    judged.
    Fails: waiting without a limit, or with one in the wrong unit, and returning a transcript though nothing came.
    """
    if stt.waits_in_real_time:
        pytest.skip("the client waits in a process of its own, in real time")
    seen = stt.reply(Reply.transcript("a day later", delay=_DAY))
    waited = sum(seen.waits)
    seen.require(waited <= _TOO_LONG, f"it waited {waited:,.0f} s for an answer")
    seen.error()


@check(
    Level.MUST,
    Source.SCHEMA,
    _RESPONSE,
    hint="Read until the response is whole, however small the pieces are in which it comes.",
    example=answered(Reply.transcript("the whole transcript"), around="The response comes byte by byte, 0.01 s apart."),
)
@pytest.mark.parametrize("size", [1, 7], ids=["bytes", "pieces"])
def test_a_slow_answer_is_read_whole(stt: CheckContext, size: int) -> None:
    """A response that comes in small pieces is read to its end.

    Passes: the whole text, though it comes by one or by seven bytes, 0.01 s apart.
    Fails: the first piece taken for all of it, a letter lost between two pieces, or an error because of a pause there.
    """
    seen = stt.reply(Reply.wire(_HEAD + _BODY, pause=0.01, size=size))
    text = seen.transcript().text
    seen.require(text == _TEXT, "the transcript is not the text of the response", _TEXT, text)
