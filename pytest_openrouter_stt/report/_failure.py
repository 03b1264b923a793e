"""A failure on one screen: what was required, what was observed, and the call that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_openrouter_stt.client import NoAnswer
from pytest_openrouter_stt.contract import MISSING

from ._json_diff import wire_diff
from ._paste import as_curl, as_python
from ._text import elide, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.endpoint import Exchange, WireRequest

    from ._judgement import CheckFailed, Observation
    from ._result import Requirement

_WIDTH = 10
_MAX_REPLIES = 3
_MAX_LINES = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """Who was judged.

    Attributes:
        title: The client's name and version.
        spelling: How a call of it is written, up to the opening parenthesis.
        secrets: Keys that must not be shown.
    """

    title: str
    spelling: str
    secrets: tuple[str, ...]


def render_failure(failure: CheckFailed, requirement: Requirement, subject: Subject, contract: Contract) -> str:
    """Return the failure as text for a terminal: secrets taken out, control characters escaped, values elided."""
    rows = [
        ("observed", failure.observed),  # first, because pytest's short summary shows the first line
        ("required", requirement.text),
        ("check", f"{requirement.check}  {requirement.level}  ({requirement.source})"),
        ("client", subject.title),
        *_evidence(failure),
        *_call_rows(failure.observation, subject, contract),
        ("spec", requirement.spec),
        ("hint", requirement.hint),
        ("details", failure.details),
    ]
    text = "\n".join(_row(label, value) for label, value in rows if value)
    return harmless(text, subject.secrets)


def _row(label: str, value: str) -> str:
    lines = value.splitlines() or [""]
    if len(lines) > _MAX_LINES:
        lines = [*lines[:_MAX_LINES], f"… ({len(lines) - _MAX_LINES} more lines)"]
    return f"{label:<{_WIDTH}}" + f"\n{'':<{_WIDTH}}".join(lines)


def _evidence(failure: CheckFailed) -> Iterator[tuple[str, str]]:
    if failure.expected is not MISSING and failure.actual is not MISSING:
        lines = wire_diff(failure.expected, failure.actual)
        yield "body", "\n".join(["- required, + observed:", *lines])
    elif failure.observation is not None and failure.observation.ledger:
        yield "sent", _request_text(failure.observation.ledger[0].request)


def _request_text(request: WireRequest) -> str:
    lines = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    body = elide(request.body[:4000].decode("utf-8", "backslashreplace"))
    return "\n".join([*lines, "", body])


def _call_rows(observation: Observation | None, subject: Subject, contract: Contract) -> Iterator[tuple[str, str]]:
    if observation is None:
        return
    yield "replied", "\n".join(map(_reply_text, observation.ledger[:_MAX_REPLIES])) or "nothing was sent"
    yield "outcome", elide(str(observation.outcome), 1000)
    yield "call", as_python(observation.call, observation.mode, subject.spelling)
    yield "curl", as_curl(observation.call, contract)
    if isinstance(observation.outcome, NoAnswer):
        yield "stuck at", observation.outcome.stack


def _reply_text(exchange: Exchange) -> str:
    body = exchange.reply.body[:1000].decode("utf-8", "backslashreplace")
    return f"{exchange.reply}: {elide(body)}" if body else str(exchange.reply)
