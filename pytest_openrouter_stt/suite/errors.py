"""What a client makes of a status that is not 200."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import strategies as st

from pytest_openrouter_stt.client import Failure, Transcript, headers_of, kept, message_of, status_of
from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import (
    API_KEY,
    DONE,
    answered,
    check,
    common_base,
    documented_error,
    own_base,
    raised_types,
    reason_of,
    require_family,
    taxonomy,
)
from pytest_openrouter_stt.report import Level, Source, same_json, told_apart_by_nothing
from pytest_openrouter_stt.strategies import error_responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_openrouter_stt.judging import CheckContext
    from pytest_openrouter_stt.report import Observation

_TABLE = "sdk.yaml#/errors"
_DEFAULT = "sdk.yaml#/default_error"
_ERROR_DATA = "#/components/schemas/InternalServerResponseErrorData/properties"
_ERROR_BODY = "#/components/schemas/InternalServerResponse/properties"
_RESPONSES = "#/paths/~1audio~1transcriptions/post/responses"
_ELSEWHERE = "https://elsewhere.example/api/v1/audio/transcriptions"
_KEPT_BODY = {"error": {"code": 500, "message": "failed", "metadata": {"provider": "a"}}, "user_id": "user-1"}


def _redirect(status: int) -> Reply:
    return Reply(status=status, headers=(("Location", _ELSEWHERE), ("Content-Length", "0")))


@check(
    Level.MUST,
    Source.SDK,
    _TABLE,
    hint="Choose the type by the status alone, and never return a transcript for an error.",
    each="error status",
)
def test_status(stt: CheckContext, stt_status: int) -> None:
    """Each documented status raises its own error type, whatever is in its body.

    Passes: the type that is declared for the status, or a subclass of it, for any body that the schema admits; without
    a declaration, any error.
    Fails: a transcript, the default error, the type of another status, or a package that has no such type.
    """
    table = stt.error_table
    wanted = table.by_status.get(stt_status)

    @stt.any(stt.strategy(error_responses, stt_status, stt.contract))
    def judge(body: dict[str, Any]) -> None:
        seen = stt.reply(Reply.json(body, status=stt_status))
        error = seen.error()
        if stt_status in table.missing:
            seen.fail(f"there is no error type {table.missing[stt_status]}; a {stt_status} is {_name(error)}")
        if wanted is not None:
            raised, due = _told_apart(type(error), wanted)
            seen.require(isinstance(error, wanted), f"a {stt_status} is {raised}, not {due}")


@check(
    Level.MUST,
    Source.SDK,
    _DEFAULT,
    hint="Let every other 4xx and 5xx end in the default error; the list of statuses is never complete.",
    example=answered(Reply.error(418)),
)
@pytest.mark.parametrize("status", [418, 451, 499, 599], ids=str)
def test_undocumented_status(stt: CheckContext, status: int) -> None:
    """Every other 4XX and 5XX raises the default error.

    Passes: the default error or a subclass; an error of the client's own base with the right status passes too.
    Fails: the type of a documented status, such as a bad request for every 4xx, a transcript, or, where a default error
    is declared, an error of another family.
    """
    seen = stt.reply(Reply.error(status))
    error = seen.error()
    table = stt.error_table
    typed = {kind: code for code, kind in table.by_status.items() if kind is not table.default}
    seen.require(type(error) not in typed, f"a {status} is the error of a {typed.get(type(error))}")
    base = own_base(stt)
    if table.default is not None and base is not None and not isinstance(error, table.default):
        known = isinstance(error, base) and status_of(error) == status
        seen.require(known, f"a {status} is {_name(error)}, not {table.default.__qualname__}")


@check(
    Level.MUST,
    Source.SDK,
    _TABLE,
    hint="A user can only handle what can be told apart: one class per status.",
    example=answered(Reply.error(502), around="And one call for each other status."),
)
def test_types_are_distinct(stt: CheckContext) -> None:
    """No two documented statuses raise the same error type.

    Passes: a type of its own for each documented status, whatever their names.
    Fails: one type for two statuses, such as a single exception for all.
    """
    rows = taxonomy(stt)
    stt.note(rows)
    shared = told_apart_by_nothing(rows)
    seen = stt.reply(documented_error(500))
    seen.require(
        not shared, "; ".join(f"{', '.join(map(str, codes))} all are {kind}" for kind, codes in shared.items())
    )


@check(
    Level.MUST,
    Source.SDK,
    _TABLE,
    hint="Derive all of them from one class, so that a user can catch them all.",
    example=answered(Reply.error(502), around="And one call for each other status."),
)
def test_errors_share_a_base(stt: CheckContext) -> None:
    """All error types share a base class of the client's own.

    Passes: any common base class that is not one of Python's built-in ones.
    Fails: types that have only Exception, RuntimeError or the like in common.
    """
    kinds = raised_types(stt)
    seen = stt.reply(documented_error(500))
    seen.require(common_base(kinds.values()) is not None, "the errors have no base class but Python's own")


@check(
    Level.MUST,
    Source.SDK,
    _TABLE,
    hint="Raise; a value that has to be asked whether it is an error will not be asked.",
    each="error status",
)
def test_failures_are_raised(stt: CheckContext, stt_status: int) -> None:
    """A failure is raised, not returned.

    Passes: raising an exception of any type.
    Fails: returning an error object, None, or a result with `error` in it; returning a transcript.
    """
    seen = stt.reply(documented_error(stt_status))
    seen.error()
    outcome = seen.outcome
    seen.require(isinstance(outcome, Failure) and not outcome.returned, f"it {outcome}")


@check(
    Level.MUST,
    Source.SDK,
    _TABLE,
    hint="Keep the status on the error, as `status_code`.",
    each="error status",
)
def test_status_is_kept(stt: CheckContext, stt_status: int) -> None:
    """An error carries the status of the response.

    Passes: the status as a whole number in `status_code`, `status`, `http_status` or `code`, of the error or of its
    `response`.
    Fails: no status, another one, or one that is only in the message.
    """
    _judge_status(stt.reply(documented_error(stt_status)), stt_status)


def _judge_status(seen: Observation, status: int) -> None:
    found = status_of(seen.error())
    seen.require(found == status, f"the error's status is {found}, not {status}")


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_ERROR_DATA}/message",
    hint="Make the API's message part of the error's own.",
    each="error status",
)
def test_message_is_kept(stt: CheckContext, stt_status: int) -> None:
    """The message of the error body is in the error's `str()` or `message`.

    Passes: the API's message anywhere in `str()` or in `message`, with more around it.
    Fails: a message of the client's own only, or one whose non-ASCII letters are changed.
    """
    for message in (reason_of(stt_status), "Another reason, which no earlier response has given."):
        seen = stt.reply(Reply.error(stt_status, message))
        shown = message_of(seen.error())
        seen.require(message in shown, f"the message is {shown!r}")


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 15",
    hint="The status of the response decides; `code` is only what the body says of itself.",
    example=answered(Reply.json({"error": {"code": 429, "message": "not really"}}, status=500)),
)
def test_body_code_does_not_win(stt: CheckContext) -> None:
    """A `code` in the body that differs from the status does not change the error type or its status.

    Passes: for a 500 whose body says 429, the type and the status of a 500.
    Fails: the type or the status that the body names.
    """
    honest = stt.reply(documented_error(500)).error()
    seen = stt.reply(Reply.json({"error": {"code": 429, "message": "not really"}}, status=500))
    error = seen.error()
    seen.require(type(error) is type(honest), f"a 500 with code 429 is {_name(error)}, not {_name(honest)}")
    _judge_status(seen, 500)


_KEPT = {
    "code": ("error", "code"),
    "metadata": ("error", "metadata"),
    "user_id": ("user_id",),
    "openrouter_metadata": ("openrouter_metadata",),
}
_KEPT_VALUES = {
    "code": st.integers(0, 2**31),
    "metadata": st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), min_size=1, max_size=3),
    "user_id": st.text(min_size=1, max_size=20),
    "openrouter_metadata": st.dictionaries(st.text(max_size=5), st.booleans(), min_size=1, max_size=3),
}


@check(
    Level.SHOULD,
    Source.SCHEMA,
    _ERROR_BODY,
    hint="Keep the parsed body on the error, as `data` or `body`.",
    example=answered(Reply.json(_KEPT_BODY, status=500)),
)
@pytest.mark.parametrize("name", _KEPT)
def test_error_body_is_kept(stt: CheckContext, name: str) -> None:
    """The code, the metadata, the user's ID and OpenRouter's metadata can be read from the error.

    Passes: the value at its place in `data`, in the error itself, or in the JSON of its `body` or `response.text`.
    Fails: an error that keeps only the message, or a value that is changed.
    """

    @stt.any_value(name, _KEPT_VALUES, lambda given: stt.reply(_error_with(given)))
    def judge(seen: Observation, value: object) -> None:
        found = kept(seen.error(), *_KEPT[name])
        seen.require(same_json(value, _plain(found)), f"`{'.'.join(_KEPT[name])}` of the error is {found!r}")


def _error_with(values: Mapping[str, object]) -> Reply:
    body: dict[str, Any] = {"error": {"code": 500, "message": "failed"}}
    for name, value in values.items():
        *_, last = _KEPT[name]
        (body["error"] if "error" in _KEPT[name] else body)[last] = value
    return Reply.json(body, status=500)


def _plain(value: object) -> object:
    return value.model_dump() if hasattr(value, "model_dump") else value


@check(
    Level.SHOULD,
    Source.SUITE,
    _RESPONSES,
    hint="Keep the response's headers on the error: Retry-After and the request's ID are there.",
    example=answered(Reply.error(503, headers={"X-Request-Id": "req-42"})),
)
def test_headers_are_kept(stt: CheckContext) -> None:
    """The headers of the response can be read from the error.

    Passes: the headers in `headers` of the error or of its `response`; names in any case.
    Fails: an error without headers, or with a choice of them that lacks X-Request-Id.
    """
    seen = stt.reply(Reply.error(503, headers={"X-Request-Id": "req-42"}))
    headers = headers_of(seen.error()) or {}
    seen.require(headers.get("x-request-id") == "req-42", "X-Request-Id cannot be read from the error")


_UNREADABLE = {
    "html-502": Reply.raw(b"<html><h1>502 Bad Gateway</h1></html>", "text/html", status=502),
    "text-500": Reply.raw(b"upstream connect error", "text/plain", status=500),
    "html-404": Reply.raw(b"<!DOCTYPE html>", "text/html; charset=utf-8", status=404),
    "no-type-401": Reply(status=401, body=b"no"),
    "empty-503": Reply.raw(b"", "application/json", status=503),
    "truncated-500": Reply.raw(b'{"error": {"code": 50', "application/json", status=500),
    "no-error-400": Reply.json({"success": False}, status=400),
    "error-null-500": Reply.json({"error": None}, status=500),
    "error-string-500": Reply.json({"error": "it failed"}, status=500),
    "array-429": Reply.json([], status=429),
    "zod-400": Reply.json({"success": False, "error": {"name": "ZodError", "message": "[]"}}, status=400),
}


@check(
    Level.MUST,
    Source.SDK,
    _DEFAULT,
    hint="Read the status before the body, and expect any body at all behind a proxy.",
)
@pytest.mark.parametrize("reply", _UNREADABLE.values(), ids=_UNREADABLE)
def test_unreadable_error_body(stt: CheckContext, reply: Reply) -> None:
    """An error status with a body that is not the documented one still is an error, with that status.

    Passes: an error of any type with the status of the response.
    Fails: the error of a JSON parser, a KeyError, an error without the status, or a transcript.
    """
    _judge_status(stt.reply(reply), reply.status)


@check(
    Level.SHOULD,
    Source.SUITE,
    _DEFAULT,
    hint="Catch what goes wrong while reading an error's body, and raise the client's own error.",
)
@pytest.mark.parametrize("reply", _UNREADABLE.values(), ids=_UNREADABLE)
def test_unreadable_errors_are_own_errors(stt: CheckContext, reply: Reply) -> None:
    """What is raised for an error body that cannot be read belongs to the client's own errors.

    Passes: an error that shares a base class with those that statuses raise.
    Fails: a bare JSONDecodeError, KeyError, TypeError or RuntimeError, also one that carries the status.
    """
    require_family(stt, stt.reply(reply))


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 15.4",
    hint="Do not follow redirects, or drop the Authorization header when the host changes.",
    needs=("api_key",),
    example=answered(_redirect(307), DONE),
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308], ids=str)
def test_redirects_do_not_carry_the_key_away(stt: CheckContext, status: int) -> None:
    """The key is not sent to the host that a redirect names.

    Passes: not following the redirect, or following it without the key.
    Fails: the key in any header of a request to the other host.
    """
    seen = stt.exchange(stt.smallest, _redirect(status), Reply.transcript("from elsewhere"))
    followed = [request for request in seen.requests if urlsplit(request.url).hostname != stt.contract.host]
    leaks = [request.url for request in followed if any(API_KEY in value for _, value in request.headers)]
    seen.require(not leaks, f"it sent the key to {', '.join(leaks)}")


@check(
    Level.SHOULD,
    Source.HTTP,
    "RFC 9110, 15.4",
    hint="Do not follow redirects: the API documents none, and the request may be lost on the way.",
    example=answered(_redirect(302), DONE),
)
@pytest.mark.parametrize("status", [301, 302, 303], ids=str)
def test_redirects_do_not_turn_post_into_get(stt: CheckContext, status: int) -> None:
    """A redirect does not turn the POST into a GET whose answer is taken for a transcript.

    Passes: not following the redirect, following it with a POST, or ending in an error.
    Fails: a GET to the new place whose answer is returned as the transcript.
    """
    seen = stt.exchange(stt.smallest, _redirect(status), Reply.transcript("from elsewhere"))
    methods = [request.method for request in seen.requests]
    turned = "GET" in methods and isinstance(seen.outcome, Transcript)
    seen.require(not turned, f"it sent {' and then '.join(methods)}, and took the answer for a transcript")


@check(
    Level.MUST,
    Source.SUITE,
    _TABLE,
    hint="Let both operations read the response in one place.",
    both_modes=True,
    each="error status",
)
def test_sync_and_async_agree(stt: CheckContext, stt_status: int) -> None:
    """The synchronous and the asynchronous operation raise the same type for the same response.

    Passes: exactly the same type from both operations.
    Fails: two types for one status, also when one derives from the other, or an error from only one of the two.
    """
    first = stt.exchange(stt.smallest, documented_error(stt_status), mode="sync").error()
    seen = stt.exchange(stt.smallest, documented_error(stt_status), mode="async")
    one, other = type(first), type(seen.error())
    names = _told_apart(one, other)
    seen.require(one is other, f"synchronous {names[0]}, asynchronous {names[1]}")


def _told_apart(one: type, other: type) -> tuple[str, str]:
    """Return the names of two types, with their modules when they have the same."""
    if one.__qualname__ != other.__qualname__:
        return one.__qualname__, other.__qualname__
    return f"{one.__module__}.{one.__qualname__}", f"{other.__module__}.{other.__qualname__}"


def _name(error: object) -> str:
    return type(error).__qualname__
