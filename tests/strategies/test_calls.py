"""What is made from the contract is valid by it, all that is worth sending is reached, and shrinks to the smallest."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.contract import MISSING, Call, load_contract
from pytest_openrouter_stt.strategies import (
    api_keys,
    audio,
    audio_data,
    error_responses,
    from_schema,
    header_values,
    provider_options,
    provider_slugs,
    transcription_calls,
    transcription_requests,
    transcription_responses,
)
from tests.versions import newest_draws

CONTRACT = load_contract()
OPTIONAL = {"language", "provider", "temperature", "http_referer", "x_open_router_title", "x_open_router_categories"}
REQUIRED = {"input_audio": {"format_": "", "data": ""}, "model": ""}
SLUGS = provider_slugs()
DISTINCT = 2**53
"""Beyond this, a double does not tell each integer from the next."""

STRATEGIES: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "transcription_calls": transcription_calls,
    "transcription_requests": transcription_requests,
    "transcription_responses": transcription_responses,
    **{f"error_responses({n})": lambda n=n: error_responses(n) for n in CONTRACT.error_statuses},  # type: ignore[misc]
    "provider_options": provider_options,
    "options by slug": lambda: from_schema(
        CONTRACT.request.document["properties"]["provider"]["properties"]["options"],  # type: ignore[index]
        closed=True,
    ),
    "header_values": header_values,
    "api_keys": api_keys,
    "audio": audio,
    "audio(large)": lambda: audio(min_size=25_000_000, max_size=25_000_000),
    "audio(some)": lambda: audio(min_size=1000, max_size=4096),
    "audio_data": audio_data,
}


def plain(document: object) -> Any:
    if isinstance(document, Mapping):
        return {name: plain(value) for name, value in document.items()}
    return [plain(value) for value in document] if isinstance(document, tuple) else document


REQUEST = Draft202012Validator(plain(CONTRACT.request.document))
TRANSCRIPT = Draft202012Validator(plain(CONTRACT.transcript.document))


@cache
def made(name: str, examples: int = 1000) -> tuple[Any, ...]:
    """The values of one run, the same in each."""
    found: list[Any] = []

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(value=STRATEGIES[name]())
    def collect(value: object) -> None:
        found.append(value)

    collect()
    return tuple(found)


def calls(examples: int = 1000) -> list[dict[str, Any]]:
    return [call.kwargs() for call in made("transcription_calls", examples)]


def options(call: Mapping[str, Any]) -> dict[str, Any]:
    return (call.get("provider") or {}).get("options") or {}


def within(value: object) -> Iterator[object]:
    """The value, and all in it."""
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(item)


@cache
def all_options() -> tuple[object, ...]:
    return tuple(value for given_options in made("provider_options", 1500) for value in within(given_options))


# Every value is valid.


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "audio(large)"])  # 25 MB may be too slow
def test_no_health_check_fires(name: str) -> None:
    @settings(database=None, deadline=None, max_examples=15)  # they are judged after ten
    @given(value=STRATEGIES[name]())
    def run(value: object) -> None:
        pass

    run()


def test_each_call_is_valid_on_the_wire() -> None:
    for call in made("transcription_calls"):
        assert call.arguments.keys() <= OPTIONAL | REQUIRED.keys()
        REQUEST.validate(CONTRACT.wire_body(call))
        headers = CONTRACT.wire_headers(call)
        assert all(value.isascii() and value.isprintable() and value.strip() == value for value in headers.values())


def test_each_request_is_valid() -> None:
    for body in made("transcription_requests"):
        REQUEST.validate(body)
        assert None not in body.values()
        assert body.keys() <= {"input_audio", "model", "language", "provider", "temperature"}
        assert body["input_audio"].keys() == {"data", "format"}


def test_each_response_is_valid() -> None:
    for body in made("transcription_responses"):
        TRANSCRIPT.validate(body)


@pytest.mark.parametrize("status", CONTRACT.error_statuses)
def test_each_error_is_valid(status: int) -> None:
    validator = Draft202012Validator(plain(CONTRACT.error_schema(status).document))
    for body in made(f"error_responses({status})", 100 if status != 429 else 1000):
        validator.validate(body)


def test_each_key_and_header_value_fits_in_a_header() -> None:
    token = set(string.ascii_letters + string.digits + "-._~+/")
    assert all(set(key) <= token and key.startswith("sk-or-v1-") and len(key) > 9 for key in made("api_keys"))
    assert all(
        value and value.isascii() and value.isprintable() and " " not in value for value in made("header_values")
    )


def test_a_value_may_be_changed_without_changing_the_next() -> None:
    @settings(max_examples=200, deadline=None, database=None)
    @given(body=transcription_requests(), answer=transcription_responses(), error=error_responses(500))
    def spoil(body: dict[str, Any], answer: dict[str, Any], error: dict[str, Any]) -> None:
        assert not CONTRACT.request.violations(body)
        assert not CONTRACT.transcript.violations(answer)
        assert not CONTRACT.error_schema(500).violations(error)
        for value in (*within(body), *within(answer), *within(error)):
            if isinstance(value, dict):
                value["spoilt"] = value.pop("text", None)
            elif isinstance(value, list):
                value.append("spoilt")

    spoil()


# Everything is reached, in runs of 1000 (or the number that stands there).


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_each_optional_argument_is_absent_and_none_and_given(name: str) -> None:
    values = [call.get(name, MISSING) for call in calls()]
    assert values.count(MISSING) > 100
    assert values.count(None) > 100
    assert sum(value is not MISSING and value is not None for value in values) > 100


def test_each_number_of_optional_arguments_is_passed_and_given() -> None:
    assert {len(call.keys() & OPTIONAL) for call in calls()} == {*range(7)}
    assert {sum(call.get(name) is not None for name in OPTIONAL) for call in calls()} >= {*range(5)}


@pytest.mark.long
def test_all_optional_arguments_are_given_at_once() -> None:
    assert any(all(call.get(name) is not None for name in OPTIONAL) for call in calls(20_000))


def test_each_pair_of_optional_arguments_is_given_with_nothing_else() -> None:
    given_names = {frozenset(name for name in OPTIONAL if call.get(name) is not None) for call in calls(2000)}
    assert len([names for names in given_names if len(names) == 2]) == 15


@pytest.mark.long
def test_each_slug_is_given_alone() -> None:
    assert len(SLUGS) == 113
    alone = {next(iter(value)) for value in made("options by slug", 12_000) if len(value) == 1}
    assert alone == set(SLUGS)


def test_each_slug_is_given_without_another() -> None:
    assert {slug for value in made("options by slug", 1500) for slug in value if len(value) < 113} == set(SLUGS)


def test_no_slug_and_several_and_all_are_given() -> None:
    counts = [len(options(call)) for call in calls(2000)]
    assert any(call.get("provider") == {} for call in calls())
    assert any(call.get("provider") == {"options": {}} for call in calls())
    assert 113 in counts
    assert {1, 2, 3, 4} <= {*counts}
    assert any(10 < count < 113 for count in counts)


def test_several_slugs_have_values_of_their_own() -> None:
    several = [list(options(call).values()) for call in calls() if len(options(call)) > 1]
    assert any(values[0] != values[-1] for values in several)
    assert any(values[0] == values[-1] != {} for values in several)


@pytest.mark.parametrize(
    "is_it",
    [
        pytest.param(lambda value: value is None, id="null"),
        pytest.param(lambda value: value == {} and isinstance(value, dict), id="empty object"),
        pytest.param(lambda value: value == [] and isinstance(value, list), id="empty array"),
        pytest.param(lambda value: value == "" and isinstance(value, str), id="empty string"),
        pytest.param(lambda value: value is True, id="true"),
        pytest.param(lambda value: value is False, id="false"),
        pytest.param(lambda value: isinstance(value, dict) and None in value.values(), id="null in an object"),
        pytest.param(lambda value: isinstance(value, list) and None in value, id="null in an array"),
        pytest.param(
            lambda value: isinstance(value, list) and any(isinstance(item, list) for item in value), id="array in array"
        ),
        pytest.param(
            lambda value: (
                isinstance(value, dict)
                and any(isinstance(item, dict) and None in item.values() for item in value.values())
            ),
            id="nested null",
        ),
        pytest.param(lambda value: isinstance(value, dict) and not "".join(value).isascii(), id="unicode key"),
        pytest.param(lambda value: isinstance(value, dict) and "" in value, id="empty key"),
        pytest.param(lambda value: isinstance(value, dict) and "a-b" in value, id="key with a hyphen"),
        pytest.param(lambda value: isinstance(value, str) and not value.isascii(), id="unicode"),
        pytest.param(lambda value: isinstance(value, str) and "\x00" in value, id="NUL"),
        pytest.param(lambda value: isinstance(value, str) and "\n" in value, id="line feed"),
        pytest.param(lambda value: type(value) is int and value > DISTINCT, id="integer beyond doubles"),
        pytest.param(lambda value: type(value) is int and value < -DISTINCT, id="negative integer beyond doubles"),
        pytest.param(lambda value: type(value) is int and abs(value) > 2**64, id="integer beyond 64 bits"),
        pytest.param(lambda value: type(value) is int and value == 0, id="zero"),
        pytest.param(lambda value: type(value) is float and str(value) == "-0.0", id="negative zero"),
        pytest.param(lambda value: type(value) is float and 0 < abs(value) < 1e-300, id="tiny float"),
        pytest.param(lambda value: type(value) is float and abs(value) > 1e300, id="huge float"),
        pytest.param(lambda value: type(value) is float and value.is_integer(), id="whole float"),
        pytest.param(lambda value: type(value) is float and not value.is_integer(), id="broken float"),
    ],
)
def test_options_hold_whatever_json_can_express(is_it: Callable[[object], bool]) -> None:
    assert any(map(is_it, all_options()))


@pytest.mark.parametrize(
    "is_it",
    [
        pytest.param(lambda value: type(value) is int and value == 0, id="zero"),
        pytest.param(lambda value: type(value) is int and value > 1, id="integer"),
        pytest.param(lambda value: str(value) == "-0.0", id="negative zero"),
        pytest.param(lambda value: type(value) is float and str(value) == "0.0", id="float zero"),
        pytest.param(lambda value: type(value) is float and value != 0 and value.is_integer(), id="whole"),
        pytest.param(lambda value: type(value) is float and 0 < value < 1, id="fraction"),
        pytest.param(lambda value: value is not None and value < 0, id="negative"),
        pytest.param(lambda value: value is not None and 0 < abs(value) < 1e-300, id="tiny"),
        pytest.param(lambda value: value is not None and abs(value) > 1e300, id="huge"),
        pytest.param(lambda value: type(value) is int and abs(value) > DISTINCT, id="beyond doubles"),
    ],
)
def test_temperatures_are_of_every_kind(is_it: Callable[[Any], bool]) -> None:
    assert any(is_it(call.get("temperature")) for call in calls())


@pytest.mark.parametrize("name", ["model", "language", "format_", "data"])
def test_strings_are_empty_and_of_every_alphabet(name: str) -> None:
    values = [value for call in calls() if (value := {**call, **call["input_audio"]}.get(name)) is not None]
    assert "" in values
    assert any(value.isascii() and len(value) > 1 for value in values)
    assert any(not value.isascii() for value in values)
    assert any(not value.isprintable() for value in values)
    assert any(character > "\uffff" for value in values for character in value)


def test_audio_data_are_files_and_what_invites_mending() -> None:
    values = {call["input_audio"]["data"] for call in calls()}
    files = {base64.b64encode(file).decode() for file in made("audio")}
    assert values & files
    assert any(value.startswith("UklGR") and len(value) > 100 for value in values)
    assert {"UklGRg", " UklGRg== ", "Ukl\r\nGRg==", "data:audio/wav;base64,UklGRg==", "-_-_"} <= values
    assert set(made("audio_data")) & values


def test_responses_have_no_and_some_and_all_of_the_usage() -> None:
    names = {"cost", "input_tokens", "output_tokens", "seconds", "total_tokens"}
    bodies = made("transcription_responses")
    usages = [body["usage"] for body in bodies if "usage" in body]
    assert len(bodies) - len(usages) > 100
    assert {len(usage.keys() & names) for usage in usages} == {*range(6)}
    assert {next(iter(usage)) for usage in usages if len(usage) == 1} >= names
    for name in names:
        assert any(usage.get(name) == 0 for usage in usages)
        assert any(usage.get(name, 0) > DISTINCT for usage in usages)
    assert any(body.keys() - {"text", "usage"} for body in bodies)
    assert any(usage.keys() - names for usage in usages)
    assert {"", "\x00"} & {body["text"] for body in bodies}
    assert any(not body["text"].isascii() for body in bodies)


@pytest.mark.parametrize("status", [429, 529])
def test_errors_have_metadata_and_null_and_none(status: int) -> None:
    bodies = made(f"error_responses({status})")
    for holders, name in (([body["error"] for body in bodies], "metadata"), (bodies, "openrouter_metadata")):
        values = [holder.get(name, MISSING) for holder in holders]
        assert MISSING in values
        assert None in values
        assert {} in values
        assert any(value and len(value) > 1 for value in values)
    users = [body.get("user_id", MISSING) for body in bodies]
    assert MISSING in users
    assert None in users
    assert "" in users
    assert any(body.keys() - {"error", "openrouter_metadata", "user_id"} for body in bodies)
    assert any(body["error"].keys() - {"code", "message", "metadata"} for body in bodies)
    assert any(body["error"]["code"] != status for body in bodies)


# Failures shrink to the smallest call.


def shrunk(fails: Callable[[dict[str, Any]], bool], number: int, examples: int) -> tuple[Call | None, int]:
    """Return the smallest call on which a client fails, and how many calls it took from the first such one."""
    found: list[Call] = []
    calls_since = 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(call=transcription_calls())
    def judge(call: Call) -> None:
        nonlocal calls_since
        is_bad = fails(call.kwargs())
        calls_since += bool(found) or is_bad
        if is_bad:
            found.append(call)
            raise AssertionError

    with suppress(AssertionError):
        judge()
    return (found[-1] if found else None), calls_since


def with_options(**given_options: object) -> dict[str, Any]:
    return {"provider": {"options": given_options}}


BUGS = [
    pytest.param(lambda call: True, 1, {}, id="any"),
    pytest.param(lambda call: call["model"] != "", 100, {"model": "0"}, id="a model"),
    pytest.param(
        lambda call: call["input_audio"]["data"] != "",
        100,
        {"input_audio": {"format_": "", "data": "0"}},
        id="data",
    ),
    pytest.param(
        lambda call: None in within(options(call).get("aion-labs", 0)),
        1000,
        with_options(**{"aion-labs": {"": None}}),
        id="null in aion-labs",
    ),
    pytest.param(
        lambda call: not (call.get("language") or "").isascii(),
        100,
        {"language": "\x80"},
        id="non-ASCII language",
    ),
    pytest.param(
        lambda call: (
            isinstance(call.get("temperature"), float) and call["temperature"].is_integer() and call["temperature"] != 0
        ),
        200,
        {"temperature": 1.0},
        id="whole temperature",
    ),
    pytest.param(
        lambda call: any(type(value) is int and abs(value) > DISTINCT for value in within(options(call))),
        1000,
        with_options(**{"01ai": {"": DISTINCT + 1}}),
        id="integer beyond doubles",
    ),
    pytest.param(
        lambda call: len(options(call)) == 113,
        3000,
        with_options(**{slug: {} for slug in SLUGS}),
        id="all slugs",
    ),
    pytest.param(lambda call: "z-ai" in options(call), 1000, with_options(**{"z-ai": {}}), id="last slug"),
    pytest.param(lambda call: "language" in call and call["language"] is None, 100, {"language": None}, id="None"),
    pytest.param(
        lambda call: bool(call.get("http_referer") and call.get("x_open_router_categories")),
        300,
        {"http_referer": "0", "x_open_router_categories": "0"},
        id="two headers",
    ),
]

SOON_SMALL = {"any", "a model", "data", "None"}


@pytest.mark.parametrize("seeds", [2, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize(("fails", "examples", "expected"), BUGS)
def test_each_planted_bug_is_found_and_shrinks_to_the_same_call(
    fails: Callable[[dict[str, Any]], bool], examples: int, expected: dict[str, Any], seeds: int
) -> None:
    found = [shrunk(fails, number, examples)[0] for number in range(seeds)]
    assert found == seeds * [Call(**{**REQUIRED, **expected})]
    assert {repr(call) for call in found} == {repr(Call(**{**REQUIRED, **expected}))}


@newest_draws
@pytest.mark.parametrize(("fails", "examples", "expected"), [bug for bug in BUGS if bug.id in SOON_SMALL])
def test_a_bug_outside_of_the_options_shrinks_within_a_hundred_calls(
    fails: Callable[[dict[str, Any]], bool], examples: int, expected: dict[str, Any]
) -> None:
    found = [shrunk(fails, number, examples) for number in range(10)]
    assert [call for call, _ in found] == 10 * [Call(**{**REQUIRED, **expected})]
    assert max(calls_since for _, calls_since in found) <= 100


# What cannot be asked for.


def test_only_the_named_arguments_are_used() -> None:
    @settings(max_examples=200, deadline=None, database=None)
    @given(call=transcription_calls(arguments=["language", "http_referer", "model"]))
    def run(call: Call) -> None:
        assert call.arguments.keys() <= {*REQUIRED, "language", "http_referer"}

    run()


@pytest.mark.parametrize("arguments", [["lang"], "language", ["language", "format_"]], ids=str)
def test_arguments_of_no_such_name_are_refused(arguments: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"^arguments=\[.*\] are none of \["):
        transcription_calls(arguments=arguments)


@pytest.mark.parametrize(("least", "most"), [(-1, 3), (3, 2), (101, 100), (0, -1)])
def test_audio_of_no_size_is_refused(least: int, most: int) -> None:
    with pytest.raises(InvalidArgument, match=rf"^min_size={least} and max_size={most} leave no size$"):
        audio(min_size=least, max_size=most)


@pytest.mark.parametrize(("least", "most"), [(0, 0), (0, 100), (44, 44), (10, 20), (4097, 5000), (10**6, 25 * 10**6)])
def test_audio_is_of_the_size_that_is_asked_for(least: int, most: int) -> None:
    sizes: set[int] = set()

    @settings(max_examples=50, deadline=None, database=None, derandomize=True)
    @given(file=audio(min_size=least, max_size=most))
    def measure(file: bytes) -> None:
        sizes.add(len(file))

    measure()
    assert least <= min(sizes) <= max(sizes) <= most
    assert len(sizes) > 1 or least == most


def test_audio_is_of_many_kinds() -> None:
    files = made("audio")
    beginnings = (b"RIFF", b"ID3", b"fLaC", b"OggS", b"\x00\x00\x00\x20ftyp", b"\x1a\x45\xdf\xa3", b"\xff\xf1")
    assert all(any(file.startswith(beginning) for file in files) for beginning in beginnings)
    assert b"" in files
