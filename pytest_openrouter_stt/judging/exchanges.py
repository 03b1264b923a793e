"""Exchanges that several checks look at: each is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pytest_openrouter_stt.endpoint import Exchange
    from pytest_openrouter_stt.report import Observation

_MOST = 4096
"""Exchanges that are kept; a run with the usual number of examples makes fewer."""

_LARGEST = 32_768
"""Bytes of one exchange, requests and replies together. Few checks share a larger one."""


class SharedExchanges:
    """Keeps what a client did for a call, for the next check that asks for the same."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Observation] = {}

    def find(self, key: Hashable) -> Observation | None:
        """Return what is kept under *key*, or ``None``."""
        return self._kept.get(key)

    def keep(self, key: Hashable, observation: Observation) -> None:
        """Keep *observation* unless it is large; the oldest one makes room for it."""
        if sum(map(_size, observation.ledger)) > _LARGEST:
            return
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = observation


def _size(exchange: Exchange) -> int:
    reply = exchange.reply
    return len(exchange.request.body) + len(reply.body) + len(reply.stream or b"")
