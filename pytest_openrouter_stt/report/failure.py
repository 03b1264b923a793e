"""A failure on one screen, and examples of calls and replies in the same form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from pytest_openrouter_stt.client import NoAnswer, Transcript
from pytest_openrouter_stt.contract import MISSING

from .evidence import (
    as_command,
    as_curl,
    as_python,
    exchanges_text,
    outcome_text,
    raised_at,
    reply_text,
    request_text,
    stuck_at,
    waits_text,
)
from .result import Source
from .text import compact, escaped, json_lines, one_line, redactor_of, visible, wire_diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_openrouter_stt.contract import Call, Contract
    from pytest_openrouter_stt.endpoint import Exchange, Reply

    from .observation import CheckFailed, Observation
    from .result import Requirement


class Writer(Protocol):
    """What pytest writes to a terminal with."""

    def line(self, s: str = "") -> None:
        """Write a line."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What is shown of a failure where there is room for one line; named as pytest names it.

    Attributes:
        node_id: pytest's name of the item.
        message: What was observed.
    """

    node_id: str
    message: str

    def __str__(self) -> str:
        return f"{self.node_id}: {self.message}"


@dataclass(frozen=True, slots=True)
class FailureText:
    """The text of a failure, with one line of it apart.

    A mere string would not do: with ``CI`` set, pytest's short summary repeats the whole of it for each failure.

    Attributes:
        text: All of it.
        shown: What the terminal shows of it; may be empty.
        reprcrash: Its one line.
    """

    text: str
    shown: str
    reprcrash: Crash

    def __str__(self) -> str:
        return self.text

    def toterminal(self, writer: Writer) -> None:
        """Write it as pytest does a traceback."""
        for line in self.shown.split("\n") if self.shown else ():  # what cannot be encoded spoils one line only
            writer.line(line)


_LABEL = 10
_MAX_LINES = 30
_MAX_SENTENCE = 300
_ADDRESS = re.compile(r"(?<=object) at 0x[0-9a-fA-F]+")
_ABOUT_THE_REQUEST = frozenset({"audio", "invalid", "request"})
"""Areas in which a 200 that ended in a transcript is no evidence of anything."""

SOURCES = {
    Source.SCHEMA: "the OpenAPI document",
    Source.SDK: "the page of the Python SDK",
    Source.HTTP: "an RFC",
    Source.SUITE: "a convention of this suite's own",
}
"""What the sources are called in a sentence."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who was judged.

    Attributes:
        title: The client's name and version.
        spelling: How a call of it is written, up to the opening parenthesis.
        secrets: Keys that must not be shown.
        async_spelling: How a call that is awaited is written, where that is another name.
        command: The client as a shell runs it, when it is a command.
    """

    title: str
    spelling: str
    secrets: tuple[str, ...]
    async_spelling: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A failure as text for a terminal: secrets taken out, control characters escaped, values elided.

    Attributes:
        text: All of it.
        summary: What was observed, in one line.
        brief: What is left to say of it beside another failure with the same evidence.
        alike: Equal for failures with the same evidence.
        evidence: What a report shows beside the requirement: labels and texts, in their order.
    """

    text: str
    summary: str
    brief: str
    alike: str
    evidence: tuple[tuple[str, str], ...]


