"""What a client sends: where to, with which headers, and with which body."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import strategies as st

from pytest_openrouter_stt.client import MODES, Failure
from pytest_openrouter_stt.contract import MISSING, Call
from pytest_openrouter_stt.endpoint import BodyError
from pytest_openrouter_stt.judging import API_KEY, Example, check, passing, smallest_call
from pytest_openrouter_stt.report import Level, Source, same_json
from pytest_openrouter_stt.strategies import (
    AWKWARD_AUDIO,
    audio_data,
    header_values,
    provider_options,
    provider_slugs,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_openrouter_stt.judging import CheckContext
    from pytest_openrouter_stt.report import Observation

_OTHER_KEYS = ("k", "sk-or-v1-" + "f" * 64, "A0-._~+/=")
_OPTIONALS = ("language", "provider", "temperature")
_REQUEST = "#/components/schemas/STTRequest"
_AUDIO = "#/components/schemas/STTInputAudio"
_PATH = "#/paths/~1audio~1transcriptions/post"


_STRINGS, _HEADER_VALUES = st.text(), header_values()
_MEMBERS = {"data": audio_data(), "format_": _STRINGS}
_ARGUMENTS = {
    "model": _STRINGS,
    "language": st.text(min_size=1),
    "temperature": st.floats(allow_nan=False, allow_infinity=False).filter(bool),
}
_OPTIONS = {"nothing": None, "deep": {"list": [], "false": False}}
_FULL: dict[str, Any] = {"language": "en", "temperature": 0, "provider": {"options": {"aion-labs": _OPTIONS}}}


def _any_value(stt: CheckContext, name: str) -> Callable[[Callable[[Observation, Any], None]], None]:
    """Return a decorator that at once runs its function on calls with any value of the argument or member *name*."""
    headers = {parameter.name: _HEADER_VALUES for parameter in stt.contract.sdk.in_place("header")}
    members = {} if "audio_decoded" in stt.features else _MEMBERS
    arguments = {**_ARGUMENTS, **headers}
    offered = {argument: arguments[argument] for argument in arguments if argument in {name, *stt.features}}
    return stt.any_value(name, {**offered, **members}, lambda given: stt.exchange(_call_with(given)))


def _call_with(given: Mapping[str, Any]) -> Call:
    """Return the smallest call with these arguments and members of the audio."""
    arguments = {name: value for name, value in given.items() if name not in _MEMBERS}
    audio = {name: value for name, value in given.items() if name in _MEMBERS}
    if audio:
        arguments["input_audio"] = {"data": "UklGRg==", "format_": "wav", **audio}
    return smallest_call().replace(**arguments)


@check(Level.MUST, Source.SCHEMA, _REQUEST, hint="Validate no more than the schema does, or leave it to the server.")
def test_a_valid_call_is_sent(stt: CheckContext) -> None:
    """Each valid call makes exactly one request.

    Passes: one request for each call, whatever the values; None for an optional argument, empty strings and unknown
    models are valid too.
    Fails: refusing a value that the schema admits, sending nothing, or sending the request twice.
    """

    @stt.any_call
    def judge(call: Call) -> None:
        seen = stt.exchange(call)
        count = len(seen.requests)
        seen.require(count == 1, f"it made {count} requests for one call ({seen.outcome})")


@check(
    Level.MUST, Source.SCHEMA, _PATH, hint="The URL is the server's URL followed by the path, with nothing after it."
)
def test_method_and_url(stt: CheckContext) -> None:
    """A request is a POST to the operation's exact URL, over https, without a query.

    Passes: a POST to the URL of the contract, also with the port 443 written out.
    Fails: another method, `http:`, another host or path, a slash at the end, or a query.
    """
    seen = stt.exchange(smallest_call())
    wanted = f"{stt.contract.method} {stt.contract.url}"
    used = f"{seen.request.method} {_without_default_port(seen.request.url)}"
    seen.require(used == wanted, f"it sent {used}, not {wanted}")


def _without_default_port(url: str) -> str:
    return url.replace(":443", "", 1) if urlsplit(url).scheme == "https" else url


@check(
    Level.MUST,
    Source.SCHEMA,
    "#/components/securitySchemes/apiKey",
    hint="Send 'Authorization: Bearer KEY', once, with the key as it was given.",
    needs=("api_key",),
)
@pytest.mark.parametrize("api_key", [API_KEY, *_OTHER_KEYS], ids=["usual", "short", "long", "punctuated"])
def test_bearer_key(stt: CheckContext, api_key: str) -> None:
    """The Authorization header holds exactly the given key, with the Bearer scheme, once.

    Passes: one Authorization header with the very key after one space; the scheme in any case, such as `bearer`.
    Fails: no scheme or another one, a key that is stripped, shortened or in another case, `Bearer None`, or two
    headers.
    """
    seen = stt.call_with_key(api_key, smallest_call())
    values = seen.request.values("authorization")
    seen.require(len(values) == 1, f"it sent {len(values)} Authorization headers")
    scheme, _, token = values[0].partition(" ")
    seen.require(scheme.lower() == "bearer", f"the scheme is {scheme!r}, not 'Bearer'")
    seen.require(token == api_key, "the token is not the key that was given")


@check(
    Level.MUST,
    Source.SUITE,
    "#/components/securitySchemes/apiKey",
    hint="The key belongs in the Authorization header; everything else is logged somewhere.",
    needs=("api_key",),
)
def test_key_is_nowhere_else(stt: CheckContext) -> None:
    """The key is in no header but Authorization, and neither in the URL nor in the body.

    Passes: the key in the Authorization header.
    Fails: the key, as it was given, in another header such as `X-Api-Key`, in the URL, or in the body.
    """
    seen = stt.exchange(smallest_call())
    holders = [name for name, value in seen.request.headers if API_KEY in value and name.lower() != "authorization"]
    seen.require(not holders, f"the key is also in {', '.join(holders)}")
    seen.require(API_KEY not in seen.request.url, "the key is in the URL")
    seen.require(API_KEY.encode() not in seen.request.body, "the key is in the body")


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_PATH}/requestBody/content",
    hint="The endpoint takes JSON; audio goes into it as base64, not as a multipart upload.",
)
def test_content_type_is_json(stt: CheckContext) -> None:
    """The Content-Type is application/json; a charset, where there is one, is UTF-8.

    Passes: `application/json` in any case, with `charset=utf-8`, without it, or with another parameter.
    Fails: no Content-Type, a multipart upload, a form, `text/plain`, or another charset.
    """
    seen = stt.exchange(smallest_call())
    kind = seen.request.media_type or "missing"
    seen.require(kind == "application/json", f"the Content-Type is {kind}")
    value = seen.request.header("content-type") or ""
    charset = value.lower().partition("charset=")[2].strip(' "') or "utf-8"
    seen.require(charset == "utf-8", f"the charset is {charset}")


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 12.5.1",
    hint="Leave Accept out, or let it name application/json.",
)
def test_accept_admits_json(stt: CheckContext) -> None:
    """An Accept header, where there is one, admits application/json.

    Passes: no Accept header, or one with `*/*`, `application/*` or `application/json` in it; weights are not looked at.
    Fails: a header that names other types only, such as `text/plain` or `application/vnd.api+json`.
    """
    seen = stt.exchange(smallest_call())
    value = seen.request.header("accept")
    ranges = {part.partition(";")[0].strip().lower() for part in (value or "*/*").split(",")}
    admitted = ranges & {"*/*", "application/*", "application/json"}
    seen.require(bool(admitted), f"the Accept header is {value!r}")


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 8259, 8.1",
    hint="Encode with a JSON library, as UTF-8 without a byte order mark, and send that as the whole body.",
)
def test_body_is_one_json_object(stt: CheckContext) -> None:
    """The body is one JSON object in UTF-8: no byte order mark, no key twice, no token such as NaN.

    Passes: any JSON in UTF-8: characters as they are or as ASCII escapes, any spaces, keys in any order.
    Fails: a multipart body, a form, a list, a byte order mark, a key that is there twice, `NaN`, or bytes that are not
    UTF-8.
    """

    @stt.any_call
    def judge(call: Call) -> None:
        seen = stt.exchange(call)
        try:
            body = seen.request.json()
        except BodyError as error:
            kind = seen.request.media_type or "application/json"
            what = "cannot be read" if kind == "application/json" else f"is {kind}"
            seen.fail(f"the body {what}: {error}")
        seen.require(isinstance(body, dict), f"the body is a JSON {type(body).__name__}")


@check(
    Level.MUST,
    Source.SCHEMA,
    _REQUEST,
    hint="Build the body from the arguments that were passed, each under its wire name, and from nothing else.",
    example=passing(**_FULL),
)
def test_body_is_the_wire_form(stt: CheckContext) -> None:
    """The body holds the call's values under their wire names: nothing lost, added, renamed or coerced.

    Passes: the same JSON value: ASCII escapes, keys in any order, `1` for `1.0`; an optional argument that is None is
    left out.
    Fails: a property that is added, lost, null or under another name, or a value that is changed at any depth.
    """

    @stt.any_call
    def judge(call: Call) -> None:
        seen = stt.exchange(call)
        seen.require_same(stt.contract.wire_body(call), seen.body, "the body")


@check(
    Level.MUST,
    Source.SDK,
    "sdk.yaml#/renames",
    hint="`format` is a built-in of Python, hence the underscore in the argument; on the wire it is `format`.",
    without=("audio_decoded",),
    example=passing(input_audio={"data": "UklGRg==", "format_": "wav"}),
)
def test_format_is_renamed(stt: CheckContext) -> None:
    """`input_audio.format_` goes on the wire as `format`.

    Passes: any string that is passed as `format_`, the empty one too, under `format`.
    Fails: sending `format_`, both names, or a format of the client's own choice.
    """

    @_any_value(stt, "format_")
    def judge(seen: Observation, value: str) -> None:
        _require_format(seen, value)


@check(
    Level.MUST,
    Source.SDK,
    "sdk.yaml#/parameters/input_audio",
    hint="The page's own example passes `format`.",
    without=("audio_decoded",),
    example=passing(input_audio={"data": "UklGRg==", "format": "wav"}),
)
def test_format_is_accepted_by_its_wire_name(stt: CheckContext) -> None:
    """`input_audio.format` is accepted too, and goes on the wire as it is.

    Passes: `format` in the argument, sent as `format`.
    Fails: refusing it, losing it, putting a default in its place, or sending `format_` as well.
    """
    audio = {"data": "UklGRg==", "format": "wav"}
    seen = stt.call(smallest_call().replace(input_audio=audio))
    seen.require(bool(seen.requests), "`input_audio.format` is not accepted: nothing was sent")
    _require_format(seen, "wav")


def _require_format(seen: Observation, value: str) -> None:
    sent = seen.at("input_audio")
    others = {name: item for name, item in sent.items() if name != "format"} if isinstance(sent, dict) else {}
    wrong = seen.at("input_audio", "format") != value or "format_" in others
    seen.require(
        not wrong,
        "`input_audio.format` is not what was passed",
        {"input_audio": {**_data(others), "format": value}},
        {"input_audio": sent},
    )


def _data(audio: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in audio.items() if name == "data"}


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_AUDIO}/properties/data",
    hint="Pass the string on as it is: no data URI in front, no stripping, wrapping or re-encoding.",
    without=("audio_decoded",),
    example=passing(input_audio={"data": " Ukl\r\nGRg== ", "format_": "wav"}),
)
def test_audio_is_verbatim(stt: CheckContext) -> None:
    """The audio string is on the wire as it was passed.

    Passes: any string, whether it is base64 or not, and of any size: a megabyte is tried; JSON may escape it.
    Fails: a data URI in front, and stripping, padding, wrapping, decoding or truncating the string.
    """

    @_any_value(stt, "data")
    def judge(seen: Observation, data: str) -> None:
        seen.require_same(data, seen.at("input_audio", "data"), "the audio")

    for data in (*AWKWARD_AUDIO, "QUJD" * 262_144):
        seen = stt.exchange(_call_with({"data": data}))
        seen.require_same(data, seen.at("input_audio", "data"), "the audio")


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/properties/model",
    hint="Pass the string on as it is.",
    example=passing(model="Acme/Whisper-of-Tomorrow "),
)
def test_model_is_verbatim(stt: CheckContext) -> None:
    """The model is on the wire as it was passed.

    Passes: any string, the empty one too; JSON may escape it.
    Fails: a default in its place, a prefix, lower case, stripping, or refusing a model that the client does not know.
    """

    @_any_value(stt, "model")
    def judge(seen: Observation, model: str) -> None:
        seen.require_same(model, seen.at("model"), "the model")


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/properties/language",
    hint="Pass the string on as it is; what the API makes of it is the API's business.",
    needs=("language",),
    example=passing(language="EN-us"),
)
def test_language_is_verbatim(stt: CheckContext) -> None:
    """The language is on the wire as it was passed.

    Passes: any string that is not empty, whether it is a code of a language or not.
    Fails: shortening `en-US` to `en`, another case, or a name made of a code.
    """

    @_any_value(stt, "language")
    def judge(seen: Observation, language: str) -> None:
        seen.require_same(language, seen.at("language"), "the language")


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/properties/temperature",
    hint="Send the number itself: not as a string, not rounded.",
    needs=("temperature",),
    example=passing(temperature=0.1 + 0.2),
)
def test_temperature_keeps_its_value(stt: CheckContext) -> None:
    """The temperature is on the wire as a JSON number of the same value.

    Passes: the same number, however it is written: `1`, `1.0` and `1e0` are equal.
    Fails: a string, a rounded number, one that is clipped to a range, or none.
    """

    @_any_value(stt, "temperature")
    def judge(seen: Observation, temperature: float) -> None:
        seen.require_same(temperature, seen.at("temperature"), "the temperature")


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/required",
    hint="Build the body from the arguments that were passed; null is not a value of these properties.",
)
def test_omitted_arguments_are_absent(stt: CheckContext) -> None:
    """An optional argument that is not passed is not on the wire, not even as null.

    Passes: a body without `language`, `provider` and `temperature`.
    Fails: null for one of them, or a default such as `"temperature": 0`.
    """
    stt.call(_full_call(stt))  # of which nothing may be left
    seen = stt.call(smallest_call())
    wanted = stt.contract.wire_body(smallest_call())
    added = [name for name in _OPTIONALS if name in seen.body]
    seen.require(not added, f"it sent {', '.join(added)}, which was not passed", wanted, seen.body)


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/properties",
    hint="Treat None like an argument that is not passed: the schema admits no null here.",
    example=passing(language=None, provider=None, temperature=None),
)
def test_none_arguments_are_absent(stt: CheckContext) -> None:
    """An optional argument that is passed as None is not on the wire.

    Passes: leaving out of the body what was passed as None.
    Fails: sending null, or a default in place of it.
    """
    nothing = {name: None for name in _OPTIONALS if name in stt.features}
    stt.call(_full_call(stt))  # of which nothing may be left
    seen = stt.call(smallest_call(**nothing))
    added = [name for name in nothing if name in seen.body]
    wanted = stt.contract.wire_body(smallest_call())
    seen.require(not added, f"it sent {', '.join(added)}, which was passed as None", wanted, seen.body)


@check(
    Level.MUST,
    Source.SCHEMA,
    f"{_REQUEST}/properties",
    hint="Ask 'is not None', not whether the value is true: 0 and the empty string are values.",
    example=passing(language="", provider={}, temperature=0),
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", 0.0),
        ("language", ""),
        ("provider", {}),
        ("provider", {"options": {}}),
        ("model", ""),
    ],
    ids=["temperature-0", "temperature-0.0", "language-empty", "provider-empty", "options-empty", "model-empty"],
)
def test_falsy_values_are_sent(stt: CheckContext, name: str, value: object) -> None:
    """A value that Python takes for false is sent like any other.

    Passes: `0`, `0.0`, `""`, `{}` and `{"options": {}}` as they were passed; `0` for `0.0` is the same number.
    Fails: leaving such a value out, or putting a default in its place, as `value or default` does.
    """
    if name not in stt.features:
        pytest.skip(f"the client takes no {name}")
    seen = stt.call(smallest_call().replace(**{name: value}))
    sent = seen.at(name)
    seen.require(sent is not MISSING, f"`{name}` is not on the wire", {name: value}, {})
    seen.require_same({name: value}, {name: sent}, f"`{name}`")


@check(
    Level.MUST,
    Source.SCHEMA,
    "#/components/schemas/ProviderOptions",
    hint="Options are free-form: pass them on at any depth, nulls and empty containers included.",
    needs=("provider",),
    example=passing(provider={"options": {"aion-labs": _OPTIONS}}),
)
def test_provider_options_are_verbatim(stt: CheckContext) -> None:
    """The options of a provider are on the wire as they were passed, at any depth.

    Passes: every value that JSON has, at any depth, with its nulls and its empty containers.
    Fails: dropping a null or an empty container, renaming a key, or turning one type into another.
    """
    slugs = provider_slugs(stt.contract)
    _judge_options(stt, slugs[0], {"nothing": None, "deep": {"nothing": None, "empty": {}, "list": [], "false": False}})

    @stt.any(stt.strategy(st.sampled_from, slugs), stt.strategy(provider_options, stt.contract))
    def judge(slug: str, options: dict[str, Any]) -> None:
        _judge_options(stt, slug, options)


def _judge_options(stt: CheckContext, slug: str, options: dict[str, Any]) -> None:
    seen = stt.call(smallest_call(provider={"options": {slug: options}}))
    seen.require_same({slug: options}, seen.at("provider", "options"), "the options")


@check(
    Level.MUST,
    Source.SCHEMA,
    "#/components/schemas/ProviderOptions/properties",
    hint="A slug is a name, not an identifier of the language: `aion-labs` is not `aion_labs`.",
    needs=("provider",),
    example=passing(provider={"options": {"01ai": {"of": "01ai"}, "aion-labs": {"of": "aion-labs", "nothing": None}}}),
)
def test_every_provider_slug_is_sent_as_it_is(stt: CheckContext) -> None:
    """Each provider slug of the contract is on the wire under its exact name, with a null inside kept.

    Passes: each slug of the contract under its own name, with all that was passed under it.
    Fails: `aion_labs` for `aion-labs`, a slug that the client does not know and drops, or a null that is lost inside of
    one.
    """
    options = {slug: {"of": slug, "nothing": None} for slug in provider_slugs(stt.contract)}
    seen = stt.call(smallest_call(provider={"options": options}))
    sent = seen.at("provider", "options")
    seen.require(isinstance(sent, dict), "the options are not an object", options, sent)
    wrong = {slug: value for slug, value in options.items() if slug not in sent or not same_json(value, sent[slug])}
    added = {slug: value for slug, value in sent.items() if slug not in options}
    observed = f"{len(wrong)} of {len(options)} slugs are not what was passed"
    seen.require(not wrong, observed, wrong, {**added, **{slug: sent[slug] for slug in wrong if slug in sent}})


@check(
    Level.SHOULD,
    Source.SUITE,
    "#/components/schemas/ProviderOptions",
    hint="The list of providers grows between two releases of a client: pass on what is not known yet.",
    needs=("provider",),
    example=Example(
        call=smallest_call(provider={"options": {"a-provider-of-tomorrow": {"beam_size": 5}}}),
        may_be_refused=True,
    ),
)
def test_unknown_provider_slugs_are_kept(stt: CheckContext) -> None:
    """Options for a provider that the contract does not name are on the wire, or refused with an error.

    Passes: sending the options of a provider that the contract does not name as they are, or raising before anything is
    sent.
    Fails: sending the request without them, or with another name or value.
    """
    options = {"a-provider-of-tomorrow": {"beam_size": 5}}
    seen = stt.call(smallest_call(provider={"options": options}))
    if seen.requests:
        seen.require_same(options, seen.at("provider", "options"), "the options")


@check(
    Level.MUST,
    Source.SDK,
    "sdk.yaml#/parameters",
    hint="Each of the three has a header of its own; its value is passed on as it is.",
    each="app header",
    example=passing(http_referer="https://app.example"),
)
def test_app_headers_are_sent(stt: CheckContext, stt_app_header: str) -> None:
    """Each of the three app parameters goes out as its header, with the value that was passed.

    Passes: the header of the argument, once, with the value as it was passed; its name in any case.
    Fails: another name such as `X-Title`, a value that is changed or encoded, the header twice, or none.
    """
    wire_name = stt.contract.sdk.parameters[stt_app_header].wire_name

    @_any_value(stt, stt_app_header)
    def judge(seen: Observation, value: str) -> None:
        sent = seen.request.values(wire_name)
        seen.require(sent == (value,), f"{wire_name} is {', '.join(map(repr, sent)) or 'not sent'}, not {value!r}")


@check(
    Level.MUST,
    Source.SDK,
    "sdk.yaml#/parameters",
    hint="Headers of a call belong to that call; do not store them on the client.",
    each="app header",
    example=passing("The call before passed http_referer='https://app.example'."),
)
def test_app_headers_do_not_stay(stt: CheckContext, stt_app_header: str) -> None:
    """A header that was passed to one call is not sent with the next.

    Passes: the next call without the header, or with one that the client has of its own.
    Fails: sending the value that was passed to the call before.
    """
    wire_name = stt.contract.sdk.parameters[stt_app_header].wire_name
    stt.call(smallest_call(**{stt_app_header: "the call before"}))
    seen = stt.call(smallest_call())
    sent = seen.request.values(wire_name)
    seen.require("the call before" not in sent, f"{wire_name} still is that of the call before")


@check(
    Level.MUST,
    Source.HTTP,
    "RFC 9110, 5.5",
    hint="Refuse a value with a line end, or take the line end out; else whoever chooses the value writes headers.",
    each="app header",
    example=Example(
        call=smallest_call(x_open_router_title="a title\r\nX-Injected: yes"),
        sent="nothing, or a request without a header X-Injected",
    ),
)
def test_app_headers_cannot_inject(stt: CheckContext, stt_app_header: str) -> None:
    """A line end in the value of a header does not begin another header.

    Passes: raising, or one header in which the line end is taken out, replaced or escaped.
    Fails: a header `X-Injected` on the wire, or a transcript though nothing was sent.
    """
    for end in ("\r\n", "\n", "\r"):
        seen = stt.call(smallest_call(**{stt_app_header: f"a title{end}X-Injected: yes"}))
        if seen.requests:
            injected = seen.request.values("x-injected")
            seen.require(not injected, f"what follows {end!r} in {stt_app_header} is a header of its own")
        else:
            is_refused = isinstance(seen.outcome, Failure)
            seen.require(is_refused, "it sent nothing, and returned a transcript")


@check(
    Level.MUST,
    Source.SUITE,
    _REQUEST,
    hint="Build the body from copies; the caller may use its objects again.",
    example=passing("The same objects are looked at after the call.", **_FULL),
)
def test_arguments_are_not_changed(stt: CheckContext) -> None:
    """The objects that a caller passes are the same after the call.

    Passes: arguments that equal what they were before, at any depth.
    Fails: taking `format_` out of the caller's dictionary, or adding, sorting or converting something in it.
    """

    @stt.any_call
    def judge(call: Call) -> None:
        passed = call.kwargs()
        before = copy.deepcopy(passed)
        seen = stt.call(call, kwargs=passed)
        after = {name: passed.get(name, MISSING) for name in before}
        seen.require(after == before, "it changed the arguments that it was given", before, after)


@check(
    Level.MUST,
    Source.SUITE,
    _REQUEST,
    hint="Keep nothing of one call for the next: no defaults that grow, no cached body.",
    example=passing("The call before passed language='en' and temperature=0.5."),
)
def test_each_call_sends_its_own_body(stt: CheckContext) -> None:
    """Two calls after each other each send what was passed to them.

    Passes: a second body without the properties that only the first call had; null for one of them is judged elsewhere.
    Fails: a language, a temperature or a provider of the call before, which was not passed again.
    """
    stt.call(_full_call(stt))
    _judge_next(stt, _full_call(stt), stt.smallest)

    @stt.any_next_call
    def judge(first: Call, second: Call) -> None:
        _judge_next(stt, first, second)


def _full_call(stt: CheckContext) -> Call:
    """Return the smallest call with every optional argument of the body that the client takes."""
    optional = {"language": "en", "temperature": 0.5, "provider": {"options": {}}}
    return smallest_call(**{name: value for name, value in optional.items() if name in stt.features})


def _judge_next(stt: CheckContext, first: Call, second: Call) -> None:
    before, wanted = stt.contract.wire_body(first), stt.contract.wire_body(second)
    seen = stt.call(second)
    stale = [name for name in seen.body if name in before and name not in wanted and seen.body[name] is not None]
    seen.require(not stale, f"it sent {', '.join(stale)} of the call before", wanted, seen.body)


@check(
    Level.MUST,
    Source.SUITE,
    _REQUEST,
    hint="Let both operations build the request in one place.",
    both_modes=True,
    example=passing("The same call is made by both operations.", **_FULL),
)
def test_sync_and_async_send_the_same(stt: CheckContext) -> None:
    """The synchronous and the asynchronous operation send the same request for the same call.

    Passes: the same JSON value, Authorization, Content-Type and app headers; other headers, such as User-Agent, may
    differ.
    Fails: another body, key or Content-Type when asynchronous, or an app header that only one of the two sends.
    """

    @stt.any_call
    def judge(call: Call) -> None:
        pair = [stt.exchange(call, mode=mode) for mode in MODES]
        if _difference(stt, call, *pair):  # one of them may have had something from the calls before it
            pair = [stt.call(call, mode=mode) for mode in MODES]
        difference = _difference(stt, call, *pair)
        if difference:
            pair[-1].fail(*difference)


def _difference(stt: CheckContext, call: Call, sync: Observation, asynchronous: Observation) -> tuple[Any, ...]:
    """Return the sentence on how two requests differ, and the two values if they matter; empty if they are alike."""
    if not same_json(sync.body, asynchronous.body):
        return "the bodies differ", sync.body, asynchronous.body
    for name in ("authorization", "content-type", *map(str.lower, stt.contract.wire_headers(call))):
        one, other = sync.request.values(name), asynchronous.request.values(name)
        if one != other:
            return (f"{name} differs: {one} when synchronous, {other} when asynchronous",)
    return ()
