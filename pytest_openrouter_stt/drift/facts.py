"""The requirements of a document as facts, and the wording of a change of one fact."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_openrouter_stt.contract import shortened, thaw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_openrouter_stt.contract import Resolver

_MAX_FACTS = 100_000
"""Facts of one document; the full description of OpenRouter has a few thousand about this operation."""

PathStep = tuple[str, str]
"""A keyword of a schema, and the name below it; the name is empty where the keyword has none."""

FactPath = tuple[str | PathStep, ...]
"""Where a fact holds: words as far as the body or header that it is about, then steps inside of its schema."""

SCHEMA: PathStep = ("schema", "")
"""The step from a body, a header or a parameter into its schema."""

ALTERNATIVES = frozenset({"anyOf", "oneOf"})
"""The keywords that hold schemas in an order that means nothing."""

AND: PathStep = ("and", "")
"""Ends the place of another value of the same keyword, which ``allOf`` makes possible."""

Value = bool | str | frozenset[str]
"""That there is such a thing, or must be none; canonical JSON, or a set of it where order has no meaning."""

THERE_IS: Value = True


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a document says about a place.

    Attributes:
        value: What it says.
        pointer: Where it stands in the document.
    """

    value: Value
    pointer: str


class Facts:
    """All that a document says about the operation.

    Args:
        resolver: The document, for the error that there is too much.

    Attributes:
        held: What a client has to obey.
        wording: Place of a description, example and the like → all of its values.
        places: JSON pointer → the places that what stands there describes.
        parted: The places with alternatives, such as ``anyOf``, each with that keyword.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.held: dict[FactPath, Fact] = {}
        self.wording: defaultdict[FactPath, set[str]] = defaultdict(set)
        self.places: defaultdict[str, set[FactPath]] = defaultdict(set)
        self.parted: set[tuple[FactPath, str]] = set()

    def hold(self, place: FactPath, value: Value, pointer: str) -> None:
        """Add a fact; another value for the same place holds as well, so it is kept beside the first.

        Raises:
            SpecError: There are too many.
        """
        while place in self.held and self.held[place].value != value:
            place = (*place, AND)
        self.held.setdefault(place, Fact(value, pointer))
        if place[-1][0] in ALTERNATIVES:
            self.parted.add((place[:-1], place[-1][0]))
        if len(self.held) > _MAX_FACTS:
            problem = f"with its references written out, it says more than {_MAX_FACTS} things about the operation"
            raise self._resolver.error(problem, "Write the document without nested references.")


def steps_of(place: FactPath) -> tuple[PathStep, ...]:
    """Return the steps inside of the schema that *place* goes through; empty when it is not in one."""
    return tuple(part for part in place if not isinstance(part, str) and part not in {SCHEMA, AND})


def site_of(place: FactPath) -> tuple[str, ...]:
    """Return the words of *place* as far as the schema."""
    return tuple(part for part in place if isinstance(part, str))


def canonical(value: object) -> str:
    """Return the one JSON text for *value*, whatever the order of its keys."""
    return json.dumps(thaw(value), sort_keys=True, ensure_ascii=False)


def without_order(value: object) -> str:
    """Return a text that is the same for values which differ in the order of keys and lists alone."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{without_order(value[key])}" for key in sorted(value)) + "}"
    return "[" + ",".join(sorted(map(without_order, value))) + "]" if isinstance(value, list) else json.dumps(value)


_JSON = "application/json"
_MAX_NAMES = 12
_LIMITS = {
    "const": "must be {}",
    "exclusiveMaximum": "must be below {}",
    "exclusiveMinimum": "must be above {}",
    "format": "has the format {}",
    "maxItems": "may have at most {} items",
    "maxLength": "may have at most {} characters",
    "maxProperties": "may have at most {} fields",
    "maximum": "may be at most {}",
    "minItems": "must have at least {} items",
    "minLength": "must have at least {} characters",
    "minProperties": "must have at least {} fields",
    "minimum": "must be at least {}",
    "multipleOf": "must be a multiple of {}",
    "pattern": "must match {}",
}
_SITES = {
    ("parameters", "*"): ("{}", "described"),
    ("parameters", "*", "required"): ("{}", "required"),
    ("request", "content", "*"): ("{}", "accepted"),
    ("request", "required"): ("a body", "required"),
    ("responses", "*", "content", "*"): ("{}", "described"),
    ("responses", "*", "headers", "*"): ("the header {}", "described"),
    ("responses", "*", "headers", "*", "required"): ("the header {}", "required"),
    ("servers", "*"): ("the server {}", "named beside the base URL"),
}
"""What can come and go outside of schemas, by its place: its subject, with the last name in it, and what it is."""

