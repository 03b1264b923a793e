"""What a client keeps from one call to another: nothing."""

from __future__ import annotations

import asyncio
import copy
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import Failure, NoAnswer, Transcript
from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import (
    API_KEY,
    DONE,
    GOOD,
    Barrier,
    ConcurrentCalls,
    DuringCall,
    answered,
    barrier_timeout,
    baseline,
    check,
    make_call,
    new_key,
    numbers_in,
    passing,
    run_stateful,
    text_of,
)
from pytest_openrouter_stt.report import CheckFailed, CheckStopped, CouldNotRun, Level, Source, same_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.client import Outcome
    from pytest_openrouter_stt.contract import Call
    from pytest_openrouter_stt.judging import CallSequence, CheckContext
    from pytest_openrouter_stt.report import Observation

_OPERATION = "#/paths/~1audio~1transcriptions/post"
_REQUEST = "#/components/schemas/STTRequest"
_CLIENT = "sdk.yaml#/client/class"
_AT_ONCE = 8
_EIGHT_CALLS = "Eight such calls at once, in threads or tasks, each with its own model and its own answer."


@check(
    Level.MUST,
    Source.SUITE,
    _OPERATION,
    hint="Keep what belongs to a call in local variables, not on the client: other threads and tasks use it too.",
    example=passing(_EIGHT_CALLS),
)
def test_calls_at_once_do_not_cross(stt: CheckContext) -> None:
    """Calls that threads or tasks make at once on one client each send their own request and end with their own answer.

    Passes: for each of eight calls its own request, as if it were alone, and its own answer; they may wait for each
    other.
    Fails: another call's body, header, transcript or error, or refusing a call because another is under way.
    """
    known = baseline(stt)
    sequence, bad = known.sequence(stt, API_KEY), known.kinds[::2] or (GOOD,)
    barrier: Barrier | None = Barrier(_AT_ONCE, barrier_timeout(stt))
    for first in (0, _AT_ONCE // 2):
        kinds = [GOOD if place % 2 else bad[(first + place // 2) % len(bad)] for place in range(_AT_ONCE)]
        ConcurrentCalls(sequence, known.shapes[0], kinds, barrier).judge()
        barrier = Barrier(_AT_ONCE, barrier_timeout(stt)) if barrier is not None and barrier.is_complete else None


@check(
    Level.MUST,
    Source.SUITE,
    _OPERATION,
    hint="Leave nothing of a failed call behind: no body, header, flag, lock or closed connection.",
    example=answered(Reply.error(429), DONE, around="The second answer is that to the next call, by the same client."),
)
def test_usable_after_each_error(stt: CheckContext) -> None:
    """After each kind of error the next call is made, and ends, as if there had been none.

    Passes: a next call with its own body and headers and its own transcript; how the error itself is taken is judged
    elsewhere.
    Fails: a body, a header, a flag or a closed connection that the error leaves behind.
    """
    known = baseline(stt)
    for kind, observed in known.aftermath.items():
        stt.forget()
        sequence = known.sequence(stt, API_KEY)
        with suppress(CheckFailed):  # how the error itself was taken is for other checks
            sequence.call(known.shapes[0], kind)
        try:
            sequence.call(known.shapes[-1], GOOD)
        except CheckFailed as failure:
            failure.observed = f"after {kind}, {failure.observed}"
            raise
        raise CheckFailed(observed=f"once, but not again, after {kind}, {observed}")


@check(
    Level.MUST,
    Source.SUITE,
    _REQUEST,
    hint="Work on copies; the caller may want to make the same call again.",
    example=answered(Reply.error(429), around="The same objects are looked at after the call."),
)
def test_failures_change_no_arguments(stt: CheckContext) -> None:
    """The objects that a caller passes are the same after a call that failed, at any depth.

    Passes: arguments that equal what they were, after each kind of error that the client takes well.
    Fails: taking something out of the caller's dictionaries, or adding to them, when a call fails.
    """
    known = baseline(stt)
    if not known.kinds:
        raise CheckStopped(CouldNotRun(reason="no call that fails ends as it has to; see the area errors"))
    call = make_call("full", 1, stt.contract, stt.features)
    if _change(stt, call, Reply.transcript("text")):
        see = "see request::test_arguments_are_not_changed"
        raise CheckStopped(CouldNotRun(reason=f"the arguments change even when nothing fails; {see}"))
    sequence = known.sequence(stt, API_KEY)
    for kind in known.kinds:
        change = _change(stt, call, sequence.answer(kind, 1))
        if change is not None:
            seen, before, after = change
            seen.fail(f"answered with {kind}, it changed the arguments that it was given", before, after)


def _change(stt: CheckContext, call: Call, reply: Reply) -> tuple[Observation, object, object] | None:
    """Make a call, and return its arguments before and after it when they differ."""
    passed = call.kwargs()
    before = copy.deepcopy(passed)
    seen = stt.call(call, reply, kwargs=passed)
    _ = seen.request
    return None if same_json(before, passed) else (seen, before, passed)


@check(
    Level.MUST,
    Source.SUITE,
    "#/components/securitySchemes/apiKey",
    hint="Keep the key and the headers on the client object: not in a class, a module or a shared default.",
    needs=("api_key",),
    example=passing("Two clients, with two keys, make calls in turn."),
)
def test_two_clients_keep_their_own(stt: CheckContext) -> None:
    """Of two clients in one process, neither sends the other's key, or anything of the other's calls.

    Passes: requests with the client's own key and with nothing of the other's calls, in headers and body.
    Fails: a key or a header that is kept in a class, a module or a shared default.
    """
    keys = (new_key(), new_key())
    for number, shape in enumerate(("full", "plain", "plain", "full", "full", "plain", "plain", "full")):
        call = make_call(shape, number, stt.contract, stt.features)
        reply = Reply.error(401) if number in {4, 5} else Reply.transcript("text")
        seen = stt.call_with_key(keys[number % 2], call, reply)
        sent = seen.request
        seen.require(sent.bearer != keys[(number + 1) % 2], "it sent the key of the other client")
        foreign = {name for name, value in sent.headers if any((found - number) % 2 for found in numbers_in(value))}
        seen.require(not foreign, f"it sent {', '.join(sorted(foreign))} of a call that the other client made")
        strange = [found for found in numbers_in(sent.body.decode("utf-8", "replace")) if (found - number) % 2]
        seen.require(not strange, "in the body is something of a call that the other client made")
    for api_key in keys:
        stt.forget(api_key)


@check(
    Level.SHOULD,
    Source.SUITE,
    _CLIENT,
    hint="Let closing do nothing when there is nothing left to close; it happens in more than one finally.",
    example=passing("Then the client is closed, and closed again."),
)
def test_closing_may_be_repeated(stt: CheckContext) -> None:
    """A client can be closed, and closed again.

    Passes: closing once and once more without an error; a client without `close()` or `aclose()` is not judged.
    Fails: an error from either, for example because what is to be closed is not there any more.
    """
    with _two_clients(stt, repeatedly=True) as sequence:
        for times in ("once", "twice"):
            outcome = _close(sequence)
            if isinstance(outcome, Failure):
                raise CheckFailed(observed=f"being closed {times}, it {outcome}")


@check(
    Level.MUST,
    Source.SUITE,
    _CLIENT,
    hint="Open again, or raise an error; a call that was not made has no transcript.",
    example=passing("The client was closed before."),
)
def test_a_closed_client_answers_or_fails(stt: CheckContext) -> None:
    """A call on a closed client is made and ends as usual, or raises an error.

    Passes: opening again and returning the right transcript, or raising any exception; not judged where nothing can be
    closed.
    Fails: a transcript though nothing was sent, a wrong one, or SystemExit and the like.
    """
    with _two_clients(stt) as sequence:
        seen = _call_after_closing(sequence)
        outcome = seen.outcome
        if isinstance(outcome, Transcript):
            seen.require(bool(seen.requests), "being closed, it sent nothing and returned a transcript")
            seen.require(outcome.text == text_of(1), f"the transcript is {outcome.text!r}, not {text_of(1)!r}")
        else:
            is_error = isinstance(outcome, Failure) and isinstance(outcome.error, Exception)
            seen.require(is_error, f"being closed, it {outcome}")


@check(
    Level.SHOULD,
    Source.SUITE,
    _CLIENT,
    hint="Ask whether the client is closed before anything else, and say so in the error.",
    example=passing("The client was closed before."),
)
def test_a_closed_client_says_so(stt: CheckContext) -> None:
    """A call on a closed client works, or raises an error that is meant: no AttributeError or TypeError.

    Passes: opening again, or an error such as RuntimeError or one of the client's own; not judged where nothing can be
    closed.
    Fails: AttributeError, TypeError, NameError, KeyError, IndexError or AssertionError: what a line raises that did not
    expect it.
    """
    with _two_clients(stt) as sequence:
        seen = _call_after_closing(sequence)
        outcome = seen.outcome
        is_slip = isinstance(outcome, Failure) and isinstance(outcome.error, _SLIPS)
        seen.require(not is_slip, f"being closed, it {outcome}")


@check(
    Level.SHOULD,
    Source.SUITE,
    _CLIENT,
    hint="Let each client own what it closes.",
    example=passing("Another client was closed before."),
)
def test_closing_leaves_other_clients_alone(stt: CheckContext) -> None:
    """When one client is closed, another one still works.

    Passes: the next call of the other client made and answered as usual; not judged where nothing can be closed.
    Fails: a connection that all clients share, and that one of them closes.
    """
    with _two_clients(stt) as sequence:
        with sequence.step(f"{sequence.name(1)} is closed"):
            _close(sequence)
        sequence.call(baseline(stt).shapes[0], GOOD)


_SLIPS = (AttributeError, TypeError, NameError, LookupError, AssertionError)
"""What a line of Python raises that did not expect a closed client."""


@contextmanager
def _two_clients(stt: CheckContext, *, repeatedly: bool = False) -> Iterator[CallSequence]:
    """Give calls by two new clients that have made some, of which the second may be closed."""
    sequence = baseline(stt).sequence(stt, new_key(), new_key())
    try:
        _require_well(sequence, 0, 1, 0)
        if not stt.is_closable(sequence.keys[1], repeatedly=repeatedly):
            pytest.skip("the client has no close()" if repeatedly else "the client cannot be closed")
        yield sequence
    finally:
        for api_key in (API_KEY, *sequence.keys):  # what clients share may have been closed with one of them
            stt.forget(api_key)


def _require_well(sequence: CallSequence, *clients: int) -> None:
    """Judge no further unless calls go well before that happens which the check is about."""
    try:
        for client in clients:
            sequence.call(baseline(sequence.stt).shapes[0], GOOD, client)
    except CheckFailed as failure:
        reason = f"a call does not go well even before: {failure}; see state::test_any_sequence_of_calls"
        raise CheckStopped(CouldNotRun(reason=reason)) from None


def _close(sequence: CallSequence) -> Outcome:
    outcome = sequence.stt.close(sequence.keys[1])
    if isinstance(outcome, NoAnswer):
        raise CheckStopped(CheckFailed(observed=f"closing did not end: {outcome.reason}"))
    return outcome


def _call_after_closing(sequence: CallSequence) -> Observation:
    _close(sequence)
    call = make_call("plain", 1, sequence.stt.contract, sequence.stt.features)
    return sequence.stt.call_with_key(sequence.keys[1], call, Reply.transcript(text_of(1)))


@check(
    Level.SHOULD,
    Source.SUITE,
    "sdk.yaml#/client/async_operation",
    hint="Await an asynchronous HTTP client; a synchronous one belongs into a thread (asyncio.to_thread).",
    example=passing("The call is awaited; another task runs before its answer is due."),
)
def test_the_event_loop_goes_on(stt: CheckContext) -> None:
    """While an asynchronous call awaits its answer, other tasks run.

    Passes: other tasks that run between the request and its answer; the synchronous operation is not judged.
    Fails: a blocking call in the coroutine, or waiting in it for the result of a thread.
    """
    _require_event_loop(stt)
    during = DuringCall(stt)
    seen = during.call(stt.smallest)
    seen.require(bool(seen.requests) and during.in_time, "the event loop stood still until the call was answered")


@check(
    Level.SHOULD,
    Source.SUITE,
    "sdk.yaml#/client/async_operation",
    hint="Let CancelledError pass, and clean up in a finally.",
    example=passing("The task of the call is cancelled before the answer comes; then another call is made."),
)
def test_cancelling_leaves_the_client_usable(stt: CheckContext) -> None:
    """A call whose task is cancelled ends as cancelled, and the next call is made and ends as usual.

    Passes: one request, CancelledError, and a next call that is made and answered as usual; the synchronous operation
    is not judged.
    Fails: another error in the place of CancelledError, a second request, or what was cancelled being sent with the
    next call.
    """
    _require_event_loop(stt)
    sequence = baseline(stt).sequence(stt, API_KEY)
    _require_well(sequence, 0)
    seen = DuringCall(stt, cancels=True).call(stt.smallest)
    outcome = seen.outcome
    if isinstance(outcome, Failure):
        seen.require(isinstance(outcome.error, asyncio.CancelledError), f"cancelled, it {outcome}")
    seen.require(len(seen.requests) == 1, f"cancelled, it made {len(seen.requests)} requests")
    with sequence.step("the next is cancelled before it is answered"):
        sequence.call(baseline(stt).shapes[0], GOOD)


def _require_event_loop(stt: CheckContext) -> None:
    if stt.mode == "sync":
        pytest.skip("the client's synchronous operation runs on no event loop")


@check(
    Level.MUST,
    Source.SUITE,
    _OPERATION,
    hint="The steps in the details are the fewest that show it; see what the client keeps from one to the next.",
    example=answered(
        Reply.error(500), DONE, around="One call after the other, answered with errors, faults and transcripts."
    ),
)
def test_any_sequence_of_calls(stt: CheckContext) -> None:
    """Each call is made and ends as the contract has it, in any sequence of calls, errors, faults and closes.

    Passes: each call with its own key, headers, body and outcome, up to 15 steps in a row by two clients, of what the
    client does right alone.
    Fails: a call that goes wrong only after others, such as the transcript of an earlier one after two errors.
    """
    run_stateful(stt, baseline(stt))
