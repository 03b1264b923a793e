"""Calls and requests with exactly one thing wrong, and what that is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.contract import MISSING, Call, Contract, Violation, load_contract

from .calls import transcription_calls
from .defects import Defect, defects, smallest, uncarried
from .drawing import Draw, drawn, pick

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """A request body that breaks the contract in exactly one way.

    Attributes:
        body: The JSON object, or what stands in its place.
        violation: What is wrong with it.
    """

    body: Any
    violation: Violation


@dataclass(frozen=True, slots=True)
class InvalidCall:
    """A call whose wire form would break the contract in exactly one way.

    Attributes:
        call: The call.
        violation: What is wrong with its wire form; the keyword ``json`` stands for values that JSON cannot carry.
    """

    call: Call
    violation: Violation


def every_invalid_request(contract: Contract | None = None) -> tuple[InvalidRequest, ...]:
    """Return the smallest request with each single violation that the schema allows, in the schema's order.

    Raises:
        UnsupportedKeyword: The contract's request schema uses what is not understood.
    """
    contract = contract or load_contract()
    base = smallest(contract.request.document, contract.request.pointer)
    return tuple(InvalidRequest(defect.spoil(base), defect.violation) for defect in _defects(contract))


def every_invalid_call(
    contract: Contract | None = None, *, call: Call | None = None, arguments: Collection[str] | None = None
) -> tuple[InvalidCall, ...]:
    """Return a call with each single violation that the schema allows, and with what JSON cannot carry.

    Args:
        contract: What is valid; the packaged contract when left out.
        call: The valid call to break; the smallest one when left out.
        arguments: The names of the optional arguments to break; all of them when left out.

    Raises:
        UnsupportedKeyword: The contract's request schema uses what is not understood.
    """
    contract = contract or load_contract()
    valid = smallest(contract.request.document, contract.request.pointer) if call is None else contract.wire_body(call)
    return tuple(_invalid_call(defect, valid, contract) for defect in _call_defects(contract, arguments))


def invalid_transcription_requests(contract: Contract | None = None) -> st.SearchStrategy[InvalidRequest]:
    """Return a strategy for requests that are valid but for one violation, anywhere and of any kind.

    Raises:
        UnsupportedKeyword: The contract's request schema uses what is not understood.
    """
    contract = contract or load_contract()
    levels, calls = _by_depth(_defects(contract)), transcription_calls(contract)

    def draw_invalid(draw: Draw) -> InvalidRequest:
        defect = _draw_defect(draw, levels)
        return InvalidRequest(defect.spoil(contract.wire_body(draw(calls))), defect.violation)

    return drawn(draw_invalid)


def invalid_transcription_calls(
    contract: Contract | None = None, *, arguments: Collection[str] | None = None
) -> st.SearchStrategy[InvalidCall]:
    """Return a strategy for calls that are valid but for one violation, values that JSON cannot carry among them.

    Args:
        contract: What is valid; the packaged contract when left out.
        arguments: The names of the optional arguments to use; all of them when left out.

    Raises:
        InvalidArgument: The contract has no such argument.
        UnsupportedKeyword: The contract's request schema uses what is not understood.
    """
    contract = contract or load_contract()
    calls = transcription_calls(contract, arguments=arguments)
    levels = _by_depth(_call_defects(contract, arguments))

    def draw_invalid(draw: Draw) -> InvalidCall:
        defect = _draw_defect(draw, levels)
        return _invalid_call(defect, contract.wire_body(draw(calls)), contract)

    return drawn(draw_invalid)


def _defects(contract: Contract) -> tuple[Defect, ...]:
    return _cached(_Key(contract))[0]


def _call_defects(contract: Contract, arguments: Collection[str] | None) -> tuple[Defect, ...]:
    """Return what can be wrong with a call: it has no unknown arguments, and an optional one that is None is absent."""
    found, beyond_json = _cached(_Key(contract))
    parameters = contract.sdk.in_place("body")
    optional = {p.wire_name for p in parameters if not p.required}
    used = {p.wire_name for p in parameters if arguments is None or p.required or p.name in arguments}
    kept = [defect for defect in (*found, *beyond_json) if defect.steps and defect.steps[0].key in used]
    return tuple(defect for defect in kept if not _is_absence(defect, optional))


def _by_depth(found: Iterable[Defect]) -> tuple[tuple[Defect, ...], ...]:
    """Return the defects of each depth, so that 113 provider slugs do not crowd out the model."""
    levels: dict[int, list[Defect]] = {}
    for defect in found:
        levels.setdefault(len(defect.steps), []).append(defect)
    return tuple(tuple(levels[depth]) for depth in sorted(levels))


def _draw_defect(draw: Draw, levels: tuple[tuple[Defect, ...], ...]) -> Defect:
    return pick(draw, pick(draw, levels))


def _is_absence(defect: Defect, optional: set[str]) -> bool:
    return defect.value is None and len(defect.steps) == 1 and defect.steps[0].key in optional


@dataclass(frozen=True, eq=False)
class _Key:
    """A contract as a key: its document is not hashable, its identity is enough."""

    contract: Contract

    def __hash__(self) -> int:
        return id(self.contract)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.contract is self.contract


@lru_cache(maxsize=8)
def _cached(key: _Key) -> tuple[tuple[Defect, ...], tuple[Defect, ...]]:
    return tuple(defects(key.contract.request)), tuple(uncarried(key.contract.request))


def _invalid_call(defect: Defect, body: dict[str, Any], contract: Contract) -> InvalidCall:
    return InvalidCall(_call_of(defect.spoil(body), contract), defect.violation)


def _call_of(body: dict[str, Any], contract: Contract) -> Call:
    """Return the call whose wire form is *body*."""
    names = {parameter.wire_name: parameter.name for parameter in contract.sdk.in_place("body")}
    arguments = {names.get(name, name): value for name, value in body.items()}
    for place, wire_name in contract.sdk.renames.items():
        *_, argument, python_name = place.split("/")
        inner = arguments.get(argument, MISSING)
        if isinstance(inner, dict) and wire_name in inner:
            arguments[argument] = {python_name if key == wire_name else key: value for key, value in inner.items()}
    return Call(**arguments)
