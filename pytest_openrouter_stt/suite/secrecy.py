"""The key, the audio and the transcript, and the places where they must not be found."""

from __future__ import annotations

import base64
import logging
import os
import warnings
from typing import TYPE_CHECKING, cast
from unittest import mock

import pytest

from pytest_openrouter_stt.client import Failure
from pytest_openrouter_stt.endpoint import Fault, Reply
from pytest_openrouter_stt.judging import (
    API_KEY,
    DONE,
    WAV,
    Example,
    answered,
    attributes,
    carried,
    check,
    configuration,
    documented_error,
    holds,
    logged,
    passing,
    recorded,
    shown,
    smallest_call,
)
from pytest_openrouter_stt.report import CheckStopped, CouldNotRun, Level, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_openrouter_stt.contract import Call
    from pytest_openrouter_stt.judging import CheckContext, ShownText
    from pytest_openrouter_stt.report import Observation

_KEY = "#/components/securitySchemes/apiKey"
_VARIABLE = "OPENROUTER_API_KEY"
_ELSEWHERE = "sk-or-v1-" + "e" * 40
"""A key that the client was not given."""

_NOTHING = frozenset({"none", "null", "nil", "undefined"})
"""What languages make of a key that is not there."""

_WAV = base64.b64encode(WAV + b"\0").decode()  # without padding, so that more can follow
_SPOKEN = base64.b64encode(b"what nobody else may hear").decode().rstrip("=")
_SAID = "what was said in confidence"
_ANSWER = Reply.transcript(_SAID)
_PRIVATE = {"audio": _SPOKEN, "transcript": _SAID}

_MAX_NAMED = 3

_TROUBLES = {
    "unauthorized": Reply.error(401, "No cookie auth credentials found"),
    "failed": documented_error(500),
    "unreadable": Reply.raw(b'{"text": "a', "application/json"),
    "refused": Reply.broken(Fault.REFUSED),
    "timeout": Reply.broken(Fault.TIMEOUT),
}
_troubles = pytest.mark.parametrize("reply", _TROUBLES.values(), ids=_TROUBLES)

_OCCASIONS = ((_ANSWER,), (Reply.error(503), _ANSWER), (_TROUBLES["unauthorized"],), (_TROUBLES["refused"],))
"""What is answered while somebody listens: a transcript, at once and at the second attempt, and two kinds of errors."""


def _spoken_call() -> Call:
    return smallest_call().replace(input_audio={"data": _WAV + _SPOKEN * 20, "format_": "wav"})


def _fresh_key(stt: CheckContext, use: str) -> str:
    """Return a key whose client is not made before it is used; no report shows it, because the usual key is in it."""
    return f"{API_KEY}-{use}-{stt.mode}"


def _occasion(stt: CheckContext, script: tuple[Reply, ...], api_key: str = API_KEY) -> Observation:
    return stt.call_with_key(api_key, _spoken_call(), *script, retries=len(script) > 1)


def _error_of(seen: Observation) -> object:
    """Return the error of *seen*; that there is none is judged elsewhere."""
    _ = seen.request
    if not isinstance(seen.outcome, Failure):
        raise CheckStopped(CouldNotRun(reason="no error is raised where one is due; see the areas errors and network"))
    return seen.outcome.error


def _require_unseen(seen: Observation, places: Iterable[ShownText], secrets: dict[str, str]) -> None:
    """Fail with the names of the places where a secret is, and never with what is to be read there."""
    found = [(what, where) for where, text in places for what, secret in secrets.items() if holds(text, secret)]
    named = list(dict.fromkeys(f"the {what} is in {where}" for what, where in found))
    more = f" and in {len(named) - _MAX_NAMED} more places" if len(named) > _MAX_NAMED else ""
    seen.require(not found, "; ".join(named[:_MAX_NAMED]) + more)


@check(
    Level.MUST,
    Source.SUITE,
    _KEY,
    hint="Errors end up in logs and in bug reports: build their messages without the request's headers.",
    needs=("api_key",),
)
@_troubles
def test_key_is_not_in_errors(stt: CheckContext, reply: Reply) -> None:
    """An error shows the key nowhere: neither its texts, its args and its notes, nor those of the errors behind it.

    Passes: an error whose `str()`, `repr()`, args, notes and traceback, and those of the errors behind it, do not show
    the key.
    Fails: the key, or half of it, in one of them: headers in a message, or a key of which only the end is masked.
    """
    seen = stt.reply(reply)
    _require_unseen(seen, shown(_error_of(seen)), {"key": API_KEY})


@check(
    Level.SHOULD,
    Source.SUITE,
    _KEY,
    hint="Error trackers print an error's attributes: do not keep the request's headers in a dictionary.",
    needs=("api_key",),
)
@_troubles
def test_attributes_of_errors_do_not_show_the_key(stt: CheckContext, reply: Reply) -> None:
    """No public attribute of an error shows the key when it is printed.

    Passes: attributes whose `repr()` does not show the key; an HTTP response that hides its headers passes.
    Fails: a public attribute with the request's headers, or another that prints the key or half of it.
    """
    seen = stt.reply(reply)
    _require_unseen(seen, attributes(_error_of(seen)), {"key": API_KEY})


