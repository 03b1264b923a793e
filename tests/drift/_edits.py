"""Single edits of the packaged document, with what has to be said of each, there and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract._documents import post, schemas

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes:
        name: What it does.
        make: Does it to a document.
        there: What is said of it.
        back: What is said of the reverse.
        pointer: Where it is, at least in one of the two documents.
        sees: Checks that are touched by it.
        spares: Checks that are not; all of them when it says ``*``.
        more: How many other changes it is.
    """

    name: str
    make: Callable[[Any], object]
    there: str
    back: str
    pointer: str
    sees: tuple[str, ...] = field(default=())
    spares: tuple[str, ...] = field(default=())
    more: int = 0


def _request(document: Any) -> Any:
    return schemas(document)["STTRequest"]


def _fields(document: Any, schema: str = "STTRequest") -> Any:
    return schemas(document)[schema]["properties"]


def _response(document: Any, status: str) -> Any:
    return post(document)["responses"][status]


def _bodies(document: Any) -> Any:
    return [schema for name, schema in schemas(document).items() if name.endswith("ErrorData")]


def _changes_every_code(document: Any) -> None:
    for schema in _bodies(document):
        schema["properties"]["code"]["type"] = "string"


_REQUEST = "#/components/schemas/STTRequest"
_AUDIO = "#/components/schemas/STTInputAudio"
_USAGE = "#/components/schemas/STTUsage"
_POST = "#/paths/~1audio~1transcriptions/post"
_TEMPERATURE = "request::test_temperature_keeps_its_value"
_LANGUAGE = "request::test_language_is_verbatim"
_BODY = "request::test_body_is_the_wire_form"
_VALID = "response::test_every_valid_response_is_accepted"
_TEXT = "response::test_text_is_verbatim"
_USAGE_VALUE = "response::test_usage_fields_keep_their_value"
_STATUS = "errors::test_status"
_SLUGS = "request::test_every_provider_slug_is_sent_as_it_is"
_URL = "request::test_method_and_url"
_NOBODY = ("*",)

