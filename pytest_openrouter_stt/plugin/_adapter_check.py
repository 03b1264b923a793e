"""What an adapter does itself, in place of a run of the checks: ``--stt-adapter-check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import API_KEY, MODES, adapter_work, smallest_call
from pytest_openrouter_stt.report import CouldNotRun, adapter_lines, harmless, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.judging import Stand


def adapter_check(stand: Stand) -> tuple[str, pytest.ExitCode]:
    """Make one call in each mode; return what was sent from where, and whether anything was seen at all."""
    try:
        with stand.opened() as features:
            modes = [line for mode in MODES for line in _mode_lines(stand, mode, is_offered=mode in features)]
            work = adapter_work(stand)
    except CouldNotRun as problem:
        return harmless(f"stt: {problem}", (API_KEY,)), pytest.ExitCode.TESTS_FAILED
    title = f"stt: client {one_line(stand.client.title)}"
    if work is None:
        about = [f"it declares no stt_adapter_for, so {stand.target.spelled} is judged as the client itself"]
    else:
        about = list(adapter_lines([work]))
    return "\n".join(harmless(line, (API_KEY,)) for line in (title, *modes, *about)), pytest.ExitCode.OK


def _mode_lines(stand: Stand, mode: Mode, *, is_offered: bool) -> Iterator[str]:
    if not is_offered:
        yield f"{mode}: not offered"
        return
    stand.endpoint.reset()
    stand.endpoint.reply_with(Reply.transcript("a transcript"))
    outcome = stand.client.call(smallest_call(), mode, API_KEY)
    requests = stand.endpoint.requests
    if not requests:
        yield f"{mode}: nothing was sent ({outcome})"
    for request in requests:
        yield f"{mode}: {request.method} {request.url}, sent by {request.sent_from}"
        yield from (f"  called from {step}" for step in request.sent_from.steps[1:])
