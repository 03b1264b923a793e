"""The network guard: keeps every packet of the client under test on this machine."""

from .escapes import Escape, is_local
from .guard import NetworkGuard

__all__ = [
    "Escape",
    "NetworkGuard",
    "is_local",
]