class FailureWriter:
    """Write the failures of one client as text for a terminal and for reports.

    Args:
        subject: The client, and what nobody may be shown of it.
        contract: What it is judged against.
    """

    def __init__(self, subject: Subject, contract: Contract) -> None:
        self._subject = subject
        self._contract = contract
        self._redactor = redactor_of(subject.secrets)

    def write(self, failure: CheckFailed, requirement: Requirement) -> Rendered:
        """Return *failure* of the check of *requirement* as it is shown."""
        summary = observed(failure, self._subject.secrets)
        head = [
            ("observed", summary),  # first, because it is what the places show that have room for one line
            ("required", requirement.text),
            ("check", f"{requirement.check}  {requirement.level}, by {SOURCES[requirement.source]}"),
        ]
        evidence = list(self._evidence(failure, requirement))
        call = [*self._call(failure.observation), ("details", failure.details)]
        rest = [*call, ("client", self._subject.title), ("spec", requirement.spec), ("hint", requirement.hint)]
        statuses = [(e.reply.status, e.reply.fault) for e in _ledger(failure)[:3]]
        alike = f"{summary} {statuses} {[value for label, value in evidence if label == 'diff']}"
        shown = tuple((label, self._clean(_cut(value))) for label, value in [*evidence, *call] if value)
        return Rendered(self._text([*head, *evidence, *rest]), summary, self._text(head), alike, shown)

    def _text(self, rows: list[tuple[str, str]]) -> str:
        return self._clean("\n".join(_row(label, _cut(value)) for label, value in rows if value))

    def _clean(self, text: str) -> str:
        return visible(self._redactor.clean(text))

    def _evidence(self, failure: CheckFailed, requirement: Requirement) -> Iterator[tuple[str, str]]:
        is_different = failure.expected is not MISSING and failure.actual is not MISSING
        if is_different:
            lines = wire_diff(failure.expected, failure.actual, self._redactor)
            yield "diff", "\n".join(["- required  + observed", *lines])
        if failure.observation is not None:
            about_request = requirement.area in _ABOUT_THE_REQUEST
            yield from self._sent(failure.observation, in_full=about_request and not is_different)
            yield "waited", waits_text(failure.observation.waits)
            yield from self._answered(failure.observation, is_matter=not about_request)

    def _sent(self, seen: Observation, *, in_full: bool) -> Iterator[tuple[str, str]]:
        """Say what was sent, unless it is the one request that was due and not what the check is about."""
        if not seen.ledger:
            yield "sent", "nothing"
            return
        first = seen.ledger[0].request
        if len(seen.ledger) > 1:
            yield "sent", exchanges_text(seen.ledger, self._redactor)
        elif in_full or (first.method, first.url) != (self._contract.method, self._contract.url):
            yield "sent", request_text(first, self._redactor)

    def _answered(self, seen: Observation, *, is_matter: bool) -> Iterator[tuple[str, str]]:
        is_well = isinstance(seen.outcome, Transcript) and all(e.reply.status == HTTPStatus.OK for e in seen.ledger)
        if is_well and seen.ledger and not is_matter:
            return
        if seen.ledger:
            yield "replied", reply_text(seen.ledger[-1].reply, self._redactor)
        if isinstance(seen.outcome, NoAnswer):
            yield "stuck at", stuck_at(seen.outcome.stack)
        else:
            yield "outcome", outcome_text(seen.outcome, self._redactor)
            yield "raised at", raised_at(seen.outcome)

    def _call(self, seen: Observation | None) -> Iterator[tuple[str, str]]:
        if seen is None:
            return
        subject = self._subject
        spelling = subject.async_spelling if seen.mode == "async" and subject.async_spelling else subject.spelling
        if subject.command:
            yield "call", as_command(seen.call, self._contract, subject.command, self._redactor)
        else:
            yield "call", as_python(seen.call, seen.mode, spelling, self._redactor)
        yield "curl", as_curl(seen.call, self._contract, self._redactor)


def observed(failure: CheckFailed, secrets: tuple[str, ...] = ()) -> str:
    """Return what was observed as one short line, which is the same in each run."""
    sentence = redactor_of(secrets).short(failure.observed, _MAX_SENTENCE)
    return visible(one_line(_ADDRESS.sub("", sentence), 2 * _MAX_SENTENCE))


def _cut(value: str) -> str:
    lines = value.split("\n")
    if len(lines) > _MAX_LINES:
        lines = [*lines[:_MAX_LINES], f"… {len(lines) - _MAX_LINES:,} more lines"]
    return "\n".join(lines)


def _row(label: str, value: str) -> str:
    first, *others = value.split("\n")
    return "\n".join([f"{label:<{_LABEL}}{first}", *(f"{'':<{_LABEL}}{line}" if line else "" for line in others)])


def _ledger(failure: CheckFailed) -> tuple[Exchange, ...]:
    return failure.observation.ledger if failure.observation is not None else ()


_REDACTOR = redactor_of(())
_SPELLING = "client.create_transcription"
_ELSEWHERE = "what stands for the audio"
_MAX_RAW = 400
_MAX_EXAMPLE_LINES = 16


def call_text(call: Call, audio: str = "") -> str:
    """Return the call as Python.

    Args:
        call: What is passed.
        audio: How the argument for the audio is written, where it is no value that could be shown.
    """
    if not audio:
        return as_python(call, "sync", _SPELLING, _REDACTOR)
    return as_python(call.replace(input_audio=_ELSEWHERE), "sync", _SPELLING, _REDACTOR).replace(
        repr(_ELSEWHERE), audio
    )


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
    lines = json_lines(compact(value, _REDACTOR, depth))
    more = len(lines) - _MAX_EXAMPLE_LINES
    return visible("\n".join([*lines[:_MAX_EXAMPLE_LINES], f"… {more:,} more lines"] if more > 0 else lines))


def _reply(reply: Reply) -> str:
    if reply.stream is not None:
        return visible(f"{reply}:\n{_REDACTOR.head(reply.stream, _MAX_RAW).replace(chr(13), '')}".rstrip())
    if reply.fault is not None:
        return f"no answer: {reply.fault.name.lower()}"
    return visible(reply_text(reply, _REDACTOR))
