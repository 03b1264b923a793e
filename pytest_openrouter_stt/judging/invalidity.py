"""What is wrong with an invalid call, and what a client made of it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.contract import MISSING

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.strategies import InvalidCall


class Invalidity(Enum):
    """What is wrong with a call, as far as it matters to what a client may do about it."""

    WRONG = auto()
    """A value that the schema does not admit."""
    INCOMPLETE = auto()
    """A required value is not there, or None."""
    NULL = auto()
    """None inside an argument, where a value may be absent but not null."""
    BEYOND_JSON = auto()
    """A number that JSON does not have."""


def kind_of(invalid: InvalidCall, contract: Contract) -> Invalidity:
    """Return what is wrong with *invalid*."""
    if invalid.violation.keyword == "json":
        return Invalidity.BEYOND_JSON
    if invalid.violation.keyword == "required":
        return Invalidity.INCOMPLETE
    body, tokens = contract.wire_body(invalid.call), _tokens(invalid)
    parent = _at(body, tokens[:-1])
    if _at(body, tokens) is not None or not isinstance(parent, dict):
        return Invalidity.WRONG
    del parent[tokens[-1]]
    return Invalidity.INCOMPLETE if contract.request.violations(body) else Invalidity.NULL


def is_converted(invalid: InvalidCall, body: object, contract: Contract) -> bool:
    """Whether *body* has the wrong scalar of *invalid* in another type, in which it still says the same."""
    passed, sent = (_at(value, _tokens(invalid)) for value in (contract.wire_body(invalid.call), body))
    if not isinstance(passed, bool | int | float | str) or not isinstance(sent, bool | int | float | str):
        return False
    return type(passed) is not type(sent) and bool(_meanings(passed) & _meanings(sent))


def _meanings(value: float | str) -> set[str]:
    """Return what a scalar may be taken to say."""
    said = {str(value).lower()}
    try:
        return {*said, str(float(value))}
    except (ValueError, OverflowError):
        return said


def _tokens(invalid: InvalidCall) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in invalid.violation.pointer.split("/")[1:]]


def _at(body: Any, tokens: list[str]) -> Any:
    """Return what *body* holds at a place, or `MISSING`."""
    for token in tokens:
        if isinstance(body, list) and token.isdecimal() and int(token) < len(body):
            body = body[int(token)]
        elif isinstance(body, dict) and token in body:
            body = body[token]
        else:
            return MISSING
    return body
