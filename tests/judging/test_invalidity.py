"""What is wrong with an invalid call, and whether a client has only said it in another type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.judging.invalidity import Invalidity, is_converted, kind_of
from pytest_openrouter_stt.strategies import InvalidCall, every_invalid_call
from tests.contract._documents import schemas, small

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_openrouter_stt.contract import Contract


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A contract with an array in it, which the packaged one does not have."""
    document = small()
    schemas(document)["STTRequest"]["properties"]["hints"] = {"type": "array", "items": {"type": "string"}}
    file: Path = tmp_path_factory.mktemp("spec") / "openapi.json"
    file.write_text(json.dumps(document), "utf-8")
    return load_contract(file)


def wrong(contract: Contract, pointer: str, value: object) -> InvalidCall:
    """Return the invalid call that has *value* at *pointer*."""
    name, *_ = pointer.split("/")[1:]
    found = next(one for one in every_invalid_call(contract) if one.violation.pointer == pointer)
    return InvalidCall(found.call.replace(**{name: value}), found.violation)


def test_a_value_is_wrong_where_it_may_not_be_null(contract: Contract) -> None:
    assert kind_of(wrong(contract, "/hints/0", [None]), contract) is Invalidity.WRONG
    assert kind_of(wrong(contract, "/provider/options", {"options": None}), contract) is Invalidity.NULL


def test_an_element_of_an_array_may_be_converted(contract: Contract) -> None:
    assert is_converted(wrong(contract, "/hints/0", [1]), {"hints": ["1"]}, contract)
    assert not is_converted(wrong(contract, "/hints/0", [1]), {"hints": []}, contract)


@pytest.mark.parametrize(
    ("passed", "sent", "is_same"),
    [
        ("1", {"temperature": 1}, True),
        (True, {"temperature": "true"}, True),
        (True, {"temperature": 1}, True),
        ("hot", {"temperature": 0}, False),
        ("1", {"temperature": 2}, False),
        ("1", {"temperature": "1"}, False),
        ("1", {"temperature": [1]}, False),
        ("1", {}, False),
        ([1], {"temperature": 1}, False),
    ],
)
def test_a_scalar_is_converted_when_it_says_the_same_in_another_type(
    contract: Contract, passed: object, sent: dict[str, Any], *, is_same: bool
) -> None:
    assert is_converted(wrong(contract, "/temperature", passed), sent, contract) is is_same
