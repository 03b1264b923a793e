"""When a request is made again, how often and after how long.

The client's back-off runs on a virtual clock, so an hour of it takes no time; what it waited for is in the failure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import Transcript, status_of
from pytest_openrouter_stt.endpoint import Fault, Reply
from pytest_openrouter_stt.judging import (
    DONE,
    SECOND_ANSWER,
    Example,
    answered,
    check,
    documented_error,
    require_family,
    smallest_call,
)
from pytest_openrouter_stt.report import Level, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.judging import CheckContext
    from pytest_openrouter_stt.report import Observation

_RETRIES = "sdk.yaml#/parameters/retries"
_ERRORS = "sdk.yaml#/errors"
_RETRY_AFTER = "RFC 9110, 10.2.3"
_SAME_ON_EVERY_ATTEMPT = ("authorization", "content-type")
_AFTER_THE_BODY = (Fault.RESET, Fault.CLOSED, Fault.TIMEOUT)
"""Faults that come when the server may have done the work already."""

_RETRIED_LATER = 7
_SOON = 300
_TOO_LONG = 3600
_HAMMERING = 0.1


@check(
    Level.MUST,
    Source.SDK,
    _RETRIES,
    hint="`retries=None` means one request, whatever comes of it.",
    needs=("retries",),
    example=Example(call=smallest_call(retries=None), served=(Reply.error(503),)),
)
def test_retries_off_means_one_request(stt: CheckContext) -> None:
    """With retries off, a call makes exactly one request, whatever it is answered.

    Passes: one request and an error, for each documented status and for each fault of the network.
    Fails: a second request that nobody asked for, also after a connection that was refused, or a transcript.
    """
    replies = [documented_error(status) for status in stt.contract.error_statuses]
    for reply in (*replies, *map(Reply.broken, Fault)):
        seen = stt.reply(reply)
        seen.error()
        seen.require(len(seen.requests) == 1, f"it made {len(seen.requests)} requests, though retries are off")


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 15.5",
    hint="A 4xx says that the same request will fail again: raise at once.",
    example=answered(Reply.error(400), DONE),
)
def test_client_errors_are_not_retried(stt: CheckContext) -> None:
    """A 4xx is not retried; a 429 may be.

    Passes: one request for each documented 4xx, with the client's own retries on; a 429 may be retried.
    Fails: a second request, for example for a new key after a 401.
    """
    for status in stt.contract.error_statuses:
        if status < 500 and status != 429:
            seen = _retrying(stt, documented_error(status), SECOND_ANSWER)
            seen.require(len(seen.requests) == 1, f"it made {len(seen.requests)} requests for a {status}")


@check(
    Level.SHOULD,
    Source.SDK,
    _RETRIES,
    hint="Try a 5xx again after a pause, unless the caller turned retries off.",
    needs=("retries",),
    example=answered(Reply.error(503), DONE),
)
def test_server_errors_are_retried(stt: CheckContext) -> None:
    """With retries on, a 5xx is retried.

    Passes: at least a second request for each documented 5xx.
    Fails: giving up at once, or retrying only some of them, such as 502 and 503.
    """
    for status in stt.contract.error_statuses:
        if status >= 500:
            seen = _retrying(stt, documented_error(status), SECOND_ANSWER)
            seen.require(len(seen.requests) > 1, f"it made one request for a {status}, and gave up")


@check(
    Level.MUST,
    Source.SUITE,
    _RETRIES,
    hint="Read the last response as if it were the only one.",
    example=answered(Reply.error(503), Reply.transcript("the second answer")),
)
def test_a_later_answer_is_the_transcript(stt: CheckContext) -> None:
    """When an attempt succeeds, its answer is the transcript.

    Passes: the text of the attempt that succeeded; a client that does not retry a 503 is not judged.
    Fails: an error, or the answer of an earlier attempt.
    """
    seen = _retried(stt, documented_error(503), SECOND_ANSWER)
    text = seen.transcript().text
    seen.require(
        text == "the second answer", "the transcript is not that of the last answer", "the second answer", text
    )


@check(
    Level.MUST,
    Source.SDK,
    _ERRORS,
    hint="When the attempts are used up, raise what the last response would have raised on its own.",
    example=answered(Reply.error(503), Reply.error(502), around="And 502s ever after."),
)
def test_the_last_error_is_raised(stt: CheckContext) -> None:
    """When every attempt fails, the error is the typed one of the last response.

    Passes: for a 503 and then 502s, what a 502 alone raises, with the status 502; not judged of a client that does not
    retry.
    Fails: the error of the first response, one that says only that all attempts failed, or one without the status.
    """
    alone = type(stt.reply(documented_error(502)).error())
    seen = _retried(stt, documented_error(503), documented_error(502))
    error = seen.error()
    what = f"{type(error).__qualname__} with status {status_of(error)}"
    seen.require(type(error) is alone, f"after a 503 and only 502s it raised {what}, not {alone.__qualname__}")
    seen.require(status_of(error) == 502, f"after a 503 and only 502s it raised {what}")


@check(
    Level.MUST,
    Source.SUITE,
    _RETRIES,
    hint="Make the request once, and send the very same on every attempt.",
    example=answered(Reply.error(500), Reply.error(502), Reply.error(503)),
)
def test_attempts_are_identical(stt: CheckContext) -> None:
    """Every attempt is the same request: method, URL, body, key and content type.

    Passes: the same method, URL, body, Authorization and Content-Type each time; other headers, such as a counter, may
    differ; a client that does not retry a 500 is not judged.
    Fails: an empty body, a body that is written anew with other bytes, another URL, or a lost key.
    """
    seen = _retried(stt, documented_error(500), documented_error(502), documented_error(503))
    first = seen.request
    for place, other in enumerate(seen.requests[1:], 2):
        here = f"attempt {place} of {len(seen.requests)}"
        same_target = (other.method, other.url) == (first.method, first.url)
        seen.require(same_target, f"{here} went to {other.method} {other.url}")
        seen.require(other.body == first.body, f"{here} has another body ({other.digest}, the first {first.digest})")
        for name in _SAME_ON_EVERY_ATTEMPT:
            seen.require(other.values(name) == first.values(name), f"{here} has another {name} header")


@check(
    Level.SHOULD,
    Source.SUITE,
    _RETRIES,
    hint="Pause before every attempt but the first, longer each time.",
    example=answered(Reply.error(500), around="Each attempt is answered so."),
)
def test_attempts_are_spaced(stt: CheckContext) -> None:
    """There is a pause before a server that failed is asked again.

    Passes: at least 0.1 s between any two requests; a client that does not retry a 500 is not judged.
    Fails: asking a server again at once, or after milliseconds.
    """
    seen = _retried(stt, documented_error(500))
    shortest = min(_gaps(seen))
    seen.require(shortest >= _HAMMERING, f"it waited {shortest:.3f} s between two attempts")


@check(
    Level.MUST,
    Source.SUITE,
    _RETRIES,
    hint="Limit the number of attempts, or the time that all of them may take.",
    example=answered(Reply.error(500), around="Each attempt is answered so."),
)
def test_retries_end(stt: CheckContext) -> None:
    """A server that fails for ever is given up, with an error, within two hours.

    Passes: an error after two hours of waiting at the most; a client that does not retry passes.
    Fails: retrying for ever or for longer, or a transcript.
    """
    seen = _retrying(stt, documented_error(500))
    seen.error()
    waited = sum(seen.waits)
    seen.require(waited <= 2 * _TOO_LONG, f"it waited {waited:,.0f} s, and made {len(seen.requests)} requests")


@check(
    Level.SHOULD,
    Source.SUITE,
    _RETRIES,
    hint="Give up within minutes: a user who waits an hour for an error believes that the program hangs.",
    example=answered(Reply.error(500), around="Each attempt is answered so."),
)
def test_retries_end_soon(stt: CheckContext) -> None:
    """A server that fails for ever is given up within five minutes.

    Passes: giving up after five minutes of waiting at the most; a client that does not retry passes.
    Fails: going on for longer, such as the hour that some clients allow by default.
    """
    seen = _retrying(stt, documented_error(500))
    waited = sum(seen.waits)
    seen.require(waited <= _SOON, f"it retried for {waited / 60:,.0f} minutes, with {len(seen.requests)} requests")


@check(
    Level.SHOULD,
    Source.HTTP,
    _RETRY_AFTER,
    hint="Wait as long as Retry-After says: it is a number of seconds, or a date.",
    example=answered(Reply.error(503, headers={"Retry-After": "7"}), DONE),
)
@pytest.mark.parametrize("status", [429, 503], ids=str)
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(stt: CheckContext, status: int, form: str) -> None:
    """A retry does not come before the time that Retry-After names.

    Passes: a second request no earlier than Retry-After says, to about a second; one that comes later passes, and a
    status that is not retried is not judged.
    Fails: retrying earlier, such as not knowing dates, or taking seconds for milliseconds.
    """
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=_RETRIED_LATER + 1), usegmt=True)
    value = str(_RETRIED_LATER) if form == "seconds" else date
    seen = _retried(stt, Reply.error(status, headers={"Retry-After": value}), Reply.transcript("at last"))
    first = next(_gaps(seen))
    seen.require(first >= _RETRIED_LATER - 1, f"it retried after {first:.2f} s; Retry-After was {value}")


@check(
    Level.MAY,
    Source.SUITE,
    _RETRIES,
    hint="Some proxies say in `retry-after-ms` to the millisecond what Retry-After says in seconds.",
    example=answered(Reply.error(503, headers={"retry-after-ms": "7000"}), DONE),
)
def test_retry_after_in_milliseconds_is_honoured(stt: CheckContext) -> None:
    """A retry does not come before the time that `retry-after-ms` names.

    Passes: a second request no earlier than `retry-after-ms` says, to a second; not judged of a client that does not
    retry a 503.
    Fails: retrying earlier, as a client does that does not know the header.
    """
    headers = {"retry-after-ms": str(_RETRIED_LATER * 1000)}
    seen = _retried(stt, Reply.error(503, headers=headers), Reply.transcript("at last"))
    first = next(_gaps(seen))
    seen.require(first >= _RETRIED_LATER - 1, f"it retried after {first:.2f} s; retry-after-ms was 7000")


@check(
    Level.SHOULD,
    Source.SUITE,
    _RETRIES,
    hint="Cap what Retry-After asks for, or give up: nobody waits for a day.",
    example=answered(Reply.error(503, headers={"Retry-After": "86400"}), DONE),
)
@pytest.mark.parametrize("value", ["86400", "31536000", "date"])
def test_retry_after_is_capped(stt: CheckContext, value: str) -> None:
    """A Retry-After of a day or of a year is not waited for.

    Passes: giving up at once, or waiting an hour at the most for all attempts.
    Fails: waiting a day, a year, or until a date in two days, because Retry-After says so.
    """
    date = format_datetime(datetime.now(UTC) + timedelta(days=2), usegmt=True)
    asked = date if value == "date" else value
    seen = _retrying(stt, Reply.error(503, headers={"Retry-After": asked}), Reply.transcript("at last"))
    waited = sum(seen.waits)
    seen.require(waited <= _TOO_LONG, f"it waited {waited / 3600:,.0f} hours, because Retry-After asked for it")


_ABSURD = {
    "negative": "-1",
    "infinite": "inf",
    "not-a-number": "nan",
    "overflow": "1e400",
    "huge": "9" * 40,
    "fraction": "0.5",
    "word": "soon",
    "empty": "",
    "past": "Thu, 01 Jan 1970 00:00:00 GMT",
    "no-zone": "Fri, 31 Dec 1999 23:59:59",
    "no-date": "Thu, 99 Foo 2026 99:99:99 GMT",
}


@check(
    Level.SHOULD,
    Source.SUITE,
    _ERRORS,
    hint="Treat a Retry-After that makes no sense as if there were none.",
    example=answered(Reply.error(503, headers={"Retry-After": "-1"}), DONE),
)
@pytest.mark.parametrize("value", _ABSURD.values(), ids=_ABSURD)
def test_absurd_retry_after_does_no_harm(stt: CheckContext, value: str) -> None:
    """A Retry-After that makes no sense ends in the later answer or in an error of the client's own.

    Passes: the later answer, or an error that shares a base class with those that statuses raise.
    Fails: a ValueError or an OverflowError from converting the header or from sleeping for such a time.
    """
    seen = _retrying(stt, Reply.error(503, headers={"Retry-After": value}), Reply.transcript("at last"))
    if not isinstance(seen.outcome, Transcript):
        require_family(stt, seen)


@check(
    Level.SHOULD,
    Source.SUITE,
    _RETRIES,
    hint="Retry only what failed before the body was sent; else let the caller decide: transcribing costs money.",
)
@pytest.mark.parametrize("fault", _AFTER_THE_BODY, ids=lambda fault: fault.name.lower())
def test_accepted_requests_are_not_repeated(stt: CheckContext, fault: Fault) -> None:
    """A request that the server has received whole, and did not answer, is not sent again.

    Passes: one request and an error when the connection breaks, ends or stays silent after the whole body was sent.
    Fails: sending the body again: it may be transcribed, and billed, twice.
    """
    seen = _retrying(stt, Reply.broken(fault))
    count = len(seen.requests)
    seen.require(
        count == 1, f"it sent the same body {count} times to a server that had received it: billed {count} times"
    )


def _retrying(stt: CheckContext, *script: Reply) -> Observation:
    """Make a call with the client's own retry policy on."""
    seen = stt.exchange(stt.smallest, *script, retries=True)
    _ = seen.request
    return seen


def _retried(stt: CheckContext, *script: Reply) -> Observation:
    """Make a call that the client retries; one that does not has nothing to judge."""
    seen = _retrying(stt, *script)
    if len(seen.requests) == 1:
        pytest.skip(f"the client does not retry a {script[0].status}")
    return seen


def _gaps(seen: Observation) -> Iterator[float]:
    """Return the time between each attempt and the one before it, in seconds."""
    return (later.at - earlier.at for earlier, later in pairwise(seen.ledger))
