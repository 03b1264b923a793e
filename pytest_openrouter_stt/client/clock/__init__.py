"""The virtual clock: waiting costs the client under test no real time."""

from .virtual_clock import WORKER_PREFIX, VirtualClock
from .waiting import VirtualSelector

__all__ = [
    "WORKER_PREFIX",
    "VirtualClock",
    "VirtualSelector",
]
