"""Which client of one report is which of another."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ._report import ClientReport

    Pair = tuple[ClientReport | None, ClientReport | None]


def pairs(old: Sequence[ClientReport], new: Sequence[ClientReport]) -> Iterator[Pair]:
    """Yield each client of *new* with that of *old* which it is, if any, and then those that are left of *old*."""
    places = {0: 0} if len(old) == len(new) == 1 else {}
    for same in (_by_version, _by_name):
        places |= dict(_matched(old, new, same, places))
    yield from ((old[places[place]] if place in places else None, client) for place, client in enumerate(new))
    yield from ((client, None) for place, client in enumerate(old) if place not in places.values())


def _matched(
    old: Sequence[ClientReport],
    new: Sequence[ClientReport],
    same: Callable[[ClientReport], object],
    places: dict[int, int],
) -> Iterator[tuple[int, int]]:
    """Yield the places in both of what is the same and has no counterpart in *places* yet; each is taken once."""
    waiting: defaultdict[object, list[int]] = defaultdict(list)
    for place in _left(old, places.values()):
        waiting[same(old[place])].append(place)
    for place in _left(new, places):
        if waiting[same(new[place])]:
            yield place, waiting[same(new[place])].pop(0)


def _left(clients: Sequence[ClientReport], taken: Collection[int]) -> list[int]:
    return [place for place in range(len(clients)) if place not in taken]


def _by_version(client: ClientReport) -> object:
    return client.who.name, client.who.version


def _by_name(client: ClientReport) -> object:
    return client.who.name
