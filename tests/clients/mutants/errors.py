"""Defects in what becomes of another status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.clients.reference import (
    APP_HEADERS,
    ON,
    BadRequest,
    Client,
    SttError,
    TooManyRequests,
    Transcription,
)

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx


class UnknownStatus(Exception): ...


@caught_by("errors::test_status")
class DefaultErrorFor529(Client):
    def error(self, response: httpx.Response) -> Exception:
        if response.status_code == 529:
            return SttError(self.message(response), response)
        return super().error(response)


@caught_by(
    "errors::test_status",
    "errors::test_types_are_distinct",
    "errors::test_errors_share_a_base",
    "errors::test_failures_are_raised",
    "errors::test_status_is_kept",
    "errors::test_message_is_kept",
    "errors::test_body_code_does_not_win",
    "errors::test_error_body_is_kept",
    "errors::test_unreadable_error_body",
    "errors::test_unreadable_errors_are_own_errors",
    "errors::test_sync_and_async_agree",
    "hostile::test_no_wrong_text_is_returned",
    "retry::test_retries_end",
    "retry::test_retries_off_means_one_request",
)
class EmptyTextFor500(Client):
    def read(self, response: httpx.Response) -> Any:
        return Transcription("", None) if response.status_code == 500 else super().read(response)


@caught_by("errors::test_undocumented_status", "hostile::test_absurd_responses_are_own_errors")
class ForeignErrorForOtherStatuses(Client):
    def error(self, response: httpx.Response) -> Exception:
        if response.status_code not in self.stt_errors:
            return UnknownStatus(self.message(response))
        return super().error(response)


@caught_by("errors::test_undocumented_status")
class BadRequestForEvery4xx(Client):
    def error(self, response: httpx.Response) -> Exception:
        if 400 < response.status_code < 500 and response.status_code not in self.stt_errors:
            return BadRequest(self.message(response), response)
        return super().error(response)


@caught_by("errors::test_status", "errors::test_types_are_distinct")
class OneErrorFor502And503(Client):
    def error(self, response: httpx.Response) -> Exception:
        kind = self.stt_errors[502] if response.status_code == 503 else None
        return kind(self.message(response), response) if kind else super().error(response)


@caught_by("errors::test_failures_are_raised")
class ReturnsFailures(Client):
    def read(self, response: httpx.Response) -> Any:
        return self.error(response) if response.status_code in self.stt_errors else super().read(response)


@caught_by(
    "errors::test_status_is_kept",
    "errors::test_body_code_does_not_win",
    "errors::test_unreadable_error_body",
    "retry::test_the_last_error_is_raised",
)
class LosesStatus(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.status_code = None  # type: ignore[attr-defined] # the defect
        return error


@caught_by("errors::test_message_is_kept")
class OwnMessageOnly(Client):
    def message(self, response: httpx.Response) -> str:
        return f"The API answered {response.status_code}."


@caught_by("errors::test_body_code_does_not_win")
class BodyCodeWins(Client):
    def error(self, response: httpx.Response) -> Exception:
        if b'"code":429' in response.content:
            return TooManyRequests(self.message(response), response)
        return super().error(response)


@caught_by("errors::test_error_body_is_kept")
class LosesErrorBody(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.body = ""  # type: ignore[attr-defined] # the defect
        return error


@caught_by("errors::test_headers_are_kept")
class LosesHeaders(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        error.headers = {}  # type: ignore[attr-defined] # the defect
        return error


@caught_by(
    "errors::test_unreadable_error_body",
    "errors::test_unreadable_errors_are_own_errors",
    "hostile::test_absurd_responses_are_own_errors",
)
class TrustsErrorBodies(Client):
    def message(self, response: httpx.Response) -> str:
        return str(response.json()["error"]["message"])


@caught_by("errors::test_unreadable_errors_are_own_errors")
class ForeignErrorForHtml(Client):
    def error(self, response: httpx.Response) -> Exception:
        error = super().error(response)
        if "text/html" not in response.headers.get("content-type", ""):
            return error
        foreign = RuntimeError(str(error))
        foreign.status_code = response.status_code  # type: ignore[attr-defined] # as some clients do
        return foreign


def _followed(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    import httpx  # noqa: PLC0415 - a mutant stays in one place

    return httpx.Request(request.method, response.headers["location"], headers=request.headers, content=request.content)


@caught_by("errors::test_redirects_do_not_carry_the_key_away")
class FollowsRedirectsWithKey(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        response = super().send(request)
        return self.http.send(_followed(request, response)) if response.has_redirect_location else response

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        response = await super().send_async(request)
        return await self.async_http.send(_followed(request, response)) if response.has_redirect_location else response


@caught_by("errors::test_redirects_do_not_turn_post_into_get")
class FollowsRedirectsAsGet(Client):
    def send(self, request: httpx.Request) -> httpx.Response:
        return self.http.send(request, follow_redirects=True)

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        return await self.async_http.send(request, follow_redirects=True)


@caught_by("errors::test_status", "errors::test_sync_and_async_agree")
class AsyncDefaultErrorFor429(Client):
    async def create_transcription_async(self, **arguments: Any) -> Any:
        names = ("language", "provider", "temperature", *APP_HEADERS)
        arguments = {**dict.fromkeys(names), **arguments}
        response = await self.attempts_async(self.request(arguments), arguments.get("retries", ON))
        if response.status_code == 429:
            raise SttError(self.message(response), response)
        return self.read(response)
