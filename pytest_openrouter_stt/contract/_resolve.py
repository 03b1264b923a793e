"""Finding the operation in an OpenAPI document, and its schemas with every reference written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from ._dialect import DATA, ELSEWHERE, NAMED, NOTHING, is_annotation, is_extension, modernised
from ._errors import SpecError
from ._values import escape, freeze, legible, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_SCHEMA_VALUES = 100_000
"""Values in a schema with every reference written out; validating it takes seconds from there on."""

Json = Mapping[str, object]


class Resolver:
    """Looks things up in one document; every complaint names the place.

    Args:
        document: An OpenAPI 3.x document.
        source: Its file, as the user named it.
    """

    def __init__(self, document: Json, source: str) -> None:
        self.document = document
        self.source = source
        self.is_3_0 = str(document.get("openapi")).startswith("3.0")
        self._written_out: dict[str, tuple[object, int]] = {}

    def lookup(self, pointer: str, *, needed_by: str) -> object:
        """Return what a local pointer such as ``#/components/schemas/STTRequest`` names.

        Raises:
            SpecError: The pointer leaves the document or names nothing in it.
        """
        if not pointer.startswith("#"):
            remedy = "Bundle the document into one file first."
            raise self.error(f"{needed_by} refers to {shown(pointer)}, outside of the document", remedy)
        value: object = self.document
        for token in _tokens(pointer):
            if isinstance(value, Mapping) and token in value:
                value = value[token]
            elif isinstance(value, list | tuple) and token in map(str, range(len(value))):
                value = value[int(token)]
            else:
                raise self.error(f"{needed_by} refers to {shown(pointer)}, which does not exist", "Mend the reference.")
        return value

    def follow(self, node: object, place: str) -> Json:
        """Return the object at *place*, behind its ``$ref`` if it is one.

        Raises:
            SpecError: There is no object, or the references go round in a circle.
        """
        return self.located(node, place)[0]

    def located(self, node: object, place: str) -> tuple[Json, str]:
        """Return what `follow` returns, and the pointer of where it stands.

        Raises:
            SpecError: As `follow` does.
        """
        seen: list[str] = []
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            reference = cast("str", node["$ref"])
            if reference in seen:
                raise self._recursive(reference, place)
            seen.append(reference)
            node = self.lookup(reference, needed_by=place)
        if not isinstance(node, Mapping):
            raise self.error(f"{place} is {shown(node)}, not an object", "Mend the document.")
        return node, seen[-1] if seen else place

    def schema(self, node: object, place: str) -> object:
        """Return the schema at *place* frozen, as Draft 2020-12, with no ``$ref`` left in it.

        Raises:
            SpecError: A reference is dangling or recursive, or the schema is a bomb made of references.
        """
        written, _ = self._write_out(node, place, ())
        return freeze(written)

    def _write_out(self, node: object, place: str, trail: tuple[str, ...]) -> tuple[object, int]:
        if isinstance(node, Mapping):
            if isinstance(node.get("$ref"), str):
                return self._write_out_reference(node, place, trail)
            keywords, size = self._gather(node.items(), place, trail)
            return modernised(keywords) if self.is_3_0 else keywords, size
        if isinstance(node, list | tuple):
            items, size = self._gather(((str(i), item) for i, item in enumerate(node)), place, trail, names=True)
            return list(items.values()), size
        return node, 1

    def _gather(
        self, pairs: Iterable[tuple[str, object]], place: str, trail: tuple[str, ...], *, names: bool = False
    ) -> tuple[dict[str, object], int]:
        """Write out each value; unless the keys are *names* given by the document's author, they are keywords."""
        result: dict[str, object] = {}
        total = 1
        for key, item in pairs:
            inner = f"{place}/{escape(key).replace('%', '%25')}"
            if not names and key in ELSEWHERE:
                continue
            if not names and (key in DATA or is_extension(key)):
                result[key], size = item, _count(item)
            elif not names and key in NAMED and isinstance(item, Mapping):
                result[key], size = self._gather(item.items(), inner, trail, names=True)
            elif names and item is False:
                result[key], size = NOTHING, 1
            elif not names and key == "$dynamicRef":
                raise self.error(f"{inner} is a dynamic reference", "Write the schema with '$ref' only.")
            else:
                result[key], size = self._write_out(item, inner, trail)
            total += size
        if total > _MAX_SCHEMA_VALUES:
            problem = f"with its references written out, {place} has more than {_MAX_SCHEMA_VALUES} values"
            raise self.error(problem, "Write the document without nested references.")
        return result, total

    def _write_out_reference(self, node: Json, place: str, trail: tuple[str, ...]) -> tuple[object, int]:
        reference = cast("str", node["$ref"])
        if reference in trail:
            raise self._recursive(reference, place)
        if reference not in self._written_out:
            target = self.lookup(reference, needed_by=place)
            self._written_out[reference] = self._write_out(target, reference, (*trail, reference))
        target, size = self._written_out[reference]
        if self.is_3_0:
            return target, size  # OpenAPI 3.0.3, "Reference Object": properties beside it "SHALL be ignored"
        siblings, more = self._gather(((key, item) for key, item in node.items() if key != "$ref"), place, trail)
        return _with_siblings(target, siblings), size + more

    def _recursive(self, reference: str, place: str) -> SpecError:
        problem = f"{place} refers to {shown(reference)}, which contains itself"
        return self.error(problem, "A request or response without end cannot be judged: take the cycle out.")

    def error(self, problem: str, remedy: str) -> SpecError:
        """Return the error for this document; the caller raises it. Names of the document may be in *problem*."""
        return SpecError(source=self.source, problem=legible(problem), remedy=remedy)


def _with_siblings(target: object, siblings: dict[str, object]) -> object:
    """Keywords beside a ``$ref`` hold as well (JSON Schema 2020-12, section 8.2.3.1)."""
    if not siblings:
        return target
    if isinstance(target, Mapping) and all(map(is_annotation, siblings)):
        return {**target, **siblings}
    return {"allOf": [target, siblings]}


def _tokens(pointer: str) -> list[str]:
    """Split a JSON pointer in a URI fragment (RFC 6901, section 6); an anchor is one token that names nothing."""
    fragment = unquote(pointer.removeprefix("#"))
    if fragment and not fragment.startswith("/"):
        return [pointer]
    return [token.replace("~1", "/").replace("~0", "~") for token in fragment.split("/")[1:]]


def _count(value: object) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list | tuple) else 1
