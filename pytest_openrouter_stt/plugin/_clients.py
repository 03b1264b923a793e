"""Which client an item is about, when a run judges one or several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._selection import ROOT

if TYPE_CHECKING:
    import pytest

ARGUMENT = "stt_client"
"""The fixture by which a check is repeated for each client."""

_OF_SUITE = re.compile(rf"{ROOT}/\w+::")
_UNSAFE = re.compile(r"[^\w.:@ =/+-]", re.ASCII)


class Clients(Sequence[str]):
    """The names of the clients of a run, as they were given; one that is empty for a client that a fixture gives.

    Args:
        names: At least one, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        ids = [_UNSAFE.sub("_", name).replace("::", ":_") for name in names]
        is_told_apart = len(set(ids)) == len(ids)
        self.ids = ids if is_told_apart else [f"{place}-{part}" for place, part in enumerate(ids, 1)]
        """What stands for each in node IDs; only where there are several."""

    def __getitem__(self, place: int) -> str:  # type: ignore[override] # nobody slices it
        return self._names[place]

    def __len__(self) -> int:
        return len(self._names)

    def of(self, node_id: str) -> tuple[str, str]:
        """Return which client the item at *node_id* is about, and its node ID in a run with that client alone."""
        check, _, case = node_id.partition("[")
        for name, part in zip(self._names, self.ids, strict=True) if len(self) > 1 else ():
            for end, instead in (("]", ""), ("-", "[")):
                if case.startswith(f"{part}{end}"):
                    return name, f"{check}{instead}{case.removeprefix(f'{part}{end}')}"
        return self._names[0], node_id

    def repeat(self, metafunc: pytest.Metafunc) -> None:
        """Repeat a check for each client, when there are several."""
        if len(self) > 1:
            metafunc.parametrize(ARGUMENT, list(self._names), ids=self.ids)


def is_of_suite(node_id: str) -> bool:
    """Whether *node_id* is that of a check, and not that of a test in a file below a folder of the same name."""
    return _OF_SUITE.match(node_id) is not None
