"""What each check is repeated for, as its node IDs say it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from ._check import cases
from ._stand import MODES

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Contract

    from ._check import CheckInfo

_Ids = Iterable[str] | Callable[[Any], str] | None


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that a check is repeated for.

    Attributes:
        name: What it is.
        ids: What stands for each value in a node ID.
        values: The values.
    """

    name: str
    ids: tuple[str, ...]
    values: tuple[object, ...]


def axes(module: str, info: CheckInfo, contract: Contract) -> tuple[Axis, ...]:
    """Return what a check of *module* is repeated for, in the order in which pytest writes it into node IDs."""
    modes = [] if info.both_modes else [Axis("mode", MODES, MODES)]
    each = [] if info.each is None else [_axis(info.each, cases(info.each, contract)[1], None)]
    marks = _marks(module, info.requirement.check.partition("::")[2])
    own = [_axis(mark.args[0], mark.args[1], mark.kwargs.get("ids")) for mark in marks if mark.name == "parametrize"]
    return (*modes, *each, *own)


def node_ids(info: CheckInfo, found: tuple[Axis, ...]) -> tuple[str, ...]:
    """Return the node ID of each case of a check that is repeated for *found*."""
    node_id = f"stt/{info.requirement.check}"
    if not found:
        return (node_id,)
    return tuple(f"{node_id}[{'-'.join(ids)}]" for ids in product(*(axis.ids for axis in found)))


def of_case(case: str, found: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Return *found* with the values of one case only, named as in a node ID; all of it for an unknown case."""
    for places in product(*(range(len(axis.ids)) for axis in found)):
        one = tuple(
            Axis(axis.name, axis.ids[place : place + 1], axis.values[place : place + 1])
            for axis, place in zip(found, places, strict=True)
        )
        if "-".join(axis.ids[0] for axis in one) == case:
            return one
    return found


def _marks(module: str, name: str) -> list[Any]:
    marks: list[Any] = getattr(importlib.import_module(module), name).pytestmark
    return marks


def _axis(names: str | tuple[str, ...], values: Iterable[object], ids: _Ids) -> Axis:
    values = tuple(values)
    shown = (map(ids, values) if callable(ids) else ids) if ids is not None else map(str, values)
    return Axis(names if isinstance(names, str) else " and ".join(names), tuple(shown), values)
