"""What only thousands of examples show: that all are right, that nothing is left out, and that memory stays flat."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.strategies import (
    InvalidCall,
    InvalidRequest,
    error_responses,
    every_invalid_request,
    invalid_transcription_calls,
    invalid_transcription_requests,
    transcription_calls,
    transcription_requests,
    transcription_responses,
)
from tests.strategies.test_calls import STRATEGIES, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.long

EXAMPLES = 10_000
CONTRACT = load_contract()
SCHEMA = plain(CONTRACT.request.document)
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
SLUG = re.compile(r"^/provider/options/.+$", re.DOTALL)
Cell = tuple[str, str, str]
"""Where a request breaks the schema, the keyword, and the kind of value there or the name that is missing."""


def try_each(strategy: st.SearchStrategy[Any], judge: Callable[[Any], object], examples: int = EXAMPLES) -> None:
    """Run *judge* on values of *strategy*, the same in each run."""
    tried = 0

    @seed(0)
    @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate])
    @given(value=strategy)
    def run(value: object) -> None:
        nonlocal tried
        tried += 1
        judge(value)

    run()
    assert tried >= examples


def validator(schema: object) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)  # type: ignore[arg-type] # plain() makes anything
    return Draft202012Validator(schema)  # type: ignore[arg-type]


# An independent validator agrees.


def test_each_valid_call_is_a_valid_request() -> None:
    judge = validator(SCHEMA)
    try_each(transcription_calls(), lambda call: judge.validate(CONTRACT.wire_body(call)))


def test_each_response_is_valid() -> None:
    try_each(transcription_responses(), validator(plain(CONTRACT.transcript.document)).validate)


@pytest.mark.parametrize("status", CONTRACT.error_statuses)
def test_each_error_is_valid(status: int) -> None:
    # All of them share one shape but for the type of `metadata`.
    examples = EXAMPLES // len(CONTRACT.error_statuses) + 1
    try_each(error_responses(status), validator(plain(CONTRACT.error_schema(status).document)).validate, examples)


def test_each_invalid_request_is_refused_for_what_is_claimed_and_nothing_else() -> None:
    judge = validator(SCHEMA)

    def refused(invalid: InvalidRequest) -> None:
        assert complaints(judge, invalid.body) == [(invalid.violation.pointer, invalid.violation.keyword)]

    try_each(invalid_transcription_requests(), refused)


def test_each_invalid_call_is_refused_for_what_is_claimed_and_nothing_else() -> None:
    judge = validator(SCHEMA)

    def refused(invalid: InvalidCall) -> None:
        body, claim = CONTRACT.wire_body(invalid.call), (invalid.violation.pointer, invalid.violation.keyword)
        if claim[1] == "json":  # to which a validator of Python values does not object
            assert list(numbers_beyond_json(body)) == [claim[0]]
            assert complaints(judge, body) == []
        else:
            assert complaints(judge, body) == [claim]
            json.dumps(body, allow_nan=False)

    try_each(invalid_transcription_calls(), refused)


def complaints(judge: Draft202012Validator, body: object) -> list[tuple[str, str]]:
    return [(pointer(error.absolute_path), str(error.validator)) for error in judge.iter_errors(body)]


def pointer(path: Any) -> str:
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def numbers_beyond_json(value: Any, place: str = "") -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from numbers_beyond_json(item, place + pointer([name]))


# Nothing is left out, within so many examples.


def test_every_property_and_each_number_of_optional_ones_and_every_kind_is_in_2000_requests() -> None:
    seen: set[str] = set()
    missing: set[str] = set()
    sizes: set[int] = set()
    kinds: set[tuple[str, int]] = set()

    def note(body: dict[str, Any]) -> None:
        there = set(places_of(body))
        seen.update(there)
        missing.update(expected - there)
        sizes.add(len(body.keys() - SCHEMA["required"]))
        for options in body.get("provider", {}).get("options", {}).values():
            kinds.update((kind_of(value), depth) for value, depth in nested(options))

    expected = set(properties(SCHEMA))
    assert len(expected) == 8 + 113
    required = {"/input_audio", "/input_audio/data", "/input_audio/format", "/model"}
    try_each(transcription_requests(), note, 2000)
    assert expected <= seen
    assert missing == expected - required
    assert sizes == {0, 1, 2, 3}
    assert kinds >= {(kind, depth) for kind in KINDS for depth in (1, 2)}


def properties(schema: dict[str, Any], place: str = "") -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        there = place + pointer([name])
        yield there
        yield from properties(inner, there)


def places_of(value: Any, place: str = "") -> Iterator[str]:
    for name, item in value.items() if isinstance(value, dict) else ():
        there = place + pointer([name])
        yield there
        yield from places_of(item, there)


def nested(value: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    if depth:
        yield value, depth
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nested(item, depth + 1)


def test_every_single_violation_is_among_those_enumerated() -> None:
    expected = set(cells(SCHEMA, ""))
    found = {cell_of(invalid) for invalid in every_invalid_request()}

    assert len(expected) == 735
    assert found == expected


def test_every_single_violation_is_in_10_000_requests_with_the_slugs_as_one_place() -> None:
    expected = {(SLUG.sub("/provider/options/*", place), *rest) for place, *rest in cells(SCHEMA, "")}
    found: set[tuple[str, ...]] = set()
    slugs: set[str] = set()

    def note(invalid: InvalidRequest) -> None:
        place, *rest = cell_of(invalid)
        found.add((SLUG.sub("/provider/options/*", place), *rest))
        slugs.update(SLUG.findall(place))

    try_each(invalid_transcription_requests(), note)
    assert len(expected) == 63
    assert found == expected
    assert len(slugs) > 100


def cells(schema: dict[str, Any], place: str) -> Iterator[Cell]:
    """Each way to break *schema* once, found without the help of what is tested."""
    admitted = {"number": {"number", "integer"}}.get(schema["type"], {schema["type"]})
    yield from ((place, "type", kind) for kind in KINDS if kind not in admitted)
    yield from ((place, "required", name) for name in schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        yield from cells(inner, place + pointer([name]))


def cell_of(invalid: InvalidRequest) -> Cell:
    violation = invalid.violation
    if violation.keyword == "required":
        return violation.pointer, violation.keyword, violation.message.split("'")[1]
    value = invalid.body
    for token in violation.pointer.split("/")[1:]:
        value = value[token]
    return violation.pointer, violation.keyword, kind_of(value)


def kind_of(value: object) -> str:
    kinds = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return kinds.get(type(value), "object")


# It costs nothing that grows.


# How long it takes to copy 25 MB ten times is a matter of the machine; once is enough for that.
@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "audio(large)"])
def test_no_health_check_fires_in_twenty_seeds(name: str) -> None:
    for number in range(20):
        seed(number)(settings(database=None, max_examples=15)(given(STRATEGIES[name]())(lambda value: None)))()


GROWTH = """
import resource, sys
from hypothesis import HealthCheck, Phase, given, seed, settings
from pytest_openrouter_stt.strategies import invalid_transcription_requests, transcription_calls

strategies = transcription_calls(), invalid_transcription_requests()
runs, examples = int(sys.argv[1]), int(sys.argv[2])

def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

tried, sizes = 0, {}

def count(value):
    global tried
    tried += 1
    if tried in (runs * examples // 2, runs * examples):
        sizes[tried] = resident()

for number in range(runs):
    chosen = settings(max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))
    seed(number)(chosen(given(strategies[number % 2])(count)))()
print(max(sizes.values()) - min(sizes.values()))
"""


@pytest.mark.parametrize(
    ("runs", "examples", "most"),
    [
        pytest.param(100, 1000, 20 * 1024, id="100 runs of 1000"),
        pytest.param(1, 20_000, 10 * 10_000, id="1 run of 20000, of which Hypothesis keeps a tree"),
    ],
)
def test_memory_stays_flat(runs: int, examples: int, most: int) -> None:
    """The second half of the examples makes the process larger by no more than *most* KiB."""
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(runs), str(examples)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= most