EDITS = (
    Edit(
        "a maximum",
        lambda d: _fields(d)["temperature"].update(maximum=2),
        "request: `temperature` may be at most 2 now",
        "request: `temperature` is no longer bound by `maximum` (was 2)",
        f"{_REQUEST}/properties/temperature/maximum",
        (_TEMPERATURE, _BODY, "invalid::test_wrong_values_are_not_repaired"),
        (_LANGUAGE, _TEXT, _STATUS),
    ),
    Edit(
        "a length",
        lambda d: _fields(d)["language"].update(minLength=2),
        "request: `language` must have at least 2 characters now",
        "request: `language` is no longer bound by `minLength` (was 2)",
        f"{_REQUEST}/properties/language/minLength",
        (_LANGUAGE, _BODY),
        (_TEMPERATURE, "request::test_model_is_verbatim"),
    ),
    Edit(
        "a pattern",
        lambda d: _fields(d)["language"].update(pattern="^[a-z]{2}$"),
        "request: `language` must match `^[a-z]{2}$` now",
        "request: `language` is no longer bound by `pattern` (was `^[a-z]{2}$`)",
        f"{_REQUEST}/properties/language/pattern",
        (_LANGUAGE,),
        (_TEMPERATURE,),
    ),
    Edit(
        "another format",
        lambda d: _fields(d)["temperature"].update(format="float"),
        "request: `temperature` has the format `float` (was `double`)",
        "request: `temperature` has the format `double` (was `float`)",
        f"{_REQUEST}/properties/temperature/format",
        (_TEMPERATURE,),
        (_LANGUAGE,),
    ),
    Edit(
        "another type",
        lambda d: _fields(d)["temperature"].update(type="integer"),
        "request: `temperature` is integer now (was number)",
        "request: `temperature` is number now (was integer)",
        f"{_REQUEST}/properties/temperature/type",
        (_TEMPERATURE,),
        (_LANGUAGE,),
    ),
    Edit(
        "null beside a type",
        lambda d: _fields(d)["language"].update(type=["string", "null"]),
        "request: `language` is null or string now (was string)",
        "request: `language` is string now (was null or string)",
        f"{_REQUEST}/properties/language/type",
        (_LANGUAGE, "request::test_none_arguments_are_absent"),
        (_TEMPERATURE,),
    ),
    Edit(
        "any type",
        lambda d: _fields(d)["language"].pop("type"),
        "request: `language` is of any type now (was string)",
        "request: `language` is string now (was of any type)",
        f"{_REQUEST}/properties/language/type",
        (_LANGUAGE,),
        (_TEMPERATURE,),
    ),
    Edit(
        "an enum",
        lambda d: _fields(d, "STTInputAudio")["format"].update(enum=["wav", "mp3"]),
        "request: `input_audio.format` admits only `mp3`, `wav` now",
        "request: `input_audio.format` is no longer bound to `mp3`, `wav`",
        f"{_AUDIO}/properties/format/enum",
        ("request::test_format_is_renamed", "audio::test_format_is_that_of_the_container", _BODY),
        ("request::test_audio_is_verbatim", _TEMPERATURE),
    ),
    Edit(
        "an optional argument",
        lambda d: _fields(d).update(diarize={"type": "boolean"}),
        "request: new optional argument `diarize` (boolean)",
        "request: the argument `diarize` is gone",
        f"{_REQUEST}/properties/diarize",
        (_BODY, "request::test_falsy_values_are_sent"),
        (_TEMPERATURE, "request::test_omitted_arguments_are_absent"),
    ),
    Edit(
        "a required argument",
        lambda d: (_fields(d).update(region={"type": "string"}), _request(d)["required"].append("region")),
        "request: new required argument `region` (string)",
        "request: the argument `region` is gone",
        f"{_REQUEST}/properties/region",
        (_BODY,),
        (_TEMPERATURE,),
    ),
    Edit(
        "a field of the audio",
        lambda d: _fields(d, "STTInputAudio").update(channels={"type": "integer", "minimum": 1}),
        "request: new optional field `input_audio.channels` (integer)",
        "request: the field `input_audio.channels` is gone",
        f"{_AUDIO}/properties/channels",
        (_BODY, "audio::test_every_form_sends_the_same"),
        ("request::test_audio_is_verbatim",),
    ),
    Edit(
        "an argument that becomes required",
        lambda d: _request(d)["required"].append("language"),
        "request: `language` is required now",
        "request: `language` is no longer required",
        f"{_REQUEST}/required",
        ("request::test_omitted_arguments_are_absent", "invalid::test_what_is_missing_is_not_made_up", _LANGUAGE),
        (_TEMPERATURE,),
    ),
    Edit(
        "a field that is required no more",
        lambda d: schemas(d)["STTInputAudio"]["required"].remove("format"),
        "request: `input_audio.format` is no longer required",
        "request: `input_audio.format` is required now",
        f"{_AUDIO}/required",
        (_BODY, "audio::test_no_format_is_guessed"),
        ("request::test_audio_is_verbatim",),
    ),
    Edit(
        "no other fields",
        lambda d: schemas(d)["ProviderOptions"].update(additionalProperties=False),
        "request: `provider.options` admits no other fields now",
        "request: `provider.options` admits other fields now",
        "#/components/schemas/ProviderOptions/additionalProperties",
        ("request::test_unknown_provider_slugs_are_kept", "request::test_provider_options_are_verbatim"),
        (_LANGUAGE, _SLUGS),
    ),
    Edit(
        "two providers more",
        lambda d: _fields(d, "ProviderOptions").update({"aa": {}, "zz-top": {"type": "object"}}),
        "request: 113 → 115 provider options: + `aa`, + `zz-top`",
        "request: 115 → 113 provider options: − `aa`, − `zz-top`",
        "#/components/schemas/ProviderOptions/properties/zz-top",
        (_SLUGS,),
        (_LANGUAGE, _TEXT),
    ),
    Edit(
        "a provider renamed",
        lambda d: _fields(d, "ProviderOptions").update(z=_fields(d, "ProviderOptions").pop("z-ai")),
        "request: 113 → 113 provider options: + `z`, − `z-ai`",
        "request: 113 → 113 provider options: + `z-ai`, − `z`",
        "#/components/schemas/ProviderOptions/properties/z-ai",
        (_SLUGS,),
        (_LANGUAGE,),
    ),
    Edit(
        "the options of one provider",
        lambda d: _fields(d, "ProviderOptions")["groq"].update(minProperties=1),
        "request: `provider.options.groq` must have at least 1 field now",
        "request: `provider.options.groq` is no longer bound by `minProperties` (was 1)",
        "#/components/schemas/ProviderOptions/properties/groq/minProperties",
        (_SLUGS,),
        (_LANGUAGE,),
    ),
    Edit(
        "an argument gone",
        lambda d: _fields(d).pop("language"),
        "request: the argument `language` is gone",
        "request: new optional argument `language` (string)",
        f"{_REQUEST}/properties/language",
        (_LANGUAGE, _BODY),
        (_TEMPERATURE,),
    ),
    Edit(
        "an argument gone with all that is in it",
        lambda d: _fields(d).pop("provider"),
        "request: the argument `provider` is gone",
        "request: new optional argument `provider` (object)",
        f"{_REQUEST}/properties/provider",
        (_SLUGS, "request::test_unknown_provider_slugs_are_kept", "invalid::test_nulls_inside_are_not_dropped"),
        (_TEMPERATURE,),
    ),
    Edit(
        "multipart too",
        lambda d: post(d)["requestBody"]["content"].update({"multipart/form-data": {"schema": {"type": "object"}}}),
        "request: `multipart/form-data` is accepted now",
        "request: `multipart/form-data` is no longer accepted",
        f"{_POST}/requestBody/content/multipart~1form-data",
        ("request::test_content_type_is_json",),
        (_BODY, _LANGUAGE),
    ),
    Edit(
        "a required body",
        lambda d: post(d)["requestBody"].update(required=True),
        "request: a body is required now",
        "request: a body is no longer required",
        f"{_POST}/requestBody/required",
        spares=_NOBODY,
    ),
    Edit(
        "a query parameter",
        lambda d: post(d)["parameters"].append({"name": "region", "in": "query", "schema": {"type": "string"}}),
        "parameters: `query region` is described now",
        "parameters: `query region` is no longer described",
        f"{_POST}/parameters/1",
        (_URL,),
        (_BODY,),
    ),
    Edit(
        "a header of apps",
        lambda d: post(d)["parameters"].append({"name": "HTTP-Referer", "in": "header", "schema": {"type": "string"}}),
        "parameters: `header http-referer` is described now",
        "parameters: `header http-referer` is no longer described",
        f"{_POST}/parameters/1",
        ("request::test_app_headers_are_sent",),
        (_URL,),
    ),
    Edit(
        "a header that nobody knows",
        lambda d: post(d)["parameters"].append({"name": "X-Tenant", "in": "header", "required": True}),
        "parameters: `header x-tenant` is described now, and required",
        "parameters: `header x-tenant` is no longer described",
        f"{_POST}/parameters/1",
        spares=_NOBODY,
    ),
    Edit(
        "a parameter that is required no more",
        lambda d: post(d)["parameters"][0].update(required=False),
        "parameters: `header authorization` is no longer required",
        "parameters: `header authorization` is required now",
        f"{_POST}/parameters/0/required",
        spares=_NOBODY,
    ),
    Edit(
        "the schema of a parameter",
        lambda d: post(d)["parameters"][0]["schema"].update(minLength=9),
        "parameters: `header authorization` must have at least 9 characters now",
        "parameters: `header authorization` is no longer bound by `minLength` (was 9)",
        f"{_POST}/parameters/0/schema/minLength",
        spares=_NOBODY,
    ),
    Edit(
        "another base URL",
        lambda d: d["servers"][0].update(url="https://api.example/v2"),
        "the base URL is `https://api.example/v2` (was `https://openrouter.ai/api/v1`)",
        "the base URL is `https://openrouter.ai/api/v1` (was `https://api.example/v2`)",
        "#/servers/0/url",
        (_URL,),
        (_BODY, _STATUS),
    ),
    Edit(
        "another server",
        lambda d: d["servers"].append({"url": "https://eu.example/v1"}),
        "the server `https://eu.example/v1` is named beside the base URL now",
        "the server `https://eu.example/v1` is no longer named beside the base URL",
        "#/servers/1",
        spares=_NOBODY,
    ),
    Edit(
        "another way to show who one is",
        lambda d: d["components"]["securitySchemes"]["apiKey"].update(scheme="basic"),
        "authentication is by `http basic` (was `http bearer`)",
        "authentication is by `http bearer` (was `http basic`)",
        "#/components/securitySchemes/apiKey",
        ("request::test_bearer_key", "secrecy::test_key_is_not_in_errors"),
        (_URL,),
    ),
    Edit(
        "no key needed",
        lambda d: post(d).update(security=[{"apiKey": []}, {}]),
        "authentication is by `http bearer`, `no key` (was `http bearer`)",
        "authentication is by `http bearer` (was `http bearer`, `no key`)",
        "#/components/securitySchemes/apiKey",
        ("request::test_bearer_key",),
        (_URL,),
    ),
    Edit(
        "a status more",
        lambda d: post(d)["responses"].update({"418": _response(d, "400")}),
        "errors: a 418 is described now",
        "errors: a 418 is no longer described",
        f"{_POST}/responses/418",
        (_STATUS, "errors::test_undocumented_status", "errors::test_types_are_distinct"),
        (_BODY, _TEXT, "retry::test_retries_end"),
    ),
    Edit(
        "a status less",
        lambda d: post(d)["responses"].pop("503"),
        "errors: a 503 is no longer described",
        "errors: a 503 is described now",
        f"{_POST}/responses/503",
        (_STATUS,),
        (_BODY,),
    ),
    Edit(
        "every error that is not described",
        lambda d: post(d)["responses"].update({"5XX": {"description": "anything else"}}),
        "errors: `5XX` is described now",
        "errors: `5XX` is no longer described",
        f"{_POST}/responses/5XX",
        ("errors::test_undocumented_status",),
        (_BODY,),
    ),
    Edit(
        "another good status",
        lambda d: post(d)["responses"].update({"202": {"description": "later"}}),
        "response: a 202 is described now",
        "response: a 202 is no longer described",
        f"{_POST}/responses/202",
        ("hostile::test_cookies_do_not_come_back",),
        (_STATUS, _TEXT),
    ),
    Edit(
        "a stream for an answer",
        lambda d: _response(d, "200")["content"].update({"text/event-stream": {}}),
        "response: `text/event-stream` is described now",
        "response: `text/event-stream` is no longer described",
        f"{_POST}/responses/200/content/text~1event-stream",
        ("hostile::test_no_wrong_text_is_returned",),
        (_TEXT,),
    ),
    Edit(
        "a header of an error",
        lambda d: _response(d, "429").update(headers={"Retry-After": {"schema": {"type": "integer"}}}),
        "errors 429: the header `retry-after` is described now",
        "errors 429: the header `retry-after` is no longer described",
        f"{_POST}/responses/429/headers/Retry-After",
        ("errors::test_headers_are_kept",),
        (_STATUS,),
    ),
    Edit(
        "a text that need not be there",
        lambda d: schemas(d)["STTResponse"].pop("required"),
        "response: `text` is no longer required",
        "response: `text` is required now",
        "#/components/schemas/STTResponse/required",
        ("response::test_no_transcript_is_an_error", _VALID, _TEXT),
        (_USAGE_VALUE,),
    ),
    Edit(
        "a required field of the usage",
        lambda d: schemas(d)["STTUsage"].update(required=["cost"]),
        "response: `usage.cost` is required now",
        "response: `usage.cost` is no longer required",
        f"{_USAGE}/required",
        ("response::test_partial_usage", _VALID),
        (_TEXT,),
    ),
    Edit(
        "a field of the usage",
        lambda d: _fields(d, "STTUsage").update(words={"type": "integer"}),
        "response: new optional field `usage.words` (integer)",
        "response: the field `usage.words` is gone",
        f"{_USAGE}/properties/words",
        (_USAGE_VALUE,),
        (_TEXT,),
    ),
    Edit(
        "no usage",
        lambda d: _fields(d, "STTResponse").pop("usage"),
        "response: the field `usage` is gone",
        "response: new optional field `usage` (object)",
        "#/components/schemas/STTResponse/properties/usage",
        (_USAGE_VALUE, "response::test_absent_usage_is_absent"),
        (_TEXT,),
    ),
    Edit(
        "a usage that may be null",
        lambda d: _fields(d, "STTResponse").update(usage={"anyOf": [{"$ref": _USAGE}, {"type": "null"}]}),
        "response: `usage` is null or object now (was object)",
        "response: `usage` is object now (was null or object)",
        f"{_USAGE}/type",
        (_VALID, "response::test_absent_usage_is_absent"),
        (_TEXT,),
    ),
    Edit(
        "two types to choose from",
        lambda d: _fields(d, "STTResponse").update(text={"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        "response: `text` is integer or string now (was string)",
        "response: `text` is string now (was integer or string)",
        "#/components/schemas/STTResponse/properties/text/type",
        (_TEXT,),
        (_USAGE_VALUE,),
    ),
    Edit(
        "an alternative more",
        lambda d: _fields(d)["model"].update(anyOf=[{"minLength": 1}, {"type": "array"}]),
        "request: `model` may be `array` now",
        "request: `model` may no longer be `array`",
        f"{_REQUEST}/properties/model/anyOf/1",
        ("request::test_model_is_verbatim",),
        (_LANGUAGE,),
        more=1,  # the first alternative, which there was not either
    ),
    Edit(
        "segments",
        lambda d: _fields(d, "STTResponse").update(segments={"type": "array", "items": {"type": "object"}}),
        "response: new optional field `segments` (array)",
        "response: the field `segments` is gone",
        "#/components/schemas/STTResponse/properties/segments",
        (_VALID, "response::test_unknown_fields_are_ignored"),
        (_TEXT,),
    ),
    Edit(
        "the message of one error",
        lambda d: _fields(d, "BadRequestResponseErrorData")["message"].update(maxLength=80),
        "errors 400: `error.message` may have at most 80 characters now",
        "errors 400: `error.message` is no longer bound by `maxLength` (was 80)",
        "#/components/schemas/BadRequestResponseErrorData/properties/message/maxLength",
        ("errors::test_message_is_kept",),
        (_STATUS,),
    ),
    Edit(
        "the code of every error",
        _changes_every_code,
        "errors 400, 401, 402, 404, 429, 500, 502, 503: `error.code` is string now (was integer)",
        "errors 400, 401, 402, 404, 429, 500, 502, 503: `error.code` is integer now (was string)",
        "#/components/schemas/BadGatewayResponseErrorData/properties/code/type",
        ("errors::test_error_body_is_kept",),
        (_STATUS,),
    ),
    Edit(
        "the user's ID in one error",
        lambda d: _fields(d, "NotFoundResponse")["user_id"].update(type="string"),
        "errors 404: `user_id` is string now (was null or string)",
        "errors 404: `user_id` is null or string now (was string)",
        "#/components/schemas/NotFoundResponse/properties/user_id/type",
        spares=_NOBODY,
    ),
)
