"""Defects that show what nobody else may see."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.clients.reference import Client

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx

_ERRORS = "secrecy::test_key_is_not_in_errors"
_ATTRIBUTES = "secrecy::test_attributes_of_errors_do_not_show_the_key"
_CARRIED = "secrecy::test_errors_do_not_carry_the_key"
_AUDIO = "secrecy::test_audio_is_not_in_errors"
_CLIENT = "secrecy::test_client_does_not_show_the_key"
_LOGGED = "secrecy::test_key_is_not_logged"
_PRINTED = "secrecy::test_key_is_not_printed"
_LOUD = "secrecy::test_audio_and_transcript_are_not_logged"
_QUIET = "secrecy::test_audio_and_transcript_are_not_in_debug_logs"
_GIVEN = "secrecy::test_given_key_wins_over_the_environment"
_EXPORTED = "secrecy::test_key_is_not_put_into_the_environment"
_NONE = "secrecy::test_missing_key_is_not_sent_as_none"
_UNUSABLE = "secrecy::test_unusable_key_is_refused_unseen"
_VARIABLE = "OPENROUTER_API_KEY"

_logger = logging.getLogger("stt.mutant")


@caught_by(_ERRORS, _CARRIED)
class KeyInTheMessageOf401(Client):
    def message(self, response: httpx.Response) -> str:
        message = super().message(response)
        return f"{message} (key {self.api_key})" if response.status_code == 401 else message


@caught_by(_ERRORS, _CARRIED)
class KeyInANote(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.add_note(f"It was sent with {self.api_key[:-4]}****.")
        return error


@caught_by(_ERRORS)
class KeyInTheErrorBehind(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        error.args = (f"{error}: {dict(error.request.headers)}",)
        return super().connection_failed(error)


@caught_by(_ATTRIBUTES, _CARRIED)
class HeadersOfTheRequestOnErrors(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.request_headers = dict(response.request.headers)  # type: ignore[attr-defined] # the defect
        return error


@caught_by(_CARRIED)
class RequestOnErrors(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.response = response  # type: ignore[attr-defined] # the defect
        return error


@caught_by(_CARRIED)
class PickledKey(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        failed = super().connection_failed(error)
        failed._used = self.api_key  # type: ignore[attr-defined] # noqa: SLF001 - the defect
        return failed


@caught_by(_AUDIO)
class RequestInTheMessage(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        failed = super().connection_failed(error)
        failed.args = (f"{failed} for {error.request.content.decode()}",)
        return failed


@caught_by(_CLIENT)
class KeyInTheRepr(Client):
    def __repr__(self) -> str:
        return f"Client(api_key={self.api_key!r})"


@caught_by(_CLIENT)
class KeyInTheConfiguration(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        self.configuration = SimpleNamespace(api_key=api_key, timeout=30.0)


@caught_by(_LOGGED)
class LogsTheKeyWhenMade(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        _logger.debug("made with %s", api_key)


@caught_by(_LOGGED)
class LogsHeadersOnRetries(Client):
    def exchange(self, request: httpx.Request) -> httpx.Response:
        response = super().exchange(request)
        if response.status_code >= 500:
            _logger.warning("trying again: %s %s", request.method, dict(request.headers))
        return response


@caught_by(_LOGGED)
class LogsHeadersBesideTheMessage(Client):
    async def send_async(self, request: httpx.Request) -> httpx.Response:
        _logger.log(5, "sent", extra={"headers": dict(request.headers)})
        return await super().send_async(request)


@caught_by(_PRINTED)
class PrintsThe401(Client):
    def error(self, response: httpx.Response) -> Exception:
        if response.status_code == 401:
            print(dict(response.request.headers), file=sys.__stderr__, flush=True)
        return super().error(response)


@caught_by(_PRINTED)
class WritesToTheDescriptor(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        os.write(2, self.authorization().encode())
        return super().connection_failed(error)


@caught_by(_PRINTED)
class WarnsWithTheKey(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        warnings.warn(f"{api_key} is a key of the old kind", DeprecationWarning, stacklevel=2)


@caught_by(_LOUD)
class LogsTheBodyOfWhatFailed(Client):
    def connection_failed(self, error: httpx.RequestError) -> Exception:
        _logger.error("failed", extra={"body": error.request.content})
        return super().connection_failed(error)


@caught_by(_LOUD)
class LogsTheTranscript(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        _logger.info("received %s", body)
        return super().transcription(body, response)


@caught_by(_LOUD)
class PrintsTheTranscript(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        print(body)  # noqa: T201 - the defect
        return super().transcription(body, response)


@caught_by(_QUIET)
class DebugsTheBody(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        _logger.debug("sending %s", request.content)
        return super().send(request)


@caught_by(_QUIET)
class DebugsTheTranscript(Client):
    def transcription(self, body: Any, response: httpx.Response) -> Any:
        _logger.debug("received", extra={"response": response.content})
        return super().transcription(body, response)


@caught_by(_GIVEN)
class EnvironmentFirst(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(os.environ.get(_VARIABLE, api_key))


@caught_by(_GIVEN)
class EnvironmentFirstWhenCalled(Client):
    def authorization(self) -> str:
        return f"Bearer {os.environ.get(_VARIABLE) or self.api_key}"


@caught_by(_EXPORTED)
class ExportsTheKey(Client):
    def __init__(self, api_key: str) -> None:
        super().__init__(api_key)
        os.environ[_VARIABLE] = api_key


@caught_by(_NONE)
class BearerNone(Client):
    def usable(self, api_key: str | None) -> str:
        return str(api_key) if api_key is None else super().usable(api_key)


@caught_by(_UNUSABLE)
class BearerNothing(Client):
    def usable(self, api_key: str) -> str:
        return super().usable(api_key) if api_key else ""

    def authorization(self) -> str:
        return super().authorization().strip()


@caught_by(_UNUSABLE)
class SendsLineFeeds(Client):
    def usable(self, api_key: str) -> str:
        return api_key if "\n" in api_key else super().usable(api_key)


@caught_by(_UNUSABLE)
class RefusesTheKeyByName(Client):
    def usable(self, api_key: str) -> str:
        if not api_key.isascii():
            raise ValueError(f"{api_key!r} is no API key")
        return super().usable(api_key)
