"""Audio: small real files, and strings where audio is due that invite mending."""

from __future__ import annotations

import base64
import io
import string
import wave

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from ._drawing import TEXT, Draw, below, drawn

_HEADERS = {
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00",
    "flac": b"fLaC\x80\x00\x00\x22",
    "ogg": b"OggS\x00\x02",
    "m4a": b"\x00\x00\x00\x20ftypM4A ",
    "webm": b"\x1a\x45\xdf\xa3",
    "aac": b"\xff\xf1\x50\x80",
}
AWKWARD_AUDIO = (
    "",
    "0",
    "UklGRiQA...",
    "UklGRg",
    " UklGRg== ",
    "Ukl\r\nGRg==",
    "data:audio/wav;base64,UklGRg==",
    "-_-_",
    "+/+/",
    "é",
)
"""Strings for the audio that a client may be tempted to mend, none of which it may touch."""
_MAX_DRAWN = 4096
"""Bytes that are drawn; a larger file repeats them, since nobody looks at 25 MB of entropy."""


def wav_file(seconds: float = 0.01, rate: int = 8000) -> bytes:
    """Return a silent WAV file: mono, 16 bits.

    Args:
        seconds: How long it lasts.
        rate: Samples in a second.
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * round(seconds * rate)))
    return buffer.getvalue()


def audio(*, min_size: int = 0, max_size: int = 100) -> st.SearchStrategy[bytes]:
    """Return a strategy for the bytes of audio files: WAV, the beginnings of other containers, and any bytes.

    Args:
        min_size: The least number of bytes.
        max_size: The greatest; up to 25 MB costs no more to draw than 4 KB.

    Raises:
        InvalidArgument: The sizes are negative or the wrong way round.
    """
    if not 0 <= min_size <= max_size:
        raise InvalidArgument(f"min_size={min_size!r} and max_size={max_size!r} leave no size")
    files = [wav_file(0), wav_file(), *_HEADERS.values()]
    fitting = [file for file in files if min_size <= len(file) <= max_size]
    if max_size <= _MAX_DRAWN:
        sized = st.binary(min_size=min_size, max_size=max_size)
    else:
        sized = st.builds(_repeated, st.binary(max_size=_MAX_DRAWN), st.integers(min_size, max_size))
    return st.sampled_from(fitting) | sized if fitting else sized


def _repeated(some: bytes, size: int) -> bytes:
    unit = some or b"\x00"
    return (unit * (size // len(unit) + 1))[:size]


def audio_data() -> st.SearchStrategy[str]:
    """Return a strategy for the string that carries audio: base64 of files, and strings that invite mending."""
    return drawn(draw_audio_data)


def draw_audio_data(draw: Draw) -> str:
    """Draw the string that carries audio."""
    kind: int = draw(below(len(_FREE) + len(_STRINGS)))
    if kind >= len(_FREE):
        return _STRINGS[kind - len(_FREE)]
    free: str = draw(_FREE[kind])
    return free


def _padded(text: str) -> str:
    """Return base64 of what *text* is the base64 of, as far as it is; unlike drawn bytes it shrinks like any text."""
    return _encoded(base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + "=="))


def _encoded(file: bytes) -> str:
    return base64.b64encode(file).decode("ascii")


_STRINGS: tuple[str, ...] = (*AWKWARD_AUDIO, *map(_encoded, (wav_file(0), wav_file(), *_HEADERS.values())))
_ENCODED = st.text(string.ascii_letters + string.digits + "+/", max_size=80).map(_padded)
_FREE = (TEXT, _ENCODED, _ENCODED, TEXT, TEXT, _ENCODED)
