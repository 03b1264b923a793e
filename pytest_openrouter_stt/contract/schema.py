"""JSON Schemas of the contract: values, OpenAPI dialects, resolved references, violations."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import jsonschema


@dataclass(eq=False, kw_only=True)
class SpecError(Exception):
    """A contract that cannot be used.

    Attributes:
        source: The file, as the user named it.
        problem: What is wrong with it, naming the offending value or place.
        remedy: What to do about it.
    """

    source: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}. {self.remedy}"


_REPR = reprlib.Repr()
_REPR.maxlevel = 3
_REPR.maxstring = _REPR.maxlong = 80
_LONGEST = 200


def freeze(value: object) -> object:
    """Return *value* with every mapping read-only and every list a tuple; scalars are returned as they are."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: object) -> object:
    """Return a fresh ``dict`` and ``list`` copy of *value*, the reverse of `freeze`."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def shown(value: object) -> str:
    """Return *value* as it stands in a message: as Python, and short whatever it is."""
    return shortened(_REPR.repr(value))


def shortened(text: str) -> str:
    """Return *text* without what does not fit on two lines."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def legible(text: str) -> str:
    """Return *text* as one line of characters that only show something, without its middle when it is long."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return line if len(line) <= 2 * _LONGEST else f"{line[: _LONGEST - 1]}…{line[-_LONGEST:]}"


def escape(token: str) -> str:
    """Return *token* as it stands in a JSON pointer (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


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


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks a schema.

    Attributes:
        pointer: JSON pointer (RFC 6901) into the value; empty for the value itself.
        keyword: The JSON Schema keyword that is broken, for example ``required``; ``false`` for that schema.
        message: What is wrong, in words.
    """

    pointer: str
    keyword: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the body'}: {self.message}"


@dataclass(frozen=True)
class Schema:
    """A JSON Schema (Draft 2020-12) with every reference written out.

    Attributes:
        pointer: Where it stands in the OpenAPI document.
        document: The schema, read-only at every depth.
    """

    pointer: str
    document: Json = field(repr=False)

    def violations(self, value: object) -> tuple[Violation, ...]:
        """Return every violation in *value*, a JSON value; empty when it is valid."""
        return tuple(sorted(self._find(value), key=lambda violation: violation.pointer))

    @cached_property
    def _find(self) -> Callable[[object], Iterator[Violation]]:
        validator = _validator_class()(cast("dict[str, Any]", thaw(self.document)))

        def find(value: object) -> Iterator[Violation]:
            for error in validator.iter_errors(value):
                pointer = "".join(f"/{escape(str(token))}" for token in error.absolute_path)
                yield Violation(pointer, str(error.validator or "false"), error.message)

        return find


@cache
def _validator_class() -> Any:
    """Return jsonschema's validator, for every number that Python reads."""
    # Here, because it costs 60 ms and not every run judges.
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415

    def multiple_of(validator: Any, factor: float, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
        try:
            yield from Draft202012Validator.VALIDATORS["multipleOf"](validator, factor, instance, schema)
        except (OverflowError, ValueError):  # one of them is no float, or the other is none that JSON has
            is_number = isinstance(instance, int) or math.isfinite(instance)
            if not is_number or Fraction(instance) % Fraction(factor):
                yield ValidationError(f"{instance!r} is not a multiple of {factor!r}")

    return extend(Draft202012Validator, {"multipleOf": multiple_of})  # type: ignore[no-untyped-call]