_OTHER_FIELDS = frozenset({"additionalProperties", "unevaluatedProperties"})


def told(place: FactPath, before: Facts, after: Facts) -> str:
    """Return what has changed at *place*, in words; what it belongs to is told by `side_of`."""
    old, new = before.held.get(place), after.held.get(place)
    steps = steps_of(place)
    if not steps:
        needed = old is None and (*place, "required") in after.held
        return _told_of_site(place, old, new) + (", and required" if needed else "")
    subject, keyword = _subject(place, steps[:-1]), steps[-1][0]
    if keyword == "properties":
        return _told_of_field(place, old, new, after)
    if _is_schema(old) and _is_schema(new):
        return _told_of_schema(place, old, new)
    if keyword == "type":
        return f"{subject} is {_types(new)} now (was {_types(old)})"
    if keyword == "enum":
        return f"{subject} {_told_of_enum(_members(old), _members(new))}"
    return f"{subject} {_told_of_keyword(keyword, old, new)}"


def side_of(place: FactPath) -> tuple[str, str]:
    """Return what a change at *place* belongs to, and the status if that is an error's body or header."""
    site = site_of(place)
    kind = site[site.index("content") + 1] if "content" in site[:-1] and steps_of(place) else _JSON
    as_kind = "" if kind == _JSON else f" as {named(kind)}"
    if site[0] == "responses" and len(site) > 1:
        status = site[1]
        if not is_error(status):
            of = "" if status == "200" or place == site[:2] else f" {shortened(status)}"
            return f"response{of}{as_kind}", ""
        return f"errors{as_kind}", status if len(place) > len(site[:2]) else ""
    return {"request": f"request{as_kind}", "parameters": "parameters"}.get(site[0], ""), ""


def is_error(status: str) -> bool:
    """Whether it is, as OpenAPI spells it, the status of an error: ``429``, ``5XX`` or ``default``."""
    return status[:1] in {"4", "5"} or status == "default"


def told_of_fields(place: FactPath, counts: tuple[int, int], added: Sequence[str], gone: Sequence[str]) -> str:
    """Return how the fields of one object with very many have changed, in one line.

    Args:
        place: The object.
        counts: How many it had and has.
        added: The names that are new.
        gone: The names that are no more.
    """
    what = " ".join(name for _, name in steps_of(place)[-2:]) or "fields"
    signed = [f"+ {named(name)}" for name in added] + [f"− {named(name)}" for name in gone]
    return f"{counts[0]} → {counts[1]} {shortened(what)}: {listed(signed)}"


def named(name: str) -> str:
    """Return a name as it stands in a line, in backticks whatever it holds."""
    return f"`{shortened(name).replace('`', chr(39))}`"


def listed(names: Sequence[str]) -> str:
    """Return the first few of *names*, and how many more there are."""
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def _told_of_site(place: FactPath, old: Fact | None, new: Fact | None) -> str:
    site = site_of(place)
    if site[0] == "base URL":
        return f"the base URL is {_value(new)} (was {_value(old)})"
    if site[0] == "security":
        return f"authentication is by {_ways(new)} (was {_ways(old)})"
    if site[0] == "responses" and site == site[:2]:
        return f"{_article(site[1])} is {_now('described', is_new=old is None)}"
    name = site[-2] if site[-1] == "required" else site[-1]
    for pattern, (subject, what) in _SITES.items():
        if len(pattern) == len(site) and all(part in {"*", found} for part, found in zip(pattern, site, strict=True)):
            return f"{subject.format(named(name))} is {_now(what, is_new=old is None)}"
    *_, owner, keyword = site
    return f"{named(owner)} {_told_of_keyword(keyword, old, new)}"


def _now(what: str, *, is_new: bool) -> str:
    return f"{what} now" if is_new else f"no longer {what}"


def _article(status: str) -> str:
    return f"a {status}" if status.isdecimal() else named(status)


