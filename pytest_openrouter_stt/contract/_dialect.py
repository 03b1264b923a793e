"""What the keywords of a schema hold, and OpenAPI 3.0's dialect in terms of JSON Schema 2020-12."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = frozenset({"const", "default", "enum", "example", "examples"})
"""Hold values, not schemas: a ``$ref`` in them is only a key."""

NAMED = frozenset({"dependentSchemas", "patternProperties", "properties"})
"""Hold schemas by a name, which is not a keyword whatever it is."""

ELSEWHERE = frozenset({"$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "definitions"})
"""Say how a schema is referred to, or hold what is: of no use once every reference is written out."""

NOTHING: Mapping[str, object] = MappingProxyType({"not": MappingProxyType({})})
"""The schema ``false``, spelled so that jsonschema says where the value stands that it refuses."""

_ANNOTATIONS = frozenset({"title", "description", "example", "examples", "default", "deprecated", "summary"})


def is_extension(keyword: str) -> bool:
    """Whether it is a vendor's own (OpenAPI, "Specification Extensions")."""
    return keyword.startswith("x-")


def is_annotation(keyword: str) -> bool:
    """Whether it accepts and refuses nothing."""
    return keyword in _ANNOTATIONS or is_extension(keyword)


def modernised(schema: dict[str, object]) -> dict[str, object]:
    """Return a schema of OpenAPI 3.0 with ``nullable`` and boolean exclusive limits as 2020-12 has them."""
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        schema = _exclusive(schema, limit, exclusive)
    return _nullable(schema)


def _exclusive(schema: dict[str, object], limit: str, exclusive: str) -> dict[str, object]:
    flag = schema.get(exclusive)
    if not isinstance(flag, bool):
        return schema
    rest = {key: value for key, value in schema.items() if key != exclusive}
    if flag and limit in rest:
        rest[exclusive] = rest.pop(limit)
    return rest


def _nullable(schema: dict[str, object]) -> dict[str, object]:
    """``nullable`` adds null to the ``type`` beside it, and to nothing else (OpenAPI 3.0.3, "Schema Object")."""
    flag = schema.get("nullable")
    if not isinstance(flag, bool):
        return schema
    rest = {key: value for key, value in schema.items() if key != "nullable"}
    if flag and isinstance(rest.get("type"), str):
        rest["type"] = [rest["type"], "null"]
    return rest
