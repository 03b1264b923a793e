"""Which requirements appear, change and vanish from one document to another."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ._binding import Binding, binding
from ._facts import Facts, Place, steps_of
from ._requirement_words import listed, side_of, told, told_of_fields
from ._surface import surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._contract import Contract

_MANY = 20
"""Fields of one object from which on they are a catalogue, such as that of the providers, and told in one line."""

_SIDES = ("base URL", "servers", "security", "parameters", "request", "responses")
"""In what order changes are told: first what concerns every call."""


@dataclass(frozen=True, kw_only=True)
class Change:
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
    places: tuple[Place, ...]

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

    changes: tuple[Change, ...]
    wording: int


def drift(old: Contract, new: Contract) -> Drift:
    """Compare what two documents require of a client.

    Raises:
        SpecError: In a part that belongs to the operation, a reference is dangling or recursive, or there is too much.
    """
    before, after = surface(old), surface(new)
    counts = _field_counts(before), _field_counts(after)
    fields: defaultdict[Place, list[Place]] = defaultdict(list)
    changes: list[Change] = []
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


def _changed(before: Facts, after: Facts) -> Iterator[Place]:
    """Yield the places that differ; what is inside of a place that is new or gone goes without saying."""
    places = dict.fromkeys([*before.held, *after.held])
    alone = {place for place in places if (place in before.held) != (place in after.held)}
    for place in places:
        if place in alone:
            if not any(place[:end] in alone for end in range(1, len(place))) and not _goes_with_field(place, alone):
                yield place
        elif before.held[place].value != after.held[place].value:
            yield place


def _goes_with_field(place: Place, alone: set[Place]) -> bool:
    """Whether it says that a field is required which is new or gone itself."""
    keyword, name = (steps_of(place) or (("", ""),))[-1]
    return keyword == "required" and (*place[:-1], ("properties", name)) in alone


def _change(place: Place, before: Facts, after: Facts) -> Change:
    side, status = side_of(place)
    return Change(
        side=side,
        statuses=(status,) if status else (),
        words=told(place, before, after),
        binding=binding(place, before, after),
        old_pointers=_pointers([place], before),
        new_pointers=_pointers([place], after),
        places=(place,),
    )


def _pointers(places: Iterable[Place], facts: Facts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(facts.held[place].pointer for place in places if place in facts.held))


def _is_field(place: Place) -> bool:
    return bool(steps_of(place)) and place[-1][0] == "properties"


def _is_long(parent: Place, counts: Iterable[Counter[Place]]) -> bool:
    return any(count[parent] >= _MANY for count in counts)


def _field_counts(facts: Facts) -> Counter[Place]:
    return Counter(place[:-1] for place in facts.held if _is_field(place))


def _catalogue(places: list[Place], counts: tuple[int, int], before: Facts, after: Facts) -> Change:
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


def _together(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield changes with those that say the same of several errors taken together."""
    found: dict[object, Change] = {}
    for change in changes:
        key = (change.side, change.words, change.binding) if change.statuses else change.places
        found[key] = _joined(found[key], change) if key in found else change
    yield from found.values()


def _joined(one: Change, other: Change) -> Change:
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
