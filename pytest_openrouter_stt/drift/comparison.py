"""The comparison of two documents, and whether each change binds clients more or less."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from .facts import ALTERNATIVES, Fact, FactPath, Facts, listed, side_of, site_of, steps_of, told, told_of_fields
from .surface import surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_openrouter_stt.contract import Contract


class Binding(Enum):
    """What a change means for clients."""

    STRICTER = "a client that was right may be wrong now"
    LOOSER = "a client that was wrong may be right now"
    BOTH = "a client that was right may be wrong now, and the other way round"


class _Width(Enum):
    """What becomes of the set of values that a schema admits."""

    NARROWER = "narrower"
    WIDER = "wider"
    OTHER = "other"


_SENT = {_Width.NARROWER: Binding.STRICTER, _Width.WIDER: Binding.LOOSER, _Width.OTHER: Binding.BOTH}
_MET = {_Width.NARROWER: Binding.LOOSER, _Width.WIDER: Binding.STRICTER, _Width.OTHER: Binding.BOTH}
"""A client has to cope with all that it may be answered, so for answers it is the other way round."""

_NOT_MONOTONE = frozenset({"contains", "dependentSchemas", "else", "if", "not", "oneOf", "then"})
"""Inside of these, admitting more may mean to admit less outside."""

_UPPER = frozenset({"exclusiveMaximum", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum"})
_LOWER = frozenset({"exclusiveMinimum", "minContains", "minItems", "minLength", "minProperties", "minimum"})
_ONLY_REFUSE = (
    _UPPER
    | _LOWER
    | {"additionalProperties", "const", "items", "multipleOf", "pattern", "patternProperties", "prefixItems"}
    | {"propertyNames", "required", "unevaluatedItems", "unevaluatedProperties", "uniqueItems"}
)
"""Refuse some values and admit none that is not admitted without them."""


def binding(place: FactPath, before: Facts, after: Facts) -> Binding | None:
    """Return what the change at *place* means for clients; ``None`` where that depends on what cannot be seen here."""
    old, new = before.held.get(place), after.held.get(place)
    steps = steps_of(place)
    if not steps:
        needed = (*place, "required") in (before if new is None else after).held
        return _binding_of_site(place, old, new, needed=needed)
    if any(keyword in _NOT_MONOTONE for keyword, _ in steps) or _moves_between_alternatives(place, before, after):
        return None
    is_met = place[0] == "responses"
    if steps[-1][0] == "properties":
        return _binding_of_field(place, before, after, is_met=is_met)
    width = _width(place, before, after)
    return (_MET if is_met else _SENT)[width] if width else None


def _binding_of_site(place: FactPath, old: Fact | None, new: Fact | None, *, needed: bool) -> Binding | None:
    site = site_of(place)
    appears = old is None
    match site:
        case ("base URL",):
            return Binding.BOTH
        case ("security",):
            return _SENT[_of_sets(_members(old), _members(new))]
        case ("request", "content", _):
            return Binding.LOOSER if appears else Binding.STRICTER
        case ("parameters", _) if not needed:
            return None
        case (
            ("parameters", _)
            | ("parameters", _, "required")
            | ("request", "required")
            | ("responses", _)
            | ("responses", _, "content", _)
        ):
            return Binding.STRICTER if appears else Binding.LOOSER
    return None


def _binding_of_field(place: FactPath, before: Facts, after: Facts, *, is_met: bool) -> Binding | None:
    """Clients have to carry every field that is described, and may be free to use the name of one that is not."""
    old, new = before.held.get(place), after.held.get(place)
    if old is not None and new is not None:
        return None
    parent, name = place[:-1], steps_of(place)[-1][1]
    without, with_it = (before, after) if old is None else (after, before)
    closed = without.held.get((*parent, ("additionalProperties", "")))
    was_refused = not is_met and closed is not None and closed.value is False
    was_relied_on = is_met and new is None and (*parent, ("required", name)) in with_it.held
    if was_refused or was_relied_on:
        return Binding.BOTH
    return Binding.STRICTER if old is None else Binding.LOOSER


def _moves_between_alternatives(place: FactPath, before: Facts, after: Facts) -> bool:
    """Whether what a value may be like is said by a list of alternatives in one document only."""
    return any(
        ((place[:-1], keyword) in before.parted) != ((place[:-1], keyword) in after.parted) for keyword in ALTERNATIVES
    )


def _width(place: FactPath, before: Facts, after: Facts) -> _Width | None:
    old, new = before.held.get(place), after.held.get(place)
    keyword, _ = steps_of(place)[-1]
    if keyword in {"enum", "type"}:
        return _of_sets(_expanded(keyword, old), _expanded(keyword, new))
    if keyword == "anyOf":
        return _Width.WIDER if old is None else _Width.NARROWER
    if old is None or new is None:
        refuses = _Width.NARROWER if old is None else _Width.WIDER
        return refuses if keyword in _ONLY_REFUSE else None
    if keyword in _UPPER | _LOWER and place[-1] == (keyword, ""):
        return _of_limits(str(old.value), str(new.value), is_upper=keyword in _UPPER)
    return _Width.OTHER if keyword == "const" else None


def _of_limits(old: str, new: str, *, is_upper: bool) -> _Width | None:
    before, after = json.loads(old), json.loads(new)
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return None
    return _Width.NARROWER if (after < before) == is_upper else _Width.WIDER


def _of_sets(old: frozenset[str] | None, new: frozenset[str] | None) -> _Width:
    """Compare sets of what is admitted; ``None`` is the set of everything."""
    if new is None or (old is not None and old <= new):
        return _Width.WIDER
    return _Width.NARROWER if old is None or new <= old else _Width.OTHER


def _members(fact: Fact | None) -> frozenset[str] | None:
    return fact.value if fact is not None and isinstance(fact.value, frozenset) else None


def _expanded(keyword: str, fact: Fact | None) -> frozenset[str] | None:
    members = _members(fact)
    return members | {'"integer"'} if keyword == "type" and members and '"number"' in members else members


_MANY = 20
"""Fields of one object from which on they are a catalogue, such as that of the providers, and told in one line."""

_SIDES = ("base URL", "servers", "security", "parameters", "request", "responses")
"""In what order changes are told: first what concerns every call."""


@dataclass(frozen=True, kw_only=True)
class RequirementChange:
    """One requirement that has changed.

    Attributes:
        side: What it belongs to, for example ``request``; empty for the endpoint itself.
        statuses: The errors whose body or headers it is about.
        words: What is required now, and what was.
        binding: What that means for clients; ``None`` where it cannot be said.
        old_pointers: Where it stands in the old document; empty when it did not.
        new_pointers: Where it stands in the new document; empty when it does not any more.
        places: What of the operation it is about.
    """

    side: str
    statuses: tuple[str, ...]
    words: str
    binding: Binding | None
    old_pointers: tuple[str, ...]
    new_pointers: tuple[str, ...]
    places: tuple[FactPath, ...]

    def __str__(self) -> str:
        of = f" {listed(self.statuses)}" if self.statuses else ""
        return f"{self.side}{of}: {self.words}" if self.side else self.words


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What has changed from one document to another.

    Attributes:
        changes: The requirements that have, those of every call first.
        wording: How many descriptions, examples and the like have changed, which bind nobody.
    """

    changes: tuple[RequirementChange, ...]
    wording: int


