"""The facts of a schema: what a value has to be like, at every place inside of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard, cast

from ._dialect import ELSEWHERE, NAMED, is_annotation, modernised
from ._facts import ALTERNATIVES, SCHEMA, THERE_IS, Facts, Place, canonical, without_order
from ._values import escape, thaw

if TYPE_CHECKING:
    from ._resolve import Json, Resolver

_ONE = frozenset(
    {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
"""Hold one schema."""

_SETS = frozenset({"enum", "type"})
"""Hold values in an order that means nothing."""

_Part = tuple[object, str]
"""A schema, and where it stands."""


class SchemaFacts:
    """Collects the facts of schemas, with references followed and ``allOf`` taken together.

    Args:
        resolver: The document.
        facts: What to add to.
    """

    def __init__(self, resolver: Resolver, facts: Facts) -> None:
        self._resolver = resolver
        self._facts = facts

    def collect(self, schema: object, site: Place, pointer: str) -> None:
        """Add what *schema*, which stands at *pointer*, says about *site*.

        Raises:
            SpecError: A reference in it is dangling or recursive, or there is too much of it.
        """
        self._resolver.schema(schema, pointer)  # refuses what has no end, so that nothing below has to
        self._collect([(schema, pointer)], (*site, SCHEMA))

    def _collect(self, parts: Iterable[_Part], place: Place) -> None:
        inner: defaultdict[Place, list[_Part]] = defaultdict(list)
        for part, pointer in self._written_out(parts, place):
            for keyword, value in part.items():
                below = f"{pointer}/{_token(keyword)}"
                self._facts.places[below].add((*place, (keyword, "*")))
                for step, schema, where in self._schemas(keyword, value, below):
                    inner[*place, step].append((schema, where))
                self._keyword(keyword, value, place, below)
        for inside, schemas in inner.items():
            self._facts.hold(inside, all(schema is not False for schema, _ in schemas), schemas[0][1])
            self._collect(schemas, inside)

    def _written_out(self, parts: Iterable[_Part], place: Place) -> Iterator[tuple[Json, str]]:
        """Yield the keywords of each part, of what it refers to, and of every member of its ``allOf``."""
        for part, pointer in parts:
            self._facts.places[pointer].add(place)
            if not isinstance(part, Mapping):
                continue
            if isinstance(part.get("$ref"), str):
                yield from self._written_out([self._referred(part, pointer)], place)
            if not (self._resolver.is_3_0 and "$ref" in part):  # OpenAPI 3.0.3: what is beside it is ignored
                yield from self._own(part, pointer, place)

    def _own(self, part: Json, pointer: str, place: Place) -> Iterator[tuple[Json, str]]:
        part = _with_types_together(part)
        nullable, alternatives = _nullable(part)
        own = {key: value for key, value in part.items() if key not in ELSEWHERE | {"$ref", "allOf", alternatives}}
        yield modernised(own) if self._resolver.is_3_0 else own, pointer
        members = cast("tuple[object, ...]", part.get("allOf", ()))
        yield from self._written_out(((member, f"{pointer}/allOf/{i}") for i, member in enumerate(members)), place)
        if nullable:
            schema, index = nullable
            for keywords, where in self._written_out([(schema, f"{pointer}/{alternatives}/{index}")], place):
                yield _with_null(keywords), where

    def _referred(self, part: Json, pointer: str) -> _Part:
        reference = cast("str", part["$ref"])
        return self._resolver.lookup(reference, needed_by=pointer), reference

    def _schemas(self, keyword: str, value: object, pointer: str) -> Iterator[tuple[tuple[str, str], object, str]]:
        if keyword in NAMED and isinstance(value, Mapping):
            for name, schema in value.items():
                yield (keyword, name), schema, f"{pointer}/{_token(name)}"
        elif keyword in ALTERNATIVES and _is_list(value):
            for label, i in self._labels(value, pointer):
                yield (keyword, label), value[i], f"{pointer}/{i}"
        elif keyword == "prefixItems" and _is_list(value):
            for i, schema in enumerate(value):
                yield (keyword, str(i)), schema, f"{pointer}/{i}"
        elif keyword in _ONE and not _says_nothing(value):
            yield (keyword, ""), value, pointer

    def _labels(self, schemas: Iterable[object], pointer: str) -> Iterator[tuple[str, int]]:
        """Yield a label for each alternative, its type, that does not depend on the order of the alternatives."""
        found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for i, schema in enumerate(schemas):
            written_out = thaw(self._resolver.schema(schema, f"{pointer}/{i}"))
            found[_type_of(written_out)].append((without_order(_plain(written_out)), i))
        for name, same in found.items():
            for number, (_, i) in enumerate(sorted(same), start=1):
                yield (f"{name} {number}" if len(same) > 1 else name), i

    def _keyword(self, keyword: str, value: object, place: Place, pointer: str) -> None:
        if is_annotation(keyword):
            self._facts.wording[*place, (keyword, "")].add(canonical(value))
        elif keyword == "required" and _is_list(value):
            for name in value:
                self._facts.hold((*place, (keyword, str(name))), THERE_IS, pointer)
        elif keyword in _SETS:
            values = value if _is_list(value) else (value,)
            self._facts.hold((*place, (keyword, "")), frozenset(map(canonical, values)), pointer)
        elif not self._holds_schemas(keyword, value):
            self._facts.hold((*place, (keyword, "")), canonical(value), pointer)

    def _holds_schemas(self, keyword: str, value: object) -> bool:
        return (
            (keyword in NAMED and isinstance(value, Mapping))
            or (keyword in ALTERNATIVES | {"prefixItems"} and _is_list(value))
            or keyword in _ONE
        )


def _nullable(part: Json) -> tuple[tuple[object, int] | None, str]:
    """Return the schema that *part* admits beside null, with its index and the keyword that says so, if it does."""
    for keyword in ALTERNATIVES & part.keys():
        schemas = _listed(part[keyword])
        others = [(one, i) for i, one in enumerate(schemas) if not _is_null(one)]
        if len(others) == 1 < len(schemas):
            return others[0], keyword
    return None, ""


def _listed(value: object) -> Sequence[object]:
    return value if _is_list(value) else ()


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _with_types_together(part: Json) -> Json:
    """Return *part* with a list of types for alternatives which are nothing but types."""
    for keyword in ALTERNATIVES & part.keys():
        schemas = _listed(part[keyword])
        if "type" not in part and schemas and all(map(_is_type, schemas)):
            types = [kind for schema in schemas for kind in _types_in(schema)]
            return {**{key: value for key, value in part.items() if key != keyword}, "type": types}
    return part


def _is_type(schema: object) -> bool:
    return bool(_types_in(schema)) and all(key == "type" or is_annotation(key) for key in cast("Json", schema))


def _is_null(schema: object) -> bool:
    return _is_type(schema) and set(_types_in(schema)) == {"null"}


def _types_in(schema: object) -> tuple[str, ...]:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return (kind,) if isinstance(kind, str) else tuple(kind) if isinstance(kind, list | tuple) else ()


def _with_null(keywords: Json) -> Json:
    """Return *keywords* so that null is admitted too, as one that only lists what it admits says it."""
    added = {"type": "null", "enum": None}
    listed = {
        key: keywords[key] if isinstance(keywords[key], list | tuple) else (keywords[key],)
        for key in added.keys() & keywords.keys()
    }
    return {**keywords, **{key: (*cast("tuple[object, ...]", values), added[key]) for key, values in listed.items()}}


def _token(name: str) -> str:
    return escape(name).replace("%", "%25")


def _says_nothing(schema: object) -> bool:
    return schema is True or (isinstance(schema, Mapping) and all(map(is_annotation, schema)))


def _type_of(schema: object) -> str:
    return " or ".join(sorted(_types_in(schema))) or "another schema"


def _plain(schema: object) -> object:
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if not is_annotation(key)}
    return [_plain(value) for value in schema] if isinstance(schema, list) else schema