def _told_of_field(place: FactPath, old: Fact | None, new: Fact | None, after: Facts) -> str:
    steps = steps_of(place)
    what = "argument" if len(steps) == 1 and place[0] == "request" else "field"
    subject = _subject(place, steps)
    if old is not None and new is not None:
        return f"the {what} {subject} {'must not be there' if new.value is False else 'may be there'} now"
    if new is None:
        return f"the {what} {subject} is gone"
    needed = "required" if (*place[:-1], ("required", steps[-1][1])) in after.held else "optional"
    kind = after.held.get((*place, ("type", "")))
    return f"new {needed} {what} {subject}{f' ({_types(kind)})' if kind else ''}"


def _told_of_enum(old: frozenset[str] | None, new: frozenset[str] | None) -> str:
    if old is None:
        return f"admits only {_values(new or ())} now"
    if new is None:
        return f"is no longer bound to {_values(old)}"
    parts = [f"admits {_values(new - old)} now"] if new - old else []
    parts += [f"no longer admits {_values(old - new)}"] if old - new else []
    return " and ".join(parts)


def _told_of_schema(place: FactPath, old: Fact | None, new: Fact | None) -> str:
    *outer, (keyword, name) = steps_of(place)
    subject = _subject(place, outer)
    if keyword == "required":
        return f"{_subject(place, (*outer, ('properties', name)))} is {_now('required', is_new=old is None)}"
    if keyword in {"anyOf", "oneOf"}:
        return (
            f"{subject} {'may be' if old is None else 'may no longer be'} {named(name)}{' now' if old is None else ''}"
        )
    closed = [fact for fact in (old, new) if fact is not None and fact.value is False]
    if keyword in _OTHER_FIELDS and closed:
        return f"{subject} admits {'no other fields now' if closed[0] is new else 'other fields now'}"
    if old is not None and new is not None:
        return f"{subject}: {named(keyword)} {'admits nothing' if new.value is False else 'admits something'} now"
    return f"{_subject(place, (*outer, (keyword, name)))} is {_now('described', is_new=old is None)}"


def _told_of_keyword(keyword: str, old: Fact | None, new: Fact | None) -> str:
    phrase = _LIMITS.get(keyword, f"has {named(keyword)} {{}}")
    phrase = phrase.removesuffix("s") if new is not None and new.value == "1" else phrase
    if new is None:
        return f"is no longer bound by {named(keyword)} (was {_value(old)})"
    return phrase.format(_value(new)) + (" now" if old is None else f" (was {_value(old)})")


def _subject(place: FactPath, steps: Sequence[PathStep]) -> str:
    site = site_of(place)
    path = "".join(map(_step, steps)).removeprefix(".")
    if site[0] == "parameters" or "headers" in site[2:3]:
        owner = f"{'header ' if site[0] == 'responses' else ''}{named(site[1] if site[0] == 'parameters' else site[3])}"
        return f"{owner} at {named(path)}" if path else owner
    return named(path) if path else "the body"


def _step(step: PathStep) -> str:
    keyword, name = step
    match keyword:
        case "properties":
            return f".{name}"
        case "items":
            return "[]"
        case "prefixItems":
            return f"[{name}]"
        case "additionalProperties":
            return ".*"
        case "anyOf" | "oneOf":
            return f" ({name})"
    return f" ({keyword}{f' {name}' if name else ''})"


def _is_schema(fact: Fact | None) -> bool:
    return fact is None or isinstance(fact.value, bool)


def _members(fact: Fact | None) -> frozenset[str] | None:
    return fact.value if fact is not None and isinstance(fact.value, frozenset) else None


def _types(fact: Fact | None) -> str:
    members = _members(fact)
    return "of any type" if members is None else shortened(" or ".join(sorted(map(_plain, members))))


def _ways(fact: Fact | None) -> str:
    return listed([named(way) for way in sorted(_members(fact) or {"nothing"})])


def _plain(text: str) -> str:
    value = json.loads(text)
    return value if isinstance(value, str) else text


def _values(members: Iterable[str]) -> str:
    return listed([_literal(text) for text in sorted(members)])


def _value(fact: Fact | None) -> str:
    return _literal(str(fact.value)) if fact is not None else "nothing"


def _literal(text: str) -> str:
    value = json.loads(text)
    return named(value) if isinstance(value, str) else shortened(text)
