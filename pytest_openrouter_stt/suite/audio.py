"""Clients that take the audio itself: bytes, a file or its path."""

from __future__ import annotations

import base64
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from pytest_openrouter_stt.client import Failure
from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import (
    CONTAINERS,
    DONE,
    EVERY_BYTE,
    FLAC,
    LIKE_TEXT,
    WAV,
    Example,
    check,
    given,
    own_base,
)
from pytest_openrouter_stt.report import CheckStopped, CouldNotRun, Level, Source, same_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_openrouter_stt.judging import CheckContext
    from pytest_openrouter_stt.report import Observation

_AUDIO = "#/components/schemas/STTInputAudio"
_FORMS = ("bytes", "path", "file")
_KNOWN_FORMATS = frozenset().union(*(recording.formats for recording in CONTAINERS.values()))
_FAILS_ONCE = (Reply.error(500), Reply.transcript("a transcript"))
_CONTENTS = st.binary(max_size=100)
_NO_AUDIO = (b"This is no audio.", b"%PDF-1.7\n", b"<!DOCTYPE html>", bytes(64))
_FILE = 'open("speech.wav", "rb")'
_BYTES = 'Path("speech.wav").read_bytes()'


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_AUDIO}/properties/data",
    hint="Read all of the file as bytes; encode with the standard alphabet and padding, in one line (RFC 4648, 4).",
    example=given(_BYTES),
)
@pytest.mark.parametrize("form", _FORMS)
def test_base64_is_exact(stt: CheckContext, form: str, tmp_path: Path) -> None:
    """The audio is on the wire as the base64 of exactly its bytes.

    Passes: the base64 of all bytes from bytes, a path or a file, with the standard alphabet and padding, in one line.
    Fails: the URL-safe alphabet, no padding, line ends, bytes read as text, or only the first buffer of a file.
    """
    if form not in _offered_forms(stt):
        pytest.skip(f"the client does not offer audio_{form}")

    def judge(tail: bytes) -> None:
        seen = _call_with(stt, form, tmp_path / "speech.wav", WAV + tail)
        seen.require_same(_base64(WAV + tail), seen.at("input_audio", "data"), "the audio")

    for tail in (*(EVERY_BYTE[-size:] for size in range(1, 6)), b"", EVERY_BYTE, LIKE_TEXT, EVERY_BYTE * 800):
        judge(tail)
    stt.any(_CONTENTS)(judge)


@check(
    Level.SHOULD,
    Source.SCHEMA,
    f"{_AUDIO}/properties/format",
    hint="Name the container, in lower case: .oga and .opus files are Ogg; a suffix may be written in any case.",
    example=given('Path("SPEECH.WAV")'),
)
@pytest.mark.parametrize("container", CONTAINERS)
def test_format_is_that_of_the_container(stt: CheckContext, container: str, tmp_path: Path) -> None:
    """The format on the wire is that of the audio, whichever of its forms it is given in.

    Passes: the container's name in lower case: `ogg` for .oga, `ogg` or `opus` for .opus, `m4a` or `mp4` for .m4a;
    raising before anything is sent.
    Fails: another format, such as the suffix as it is, upper case, or `wav` for any bytes.
    """
    forms = _offered_forms(stt)
    recording = CONTAINERS[container]
    for form in forms:
        seen = _call_with(stt, form, tmp_path / recording.name, recording.content)
        if not _is_refused(seen):
            sent = seen.at("input_audio", "format")
            seen.require(sent in recording.formats, f"the format of {recording.name}, given as {form}, is {sent!r}")


@check(
    Level.MAY,
    Source.SUITE,
    _AUDIO,
    hint="Let every form end in the same function that builds the body.",
    example=given(_BYTES, "The same call with a path, and with a file object."),
)
@pytest.mark.parametrize("container", ["wav", "mp3-tagged", "flac"])
def test_every_form_sends_the_same(stt: CheckContext, container: str, tmp_path: Path) -> None:
    """Bytes, a path and a file object with the same audio make the same body.

    Passes: the same body for bytes, a path and a file object; a form that is refused is left aside, and one form alone
    is not judged.
    Fails: another format or another property in one form, such as the name of the file.
    """
    recording = CONTAINERS[container]
    path = tmp_path / recording.name
    calls = {form: _call_with(stt, form, path, recording.content) for form in _offered_forms(stt)}
    bodies = {form: seen.body for form, seen in calls.items() if not _is_refused(seen)}
    if len(bodies) <= 1:
        pytest.skip(f"the client does not take {container} in two forms")
    one, first = next(iter(bodies.items()))
    for form, body in bodies.items():
        same = same_json(first, body)
        calls[form].require(same, f"the body for {form} is not that for {one}", first, body)


