"""What becomes of a call that the contract does not allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.client import Failure
from pytest_openrouter_stt.contract import MISSING
from pytest_openrouter_stt.endpoint import BodyError
from pytest_openrouter_stt.judging import (
    SMALLEST_WAV,
    Example,
    Invalidity,
    check,
    documented_error,
    is_converted,
    own_base,
    refusable,
    smallest_call,
)
from pytest_openrouter_stt.report import CheckStopped, CouldNotRun, Level, Source, same_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.judging import CheckContext
    from pytest_openrouter_stt.report import Observation
    from pytest_openrouter_stt.strategies import InvalidCall

_REQUEST = "#/components/schemas/STTRequest"
_JSON_NUMBERS = "RFC 8259, 6"
_BAD_REQUEST = 400
_NO_NUMBER = "nothing: JSON has no such number"


@check(
    Level.MUST,
    Source.SCHEMA,
    _REQUEST,
    hint="Refuse the value, or pass it on for the API to refuse; the user has to learn of the mistake.",
    example=refusable(temperature="hot"),
)
def test_wrong_values_are_not_repaired(stt: CheckContext) -> None:
    """A value that the schema does not admit is refused or sent as it is: not dropped, replaced or converted.

    Passes: raising before anything is sent, or sending what was passed; a scalar that is sent as another type with the
    same meaning is judged by `test_scalars_keep_their_type`.
    Fails: any other request: with the value dropped, replaced by a default, or made into one that the schema admits.
    """
    for invalid in _every(stt, Invalidity.WRONG):
        _judge_value(stt, invalid)

    @stt.any(stt.wrong_calls)
    def judge(invalid: InvalidCall) -> None:
        _judge_value(stt, invalid)


def _judge_value(stt: CheckContext, invalid: InvalidCall) -> None:
    seen = _made(stt, invalid)
    if seen.requests and not is_converted(invalid, seen.body, stt.contract):
        _require_as_it_is(seen, invalid, stt.contract)


@check(
    Level.SHOULD,
    Source.SCHEMA,
    _REQUEST,
    hint="Let nothing convert scalars on the way: 'true', \"1\" and 1 are three values.",
    example=refusable(temperature="0.5"),
)
def test_scalars_keep_their_type(stt: CheckContext) -> None:
    """A scalar of a wrong type is refused or sent as it is, not converted, even where its value would be kept.

    Passes: raising before anything is sent, or sending what was passed.
    Fails: converting a scalar: `"1"` sent as `1`, `1` as `"1"`, `True` as `1`.
    """
    for invalid in _every(stt, Invalidity.WRONG):
        seen = _made(stt, invalid)
        if seen.requests and is_converted(invalid, seen.body, stt.contract):
            _require_as_it_is(seen, invalid, stt.contract)


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/required",
    hint="Have no default for what the API requires; only the user knows the model and the format.",
    example=refusable(input_audio={"data": SMALLEST_WAV}),
)
def test_what_is_missing_is_not_made_up(stt: CheckContext) -> None:
    """A call that lacks a required value, or has None there, is refused or sent without it.

    Passes: raising before anything is sent, or sending a request that still breaks the schema, with null there or with
    nothing.
    Fails: a default model, format or audio that makes the request a valid one.
    """
    for invalid in _every(stt, Invalidity.INCOMPLETE):
        seen = _made(stt, invalid)
        wanted = stt.contract.wire_body(invalid.call)
        is_incomplete = not seen.requests or bool(stt.contract.request.violations(seen.body))
        seen.require(is_incomplete, f"it made up what is missing ({invalid.violation})", wanted, _body(seen))


@check(
    Level.SHOULD,
    Source.SUITE,
    f"{_REQUEST}/properties/provider",
    hint="None stands for an absent argument; inside of one it is a value like any other.",
    example=refusable(provider={"options": None}),
)
def test_nulls_inside_are_not_dropped(stt: CheckContext) -> None:
    """None inside an argument, where the schema admits no null, is refused or sent as null.

    Passes: raising before anything is sent, or sending null, as with `{"options": null}`.
    Fails: leaving out the member that is None, or an empty object in its place.
    """
    for invalid in _every(stt, Invalidity.NULL):
        seen = _made(stt, invalid)
        if seen.requests:
            _require_as_it_is(seen, invalid, stt.contract)


@check(
    Level.MUST,
    Source.SDK,
    "sdk.yaml#/errors",
    hint="Raise what a 400 raises; and when you refuse a call yourself, raise too.",
    example=refusable(language=["en"]),
)
def test_an_invalid_call_is_an_error(stt: CheckContext) -> None:
    """An invalid call that is sent ends in the error of a 400, and one that is not sent in an exception.

    Passes: any error for a call that is not sent, also a returned one; for one that is sent and answered with a 400,
    the type that a 400 has.
    Fails: a transcript though nothing was sent, or another error for the 400, such as the default one.
    """
    known = stt.error_table.by_status
    kind = known.get(_BAD_REQUEST) or type(stt.reply(documented_error(_BAD_REQUEST)).error())
    for invalid in _one_for_each_place(_every(stt, Invalidity.WRONG, Invalidity.INCOMPLETE)):
        seen = _called(stt, invalid)
        if not seen.requests:
            is_error = isinstance(seen.outcome, Failure)
            seen.require(is_error, f"it sent nothing and raised nothing ({invalid.violation})")
        elif seen.ledger[-1].reply.status == _BAD_REQUEST:
            error = seen.error()
            seen.require(isinstance(error, kind), f"the 400 is {type(error).__qualname__}, not {kind.__qualname__}")


@check(
    Level.SHOULD,
    Source.SUITE,
    _REQUEST,
    hint="Look at the arguments before using them, and say what is wrong with them.",
    example=refusable(input_audio=SMALLEST_WAV),
)
def test_refusals_are_meant(stt: CheckContext) -> None:
    """What is raised before anything is sent is a TypeError, a ValueError or an error of the client's own.

    Passes: TypeError, ValueError, the client's own errors and classes derived from these, as validation libraries have
    them; leaving it to the API.
    Fails: what happens to be raised where an invalid value is used, such as KeyError, AttributeError and
    AssertionError, and errors that are only returned.
    """
    base = own_base(stt)
    allowed = (TypeError, ValueError, *([base] if base else []))
    for invalid in _every(stt, *Invalidity):
        seen = _called(stt, invalid)
        outcome = seen.outcome
        if not seen.requests and isinstance(outcome, Failure):
            is_meant = isinstance(outcome.error, allowed) and not outcome.returned
            seen.require(is_meant, f"it {outcome}")


@check(
    Level.SHOULD,
    Source.HTTP,
    _JSON_NUMBERS,
    hint="Encode with allow_nan=False or its like: a body with NaN in it is not JSON.",
    example=Example(call=smallest_call(temperature=math.nan), sent=_NO_NUMBER),
)
def test_nan_is_not_on_the_wire(stt: CheckContext) -> None:
    """NaN and the infinities are not in the body as a token that JSON does not have.

    Passes: raising before anything is sent; null or a string in its place is judged by `test_nan_is_not_replaced`.
    Fails: a body with `NaN` or `Infinity` in it, which is not JSON.
    """
    for _, seen in _calls_beyond_json(stt):
        try:
            seen.request.json()
        except BodyError as error:
            seen.fail(f"the body cannot be read: {error}")


@check(
    Level.SHOULD,
    Source.SUITE,
    _JSON_NUMBERS,
    hint="Raise a ValueError: JSON cannot say what was meant, and null says something else.",
    example=Example(call=smallest_call(temperature=math.inf), sent=_NO_NUMBER),
)
def test_nan_is_not_replaced(stt: CheckContext) -> None:
    """NaN and the infinities are refused: not replaced by null, zero or a string, and not dropped.

    Passes: raising before anything is sent; a body with the token `NaN` in it is judged by
    `test_nan_is_not_on_the_wire`.
    Fails: a request that can be read: with null, 0 or a string in its place, or without the argument.
    """
    for invalid, seen in _calls_beyond_json(stt):
        try:
            body = seen.request.json()
        except BodyError:
            continue  # what was passed is there, and another check's matter
        seen.fail(f"it sent something else ({invalid.violation})", stt.contract.wire_body(invalid.call), body)


def _calls_beyond_json(stt: CheckContext) -> Iterator[tuple[InvalidCall, Observation]]:
    """Yield what was sent for each number that JSON does not have."""
    for invalid in _every(stt, Invalidity.BEYOND_JSON):
        seen = _made(stt, invalid)
        if seen.requests:
            yield invalid, seen


def _every(stt: CheckContext, *kinds: Invalidity) -> list[InvalidCall]:
    """Return the invalid calls of these kinds, of which there has to be one, for a client whose body is JSON."""
    _ = stt.exchange(stt.smallest).body
    found = stt.invalid_calls(*kinds)
    if not found:
        pytest.skip("the client takes no argument that could be wrong in this way")
    return found


def _one_for_each_place(calls: list[InvalidCall]) -> list[InvalidCall]:
    return list({(invalid.violation.pointer, invalid.violation.keyword): invalid for invalid in calls}.values())


def _called(stt: CheckContext, invalid: InvalidCall) -> Observation:
    """Make the call, to an endpoint that answers as the API does."""
    return stt.faithful_exchange(invalid.call)


def _made(stt: CheckContext, invalid: InvalidCall) -> Observation:
    """Make the call, which leaves a trace: on the wire, or as a failure."""
    seen = _called(stt, invalid)
    if not seen.requests and not isinstance(seen.outcome, Failure):
        reason = "an invalid call left no trace; see invalid::test_an_invalid_call_is_an_error"
        raise CheckStopped(CouldNotRun(reason=reason))
    return seen


def _require_as_it_is(seen: Observation, invalid: InvalidCall, contract: Contract) -> None:
    wanted = contract.wire_body(invalid.call)
    seen.require(same_json(wanted, seen.body), f"it sent something else ({invalid.violation})", wanted, seen.body)


def _body(seen: Observation) -> Any:
    return seen.body if seen.requests else MISSING
