"""The part of a document that a client sees, as facts: the operation and its schemas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard, cast

from pytest_openrouter_stt.contract import (
    ELSEWHERE,
    NAMED,
    OPERATION_PATH,
    SpecError,
    escape,
    find_operation,
    is_annotation,
    is_extension,
    modernised,
    resolver_of,
    thaw,
)

from .facts import ALTERNATIVES, SCHEMA, THERE_IS, FactPath, Facts, canonical, without_order

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Contract, Json, Resolver

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

    def collect(self, schema: object, site: FactPath, pointer: str) -> None:
        """Add what *schema*, which stands at *pointer*, says about *site*.

        Raises:
            SpecError: A reference in it is dangling or recursive, or there is too much of it.
        """
        self._resolver.schema(schema, pointer)  # refuses what has no end, so that nothing below has to
        self._collect([(schema, pointer)], (*site, SCHEMA))

    def _collect(self, parts: Iterable[_Part], place: FactPath) -> None:
        inner: defaultdict[FactPath, list[_Part]] = defaultdict(list)
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

    def _written_out(self, parts: Iterable[_Part], place: FactPath) -> Iterator[tuple[Json, str]]:
        """Yield the keywords of each part, of what it refers to, and of every member of its ``allOf``."""
        for part, pointer in parts:
            self._facts.places[pointer].add(place)
            if not isinstance(part, Mapping):
                continue
            if isinstance(part.get("$ref"), str):
                yield from self._written_out([self._referred(part, pointer)], place)
            if not (self._resolver.is_3_0 and "$ref" in part):  # OpenAPI 3.0.3: what is beside it is ignored
                yield from self._own(part, pointer, place)

    def _own(self, part: Json, pointer: str, place: FactPath) -> Iterator[tuple[Json, str]]:
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

    def _keyword(self, keyword: str, value: object, place: FactPath, pointer: str) -> None:
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


_NO_REQUIREMENT = frozenset({"description", "summary", "operationId", "tags", "externalDocs", "deprecated"})
"""Say nothing that a client could obey or not; neither does what `is_annotation` knows."""


def surface(contract: Contract) -> Facts:
    """Return everything that the document of *contract* says about the operation.

    Raises:
        SpecError: A reference is dangling or recursive, or there is too much of it.
    """
    try:
        return _Surface(contract).facts
    except RecursionError:
        remedy = "Give an OpenAPI document."
        raise SpecError(source=contract.source, problem="it is nested too deeply", remedy=remedy) from None


class _Surface:
    def __init__(self, contract: Contract) -> None:
        self._resolver = resolver_of(contract)
        self.facts = Facts(self._resolver)
        self._schemas = SchemaFacts(self._resolver, self.facts)
        _, _, place, servers = find_operation(self._resolver)
        self._item, self._item_pointer = self._path_item(place)
        operation, pointer = self._resolver.located(self._item["post"], f"{self._item_pointer}/post")
        self.facts.places[place].add(())
        self._word((), operation)
        self._servers(contract, servers, self._servers_pointer(operation, pointer))
        self._parameters(operation, pointer)
        self._security(operation, pointer)
        self._request(operation, f"{pointer}/requestBody")
        self._responses(operation, f"{pointer}/responses")

    def _servers_pointer(self, operation: Json, pointer: str) -> str:
        if operation.get("servers"):
            return f"{pointer}/servers"
        return f"{self._item_pointer}/servers" if self._item.get("servers") else "#/servers"

    def _path_item(self, operation: str) -> tuple[Json, str]:
        pointer = operation.rpartition("/")[0]
        return self._resolver.located(self._resolver.lookup(pointer, needed_by=operation), pointer)

    def _servers(self, contract: Contract, servers: object, pointer: str) -> None:
        first, *others = cast("Sequence[object]", servers)
        self.facts.hold(("base URL",), canonical(contract.url.removesuffix(OPERATION_PATH)), f"{pointer}/0/url")
        self._word(("base URL",), cast("Json", first))
        for i, server in enumerate(others, start=1):
            url = server.get("url") if isinstance(server, Mapping) else server
            self.facts.hold(("servers", str(url)), THERE_IS, f"{pointer}/{i}")

    def _parameters(self, operation: Json, pointer: str) -> None:
        for owner, where in ((operation, pointer), (self._item, self._item_pointer)):
            for i, node in enumerate(_listed(owner.get("parameters"))):
                parameter, at = self._resolver.located(node, f"{where}/parameters/{i}")
                name = f"{parameter.get('in')} {str(parameter.get('name')).lower()}"
                if ("parameters", name) not in self.facts.held:  # that of the operation takes precedence
                    self._carrier(("parameters", name), parameter, at)

    def _carrier(self, place: FactPath, node: Json, pointer: str) -> None:
        """Add what is said of a parameter or a header."""
        self.facts.places[pointer].add(place)
        self.facts.hold(place, THERE_IS, pointer)
        self._word(place, node)
        for key, value in node.items():
            if key not in {"in", "name", "schema", "content"} and not _is_wording(key) and value is not False:
                self.facts.hold((*place, key), canonical(value), f"{pointer}/{escape(key)}")
        if "schema" in node:
            self._schemas.collect(node["schema"], place, f"{pointer}/schema")
        self._content(place, node, pointer)

    def _security(self, operation: Json, pointer: str) -> None:
        """Add the ways to show who one is; where none is asked for, those that are described are meant."""
        components = self._resolver.document.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
        known = schemes if isinstance(schemes, Mapping) else {}
        where = f"{pointer}/security" if "security" in operation else "#/security"
        asked = operation.get("security", self._resolver.document.get("security"))
        ways = (
            [list(way) for way in _listed(asked) if isinstance(way, Mapping)]
            if asked is not None
            else [[n] for n in known]
        )
        for name in dict.fromkeys(name for way in ways for name in way):
            scheme = f"#/components/securitySchemes/{escape(name)}"
            self.facts.places[scheme].add(("security",))
            where = scheme if name in known else where
        named = frozenset(" and ".join(sorted(self._scheme(name, known) for name in way)) or "no key" for way in ways)
        if ways:
            self.facts.hold(("security",), named, where)

    def _scheme(self, name: str, known: Json) -> str:
        if name not in known:
            return name
        pointer = f"#/components/securitySchemes/{escape(name)}"
        scheme, pointer = self._resolver.located(known[name], pointer)
        self._word(("security",), scheme)
        kind, *rest = (str(scheme.get(key)) for key in ("type", "scheme", "name", "in") if key in scheme)
        if kind == "http":
            return f"http {' '.join(rest).lower()}"
        return f"{kind} {' in '.join(reversed(rest))}".strip() if rest else kind

    def _request(self, operation: Json, pointer: str) -> None:
        body, at = self._resolver.located(operation.get("requestBody"), pointer)
        for where in {pointer, at}:
            self.facts.places[where].add(("request",))
        self._word(("request",), body)
        if body.get("required") is True:
            self.facts.hold(("request", "required"), canonical(value=True), f"{at}/required")
        self._content(("request",), body, at)

    def _responses(self, operation: Json, pointer: str) -> None:
        responses, pointer = self._resolver.located(operation.get("responses"), pointer)
        self.facts.places[pointer].add(("responses",))
        for status, node in responses.items():
            if is_extension(status):
                continue
            place = ("responses", status.upper() if status != "default" else status)
            response, at = self._resolver.located(node, f"{pointer}/{escape(status)}")
            self.facts.places[f"{pointer}/{escape(status)}"].add(place)
            self.facts.hold(place, THERE_IS, f"{pointer}/{escape(status)}")
            self._word(place, response)
            for name, header in _items(response.get("headers")):
                found, header_at = self._resolver.located(header, f"{at}/headers/{escape(name)}")
                self._carrier((*place, "headers", name.lower()), found, header_at)
            self._content(place, response, at)

    def _content(self, place: FactPath, node: Json, pointer: str) -> None:
        self.facts.places[f"{pointer}/content"].add((*place, "content"))
        for kind, media in _items(node.get("content")):
            inner, at = (*place, "content", kind), f"{pointer}/content/{escape(kind)}"
            self.facts.places[at].add(inner)
            self.facts.hold(inner, THERE_IS, at)
            for key, value in _items(media):
                if key == "schema":
                    self._schemas.collect(value, inner, f"{at}/schema")
                elif not _is_wording(key):
                    self.facts.hold((*inner, key), canonical(value), f"{at}/{escape(key)}")
            self._word(inner, media if isinstance(media, Mapping) else {})

    def _word(self, place: FactPath, node: Json) -> None:
        for key in filter(_is_wording, node):
            self.facts.wording[*place, key].add(canonical(node[key]))


def _is_wording(key: str) -> bool:
    return key in _NO_REQUIREMENT or is_annotation(key)


def _items(value: object) -> Iterator[tuple[str, object]]:
    yield from value.items() if isinstance(value, Mapping) else ()
