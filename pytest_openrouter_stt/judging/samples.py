"""The smallest call that shows what a check is about."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.endpoint import Fault, Reply

from .harness import smallest_call
from .malformed_replies import MALFORMED_REPLIES, TEXT
from .recordings import SMALLEST_WAV

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_openrouter_stt.contract import Call

    from .checks import Axis, CheckInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A call that shows what a check is about.

    Attributes:
        call: What is passed; audio in the contract's form, whatever the form in which the client takes it.
        may_be_refused: Whether an error before anything is sent is as good as what the contract makes of the call.
        sent: What has to be on the wire, in words, where that is not what the contract makes of the call.
        served: What is answered, where that is the matter; else a transcript.
        around: What else it takes, in words; may be empty.
        audio: How the argument for the audio is written, where the call has another form of it.
    """

    call: Call = field(default_factory=smallest_call)
    may_be_refused: bool = False
    sent: str = ""
    served: tuple[Reply, ...] = ()
    around: str = ""
    audio: str = ""


def sample(info: CheckInfo, found: Iterable[Axis]) -> Sample:
    """Return the sample for a check; *found* is what it is repeated for, whose first values it shows."""
    own = _SAMPLES.get(info.requirement.check)
    return own or Sample(served=tuple(_first_replies(found)))


def _first_replies(found: Iterable[Axis]) -> Iterator[Reply]:
    for axis in found:
        first = axis.values[0] if axis.values else None
        if isinstance(first, Reply):
            yield first
        elif isinstance(first, Fault):
            yield Reply.broken(first)
        elif axis.name == "error status" and isinstance(first, int):
            yield Reply.error(first)


def _passing(around: str = "", **arguments: Any) -> Sample:
    return Sample(call=smallest_call().replace(**arguments), around=around)


def _invalid(**arguments: Any) -> Sample:
    return Sample(call=smallest_call().replace(**arguments), may_be_refused=True)


def _answered(*replies: Reply, around: str = "") -> Sample:
    return Sample(served=replies, around=around)


def _given(audio: str, around: str = "", *replies: Reply, sent: str = "") -> Sample:
    return Sample(audio=audio, around=around, served=replies, sent=sent)


_NO_NUMBER = "nothing: JSON has no such number"
_DONE = Reply.transcript("a transcript")
_OPTIONS = {"nothing": None, "deep": {"list": [], "false": False}}
_FULL: dict[str, Any] = {"language": "en", "temperature": 0, "provider": {"options": {"aion-labs": _OPTIONS}}}
_ELSEWHERE = "https://elsewhere.example/api/v1/audio/transcriptions"
_FILE = 'open("speech.wav", "rb")'
_BYTES = 'Path("speech.wav").read_bytes()'
_AT_ONCE = "Eight such calls at once, in threads or tasks, each with its own model and its own answer."
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_KEPT = {"error": {"code": 500, "message": "failed", "metadata": {"provider": "a"}}, "user_id": "user-1"}


def _redirect(status: int) -> Reply:
    return Reply(status=status, headers=(("Location", _ELSEWHERE), ("Content-Length", "0")))


def _raw(text: str, kind: str = "application/json", **headers: str) -> Reply:
    return Reply.raw(text.encode(), kind, headers={name.replace("_", "-"): value for name, value in headers.items()})


