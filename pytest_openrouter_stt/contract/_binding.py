"""Whether a change binds clients more or less, where that can be said for certain."""

from __future__ import annotations

import json
from enum import Enum

from ._facts import ALTERNATIVES, Fact, Facts, Place, site_of, steps_of


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


def binding(place: Place, before: Facts, after: Facts) -> Binding | None:
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


def _binding_of_site(place: Place, old: Fact | None, new: Fact | None, *, needed: bool) -> Binding | None:
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


def _binding_of_field(place: Place, before: Facts, after: Facts, *, is_met: bool) -> Binding | None:
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


def _moves_between_alternatives(place: Place, before: Facts, after: Facts) -> bool:
    """Whether what a value may be like is said by a list of alternatives in one document only."""
    return any(
        ((place[:-1], keyword) in before.parted) != ((place[:-1], keyword) in after.parted) for keyword in ALTERNATIVES
    )


def _width(place: Place, before: Facts, after: Facts) -> _Width | None:
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