def drift(old: Contract, new: Contract) -> Drift:
    """Compare what two documents require of a client.

    Raises:
        SpecError: In a part that belongs to the operation, a reference is dangling or recursive, or there is too much.
    """
    before, after = surface(old), surface(new)
    counts = _field_counts(before), _field_counts(after)
    fields: defaultdict[FactPath, list[FactPath]] = defaultdict(list)
    changes: list[RequirementChange] = []
    for place in _changed(before, after):
        if _is_field(place) and (place in before.held) != (place in after.held) and _is_long(place[:-1], counts):
            fields[place[:-1]].append(place)
        else:
            changes.append(_change(place, before, after))
    for parent, places in fields.items():
        changes.append(_catalogue(places, (counts[0][parent], counts[1][parent]), before, after))
    order = {place: number for number, place in enumerate([*before.held, *after.held])}
    changes.sort(key=lambda change: (_SIDES.index(str(change.places[0][0])), order[change.places[0]]))
    return Drift(changes=tuple(_together(changes)), wording=_wording(before, after))


def _changed(before: Facts, after: Facts) -> Iterator[FactPath]:
    """Yield the places that differ; what is inside of a place that is new or gone goes without saying."""
    places = dict.fromkeys([*before.held, *after.held])
    alone = {place for place in places if (place in before.held) != (place in after.held)}
    for place in places:
        if place in alone:
            if not any(place[:end] in alone for end in range(1, len(place))) and not _goes_with_field(place, alone):
                yield place
        elif before.held[place].value != after.held[place].value:
            yield place


