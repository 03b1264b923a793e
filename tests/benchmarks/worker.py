"""Measures one strategy in a process of its own, so that each peer has the Hypothesis that it needs.

``python worker.py MEASUREMENT STRATEGY SEED...`` reads the request schema and the OpenAPI description as JSON from the
standard input and prints what was measured as JSON. It is run as a file: in a peer's environment, nothing but the
peer is installed. Only CPU time counts.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = 1000
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
Cell = tuple[str, str, str]
"""Where a request breaks the schema, the keyword, and the kind of value there or the name that is missing."""


@dataclass(frozen=True)
class Subject:
    """A strategy, and how the JSON body is got out of what it makes."""

    strategy: st.SearchStrategy[Any]
    body: Callable[[Any], Any] = lambda made: made


def ours_requests(_: dict[str, Any]) -> Subject:
    from pytest_openrouter_stt.strategies import transcription_requests

    return Subject(transcription_requests())


def ours_calls(_: dict[str, Any]) -> Subject:
    from pytest_openrouter_stt.contract import load_contract
    from pytest_openrouter_stt.strategies import transcription_calls

    return Subject(transcription_calls(), load_contract().wire_body)


def ours_invalid(_: dict[str, Any]) -> Subject:
    from pytest_openrouter_stt.strategies import invalid_transcription_requests

    return Subject(invalid_transcription_requests(), lambda made: made.body)


def hypothesis_jsonschema(documents: dict[str, Any]) -> Subject:
    from hypothesis_jsonschema import from_schema

    return Subject(from_schema(documents["schema"]))


def schemathesis_positive(documents: dict[str, Any]) -> Subject:
    return _schemathesis(_body_only(documents["description"]), "POSITIVE")


def schemathesis_negative(documents: dict[str, Any]) -> Subject:
    return _schemathesis(_body_only(documents["description"]), "NEGATIVE")


def schemathesis_negative_all(documents: dict[str, Any]) -> Subject:
    return _schemathesis(documents["description"], "NEGATIVE")


def from_type(documents: dict[str, Any]) -> Subject:
    return Subject(st.from_type(_type_of(documents["schema"], "Request")))


_Scalar = None | bool | int | float | str
"""What options hold: with values of any depth, 113 of them are too much for Hypothesis, and no provider is made."""


def _type_of(schema: dict[str, Any], name: str) -> Any:
    if schema["type"] != "object":
        return {"string": str, "number": float}[schema["type"]]
    if "properties" not in schema:
        return dict[str, _Scalar]
    fields = {key: _type_of(value, f"{name}_{key}") for key, value in schema["properties"].items()}
    required = schema.get("required", ())
    create: Any = TypedDict
    return create(name, {key: hint if key in required else NotRequired[hint] for key, hint in fields.items()})


def _body_only(description: dict[str, Any]) -> dict[str, Any]:
    """Take away what is not the body, and require the body: its generation alone is compared."""
    for path in description["paths"].values():
        path["post"].pop("parameters", None)
        path["post"]["requestBody"]["required"] = True
    return description


def _schemathesis(description: dict[str, Any], mode: str) -> Subject:
    import schemathesis

    operation = schemathesis.openapi.from_dict(description)["/audio/transcriptions"]["POST"]
    return Subject(
        operation.as_strategy(generation_mode=schemathesis.GenerationMode[mode]), lambda case: _parsed(case.body)
    )


def _parsed(body: Any) -> Any:
    """Return the JSON value of a body; of one that is none, its bytes or Schemathesis' mark of absence."""
    try:
        return json.loads(body) if isinstance(body, bytes) else body
    except ValueError:
        return body


STRATEGIES: dict[str, Callable[[dict[str, Any]], Subject]] = {
    build.__name__: build
    for build in (
        ours_requests,
        ours_calls,
        ours_invalid,
        hypothesis_jsonschema,
        schemathesis_positive,
        schemathesis_negative,
        schemathesis_negative_all,
        from_type,
    )
}


def run(
    strategy: st.SearchStrategy[Any], test: Callable[[Any], None], number: int, *phases: Phase, examples: int = EXAMPLES
) -> float:
    """Run *test* and return the seconds it took."""
    configured = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    start = time.process_time()
    seed(number)(configured(given(strategy)(test)))()
    return time.process_time() - start


