"""What a client sees of a document: the operation with all that belongs to it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from ._contract import OPERATION_PATH, find_operation, resolver_of
from ._dialect import is_annotation, is_extension
from ._errors import SpecError
from ._facts import THERE_IS, Facts, Place, canonical
from ._schema_facts import SchemaFacts
from ._values import escape

if TYPE_CHECKING:
    from ._contract import Contract
    from ._resolve import Json

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

    def _carrier(self, place: Place, node: Json, pointer: str) -> None:
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

    def _content(self, place: Place, node: Json, pointer: str) -> None:
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

    def _word(self, place: Place, node: Json) -> None:
        for key in filter(_is_wording, node):
            self.facts.wording[*place, key].add(canonical(node[key]))


def _is_wording(key: str) -> bool:
    return key in _NO_REQUIREMENT or is_annotation(key)


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _items(value: object) -> Iterator[tuple[str, object]]:
    yield from value.items() if isinstance(value, Mapping) else ()
