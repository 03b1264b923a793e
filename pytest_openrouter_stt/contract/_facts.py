"""What a document requires, as facts: each at the place that a client sees it at, whatever `$ref` leads there."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._values import thaw

if TYPE_CHECKING:
    from ._resolve import Resolver

_MAX_FACTS = 100_000
"""Facts of one document; the full description of OpenRouter has a few thousand about this operation."""

Step = tuple[str, str]
"""A keyword of a schema, and the name below it; the name is empty where the keyword has none."""

Place = tuple[str | Step, ...]
"""Where a fact holds: words as far as the body or header that it is about, then steps inside of its schema."""

SCHEMA: Step = ("schema", "")
"""The step from a body, a header or a parameter into its schema."""

ALTERNATIVES = frozenset({"anyOf", "oneOf"})
"""The keywords that hold schemas in an order that means nothing."""

AND: Step = ("and", "")
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
        self.held: dict[Place, Fact] = {}
        self.wording: defaultdict[Place, set[str]] = defaultdict(set)
        self.places: defaultdict[str, set[Place]] = defaultdict(set)
        self.parted: set[tuple[Place, str]] = set()

    def hold(self, place: Place, value: Value, pointer: str) -> None:
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


def steps_of(place: Place) -> tuple[Step, ...]:
    """Return the steps inside of the schema that *place* goes through; empty when it is not in one."""
    return tuple(part for part in place if not isinstance(part, str) and part not in {SCHEMA, AND})


def site_of(place: Place) -> tuple[str, ...]:
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