def generation(build: Callable[[dict[str, Any]], Subject], documents: dict[str, Any], number: int) -> dict[str, Any]:
    """Return what an example costs, beside one integer in the same process, and what the examples are."""
    run(st.text(), lambda value: None, number, Phase.generate, examples=10)  # what Hypothesis reads when first run
    floor = run(st.integers(), lambda value: None, number, Phase.generate)
    made: list[Any] = []
    first: list[float] = []

    def collect(value: Any) -> None:
        if not first:
            first.append(time.process_time())
        made.append(value)

    start = time.process_time()
    subject = build(documents)
    took = run(subject.strategy, collect, number, Phase.generate)
    return {
        "floor": floor / EXAMPLES,
        "first": first[0] - start,
        "example": took / len(made),
        **judged([subject.body(value) for value in made], documents),
    }


def judged(bodies: list[Any], documents: dict[str, Any]) -> dict[str, Any]:
    """Return how many bodies are valid, how large they are, and which providers and violations are among them."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(documents["schema"])
    slugs: set[str] = set()
    found: set[Cell] = set()
    valid = size = 0
    for body in bodies:
        try:
            size += len(json.dumps(body, allow_nan=False))
        except (TypeError, ValueError):
            if documents.get("optional") and type(body).__name__ == "NotSet":
                valid += 1
            continue  # neither is a body that JSON cannot carry valid
        errors = list(validator.iter_errors(body))
        valid += not errors
        found.update(cell(error.absolute_path, str(error.validator), error) for error in errors)
        if not errors:
            slugs.update(body.get("provider", {}).get("options", {}))
    known = documents["schema"]["properties"]["provider"]["properties"]["options"]["properties"]
    count = len(bodies)
    return {"valid": valid / count, "size": size / count, "slugs": len(slugs & known.keys()), "cells": sorted(found)}


def cell(path: Any, keyword: str, error: Any) -> Cell:
    pointer = "".join(f"/{token}" for token in path)
    what = error.message.split("'")[1] if keyword == "required" else kind(error.instance)
    return re.sub(r"^/provider/options/.+$", "/provider/options/*", pointer, flags=re.DOTALL), keyword, what


def kind(value: Any) -> str:
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    names = {type(None): "null", bool: "boolean", int: "integer", str: "string", list: "array"}
    return names.get(type(value), "object")


def enumeration(documents: dict[str, Any]) -> dict[str, Any]:
    """Return what one enumerated invalid request costs, the first time and once more."""
    from pytest_openrouter_stt.contract import load_contract
    from pytest_openrouter_stt.strategies import every_invalid_request

    contract = load_contract()
    contract.request.violations({})  # imports jsonschema
    moments = [time.process_time()]
    for _ in range(2):
        requests = every_invalid_request(contract)
        moments.append(time.process_time())
    first, again = ((moments[i + 1] - moments[i]) / len(requests) for i in range(2))
    return {
        "first": first,
        "again": again,
        "count": len(requests),
        **judged([request.body for request in requests], documents),
    }


def shrinking(subject: Subject, number: int) -> dict[str, Any] | None:
    """Return what it takes from the first failure to the smallest one of a test that does nothing but fail on null."""
    failed: list[float] = []
    calls = 0
    smallest: Any = None

    def fail(made: Any) -> None:
        nonlocal calls, smallest
        body = subject.body(made)
        bad = _holds_null(body.get("provider", {}).get("options", {}))
        if bad and not failed:
            failed.append(time.process_time())
        calls += bool(failed)
        if bad:
            smallest = body
            raise AssertionError

    try:
        run(subject.strategy, fail, number, Phase.generate, Phase.shrink)
    except AssertionError:
        return {"calls": calls, "seconds": time.process_time() - failed[0], "smallest": json.dumps(smallest)}
    return None


def _holds_null(value: Any) -> bool:
    return value is None or any(map(_holds_null, _inside(value)))


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def health(subject: Subject, number: int) -> bool:
    """Return whether Hypothesis is content with the strategy at its default settings."""
    test = seed(number)(settings(database=None)(given(subject.strategy)(lambda value: None)))
    try:
        test()
    except FailedHealthCheck:
        return False
    return True


def measure(measurement: str, name: str, seeds: list[int], documents: dict[str, Any]) -> Any:
    build = STRATEGIES.get(name)
    if build is None:
        return enumeration(documents)
    documents["optional"] = name == "schemathesis_negative_all"
    if measurement == "generation":
        return generation(build, documents, *seeds)
    subject = build(documents)
    return [{"shrinking": shrinking, "health": health}[measurement](subject, number) for number in seeds]


def main() -> None:
    documents = json.load(sys.stdin)
    measurement, name, *seeds = sys.argv[1:]
    answer = {"hypothesis": importlib.metadata.version("hypothesis")}
    try:
        answer["result"] = measure(measurement, name, [int(number) for number in seeds], documents)
    except Exception as error:  # noqa: BLE001 - whatever a peer does, its row says so
        answer["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
