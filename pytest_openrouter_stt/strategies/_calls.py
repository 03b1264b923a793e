"""Calls that are valid, in the SDK's naming."""

from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from pytest_openrouter_stt.contract import Call, Contract, load_contract

from ._schema import from_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_HEADER_CHARACTERS = string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;= "
_AWKWARD_AUDIO = ("", "UklGRiQA...", " UklGRg== ", "Ukl\r\nGRg==", "data:audio/wav;base64,UklGRg==", "-_-_", "é")


def transcription_calls(
    contract: Contract | None = None, *, arguments: Collection[str] | None = None
) -> st.SearchStrategy[Call]:
    """Return a strategy for valid calls.

    Args:
        contract: What is valid; the packaged contract when left out.
        arguments: The names of the arguments to use; all of them when left out. Required ones are always used.

    Raises:
        UnsupportedKeyword: The contract's request schema cannot be turned into a strategy.
    """
    contract = contract or load_contract()
    required, optional = {}, {}
    for name, (strategy, needed) in _arguments(contract).items():
        if needed:
            required[name] = strategy
        elif arguments is None or name in arguments:
            optional[name] = strategy | st.none()
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: Call(**given))


def provider_options(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the free-form options of one provider."""
    return from_schema(next(iter(_slug_schemas(contract or load_contract()).values())))


def provider_slugs(contract: Contract | None = None) -> tuple[str, ...]:
    """Return every provider slug that the contract names, in its order."""
    return tuple(_slug_schemas(contract or load_contract()))


def audio_data() -> st.SearchStrategy[str]:
    """Return a strategy for the string that carries audio: base64 of bytes, and strings that invite mending."""
    encoded = st.binary(max_size=60).map(lambda audio: base64.b64encode(audio).decode("ascii"))
    return encoded | st.sampled_from(_AWKWARD_AUDIO) | st.text(max_size=20)


def header_values() -> st.SearchStrategy[str]:
    """Return a strategy for header values that no client may touch: printable, no space at either end."""
    return st.text(_HEADER_CHARACTERS, min_size=1, max_size=20).filter(lambda value: value == value.strip())


def api_keys() -> st.SearchStrategy[str]:
    """Return a strategy for keys: what a bearer token may consist of (RFC 6750, 2.1)."""
    return st.text(string.ascii_letters + string.digits + "-._~+/", min_size=1, max_size=40).map("sk-or-v1-{}".format)


def _arguments(contract: Contract) -> dict[str, tuple[st.SearchStrategy[Any], bool]]:
    """Return a strategy and whether it is required, for each argument that goes on the wire."""
    schema = contract.request.document
    properties: Mapping[str, Any] = schema.get("properties", {})  # type: ignore[assignment] # a schema's
    needed: Collection[str] = schema.get("required", ())  # type: ignore[assignment] # a schema's
    names = {parameter.wire_name: parameter.name for parameter in contract.sdk.in_place("body")}
    found = {
        names.get(wire_name, wire_name): (_property(wire_name, value, contract), wire_name in needed)
        for wire_name, value in properties.items()
    }
    headers = {parameter.name: (header_values(), False) for parameter in contract.sdk.in_place("header")}
    return {**found, **headers}


def _property(name: str, schema: Mapping[str, Any], contract: Contract) -> st.SearchStrategy[Any]:
    strategy = from_schema(schema, f"{contract.request.pointer}/properties/{name}")
    if name != "input_audio":
        return strategy
    python_names = {wire: place.rpartition("/")[2] for place, wire in contract.sdk.renames.items()}
    return st.builds(lambda audio, data: _renamed({**audio, "data": data}, python_names), strategy, audio_data())


def _renamed(audio: dict[str, Any], python_names: Mapping[str, str]) -> dict[str, Any]:
    return {python_names.get(name, name): value for name, value in audio.items()}


def _slug_schemas(contract: Contract) -> Mapping[str, Any]:
    schema: Any = contract.request.document
    for name in ("provider", "options"):
        schema = schema["properties"][name]
    slugs: Mapping[str, Any] = schema["properties"]
    return slugs
