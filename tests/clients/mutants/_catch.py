"""What a mutant says of itself: the checks that fail on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Catch:
    """Which checks fail on a mutant.

    Attributes:
        surely: Those that name the defect.
        perhaps: Those that see it only when an example happens to show it.
    """

    surely: frozenset[str]
    perhaps: frozenset[str]


CAUGHT_BY: dict[str, Catch] = {}
"""``area:Name`` of a mutant → the checks that fail on it; no others do."""


def caught_by(*surely: str, perhaps: tuple[str, ...] = ()) -> Callable[[type], type]:
    def register(mutant: type) -> type:
        area = mutant.__module__.rpartition(".")[2]
        CAUGHT_BY[f"{area}:{mutant.__name__}"] = Catch(frozenset(surely), frozenset(perhaps))
        return mutant

    return register
