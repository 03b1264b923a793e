"""The endpoint: our fake server side, and the ways to serve it."""

from .endpoint import Endpoint, Exchange, Fault, Reply
from .loopback import EXTRA as LOOPBACK_EXTRA
from .loopback import LoopbackServer, redirected
from .respx import LAYERS, intercept
from .wire import UNKNOWN, BodyError, Origin, Step, WireRequest, library_of, module_of, origin, parse_json, step_of

__all__ = [
    "LAYERS",
    "LOOPBACK_EXTRA",
    "UNKNOWN",
    "BodyError",
    "Endpoint",
    "Exchange",
    "Fault",
    "LoopbackServer",
    "Origin",
    "Reply",
    "Step",
    "WireRequest",
    "intercept",
    "library_of",
    "module_of",
    "origin",
    "parse_json",
    "redirected",
    "step_of",
]