@check(
    Level.MAY,
    Source.SUITE,
    f"{_AUDIO}/properties/format",
    hint="Refuse what is in no container that you know, or let the caller say what it is; do not guess.",
    needs=("audio_bytes",),
    example=given('b"This is no audio."', sent="nothing, or a format that is none of audio"),
)
def test_no_format_is_guessed(stt: CheckContext) -> None:
    """Bytes that are no audio are not sent under the format of one.

    Passes: raising before anything is sent, or sending the bytes under a name that is no format of audio.
    Fails: text, HTML, a PDF or zeros sent as `wav`, `mp3` or another known format.
    """
    _require_plain_calls(stt)
    for content in _NO_AUDIO:
        seen = stt.call(stt.smallest.replace(input_audio=content))
        if not _is_refused(seen):
            sent = seen.at("input_audio", "format")
            seen.require(sent not in _KNOWN_FORMATS, f"it took {content[:20]!r} for {sent}")


@check(
    Level.SHOULD,
    Source.SUITE,
    f"{_AUDIO}/properties/data",
    hint="Read a file once for a call, or go back to where it stood before each attempt.",
    needs=("audio_file",),
    example=given(_FILE, "", Reply.error(500), DONE),
)
@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_a_retry_sends_the_file_again(stt: CheckContext, kind: str, tmp_path: Path) -> None:
    """A retry sends the audio of a file object once more, also of one that cannot be rewound.

    Passes: the same body in each attempt; a client that does not retry, and a pipe that is refused, are not judged.
    Fails: an empty or shorter audio in the retry, since the file was read to its end, or an incomplete one at once.
    """
    _require_plain_calls(stt)
    _require_plain_retries(stt)
    with _opened(tmp_path, WAV) if kind == "file" else _pipe(WAV) as file:
        seen = stt.call(stt.smallest.replace(input_audio=file), *_FAILS_ONCE, retries=True)
    if not seen.requests and kind == "pipe":
        pytest.skip("the client does not take a file that cannot be rewound")
    seen.require(_arrived(seen) == WAV, "the first request does not have the audio of the file")
    if len(seen.requests) == 1:
        pytest.skip(f"the client does not retry with a {kind}")
    changed = [number for number, request in enumerate(seen.requests) if request.body != seen.request.body]
    seen.require(not changed, f"the body of retry {', '.join(map(str, changed))} is not that of the first request")


@check(
    Level.SHOULD,
    Source.SUITE,
    f"{_AUDIO}/properties/data",
    hint="Read from where the file stands, or from its beginning; refuse a file that has nothing left.",
    needs=("audio_file",),
    example=given(_FILE, "The file was read to its end before."),
)
def test_a_file_that_was_read_is_not_sent_empty(stt: CheckContext, tmp_path: Path) -> None:
    """A file object that does not stand at its beginning is sent from where it stands, or whole; never empty.

    Passes: the bytes from where the file stands, or all of it; a file that stands at its end sent whole, or refused.
    Fails: an empty audio, or a part that begins somewhere else.
    """
    _require_plain_calls(stt)
    whole = WAV + WAV
    for position in (len(WAV), len(whole)):
        with _opened(tmp_path, whole) as file:
            file.seek(position)
            seen = stt.call(stt.smallest.replace(input_audio=file))
        if not _is_refused(seen):
            allowed = {whole, whole[position:] or whole}
            size, where = len(_arrived(seen)), f"after {position} of {len(whole)} bytes"
            seen.require(_arrived(seen) in allowed, f"of a file that stood {where}, {size} bytes are sent")


@check(
    Level.MAY,
    Source.SUITE,
    _AUDIO,
    hint="Close what you opened, and nothing else.",
    needs=("audio_file",),
    example=given(_FILE, "Then it is asked whether the file is closed."),
)
def test_files_of_the_caller_stay_open(stt: CheckContext, tmp_path: Path) -> None:
    """A file object that was passed is not closed, whether the call succeeds or fails.

    Passes: a file object that is still open after a transcript and after an error.
    Fails: closing what the caller opened, as `with file:` does.
    """
    _require_plain_calls(stt)
    for reply in (Reply.transcript("a transcript"), Reply.error(400)):
        with _opened(tmp_path, WAV) as file:
            seen = stt.call(stt.smallest.replace(input_audio=file), reply)
            seen.require(not file.closed, f"it closed the file after a {reply.status}")