@check(
    Level.SHOULD,
    Source.SUITE,
    _KEY,
    hint="Keep the status, the headers and the body of the response; its request leads to the key.",
    needs=("api_key",),
)
@_troubles
def test_errors_do_not_carry_the_key(stt: CheckContext, reply: Reply) -> None:
    """The key cannot be reached through an error's public attributes, and is not in its pickle.

    Passes: an error from which no public attribute leads to the key within four steps, and whose pickle does not hold
    it.
    Fails: keeping the request, or a response that leads to it, or the key in an attribute that is pickled.
    """
    seen = stt.reply(reply)
    _require_unseen(seen, carried(_error_of(seen)), {"key": API_KEY})


@check(
    Level.SHOULD,
    Source.SUITE,
    "#/components/schemas/STTInputAudio/properties/data",
    hint="Do not repeat the request in an error's message: the audio is private, and megabytes long.",
)
@_troubles
def test_audio_is_not_in_errors(stt: CheckContext, reply: Reply) -> None:
    """An error does not show the audio.

    Passes: an error whose texts, notes and traceback do not repeat the base64 of the audio.
    Fails: the request's body in a message, or in that of an error behind it.
    """
    seen = stt.call(_spoken_call(), reply)
    _require_unseen(seen, shown(_error_of(seen)), {"audio": _SPOKEN})


@check(
    Level.SHOULD,
    Source.SUITE,
    _KEY,
    hint="Leave the key out of repr(), `field(repr=False)` in a dataclass, or wrap it in a type that hides it.",
    needs=("api_key",),
    example=passing("Then str(), repr() and the attributes are looked at."),
)
def test_client_does_not_show_the_key(stt: CheckContext) -> None:
    """Neither the client nor its public configuration shows the key when it is printed.

    Passes: a client whose `str()` and `repr()`, and those of its public attributes, hide the key; an attribute that is
    the key itself passes.
    Fails: the key, or half of it, in the `repr()` of the client or of its configuration, as in a plain dataclass.
    """
    seen = stt.exchange(smallest_call())
    _ = seen.request
    _require_unseen(seen, configuration(stt.client_object), {"key": API_KEY})


@check(
    Level.MUST,
    Source.SUITE,
    _KEY,
    hint="Never log the headers of a request as they are, at no level: debug logs are kept and sent around too.",
    needs=("api_key",),
    example=answered(Reply.error(503), DONE, around="Every logger is listened to."),
)
def test_key_is_not_logged(stt: CheckContext) -> None:
    """The key is in no log record, whatever its level, be it of the client or of its libraries.

    Passes: records without the key, of every logger and at every level, or with filters of the logger that take it out.
    Fails: the key, or half of it, in a message, its arguments, `extra` or a traceback, also of the HTTP library or when
    the client is made.
    """
    for script in _OCCASIONS:
        with logged() as records:
            seen = _occasion(stt, script, _fresh_key(stt, "logged"))
        _ = seen.request
        _require_unseen(seen, (place for record in records for place in recorded(record)), {"key": API_KEY})


@check(
    Level.MUST,
    Source.SUITE,
    _KEY,
    hint="Remove the print() that helped while debugging, and `set_debuglevel()`.",
    needs=("api_key",),
    example=answered(Reply.error(401), around="What is printed is looked at."),
)
def test_key_is_not_printed(stt: CheckContext, capfd: pytest.CaptureFixture[str]) -> None:
    """The key is neither printed to standard output or standard error, nor in a warning.

    Passes: nothing of the key on standard output or standard error, by whatever way, and in no warning.
    Fails: a forgotten `print()`, the debug output of an HTTP library, or a warning that repeats the key.
    """
    for script in _OCCASIONS:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            seen = _occasion(stt, script, _fresh_key(stt, "printed"))
        _ = seen.request
        messages = "\n".join(str(warning.message) for warning in warned)
        _require_unseen(seen, [*_printed(capfd), ("a warning", messages)], {"key": API_KEY})


def _printed(capfd: pytest.CaptureFixture[str]) -> list[ShownText]:
    out, err = capfd.readouterr()
    return [("standard output", out), ("standard error", err)]


