"""Which properties an object has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._drawing import SHORT_TEXT, Draw, Drawer, below, draw_next_name, fresh, more, pick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FEW = 8
"""Optional properties that are drawn one by one; of more than these, stretches are."""

_STRETCHES = (1, 1, 3, 10**6)
"""Neighbours that are there together; the last stands for all up to the one that is drawn."""

_OFTEN_LAST = 30
"""How often the last of many is drawn, for one time of each other: a long stretch up to it is all of them."""

_RARELY = 8


@dataclass(frozen=True, slots=True)
class Members:
    """What draws an object's properties.

    Attributes:
        required: What draws each property that must be there.
        optional: What draws each that may be.
        another: What draws one of another name; ``None`` if there must be none.
        known: The names of all properties that are described.
        least: How many there have to be.
        most: How many there may be.
        open: Whether to draw properties of other names when nothing demands them.
    """

    required: Mapping[str, Drawer]
    optional: Sequence[tuple[str, Drawer]]
    another: Drawer | None
    known: frozenset[str]
    least: int
    most: int
    open: bool

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Draw an object."""
        value = {name: draw_value(draw) for name, draw_value in self.required.items()}
        if len(self.optional) <= _FEW:
            self._add_of_few(draw, value)
        else:
            self._add_of_many(draw, value)
        if self.open:
            self._add_extra(draw, value)
        self._fill(draw, value)
        return value

    def _add_of_few(self, draw: Draw, value: dict[str, Any]) -> None:
        for name, draw_value in self.optional:
            if len(value) < self.most and more(draw):
                value[name] = draw_value(draw)

    def _add_of_many(self, draw: Draw, value: dict[str, Any]) -> None:
        """Add stretches of neighbours; those of one stretch that are described alike have equal values."""
        count = len(self.optional)
        odds = count + _OFTEN_LAST
        while (drawn := draw(below(2 * odds))) >= odds:  # as often as not there is one more
            end = min(drawn - odds, count - 1) + 1
            shared: dict[int, Any] = {}
            for name, draw_value in self.optional[max(0, end - pick(draw, _STRETCHES)) : end]:
                if id(draw_value) not in shared:
                    shared[id(draw_value)] = draw_value(draw)
                if len(value) < self.most or name in value:
                    value[name] = fresh(shared[id(draw_value)])

    def _add_extra(self, draw: Draw, value: dict[str, Any]) -> None:
        """Add properties of other names: often when that is all there is, else now and then."""
        if self.known and draw(below(_RARELY)) != _RARELY - 1:
            return
        while len(value) < self.most and self.another is not None and (name := draw_next_name(draw)) is not None:
            if name not in self.known:
                value[name] = self.another(draw)

    def _fill(self, draw: Draw, value: dict[str, Any]) -> None:
        """Add what is missing to the least number of properties."""
        for name, draw_value in self.optional:
            if name not in value and len(value) < self.least:
                value[name] = draw_value(draw)
        while len(value) < self.least and self.another is not None:
            name = draw(SHORT_TEXT)
            while name in value or name in self.known:
                name += "_"
            value[name] = self.another(draw)