def _goes_with_field(place: FactPath, alone: set[FactPath]) -> bool:
    """Whether it says that a field is required which is new or gone itself."""
    keyword, name = (steps_of(place) or (("", ""),))[-1]
    return keyword == "required" and (*place[:-1], ("properties", name)) in alone


def _change(place: FactPath, before: Facts, after: Facts) -> RequirementChange:
    side, status = side_of(place)
    return RequirementChange(
        side=side,
        statuses=(status,) if status else (),
        words=told(place, before, after),
        binding=binding(place, before, after),
        old_pointers=_pointers([place], before),
        new_pointers=_pointers([place], after),
        places=(place,),
    )


def _pointers(places: Iterable[FactPath], facts: Facts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(facts.held[place].pointer for place in places if place in facts.held))


def _is_field(place: FactPath) -> bool:
    return bool(steps_of(place)) and place[-1][0] == "properties"


def _is_long(parent: FactPath, counts: Iterable[Counter[FactPath]]) -> bool:
    return any(count[parent] >= _MANY for count in counts)


def _field_counts(facts: Facts) -> Counter[FactPath]:
    return Counter(place[:-1] for place in facts.held if _is_field(place))


def _catalogue(places: list[FactPath], counts: tuple[int, int], before: Facts, after: Facts) -> RequirementChange:
    added = [place[-1][1] for place in places if place in after.held]
    gone = [place[-1][1] for place in places if place in before.held]
    meanings = {binding(place, before, after) for place in places}
    return replace(
        _change(places[0], before, after),
        words=told_of_fields(places[0][:-1], counts, added, gone),
        binding=meanings.pop() if len(meanings) == 1 else Binding.BOTH,
        old_pointers=_pointers(places, before),
        new_pointers=_pointers(places, after),
        places=tuple(places),
    )


def _together(changes: Iterable[RequirementChange]) -> Iterator[RequirementChange]:
    """Yield changes with those that say the same of several errors taken together."""
    found: dict[object, RequirementChange] = {}
    for change in changes:
        key = (change.side, change.words, change.binding) if change.statuses else change.places
        found[key] = _joined(found[key], change) if key in found else change
    yield from found.values()


def _joined(one: RequirementChange, other: RequirementChange) -> RequirementChange:
    return replace(
        one,
        statuses=tuple(dict.fromkeys((*one.statuses, *other.statuses))),
        old_pointers=tuple(dict.fromkeys((*one.old_pointers, *other.old_pointers))),
        new_pointers=tuple(dict.fromkeys((*one.new_pointers, *other.new_pointers))),
        places=(*one.places, *other.places),
    )


def _wording(before: Facts, after: Facts) -> int:
    """Count what differs, except in places that are new or gone as a whole."""
    places = before.wording.keys() | after.wording.keys()
    alone = before.held.keys() ^ after.held.keys()
    return sum(
        before.wording.get(place) != after.wording.get(place)
        for place in places
        if not any(place[:end] in alone for end in range(1, len(place)))
    )
