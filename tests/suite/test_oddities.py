"""What becomes of clients that are not quite as others, good and bad: the verdict, and the words for it.

They are the fewest that lead each check to every end that it has; `tests.proof` judges all mutants by all checks.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import judge_here

PASSED, FAILED, NOT_OFFERED, COULD_NOT_RUN = Verdict.PASSED, Verdict.FAILED, Verdict.NOT_OFFERED, Verdict.COULD_NOT_RUN

BOTH_ALIKE = "request::test_sync_and_async_send_the_same"
CHANGED = "state::test_failures_change_no_arguments"
CLOSED = "state::test_a_closed_client_answers_or_fails"
CLOSES_TWICE = "state::test_closing_may_be_repeated"
SENT_AGAIN = "audio::test_a_retry_sends_the_file_again"
SEQUENCE = "state::test_any_sequence_of_calls"
USABLE = "state::test_usable_after_each_error"

ENDS = [
    ("mutants.audio:TakesAnythingForMp3", "audio::test_no_format_is_guessed", FAILED, "it took b'This is * for mp3"),
    (
        "mutants.audio:EncodesText",
        "audio::test_text_files_are_refused",
        FAILED,
        "the bytes that are sent are not those of the file",
    ),
    (
        "mutants.errors:ForeignErrorForOtherStatuses",
        "errors::test_undocumented_status",
        FAILED,
        "a 418 is UnknownStatus, not SttError",
    ),
    (
        "mutants.invalid:EmptyTextForAWrongModel",
        "invalid::test_wrong_values_are_not_repaired",
        COULD_NOT_RUN,
        "an invalid call left no trace; see invalid::test_an_invalid_call_is_an_error",
    ),
    ("mutants.invalid:TakesAnyAudioForWav", "invalid::test_an_invalid_call_is_an_error", PASSED, ""),
    ("mutants.invalid:WritesNan", "invalid::test_nan_is_not_on_the_wire", FAILED, "the body cannot be read: *"),
    ("mutants.invalid:WritesNan", "invalid::test_nan_is_not_replaced", PASSED, ""),
    (
        "mutants.request:BodyInList",
        "request::test_model_is_verbatim",
        COULD_NOT_RUN,
        "the body is not an object; see request::test_body_is_one_json_object",
    ),
    (
        "mutants.request:PopsFormat",
        CHANGED,
        COULD_NOT_RUN,
        "the arguments change even when nothing fails; see request::test_arguments_are_not_changed",
    ),
    (
        "mutants.request:WritesHeadersAsText",
        "request::test_app_headers_cannot_inject",
        FAILED,
        "what follows '*' in x_open_router_title is a header of its own",
    ),
    (
        "mutants.retry:SendsAnEmptyBodyAgain",
        SENT_AGAIN,
        COULD_NOT_RUN,
        "a plain call is changed by a retry; see retry::test_attempts_are_identical",
    ),
    ("mutants.state:ClosesOnce", CLOSES_TWICE, FAILED, "being closed twice, it raised *: The client is closed."),
    (
        "mutants.state:EmptyTextAfterClosing",
        CLOSED,
        FAILED,
        "being closed, it sent nothing and returned a transcript",
    ),
    ("mutants.state:SendsTheBodyOfA429Next", USABLE, FAILED, "after a 429, changed on the way: the body"),
    (
        "mutants.state:SharesTheRequestAcrossTasks",
        "state::test_calls_at_once_do_not_cross",
        FAILED,
        "of 8 calls at once, *",
    ),
    ("mutants.state:TakesFormatOutOnErrors", CHANGED, FAILED, "answered with a 400, it changed the arguments *"),
    ("oddities:EmptyTextForAnyError", CHANGED, COULD_NOT_RUN, "no call that fails ends as it has to; *"),
    (
        "oddities:EmptyTextForAnyError",
        "secrecy::test_key_is_not_in_errors",
        COULD_NOT_RUN,
        "no error is raised where one is due; see the areas errors and network",
    ),
    ("mutants.request:AsyncWithoutAppHeaders", BOTH_ALIKE, FAILED, "content-type differs: *"),
    ("oddities:AnotherModelWhenAsynchronous", BOTH_ALIKE, FAILED, "the bodies differ"),
    ("mutants.request:RemembersLanguage", BOTH_ALIKE, PASSED, ""),
    (
        "mutants.request:BodyInList",
        SEQUENCE,
        COULD_NOT_RUN,
        "the body is not an object; see request::test_body_is_one_json_object",
    ),
    (
        "oddities:CutsTheBodyAfterErrors",
        USABLE,
        FAILED,
        "after a 400, its body is no JSON object, as that of another call was",
    ),
    (
        "oddities:EmptyTextForOtherBytes",
        "audio::test_no_format_is_guessed",
        FAILED,
        "it sent nothing and raised nothing",
    ),
    (
        "oddities:ErrorsOfPython",
        "network::test_faults_are_own_errors",
        FAILED,
        "its errors have no base class of their own",
    ),
    ("oddities:FinishesWhatWasCancelled", "state::test_cancelling_leaves_the_client_usable", PASSED, ""),
    (
        "oddities:KeyOfTheFirstClient",
        CLOSES_TWICE,
        COULD_NOT_RUN,
        f"a call does not go well even before: it sent another key than its own; see {SEQUENCE}",
    ),
    ("oddities:KeyOfTheFirstClient", SEQUENCE, FAILED, "it sent another key than its own"),
    ("oddities:LooksAtTheStatusWhileBusy", "state::test_calls_at_once_do_not_cross", PASSED, ""),
    ("oddities:LosesTheEndOfFiles", SENT_AGAIN, FAILED, "the first request does not have the audio of the file"),
    (
        "oddities:NanIsText",
        "hostile::test_absurd_usage_is_no_other_number",
        FAILED,
        "usage.cost is 'NaN', where the response has NaN",
    ),
    ("oddities:NeverDoneWithClosing", CLOSES_TWICE, FAILED, "closing did not end: it waited for more than a year"),
    (
        "oddities:RefusesOtherLanguages",
        "request::test_language_is_verbatim",
        COULD_NOT_RUN,
        "nothing was sent for a valid call; see request::test_a_valid_call_is_sent",
    ),
    ("oddities:RefusesUnknownSlugs", "request::test_unknown_provider_slugs_are_kept", PASSED, ""),
    ("oddities:RetriesNoFiles", SENT_AGAIN, NOT_OFFERED, "the client does not retry with a file"),
    ("oddities:StripsItsKey", "secrecy::test_unusable_key_is_refused_unseen", PASSED, ""),
    ("oddities:StumblesOnce", USABLE, FAILED, "once, but not again, after a 400, it made 0 requests for one call"),
    (
        "oddities:TellsOthersOfErrors",
        "errors::test_headers_are_kept",
        COULD_NOT_RUN,
        "the client went past the endpoint; it was refused: *192.0.2.1*",
    ),
    ("oddities:TellsOthersOfErrors", USABLE, COULD_NOT_RUN, "the client went past the endpoint; *192.0.2.1*"),
    ("oddities:with_a_key_of_its_own", USABLE, PASSED, ""),
    ("variants:NeverRetries", SENT_AGAIN, NOT_OFFERED, "the client does not retry"),
    ("variants:NewConnectionPerCall", CLOSED, PASSED, ""),
    (
        "variants:ReadsFilesFromTheirBeginning",
        SENT_AGAIN,
        NOT_OFFERED,
        "the client does not take a file that cannot be rewound",
    ),
]


@pytest.mark.parametrize("client", sorted({client for client, *_ in ENDS}))
def test_each_check_ends_as_it_should(pytester: pytest.Pytester, client: str) -> None:
    ends = {check: (verdict, words) for name, check, verdict, words in ENDS if name == client}

    run = judge_here(pytester, f"tests.clients.{client}", "--stt-max-examples=2", *(f"stt/{check}" for check in ends))

    for check, (verdict, words) in ends.items():
        found = {(result.verdict, result.reason) for result in run.results.values() if result.check == check}
        assert any(one is verdict and fnmatchcase(reason, words) for one, reason in found), found
        assert {one for one, _ in found} <= {PASSED, NOT_OFFERED, verdict}, found


WITHOUT_A_TYPE = """
from pytest_openrouter_stt.contract import load_contract
from tests.clients.reference import Client, SttError

names = load_contract().sdk.errors


class OpenRouterDefaultError(SttError): ...


types = {status: type(name, (OpenRouterDefaultError,), {}) for status, name in names.items() if status != 529}
globals().update({kind.__name__: kind for kind in types.values()})


class Typed(Client):
    stt_errors = {**types, "default": OpenRouterDefaultError}


class OpenRouter:
    def __init__(self, api_key):
        self.stt = Typed(api_key)
"""


def test_a_package_without_one_of_the_types_is_told_which(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(typed=WITHOUT_A_TYPE)
    pytester.syspathinsert()

    run = judge_here(pytester, "typed", "stt/errors::test_status[sync-524]", "stt/errors::test_status[sync-529]")

    there, missing = run.results.values()
    assert there.verdict is PASSED
    assert missing.verdict is FAILED
    assert missing.reason == "there is no error type ProviderOverloadedResponseError; a 529 is OpenRouterDefaultError"
