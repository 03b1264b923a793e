"""From a JSON Schema to a strategy for the values that it admits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

_ANNOTATIONS = frozenset({"title", "description", "format", "default", "example", "examples", "deprecated"})
_STRUCTURE = frozenset({"type", "properties", "required", "additionalProperties", "items", "enum", "const"})
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(),
    "integer": st.integers(),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    "boolean": st.booleans(),
    "null": st.none(),
}
_FEW = 6
"""Optional properties that are drawn one by one; of more than these a few are picked, or a draw would be slow."""


@dataclass(eq=False, kw_only=True)
class UnsupportedKeyword(Exception):
    """A schema uses a keyword that is not understood, so that values made from it might break it.

    Attributes:
        keyword: The keyword.
        place: Where it stands.
    """

    keyword: str
    place: str

    def __str__(self) -> str:
        known = ", ".join(sorted(_STRUCTURE | {"allOf", "anyOf", "oneOf"}))
        return f"{self.place} uses {self.keyword!r}, which is not understood; understood are {known}"


def from_schema(schema: object, place: str = "#") -> st.SearchStrategy[Any]:
    """Return a strategy for the JSON values that *schema* admits.

    Args:
        schema: A JSON Schema without references; ``{}`` and ``True`` admit everything.
        place: Where it stands, for messages.

    Raises:
        UnsupportedKeyword: The schema asks for what this function does not understand.
    """
    if schema is True or not schema:
        return json_values()
    assert isinstance(schema, Mapping), "the contract holds only schemas that are objects or true"  # noqa: S101
    _refuse_unknown(schema, place)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if not schema.keys() - _ANNOTATIONS:
        return json_values()
    kinds = schema.get("type", "object")
    names = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    return st.one_of([_of_type(name, schema, place) for name in names])


def json_values() -> st.SearchStrategy[Any]:
    """Return a strategy for anything that JSON can express, small things first."""
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=10),
    )
    flat = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)
    return flat | st.lists(flat, max_size=2) | st.dictionaries(st.text(max_size=5), flat, max_size=2)


def _refuse_unknown(schema: Mapping[str, Any], place: str) -> None:
    for keyword in schema.keys() - _ANNOTATIONS - _STRUCTURE:
        raise UnsupportedKeyword(keyword=keyword, place=place)


def _of_type(name: str, schema: Mapping[str, Any], place: str) -> st.SearchStrategy[Any]:
    if name == "object":
        return _objects(schema, place)
    if name == "array":
        return st.lists(from_schema(schema.get("items", True), f"{place}/items"), max_size=5)
    if name not in _SCALARS:
        raise UnsupportedKeyword(keyword=f"type: {name}", place=place)
    return _SCALARS[name]


def _objects(schema: Mapping[str, Any], place: str) -> st.SearchStrategy[dict[str, Any]]:
    properties = {
        name: from_schema(value, f"{place}/properties/{name}") for name, value in schema.get("properties", {}).items()
    }
    if not properties:
        return _free_form(schema.get("additionalProperties", True), place)
    required = {name: properties[name] for name in schema.get("required", ())}
    optional = {name: value for name, value in properties.items() if name not in required}
    if len(optional) <= _FEW:
        return st.fixed_dictionaries(required, optional=optional)
    picked = st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=3)
    return picked.flatmap(lambda names: st.fixed_dictionaries({**required, **{name: optional[name] for name in names}}))


def _free_form(additional: object, place: str) -> st.SearchStrategy[dict[str, Any]]:
    if additional is False:
        return st.just({})
    return st.dictionaries(st.text(max_size=8), from_schema(additional, f"{place}/additionalProperties"), max_size=3)
