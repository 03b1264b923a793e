"""Defects in what becomes of bytes, files and paths."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.clients.reference import Client

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx

_EXACT = "audio::test_base64_is_exact"
_FORMAT = "audio::test_format_is_that_of_the_container"
_RETRY = "audio::test_a_retry_sends_the_file_again"
_READ_BEFORE = "audio::test_a_file_that_was_read_is_not_sent_empty"


@caught_by(_EXACT)
class UrlSafeBase64(Client):
    def base64(self, content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode()


@caught_by(_EXACT)
class WrapsBase64(Client):
    def base64(self, content: bytes) -> str:
        return base64.encodebytes(content).decode()


@caught_by(_EXACT)
class Base64WithoutPadding(Client):
    def base64(self, content: bytes) -> str:
        return super().base64(content).rstrip("=")


@caught_by(_EXACT)
class ReadsOneBuffer(Client):
    def read_file(self, file: Any) -> bytes:
        return super().read_file(file)[:65_536]


@caught_by(_EXACT)
class ReadsPathAsText(Client):
    def read_path(self, path: Path) -> bytes:
        return path.read_text("latin-1").encode("latin-1")


@caught_by(_FORMAT)
class FormatIsTheSuffix(Client):
    def format(self, content: bytes, name: str) -> str:
        return Path(name).suffix.lower().removeprefix(".") or super().format(content, name)


@caught_by(_FORMAT)
class FormatInTheCaseOfTheSuffix(Client):
    def format(self, content: bytes, name: str) -> str:
        found = super().format(content, name)
        return found.upper() if Path(name).suffix.isupper() else found


@caught_by(_FORMAT, "audio::test_every_form_sends_the_same")
class BytesAreWav(Client):
    def format_of(self, content: bytes) -> str | None:
        return "wav" if super().format_of(content) else None


@caught_by("audio::test_every_form_sends_the_same")
class SendsTheNameOfAFile(Client):
    def audio_of(self, content: bytes, name: str) -> dict[str, str]:
        return {**super().audio_of(content, name), **({"name": name} if name else {})}

    def audio(self, audio: dict[str, Any]) -> dict[str, Any]:
        return {**super().audio(audio), **({"name": audio["name"]} if "name" in audio else {})}


@caught_by("audio::test_no_format_is_guessed")
class TakesAnythingForMp3(Client):
    def format_of(self, content: bytes) -> str | None:
        return super().format_of(content) or "mp3"


@caught_by(_RETRY)
class ReadsTheFileAgainForARetry(Client):
    """The second reading finds what the first has left: nothing."""

    again: httpx.Request | None = None

    def request(self, arguments: dict[str, Any]) -> httpx.Request:
        request = super().request(arguments)
        self.again = None
        if hasattr(arguments["input_audio"], "read"):
            self.again = super().request({**arguments, "input_audio": {"data": "", "format_": "wav"}})
        return request

    def delay(self, attempt: int, response: httpx.Response) -> float:
        if self.again is not None:
            response.request.stream = self.again.stream
        return super().delay(attempt, response)


@caught_by(_READ_BEFORE)
class SendsWhatIsLeft(Client):
    def read_file(self, file: Any) -> bytes:
        return file.read() or b""


@caught_by(_READ_BEFORE)
class GoesBackByOneBuffer(Client):
    def read_file(self, file: Any) -> bytes:
        file.seek(max(0, file.tell() - 8)) if file.seekable() else None
        return super().read_file(file)


@caught_by("audio::test_files_of_the_caller_stay_open")
class ClosesTheFile(Client):
    def read_file(self, file: Any) -> bytes:
        with file:
            return super().read_file(file)


@caught_by("audio::test_text_files_are_refused")
class EncodesText(Client):
    def read_file(self, file: Any) -> bytes:
        content = file.read()
        return content.encode() if isinstance(content, str) else super().read_file(io.BytesIO(content))


@caught_by("audio::test_a_path_that_cannot_be_read_is_an_error")
class NoFileIsNoAudio(Client):
    def read_path(self, path: Path) -> bytes:
        return super().read_path(path) if path.is_file() else b""


@caught_by("audio::test_a_path_that_cannot_be_read_is_an_error")
class LosesTheReasonOfAFile(Client):
    def read_path(self, path: Path) -> bytes:
        if path.is_dir():
            raise LookupError(path)
        return super().read_path(path)
