"""Whatever is in a file, it is read as a contract or refused in one line: no other error, no end of the memory."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import strategies as st

from pytest_openrouter_stt.contract import SpecError, load_contract
from tests.fuzzing import AWKWARD, awkward_json, awkward_text, mangled, short_and_long, try_each

from ._documents import OPERATION, SPEC, as_yaml, post, schemas, small
from .test_load import BODY, VALUES, read_or_refused, refused, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYWORDS = """
$anchor $comment $defs $dynamicAnchor $dynamicRef $id $recursiveRef $ref $schema $vocabulary additionalItems
additionalProperties allOf anyOf const contains contentEncoding default definitions dependencies
dependentRequired dependentSchemas discriminator else enum example examples exclusiveMaximum exclusiveMinimum
format if items maxContains maxItems maxLength maxProperties maximum minContains minItems minLength
minProperties minimum multipleOf not nullable oneOf pattern patternProperties prefixItems properties
propertyNames readOnly required then title type unevaluatedItems unevaluatedProperties uniqueItems x-more
"""
NAMES = ("A", "B", "C", "D")
REFERENCE = "#/components/schemas/"
ARGUMENTS: list[Any] = [
    *(f"{REFERENCE}{name}" for name in NAMES),
    *("#", "#/", "#/paths", "#a", "other.yaml#/A", "https://a.example/", "#/components/schemas/%", "~2"),
    *("object", "array", "string", "number", "integer", "null", "date", "[[a]", "(", "(a*)b", "[a--b]", "\\p{L}"),
    *(True, False, None, 0, -1, 0.1, 1e308, 5e-324, 10**400, "", [], {}, ["string", "null"], [{}], {"a": True}),
]
HUGE: tuple[Any, ...] = (*VALUES, 10**400, 1e308, 5e-324, 0.5, "a\ud800", float("nan"), float("inf"))
TOKENS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"'",
        b"\\",
        b"\n",
        b"\n  ",
        b"\t",
        b"- ",
        b"? ",
        b"# ",
        b"|\n",
        b">-\n",
    ),
    *(
        b"&a ",
        b"*a",
        b"<<: *a",
        b"!!binary ",
        b"!!python/object:os.system ",
        b"!<x> ",
        b"%YAML 9.9\n",
        b"---\n",
        b"...\n",
    ),
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"0x1F", b".inf", b"null", b"true", b"~", b"=", b"<<"),
    *(b"\0", b"\x1b", b"\x7f", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85"),
    *(b'"\\ud800"', b'"\\u0000"', b'"\\x1b"', b"$ref: '#'", b'"$ref": "#/paths",', b"[" * 2000, b"- " * 2000),
]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "api.yaml"


def judged(path: Path, *more: object) -> None:
    """Read *path*, and use what comes of it; an error that is not documented is for pytest to show."""
    contract = read_or_refused(path)
    for schema in (contract.request, contract.transcript, *contract.errors.values()) if contract else ():
        for value in (*HUGE, *more, {**BODY, "extra": more}, *({**BODY, "extra": value} for value in HUGE)):
            schema.violations(value)


@short_and_long
def test_damaged_files(examples: int, scratch: Path) -> None:
    document = small()
    spellings = [json.dumps(document), as_yaml(document), yaml.safe_dump(document, default_flow_style=True)]
    files = [*(text.encode() for text in spellings), (SPEC / "openapi.yaml").read_bytes()[:6000]]

    try_each(examples, lambda data: judged(written(scratch, data)), mangled(files, TOKENS))


@short_and_long
def test_any_bytes(examples: int, scratch: Path) -> None:
    pieces = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=8), max_size=12).map(b"".join)
    encoded = st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-7", "cp037"]).map(json.dumps(small()).encode)

    try_each(examples, lambda data: judged(written(scratch, data)), pieces | encoded)


def schemas_like() -> st.SearchStrategy[Any]:
    """What stands where schemas do: every keyword, with what belongs to it, or to another one, or to none."""
    leaves = st.sampled_from(ARGUMENTS) | awkward_json()
    return st.recursive(
        leaves,
        lambda inner: (
            st.dictionaries(st.sampled_from(KEYWORDS.split()), inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "$ref"]) | awkward_text(), inner, max_size=2)
            | st.lists(inner, max_size=2)
        ),
        max_leaves=6,
    )


@short_and_long
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_any_schemas_that_refer_to_each_other(examples: int, version: str, scratch: Path) -> None:
    def judge(parts: dict[str, Any]) -> None:
        document = small()
        document["openapi"] = version
        schemas(document).update(parts)
        schemas(document)["STTRequest"]["properties"]["extra"] = {"$ref": f"{REFERENCE}A"}
        judged(written(scratch, document), *parts.values())

    try_each(examples, judge, st.fixed_dictionaries({name: schemas_like() for name in NAMES}))


@pytest.mark.slow
@short_and_long
def test_any_document_around_the_schemas(examples: int, scratch: Path) -> None:
    paths: list[Callable[[Any], Any]] = [
        lambda document: document,
        lambda document: document["paths"],
        lambda document: document["paths"][OPERATION],
        post,
        lambda document: post(document)["requestBody"],
        lambda document: post(document)["responses"],
        lambda document: post(document)["responses"]["400"],
        lambda document: document["servers"][0],
        lambda document: document["components"],
        schemas,
    ]

    def judge(drawn: tuple[Callable[[Any], Any], dict[str, Any]]) -> None:
        document, (find, more) = small(), drawn
        node = find(document)
        keys = list(node)
        node.update({(keys[len(name) % len(keys)] if name in NAMES else name): value for name, value in more.items()})
        judged(written(scratch, document))

    names = st.sampled_from([*NAMES, "$ref", f"/v1{OPERATION}", f"/\x1b{OPERATION}"]) | awkward_text()
    urls = st.sampled_from(
        ["https://a\x00b", "https://\ud800", "https://a/\u202e", "https://[::1", "//a", "http://a:0"]
    )
    values = schemas_like() | urls | st.lists(st.builds(lambda url: {"url": url}, urls), max_size=2)
    try_each(examples, judge, st.tuples(st.sampled_from(paths), st.dictionaries(names, values, min_size=1, max_size=3)))


@short_and_long
def test_aliases_in_any_order(examples: int, scratch: Path) -> None:
    line = st.tuples(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=9))

    def judge(lines: list[tuple[int, list[int]]]) -> None:
        text = "".join(
            f"k{n}: &a{name} [{', '.join(f'*a{to}' for to in used)}]\n" for n, (name, used) in enumerate(lines)
        )
        judged(written(scratch, f"{as_yaml(small())}\n{text}"))

    try_each(examples, judge, st.lists(line, max_size=40))


# What was found that way.


@pytest.mark.parametrize(
    "name", [name for name in AWKWARD if not name.isprintable()] + ["k" * 10_000], ids=lambda name: ascii(name[:9])
)
def test_a_name_in_the_document_does_nothing_to_a_terminal_and_fits(name: str, tmp_path: Path) -> None:
    for field in ({"type": 1}, {"$ref": "#/nothing"}):
        document = small()
        schemas(document)["STTRequest"]["properties"][name] = field
        assert refused(written(tmp_path / "api.json", document)).problem.isprintable()


@pytest.mark.parametrize("url", ["https://a\x00b", "https://\ud800.example", "https://a.example/\u202e"], ids=ascii)
def test_a_server_that_cannot_stand_in_a_request_is_refused(url: str, tmp_path: Path) -> None:
    document = small()
    document["servers"] = [{"url": url}]
    assert "not an absolute URL" in refused(written(tmp_path / "api.json", document)).problem


def test_a_path_that_cannot_stand_in_a_request_is_refused(tmp_path: Path) -> None:
    document = small()
    document["paths"] = {f"/\x1b{OPERATION}": document["paths"][OPERATION]}
    assert "cannot stand in a URL" in refused(written(tmp_path / "api.json", document)).problem


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties"])
def test_an_expression_that_python_warns_of_is_one(keyword: str, tmp_path: Path) -> None:
    expression = f"[[{random.Random().getrandbits(64)}]"  # re warns once of each
    document = small()
    field = expression if keyword == "pattern" else {expression: False}
    schemas(document)["STTRequest"]["properties"]["extra"] = {keyword: field}
    request = load_contract(written(tmp_path / "api.json", document)).request
    assert request.violations({**BODY, "extra": "x" if keyword == "pattern" else {"[": 1}})


@pytest.mark.parametrize(
    ("factor", "value", "fits"),
    [
        (0.5, 10**400, True),
        (1e308, 10**400, False),
        (10**400, 1.5, False),
        (10**400, 10**400, True),
        (0.5, float("nan"), False),
        (0.5, float("inf"), False),
        (0.5, 1.5, True),
        (2, "no number", True),
    ],
    ids=lambda value: f"{value!r:.6}",
)
def test_any_number_is_a_multiple_or_is_not(factor: float, value: object, fits: bool, tmp_path: Path) -> None:  # noqa: FBT001
    document = small()
    schemas(document)["STTRequest"]["properties"]["extra"] = {"multipleOf": factor}
    violations = load_contract(written(tmp_path / "api.json", document)).request.violations({**BODY, "extra": value})
    assert [(found.pointer, found.keyword) for found in violations] == ([] if fits else [("/extra", "multipleOf")])


@pytest.mark.slow
def test_so_many_values_that_yaml_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "api.yaml", "a: [" + "[]," * 500_001 + "]")
    assert refused(path).problem == "as YAML it has more than 500000 values"


def test_the_same_is_read_from_json(tmp_path: Path) -> None:
    path = written(tmp_path / "api.json", '{"a": [' + "[]," * 500_001 + "[]]}")
    with pytest.raises(SpecError, match="not OpenAPI"):
        load_contract(path)
