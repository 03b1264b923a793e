"""What checks pass to clients: the smallest call, and the beginnings of audio files in several formats."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from hypothesis import strategies as st

from pytest_openrouter_stt.contract import Call

SMALLEST_WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
WAV = base64.b64decode(SMALLEST_WAV)
EVERY_BYTE = bytes(range(256))
LIKE_TEXT = b"\xef\xbb\xbf\x1a\r\n \n"
"""What is lost where bytes are read as text: a byte order mark, an end of file, line ends and a last line's end."""

_OGG_PAGE = b"OggS\x00\x02" + bytes(8) + b"\x01\x00\x00\x00" + bytes(8) + b"\x01"
FLAC = b"fLaC\x80\x00\x00\x22\x10\x00\x10\x00" + bytes(6) + b"\x0a\xc4\x42\xf0" + bytes(20)


@dataclass(frozen=True, slots=True)
class Recording:
    """The beginning of an audio file.

    Attributes:
        content: Its bytes.
        name: The name of the file.
        formats: What it may be called on the wire.
    """

    content: bytes
    name: str
    formats: tuple[str, ...]


CONTAINERS = {
    "wav": Recording(WAV, "speech.wav", ("wav",)),
    "mp3": Recording(b"\xff\xfb\x90\x00" + bytes(413), "speech.mp3", ("mp3",)),
    "mp3-tagged": Recording(b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00", "speech.mp3", ("mp3",)),
    "flac": Recording(FLAC, "speech.flac", ("flac",)),
    "m4a": Recording(b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42", "speech.m4a", ("m4a", "mp4")),
    "ogg": Recording(_OGG_PAGE + b"\x1e\x01vorbis" + bytes(23), "speech.ogg", ("ogg",)),
    "oga": Recording(_OGG_PAGE + b"\x1e\x01vorbis" + bytes(23), "speech.oga", ("ogg",)),
    "opus": Recording(_OGG_PAGE + b"\x13OpusHead\x01\x01" + bytes(9), "speech.opus", ("ogg", "opus")),
    "webm": Recording(b"\x1aE\xdf\xa3\x87\x42\x82\x84webm", "speech.webm", ("webm",)),
    "aac": Recording(b"\xff\xf1\x50\x80\x01\x1f\xfc" + bytes(2), "speech.aac", ("aac",)),
    "upper-case": Recording(WAV, "SPEECH.WAV", ("wav",)),
    "two-suffixes": Recording(WAV, "speech.mp3.wav", ("wav",)),
    "other-script": Recording(WAV, "речь № 1.wav", ("wav",)),
}


def as_mapping(recording: Recording) -> dict[str, str]:
    """Return *recording* as the SDK takes audio."""
    return {"data": base64.b64encode(recording.content).decode(), "format_": recording.formats[0]}


def with_recording(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[Call]:
    """Return *calls* with real audio in them, whose format there is no doubt about."""
    audio = [as_mapping(recording) for recording in CONTAINERS.values() if len(recording.formats) == 1]
    return st.builds(lambda call, mapping: call.replace(input_audio=mapping), calls, st.sampled_from(audio))


_SMALLEST = Call(input_audio={"data": SMALLEST_WAV, "format_": "wav"}, model="openai/whisper-large-v3")


def smallest_call(**more: object) -> Call:
    """Return a valid call with as little in it as a real one has, and *more*."""
    return _SMALLEST.replace(**more) if more else _SMALLEST
