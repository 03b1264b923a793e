"""Valid calls, in the SDK's naming, and valid requests, in the wire's."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from pytest_openrouter_stt.contract import Call, Contract, load_contract

from ._audio import draw_audio_data
from ._drawing import Draw, Drawer, below, drawn
from ._schema import drawer, from_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_HEADER_CHARACTERS = string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;="
_ABSENT, _GIVEN, _NONE = range(3)
"""What may be of an optional argument, the simplest first."""


def transcription_calls(
    contract: Contract | None = None, *, arguments: Collection[str] | None = None
) -> st.SearchStrategy[Call]:
    """Return a strategy for valid calls.

    They shrink to the smallest call: empty strings, no optional argument.

    Args:
        contract: What is valid; the packaged contract when left out.
        arguments: The names of the optional arguments to use; all of them when left out.

    Raises:
        InvalidArgument: The contract has no such argument.
        UnsupportedKeyword: The contract's request schema cannot be turned into a strategy.
    """
    return _drawn_calls(contract or load_contract(), None if arguments is None else frozenset(arguments))


def transcription_requests(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the JSON bodies of valid requests: what valid calls have to become on the wire.

    Raises:
        UnsupportedKeyword: The contract's request schema cannot be turned into a strategy.
    """
    contract = contract or load_contract()
    return transcription_calls(contract).map(contract.wire_body)


def provider_options(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the free-form options of one provider."""
    return from_schema(next(iter(_slug_schemas(contract or load_contract()).values())))


def provider_slugs(contract: Contract | None = None) -> tuple[str, ...]:
    """Return every provider slug that the contract names, in its order."""
    return tuple(_slug_schemas(contract or load_contract()))


def header_values() -> st.SearchStrategy[str]:
    """Return a strategy for header values that no client may touch: printable, no space at either end."""
    return _HEADER_VALUES


def api_keys() -> st.SearchStrategy[str]:
    """Return a strategy for keys: what a bearer token may consist of (RFC 6750, 2.1)."""
    return st.text(string.ascii_letters + string.digits + "-._~+/", min_size=1, max_size=40).map("sk-or-v1-{}".format)


_HEADER_VALUES = st.text(_HEADER_CHARACTERS, min_size=1, max_size=20)


def drawn_arguments(contract: Contract) -> dict[str, tuple[Drawer, bool]]:
    """Return what draws each argument that goes on the wire, and whether it is required."""
    properties: Any = contract.request.document.get("properties", {})
    required: Any = contract.request.document.get("required", ())
    names = {parameter.wire_name: parameter.name for parameter in contract.sdk.in_place("body")}
    found = {
        names.get(wire_name, wire_name): (_property_drawer(wire_name, schema, contract), wire_name in required)
        for wire_name, schema in properties.items()
    }
    headers: dict[str, tuple[Drawer, bool]] = {
        parameter.name: (lambda draw: draw(_HEADER_VALUES), False) for parameter in contract.sdk.in_place("header")
    }
    return {**found, **headers}


def _drawn_calls(contract: Contract, arguments: frozenset[str] | None) -> st.SearchStrategy[Call]:
    found = drawn_arguments(contract)
    required = {name: draw_value for name, (draw_value, needed) in found.items() if needed}
    optional = {name: draw_value for name, (draw_value, needed) in found.items() if not needed}
    unknown = (arguments or frozenset()) - found.keys() - contract.sdk.parameters.keys()
    if unknown:
        raise InvalidArgument(f"arguments={sorted(unknown)!r} are none of {sorted(found)!r}")
    used = [(name, draw_value) for name, draw_value in optional.items() if arguments is None or name in arguments]

    def draw_call(draw: Draw) -> Call:
        given = {name: draw_value(draw) for name, draw_value in required.items()}
        chosen = draw(below(3 ** len(used)))  # one number for all: a draw costs more than the rest of this
        for name, draw_value in used:
            chosen, state = divmod(chosen, 3)
            if state != _ABSENT:
                given[name] = draw_value(draw) if state == _GIVEN else None
        return Call(**given)

    return drawn(draw_call)


def _property_drawer(name: str, schema: Mapping[str, Any], contract: Contract) -> Drawer:
    draw_value = drawer(schema, f"{contract.request.pointer}/properties/{name}", closed=True)
    if name != "input_audio":
        return draw_value
    python_names = {wire: place.rpartition("/")[2] for place, wire in contract.sdk.renames.items()}

    def draw_audio(draw: Draw) -> dict[str, Any]:
        audio = {**draw_value(draw), "data": draw_audio_data(draw)}
        return {python_names.get(key, key): value for key, value in audio.items()}

    return draw_audio


def _slug_schemas(contract: Contract) -> Mapping[str, Any]:
    schema: Any = contract.request.document
    for name in ("provider", "options"):
        schema = schema.get("properties", {}).get(name, {})
    slugs: Mapping[str, Any] = schema.get("properties", {})
    return slugs
