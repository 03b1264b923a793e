"""The network guard: keeps every packet of the client under test on this machine."""

from .egress import EgressAttempt, is_local
from .guard import NetworkGuard

__all__ = [
    "EgressAttempt",
    "NetworkGuard",
    "is_local",
]
