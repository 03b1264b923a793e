"""What the reference client does beyond the contract: it takes audio as bytes, as a path and as a file."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import Any

FORMATS = {
    ".wav": "wav",
    ".mp3": "mp3",
    ".flac": "flac",
    ".m4a": "m4a",
    ".ogg": "ogg",
    ".oga": "ogg",
    ".opus": "ogg",
    ".webm": "webm",
    ".aac": "aac",
}
BEGINNINGS = {
    rb"RIFF....WAVE": "wav",
    rb"fLaC": "flac",
    rb"OggS": "ogg",
    rb"....ftyp": "m4a",
    rb"\x1a\x45\xdf\xa3": "webm",
    rb"\xff[\xf0\xf1\xf8\xf9]": "aac",
    rb"ID3|\xff[\xe2-\xff]": "mp3",
}


class AudioInput:
    """Makes of any form of audio what the contract calls ``input_audio``."""

    def audio_object(self, audio: Any) -> Any:
        if isinstance(audio, bytes):
            return self.audio_of(audio, name="")
        if isinstance(audio, os.PathLike):
            return self.audio_of(self.read_path(Path(audio)), Path(audio).name)
        if hasattr(audio, "read"):
            return self.audio_of(self.read_file(audio), str(getattr(audio, "name", "")))
        return audio

    def read_path(self, path: Path) -> bytes:
        return path.read_bytes()

    def read_file(self, file: Any) -> bytes:
        content = file.read()
        if not isinstance(content, bytes):
            raise TypeError("The file is open as text; open it in binary mode.")
        if not content:
            raise ValueError("There is nothing left to read in the file.")
        return content

    def audio_of(self, content: bytes, name: str) -> dict[str, str]:
        return {"data": self.base64(content), "format_": self.format(content, name)}

    def base64(self, content: bytes) -> str:
        return base64.b64encode(content).decode()

    def format(self, content: bytes, name: str) -> str:
        found = FORMATS.get(Path(name).suffix.lower()) or self.format_of(content)
        if found is None:
            raise ValueError("What kind of audio this is can be told neither by its name nor by its beginning.")
        return found

    def format_of(self, content: bytes) -> str | None:
        return next((name for beginning, name in BEGINNINGS.items() if re.match(beginning, content, re.DOTALL)), None)
