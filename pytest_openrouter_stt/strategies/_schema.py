"""From a JSON Schema to a strategy for the values that it admits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
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
_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": Mapping,
    "array": (list, tuple),
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": NoneType,
}
_FEW = 6
"""Optional properties that are drawn one by one; of more than these a few are picked, or a draw would be slow."""


@dataclass(eq=False, kw_only=True)
class UnsupportedKeyword(Exception):
    """A schema uses a keyword that no value can be made for, or none that is sure to be valid.

    Attributes:
        keyword: The keyword; ``false`` for that schema.
        place: Where it stands.
        problem: Why there is no such value; empty when the keyword is not understood at all.
    """

    keyword: str
    place: str
    problem: str = ""

    def __str__(self) -> str:
        known = ", ".join(sorted(_STRUCTURE))
        problem = self.problem or f"is not understood; understood are {known}"
        return f"{self.place} uses {self.keyword!r}, which {problem}"


def from_schema(schema: object, place: str = "#") -> st.SearchStrategy[Any]:
    """Return a strategy for the JSON values that *schema* admits.

    Args:
        schema: A JSON Schema without references; ``{}`` and ``True`` admit everything.
        place: Where it stands, for messages.

    Raises:
        UnsupportedKeyword: The schema asks for what this function does not understand, or admits nothing.
    """
    if schema is True:
        return json_values()
    if schema is False:
        raise UnsupportedKeyword(keyword="false", place=place, problem="admits no value")
    assert isinstance(schema, Mapping), "the contract holds only schemas that are objects or true"  # noqa: S101
    _refuse_unknown(schema, place)
    for keyword in ("const", "enum"):
        if keyword in schema:
            return _listed(keyword, schema, place)
    if not schema.keys() - _ANNOTATIONS:
        return json_values()
    return st.one_of([_of_type(name, schema, place) for name in _types(schema, place) or ("object",)])


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
    for keyword in sorted(schema.keys() - _ANNOTATIONS - _STRUCTURE):
        raise UnsupportedKeyword(keyword=keyword, place=place)


def _types(schema: Mapping[str, Any], place: str) -> tuple[str, ...]:
    types = schema.get("type", ())
    names = (types,) if isinstance(types, str) else tuple(types)
    for name in names:
        if name not in _PYTHON_TYPES:
            raise UnsupportedKeyword(keyword=f"type: {name}", place=place)
    return names


def _listed(keyword: str, schema: Mapping[str, Any], place: str) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that ``const`` or ``enum`` lists, as far as ``type`` admits them."""
    for other in sorted(schema.keys() - _ANNOTATIONS - {keyword, "type"}):
        raise UnsupportedKeyword(keyword=other, place=place, problem=f"is not understood beside {keyword!r}")
    names = _types(schema, place)
    listed = [schema["const"]] if keyword == "const" else schema["enum"]
    values = [value for value in listed if not names or any(_has_type(value, name) for name in names)]
    if not values:
        raise UnsupportedKeyword(keyword=keyword, place=place, problem="lists no value that is admitted")
    return st.sampled_from(values).map(_fresh)


def _has_type(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, float) and name == "integer":
        return value.is_integer()
    return isinstance(value, _PYTHON_TYPES[name])


def _fresh(value: object) -> object:
    """Return a copy as JSON has it: the contract's values are read-only."""
    if isinstance(value, Mapping):
        return {key: _fresh(item) for key, item in value.items()}
    return [_fresh(item) for item in value] if isinstance(value, list | tuple) else value


def _of_type(name: str, schema: Mapping[str, Any], place: str) -> st.SearchStrategy[Any]:
    if name == "object":
        return _objects(schema, place)
    if name == "array":
        return st.lists(from_schema(schema.get("items", True), f"{place}/items"), max_size=5)
    return _SCALARS[name]


def _objects(schema: Mapping[str, Any], place: str) -> st.SearchStrategy[dict[str, Any]]:
    properties = {
        name: from_schema(value, f"{place}/properties/{name}") for name, value in schema.get("properties", {}).items()
    }
    additional = schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        if name not in properties:
            properties[name] = from_schema(additional, f"{place}/additionalProperties")
    if not properties:
        return _free_form(additional, place)
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