_SAMPLES = {
    "request::test_body_is_the_wire_form": _passing(**_FULL),
    "request::test_format_is_renamed": _passing(input_audio={"data": "UklGRg==", "format_": "wav"}),
    "request::test_format_is_accepted_by_its_wire_name": _passing(input_audio={"data": "UklGRg==", "format": "wav"}),
    "request::test_audio_is_verbatim": _passing(input_audio={"data": " Ukl\r\nGRg== ", "format_": "wav"}),
    "request::test_model_is_verbatim": _passing(model="Acme/Whisper-of-Tomorrow "),
    "request::test_language_is_verbatim": _passing(language="EN-us"),
    "request::test_temperature_keeps_its_value": _passing(temperature=0.1 + 0.2),
    "request::test_none_arguments_are_absent": _passing(language=None, provider=None, temperature=None),
    "request::test_falsy_values_are_sent": _passing(language="", provider={}, temperature=0),
    "request::test_provider_options_are_verbatim": _passing(provider={"options": {"aion-labs": _OPTIONS}}),
    "request::test_every_provider_slug_is_sent_as_it_is": _passing(
        provider={"options": {"01ai": {"of": "01ai"}, "aion-labs": {"of": "aion-labs", "nothing": None}}}
    ),
    "request::test_unknown_provider_slugs_are_kept": Sample(
        call=smallest_call(provider={"options": {"a-provider-of-tomorrow": {"beam_size": 5}}}),
        may_be_refused=True,
    ),
    "request::test_app_headers_are_sent": _passing(http_referer="https://app.example"),
    "request::test_app_headers_do_not_stay": _passing("The call before passed http_referer='https://app.example'."),
    "request::test_app_headers_cannot_inject": Sample(
        call=smallest_call(x_open_router_title="a title\r\nX-Injected: yes"),
        sent="nothing, or a request without a header X-Injected",
    ),
    "request::test_arguments_are_not_changed": _passing("The same objects are looked at after the call.", **_FULL),
    "request::test_each_call_sends_its_own_body": _passing("The call before passed language='en' and temperature=0.5."),
    "request::test_sync_and_async_send_the_same": _passing("The same call is made by both operations.", **_FULL),
    "invalid::test_wrong_values_are_not_repaired": _invalid(temperature="hot"),
    "invalid::test_scalars_keep_their_type": _invalid(temperature="0.5"),
    "invalid::test_what_is_missing_is_not_made_up": _invalid(input_audio={"data": SMALLEST_WAV}),
    "invalid::test_nulls_inside_are_not_dropped": _invalid(provider={"options": None}),
    "invalid::test_an_invalid_call_is_an_error": _invalid(language=["en"]),
    "invalid::test_refusals_are_meant": _invalid(input_audio=SMALLEST_WAV),
    "invalid::test_nan_is_not_on_the_wire": Sample(call=smallest_call(temperature=math.nan), sent=_NO_NUMBER),
    "invalid::test_nan_is_not_replaced": Sample(call=smallest_call(temperature=math.inf), sent=_NO_NUMBER),
    "response::test_text_is_verbatim": _answered(Reply.transcript(" naïve\u0000 cafe\u0301 ")),
    "response::test_every_valid_response_is_accepted": _answered(Reply.json({"text": "", "usage": {"cost": 0.5}})),
    "response::test_usage_fields_keep_their_value": _answered(Reply.transcript("text", {"seconds": 0})),
    "response::test_absent_usage_is_absent": _answered(Reply.transcript("text")),
    "response::test_partial_usage": _answered(Reply.transcript("text", {"seconds": 1})),
    "response::test_unknown_fields_are_ignored": _answered(
        Reply.json({"text": "text", "x_new": {"a": [1, None]}, "usage": {"seconds": 1.5, "x_new": "b"}})
    ),
    "response::test_content_type_in_every_form": _answered(
        _raw('{"text": "naïve"}', "application/json; charset=utf-8"), around="Its type is 'Application/JSON ; a=b'."
    ),
    "response::test_gzip_is_decoded": _answered(
        _raw('{"text": "naïve"}', Content_Encoding="gzip"), around="The body is compressed with gzip."
    ),
    "response::test_a_body_without_length_is_read_whole": _answered(
        Reply.wire(_CHUNKED + b'9\r\n{"text": \r\n4;a=b\r\n"a"}\r\n0\r\nX-Trailer: a\r\n\r\n')
    ),
    "response::test_no_content_is_an_error": _answered(Reply(status=204)),
    "errors::test_undocumented_status": _answered(Reply.error(418)),
    "errors::test_types_are_distinct": _answered(Reply.error(502), around="And one call for each other status."),
    "errors::test_errors_share_a_base": _answered(Reply.error(502), around="And one call for each other status."),
    "errors::test_body_code_does_not_win": _answered(
        Reply.json({"error": {"code": 429, "message": "not really"}}, status=500)
    ),
    "errors::test_error_body_is_kept": _answered(Reply.json(_KEPT, status=500)),
    "errors::test_headers_are_kept": _answered(Reply.error(503, headers={"X-Request-Id": "req-42"})),
    "errors::test_redirects_do_not_carry_the_key_away": _answered(_redirect(307), _DONE),
    "errors::test_redirects_do_not_turn_post_into_get": _answered(_redirect(302), _DONE),
    "retry::test_retries_off_means_one_request": Sample(call=smallest_call(retries=None), served=(Reply.error(503),)),
    "retry::test_client_errors_are_not_retried": _answered(Reply.error(400), _DONE),
    "retry::test_server_errors_are_retried": _answered(Reply.error(503), _DONE),
    "retry::test_a_later_answer_is_the_transcript": _answered(Reply.error(503), Reply.transcript("the second answer")),
    "retry::test_the_last_error_is_raised": _answered(
        Reply.error(503), Reply.error(502), around="And 502s ever after."
    ),
    "retry::test_attempts_are_identical": _answered(Reply.error(500), Reply.error(502), Reply.error(503)),
    "retry::test_attempts_are_spaced": _answered(Reply.error(500), around="Each attempt is answered so."),
    "retry::test_retries_end": _answered(Reply.error(500), around="Each attempt is answered so."),
    "retry::test_retries_end_soon": _answered(Reply.error(500), around="Each attempt is answered so."),
    "retry::test_retry_after_is_honoured": _answered(Reply.error(503, headers={"Retry-After": "7"}), _DONE),
    "retry::test_retry_after_in_milliseconds_is_honoured": _answered(
        Reply.error(503, headers={"retry-after-ms": "7000"}), _DONE
    ),
    "retry::test_retry_after_is_capped": _answered(Reply.error(503, headers={"Retry-After": "86400"}), _DONE),
    "retry::test_absurd_retry_after_does_no_harm": _answered(Reply.error(503, headers={"Retry-After": "-1"}), _DONE),
    "network::test_a_silent_server_is_given_up": _answered(Reply.transcript("a day later", delay=86_400)),
    "network::test_a_slow_answer_is_read_whole": _answered(
        Reply.transcript("the whole transcript"), around="The response comes byte by byte, 0.01 s apart."
    ),
    "state::test_calls_at_once_do_not_cross": _passing(_AT_ONCE),
    "state::test_usable_after_each_error": _answered(
        Reply.error(429), _DONE, around="The second answer is that to the next call, by the same client."
    ),
    "state::test_failures_change_no_arguments": _answered(
        Reply.error(429), around="The same objects are looked at after the call."
    ),
    "state::test_two_clients_keep_their_own": _passing("Two clients, with two keys, make calls in turn."),
    "state::test_closing_may_be_repeated": _passing("Then the client is closed, and closed again."),
    "state::test_a_closed_client_answers_or_fails": _passing("The client was closed before."),
    "state::test_a_closed_client_says_so": _passing("The client was closed before."),
    "state::test_closing_leaves_other_clients_alone": _passing("Another client was closed before."),
    "state::test_the_event_loop_goes_on": _passing("The call is awaited; another task runs before its answer is due."),
    "state::test_cancelling_leaves_the_client_usable": _passing(
        "The task of the call is cancelled before the answer comes; then another call is made."
    ),
    "state::test_any_sequence_of_calls": _answered(
        Reply.error(500), _DONE, around="One call after the other, answered with errors, faults and transcripts."
    ),
    "secrecy::test_client_does_not_show_the_key": _passing("Then str(), repr() and the attributes are looked at."),
    "secrecy::test_key_is_not_logged": _answered(Reply.error(503), _DONE, around="Every logger is listened to."),
    "secrecy::test_key_is_not_printed": _answered(Reply.error(401), around="What is printed is looked at."),
    "secrecy::test_audio_and_transcript_are_not_logged": _answered(_DONE, around="Every logger is listened to."),
    "secrecy::test_audio_and_transcript_are_not_in_debug_logs": _answered(_DONE, around="Every logger is listened to."),
    "secrecy::test_given_key_wins_over_the_environment": _passing("OPENROUTER_API_KEY is set to another key."),
    "secrecy::test_key_is_not_put_into_the_environment": _passing("Then the environment is looked at."),
    "secrecy::test_missing_key_is_not_sent_as_none": Sample(
        around="The client is made with api_key=None.", sent="nothing, or a request without an Authorization header"
    ),
    "secrecy::test_unusable_key_is_refused_unseen": Sample(
        around="The client is made with a key that ends in a line feed.",
        sent="nothing, or a request without the line feed in a header",
    ),
    "audio::test_base64_is_exact": _given(_BYTES),
    "audio::test_format_is_that_of_the_container": _given('Path("SPEECH.WAV")'),
    "audio::test_every_form_sends_the_same": _given(_BYTES, "The same call with a path, and with a file object."),
    "audio::test_no_format_is_guessed": _given(
        'b"This is no audio."', sent="nothing, or a format that is none of audio"
    ),
    "audio::test_a_retry_sends_the_file_again": _given(_FILE, "", Reply.error(500), _DONE),
    "audio::test_a_file_that_was_read_is_not_sent_empty": _given(_FILE, "The file was read to its end before."),
    "audio::test_files_of_the_caller_stay_open": _given(_FILE, "Then it is asked whether the file is closed."),
    "audio::test_text_files_are_refused": Sample(audio='open("speech.wav", encoding="latin-1")', may_be_refused=True),
    "audio::test_a_path_that_cannot_be_read_is_an_error": _given('Path("missing.wav")', sent="nothing"),
    "hostile::test_no_wrong_text_is_returned": _answered(MALFORMED_REPLIES["text-twice"].reply),
    "hostile::test_absurd_responses_are_own_errors": _answered(MALFORMED_REPLIES["charset-hex"].reply),
    "hostile::test_unusual_json_is_understood": _answered(_raw(r'{"\u0074ext": "1\/2 caf\u00e9 \ud83d\ude00"}')),
    "hostile::test_absurd_usage_is_no_other_number": _answered(_raw('{"text": "a", "usage": {"seconds": NaN}}')),
    "hostile::test_charset_label_has_no_effect": _answered(
        _raw(json.dumps({"text": TEXT}, ensure_ascii=False), "application/json; charset=iso-8859-1")
    ),
    "hostile::test_cookies_do_not_come_back": _answered(
        _raw('{"text": "a"}', Set_Cookie="tie=together; Path=/; Secure"), _DONE, around="The second is the next call's."
    ),
}
