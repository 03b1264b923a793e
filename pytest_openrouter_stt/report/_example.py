"""Calls, requests, replies and parts of the contract, written so that somebody learns from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ._evidence import reply_text
from ._json_text import compact, escaped, json_lines
from ._paste import as_python
from ._text import redactor, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_openrouter_stt.contract import Call, Contract
    from pytest_openrouter_stt.endpoint import Reply

_INK = redactor(())
_SPELLING = "client.create_transcription"
_ELSEWHERE = "what stands for the audio"
_MAX_RAW = 400
_MAX_LINES = 16


def call_text(call: Call, audio: str = "") -> str:
    """Return the call as Python.

    Args:
        call: What is passed.
        audio: How the argument for the audio is written, where it is no value that could be shown.
    """
    if not audio:
        return as_python(call, "sync", _SPELLING, _INK)
    return as_python(call.replace(input_audio=_ELSEWHERE), "sync", _SPELLING, _INK).replace(repr(_ELSEWHERE), audio)


def wire_text(call: Call, contract: Contract) -> str:
    """Return the request that the contract requires for *call*, with what every client has to send."""
    headers = {"Authorization": "Bearer <the key>", "Content-Type": "application/json", **contract.wire_headers(call)}
    lines = [f"{contract.method} {contract.url}", *(f"{name}: {value}" for name, value in headers.items()), ""]
    body = json.dumps(contract.wire_body(call), indent=2, ensure_ascii=False)
    return visible("\n".join([*lines, escaped(body)]))


def replies_text(replies: Sequence[Reply]) -> str:
    """Return what a server answers, one reply after the other."""
    return "\nand then\n".join(_reply(reply) for reply in replies)


def json_text(value: object, depth: int = 3) -> str:
    """Return a JSON value, with what is long or deep about it left out.

    Args:
        value: Anything that a JSON or YAML document holds.
        depth: How many containers inside each other are shown.
    """
    lines = json_lines(compact(value, _INK, depth))
    more = len(lines) - _MAX_LINES
    return visible("\n".join([*lines[:_MAX_LINES], f"… {more:,} more lines"] if more > 0 else lines))


def _reply(reply: Reply) -> str:
    if reply.stream is not None:
        return visible(f"{reply}:\n{_INK.head(reply.stream, _MAX_RAW).replace(chr(13), '')}".rstrip())
    if reply.fault is not None:
        return f"no answer: {reply.fault.name.lower()}"
    return visible(reply_text(reply, _INK))
