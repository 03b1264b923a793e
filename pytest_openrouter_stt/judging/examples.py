"""Examples of checks: calls and replies that show what a check is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.endpoint import Reply

from .recordings import smallest_call

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A call that shows what a check is about.

    Attributes:
        call: What is passed; audio in the contract's form, whatever the form in which the client takes it.
        may_be_refused: Whether an error before anything is sent is as good as what the contract makes of the call.
        sent: What has to be on the wire, in words, where that is not what the contract makes of the call.
        served: What is answered, where that is the matter; else a transcript.
        around: What else it takes, in words; may be empty.
        audio: How the argument for the audio is written, where the call has another form of it.
    """

    call: Call = field(default_factory=smallest_call)
    may_be_refused: bool = False
    sent: str = ""
    served: tuple[Reply, ...] = ()
    around: str = ""
    audio: str = ""


def passing(around: str = "", **arguments: Any) -> Example:
    """Return the example of a call with *arguments*; *around* says what else the check does."""
    return Example(call=smallest_call().replace(**arguments), around=around)


def refusable(**arguments: Any) -> Example:
    """Return the example of an invalid call with *arguments*, which the client may refuse."""
    return Example(call=smallest_call().replace(**arguments), may_be_refused=True)


def answered(*replies: Reply, around: str = "") -> Example:
    """Return the example of the smallest call that is answered with *replies*."""
    return Example(served=replies, around=around)


def given(audio: str, around: str = "", *replies: Reply, sent: str = "") -> Example:
    """Return the example of a call whose audio is written as *audio*."""
    return Example(audio=audio, around=around, served=replies, sent=sent)


DONE = Reply.transcript("a transcript")


def json_reply(text: str, kind: str = "application/json", **headers: str) -> Reply:
    """Return a 200 with *text* as its body; ``Set_Cookie`` stands for the header ``Set-Cookie``."""
    return Reply.raw(text.encode(), kind, headers={name.replace("_", "-"): value for name, value in headers.items()})