@check(
    Level.MUST,
    Source.SUITE,
    "#/components/schemas/STTRequest",
    hint="Log sizes, IDs and durations; what people say is theirs.",
    example=answered(DONE, around="Every logger is listened to."),
)
def test_audio_and_transcript_are_not_logged(stt: CheckContext, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the audio nor the transcript is printed, or logged at the level INFO or above.

    Passes: logging sizes, IDs and durations; what is below the level INFO is judged by
    `test_audio_and_transcript_are_not_in_debug_logs`.
    Fails: the request's or the response's body in a record at INFO or above, or printed.
    """
    for script in _OCCASIONS:
        with logged() as records:
            seen = _occasion(stt, script)
        _ = seen.request
        loud = (place for record in records if record.levelno >= logging.INFO for place in recorded(record))
        _require_unseen(seen, [*_printed(capfd), *loud], _PRIVATE)


@check(
    Level.SHOULD,
    Source.SUITE,
    "#/components/schemas/STTRequest",
    hint="Log the length of a body in place of the body, also when debugging.",
    example=answered(DONE, around="Every logger is listened to."),
)
def test_audio_and_transcript_are_not_in_debug_logs(stt: CheckContext) -> None:
    """Neither the audio nor the transcript is logged below the level INFO.

    Passes: debug records that tell of a body without showing it.
    Fails: the audio or the transcript in a record below INFO, also in one of the HTTP library.
    """
    for script in _OCCASIONS:
        with logged() as records:
            seen = _occasion(stt, script)
        _ = seen.request
        quiet = (place for record in records if record.levelno < logging.INFO for place in recorded(record))
        _require_unseen(seen, quiet, _PRIVATE)


@check(
    Level.MUST,
    Source.SUITE,
    _KEY,
    hint="Ask the environment only when no key was given.",
    needs=("api_key",),
    example=passing("OPENROUTER_API_KEY is set to another key."),
)
def test_given_key_wins_over_the_environment(stt: CheckContext) -> None:
    """A key in the environment is not sent by a client that was given another.

    Passes: sending the key that was given, and nothing of OPENROUTER_API_KEY.
    Fails: the key of the environment in any header, in the URL or in the body.
    """
    with mock.patch.dict(os.environ, {_VARIABLE: _ELSEWHERE}):
        seen = stt.call_with_key(_fresh_key(stt, "beside"), smallest_call())
    request = seen.request
    texts = [*request.headers, ("the URL", request.url), ("the body", request.body.decode("latin-1"))]
    found = [name for name, text in texts if _ELSEWHERE in text]
    seen.require(not found, f"the key in {_VARIABLE} is sent in {', '.join(found)}")


@check(
    Level.SHOULD,
    Source.SUITE,
    _KEY,
    hint="Pass the key on as an argument: every program that is started later inherits the environment.",
    needs=("api_key",),
    example=passing("Then the environment is looked at."),
)
def test_key_is_not_put_into_the_environment(stt: CheckContext) -> None:
    """The key that a client is given does not turn up in the environment.

    Passes: an environment without the key while the client is made and a call is under way.
    Fails: setting OPENROUTER_API_KEY, or another variable, to the key that was given.
    """
    api_key = _fresh_key(stt, "exported")
    with mock.patch.dict(os.environ):
        seen = stt.call_with_key(api_key, smallest_call())
        found = [name for name, value in os.environ.items() if api_key in value]
    _ = seen.request
    seen.require(not found, f"the key is in the environment, as {', '.join(found)}")


@check(
    Level.MUST,
    Source.SUITE,
    _KEY,
    hint="Refuse to work without a key, or leave the Authorization header out: None is no key.",
    needs=("api_key",),
    example=Example(
        around="The client is made with api_key=None.", sent="nothing, or a request without an Authorization header"
    ),
)
def test_missing_key_is_not_sent_as_none(stt: CheckContext) -> None:
    """A client whose key is None refuses to work, or sends no key: never `Bearer None`.

    Passes: raising for the key None, or sending no Authorization header.
    Fails: `Bearer None`, `Bearer null`, `Bearer nil` or `Bearer undefined`, in any case.
    """
    nothing = cast("str", None)  # what os.getenv() returns for a variable that is not set
    seen = stt.call_with_key(nothing, smallest_call())
    sent = [token for token in _tokens(seen) if token.lower() in _NOTHING]
    seen.require(not sent, f"it sent 'Bearer {sent[0]}', where there is no key" if sent else "")


def _tokens(seen: Observation) -> list[str]:
    values = [value for request in seen.requests for value in request.values("authorization")]
    return [value.partition(" ")[2] for value in values]


@check(
    Level.SHOULD,
    Source.HTTP,
    "RFC 9110, 5.5",
    hint="Look at the key when it is given: strip it or refuse it, with a message that does not repeat it.",
    needs=("api_key",),
    example=Example(
        around="The client is made with a key that ends in a line feed.",
        sent="nothing, or a request without the line feed in a header",
    ),
)
@pytest.mark.parametrize(
    "api_key",
    ["", f"{API_KEY}\n", f"{API_KEY}\r\nX-Injected: yes", f"{API_KEY}-ключ"],
    ids=["empty", "line-feed", "second-header", "cyrillic"],
)
def test_unusable_key_is_refused_unseen(stt: CheckContext, api_key: str) -> None:
    """A key that no header can carry does not get into one, and the error that refuses it does not show it.

    Passes: raising with a message that does not repeat the key, sending no Authorization header, or one with the key
    stripped.
    Fails: an empty token, a line end or non-ASCII letters in the header, or an error that shows the key or half of it.
    """
    seen = stt.call_with_key(api_key, smallest_call())
    for token in _tokens(seen):
        seen.require(bool(token.strip()), "it sent an Authorization header without a key")
        fits = token.isascii() and token.isprintable()
        seen.require(fits, "it put characters into the Authorization header that no header can hold")
    if isinstance(seen.outcome, Failure):
        _require_unseen(seen, shown(seen.outcome.error), {"key": API_KEY})