@check(
    Level.SHOULD,
    Source.SUITE,
    f"{_AUDIO}/properties/data",
    hint="Raise a TypeError when reading gives a string: the bytes of the file are lost by then.",
    needs=("audio_file",),
    example=Example(audio='open("speech.wav", encoding="latin-1")', may_be_refused=True),
)
def test_text_files_are_refused(stt: CheckContext, tmp_path: Path) -> None:
    """A file object that is open as text is refused, or sent with the bytes that are in the file.

    Passes: raising before anything is sent, or sending the bytes that are in the file.
    Fails: sending the text encoded anew, which is not what the file holds.
    """
    _require_plain_calls(stt)
    content = WAV + EVERY_BYTE
    path = tmp_path / "speech.wav"
    path.write_bytes(content)
    with path.open(encoding="latin-1", newline="") as file:
        seen = stt.call(stt.smallest.replace(input_audio=file))
    if not _is_refused(seen):
        seen.require(_arrived(seen) == content, "the bytes that are sent are not those of the file")


@check(
    Level.SHOULD,
    Source.SUITE,
    _AUDIO,
    hint="Let the OSError out, or raise your own error from it.",
    needs=("audio_path",),
    example=given('Path("missing.wav")', sent="nothing"),
)
@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_path_that_cannot_be_read_is_an_error(stt: CheckContext, kind: str, tmp_path: Path) -> None:
    """A path that leads to no file is an OSError or an error of the client's own, and nothing is sent.

    Passes: FileNotFoundError, another OSError, or an error of the client's own, before anything is sent.
    Fails: a request with empty audio, a transcript, or an error of another kind such as KeyError.
    """
    _require_plain_calls(stt)
    path = tmp_path / "speech.wav"
    if kind == "folder":
        path.mkdir()
    seen = stt.call(stt.smallest.replace(input_audio=path))
    seen.require(not seen.requests, "it sent a request without the file")
    outcome, base = seen.outcome, own_base(stt)
    allowed = (OSError, *([base] if base else []))
    seen.require(isinstance(outcome, Failure) and isinstance(outcome.error, allowed), f"it {outcome}")


def _offered_forms(stt: CheckContext) -> list[str]:
    """Return the forms of audio that the client takes, which has to take one of them."""
    forms = [form for form in _FORMS if f"audio_{form}" in stt.features]
    if not forms:
        pytest.skip(f"the client does not offer {', '.join(f'audio_{form}' for form in _FORMS)}")
    _require_plain_calls(stt)
    return forms


def _require_plain_calls(stt: CheckContext) -> None:
    """The strings of a plain call have to arrive as they were passed, else there is no telling what bytes become."""
    call = stt.smallest.replace(input_audio={"data": _base64(FLAC), "format_": "flac"})
    wanted = stt.contract.wire_body(call)["input_audio"]
    if not same_json(wanted, stt.call(call).at("input_audio")):
        reason = "the audio of a plain call is changed on the way; see request::test_body_is_the_wire_form"
        raise CheckStopped(CouldNotRun(reason=reason))


def _require_plain_retries(stt: CheckContext) -> None:
    bodies = [request.body for request in stt.call(stt.smallest, *_FAILS_ONCE, retries=True).requests]
    if not bodies[1:]:
        pytest.skip("the client does not retry")
    if bodies.count(bodies[0]) < len(bodies):
        reason = "a plain call is changed by a retry; see retry::test_attempts_are_identical"
        raise CheckStopped(CouldNotRun(reason=reason))


def _call_with(stt: CheckContext, form: str, path: Path, content: bytes) -> Observation:
    path.write_bytes(content)
    if form == "file":
        with path.open("rb") as file:
            return stt.call(stt.smallest.replace(input_audio=file))
    return stt.call(stt.smallest.replace(input_audio=path if form == "path" else content))


def _is_refused(seen: Observation) -> bool:
    if not seen.requests and not isinstance(seen.outcome, Failure):
        seen.fail("it sent nothing and raised nothing")
    return not seen.requests


@contextmanager
def _opened(folder: Path, content: bytes) -> Iterator[Any]:
    path = folder / "speech.wav"
    path.write_bytes(content)
    with path.open("rb") as file:
        yield file


@contextmanager
def _pipe(content: bytes) -> Iterator[Any]:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as end:
        end.write(content)
    with os.fdopen(reading, "rb") as file:
        yield file


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _arrived(seen: Observation) -> bytes:
    """Return the bytes that were sent, in whichever kind of base64: that is judged by a check of its own."""
    text = "".join(str(seen.at("input_audio", "data")).split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_" if set(text) & set("-_") else None)
    except ValueError:
        return b""
