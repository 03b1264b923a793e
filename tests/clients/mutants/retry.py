"""Defects in when a request is made again."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.clients.reference import Client, ConnectionFailed, SttError

from ._catch import caught_by

if TYPE_CHECKING:
    import httpx

_OFF = "retry::test_retries_off_means_one_request"
_END = "retry::test_retries_end"
_END_SOON = "retry::test_retries_end_soon"
_AFTER = "retry::test_retry_after_is_honoured"
_ABSURD = "retry::test_absurd_retry_after_does_no_harm"


@caught_by(_OFF)
class Repeats503ThoughRetriesAreOff(Client):
    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        response = super().attempts(request, retries)
        return self.exchange(request) if response.status_code == 503 and retries is None else response


@caught_by(_OFF)
class ReconnectsThoughRetriesAreOff(Client):
    def exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().exchange(request)
        except ConnectionFailed as error:
            if "ConnectError" not in str(error):
                raise
        return super().exchange(request)


@caught_by("retry::test_client_errors_are_not_retried")
class Retries400(Client):
    def is_retryable(self, response: httpx.Response) -> bool:
        return response.status_code == 400 or super().is_retryable(response)


@caught_by("retry::test_client_errors_are_not_retried")
class RetriesUnauthorizedOnce(Client):
    def exchange(self, request: httpx.Request) -> httpx.Response:
        response = super().exchange(request)
        return response

    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        response = super().attempts(request, retries)
        return self.exchange(request) if response.status_code == 401 and retries is not None else response


@caught_by("retry::test_server_errors_are_retried")
class DoesNotRetry529(Client):
    def is_retryable(self, response: httpx.Response) -> bool:
        return 500 <= response.status_code < 529


@caught_by("retry::test_server_errors_are_retried")
class RetriesGatewayErrorsOnly(Client):
    def is_retryable(self, response: httpx.Response) -> bool:
        return response.status_code in {502, 503}


@caught_by("retry::test_server_errors_are_retried")
class NeverRetries(Client):
    def max_attempts(self, retries: object) -> int:
        return 1


@caught_by("retry::test_a_later_answer_is_the_transcript", "retry::test_the_last_error_is_raised")
class ReadsTheFirstAnswerOnly(Client):
    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        first = self.exchange(request)
        if retries is not None and self.is_retryable(first):
            time.sleep(self.delay(1, first))
            super().attempts(request, retries)
        return first


@caught_by("retry::test_the_last_error_is_raised")
class RaisesTheFirstError(Client):
    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        first = self.exchange(request)
        if retries is None or not self.is_retryable(first):
            return first
        time.sleep(self.delay(1, first))
        last = super().attempts(request, retries)
        return last if last.status_code == 200 else first


@caught_by("retry::test_the_last_error_is_raised")
class RaisesAnErrorOfItsOwnWhenAttemptsAreUsedUp(Client):
    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        response = super().attempts(request, retries)
        if retries is not None and self.is_retryable(response):
            raise SttError("All attempts failed.", response)
        return response


@caught_by("retry::test_attempts_are_identical")
class SendsAnEmptyBodyAgain(Client):
    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        import httpx  # noqa: PLC0415 - a mutant stays in one place

        response = self.exchange(request)
        if retries is None or not self.is_retryable(response):
            return response
        time.sleep(self.delay(1, response))
        return super().attempts(httpx.Request("POST", request.url, headers=request.headers, content=b"{}"), retries)


@caught_by("retry::test_attempts_are_identical")
class LosesTheKeyOnTheSecondAttempt(Client):
    def delay(self, attempt: int, response: httpx.Response) -> float:
        response.request.headers["Authorization"] = "Bearer lost"
        return super().delay(attempt, response)


@caught_by("retry::test_attempts_are_identical")
class RetriesElsewhere(Client):
    def delay(self, attempt: int, response: httpx.Response) -> float:
        response.request.url = response.request.url.copy_merge_params({"attempt": attempt})
        return super().delay(attempt, response)


@caught_by("retry::test_attempts_are_spaced")
class Hammers(Client):
    def back_off(self, attempt: int) -> float:
        return 0.001


@caught_by("retry::test_attempts_are_spaced")
class BacksOffInMilliseconds(Client):
    def back_off(self, attempt: int) -> float:
        return super().back_off(attempt) / 1000


@caught_by(
    _END,
    _END_SOON,
    "retry::test_attempts_are_identical",
    "retry::test_attempts_are_spaced",
    "retry::test_the_last_error_is_raised",
)
class RetriesWithoutLimit(Client):
    def max_attempts(self, retries: object) -> int:
        return super().max_attempts(retries) if retries is None else 1_000_000

    def back_off(self, attempt: int) -> float:
        return 1.0


@caught_by(_END_SOON)
class RetriesForAnHour(Client):
    def max_attempts(self, retries: object) -> int:
        return super().max_attempts(retries) if retries is None else 61

    def back_off(self, attempt: int) -> float:
        return 60.0


@caught_by(_END, _END_SOON)
class BacksOffForADay(Client):
    def back_off(self, attempt: int) -> float:
        return 86_400.0 if attempt == 3 else super().back_off(attempt)


@caught_by(_AFTER)
class KnowsNoDates(Client):
    def retry_after(self, response: httpx.Response) -> float:
        given = response.headers.get("Retry-After", "")
        return super().retry_after(response) if "GMT" not in given else 0.0


@caught_by(_AFTER)
class TakesSecondsForMilliseconds(Client):
    def retry_after(self, response: httpx.Response) -> float:
        is_number = response.headers.get("Retry-After", "").isdigit()
        return super().retry_after(response) / (1000 if is_number else 1)


@caught_by(_AFTER)
class Retries429AtOnce(Client):
    def is_retryable(self, response: httpx.Response) -> bool:
        return response.status_code == 429 or super().is_retryable(response)

    def retry_after(self, response: httpx.Response) -> float:
        return 0.0 if response.status_code == 429 else super().retry_after(response)


@caught_by("retry::test_retry_after_in_milliseconds_is_honoured")
class ComesEarlyByMilliseconds(Client):
    def retry_after(self, response: httpx.Response) -> float:
        return super().retry_after(response) * (0.8 if "retry-after-ms" in response.headers else 1)


@caught_by("retry::test_retry_after_in_milliseconds_is_honoured")
class KnowsNoMilliseconds(Client):
    def retry_after(self, response: httpx.Response) -> float:
        return 0.0 if "retry-after-ms" in response.headers else super().retry_after(response)


@caught_by("retry::test_retry_after_is_capped")
class WaitsAsLongAsItIsTold(Client):
    def delay(self, attempt: int, response: httpx.Response) -> float:
        return max(self.back_off(attempt), min(self.retry_after(response), 3e7))


@caught_by("retry::test_retry_after_is_capped")
class WaitsForAnyDate(Client):
    def delay(self, attempt: int, response: httpx.Response) -> float:
        is_date = "GMT" in response.headers.get("Retry-After", "")
        return (
            self.retry_after(response)
            if is_date and self.retry_after(response) > 60
            else super().delay(attempt, response)
        )


@caught_by(_ABSURD)
class ConvertsAnyRetryAfter(Client):
    def retry_after(self, response: httpx.Response) -> float:
        given = response.headers.get("Retry-After")
        return super().retry_after(response) if given is None or "GMT" in given else float(given)


@caught_by(_ABSURD)
class SleepsNegativeTimes(Client):
    def delay(self, attempt: int, response: httpx.Response) -> float:
        if response.headers.get("Retry-After", "").startswith("-"):
            return float(response.headers["Retry-After"])
        return super().delay(attempt, response)


@caught_by("retry::test_accepted_requests_are_not_repeated")
class RepeatsAfterTimeouts(Client):
    def attempts(self, request: httpx.Request, retries: object) -> httpx.Response:
        try:
            return super().attempts(request, retries)
        except ConnectionFailed as error:
            if retries is None or "ReadTimeout" not in str(error):
                raise
        return super().attempts(request, retries)


@caught_by("retry::test_accepted_requests_are_not_repeated")
class RepeatsAfterResets(Client):
    async def attempts_async(self, request: httpx.Request, retries: object) -> httpx.Response:
        try:
            return await super().attempts_async(request, retries)
        except ConnectionFailed as error:
            if retries is None or "ReadError" not in str(error):
                raise
        await asyncio.sleep(1)
        return await super().attempts_async(request, retries)
