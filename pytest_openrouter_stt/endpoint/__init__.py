"""The endpoint: our fake server side, and the ways to serve it."""

from .endpoint import Endpoint, Exchange, Fault, Reply
from .loopback import EXTRA as LOOPBACK_EXTRA
from .loopback import LoopbackServer, redirected
from .respx import LAYERS, intercept
from .wire import (
    UNKNOWN,
    BodyError,
    CallSite,
    Origin,
    WireRequest,
    call_site_of,
    library_of,
    module_of,
    origin,
    parse_json,
)

__all__ = [
    "LAYERS",
    "LOOPBACK_EXTRA",
    "UNKNOWN",
    "BodyError",
    "CallSite",
    "Endpoint",
    "Exchange",
    "Fault",
    "LoopbackServer",
    "Origin",
    "Reply",
    "WireRequest",
    "call_site_of",
    "intercept",
    "library_of",
    "module_of",
    "origin",
    "parse_json",
    "redirected",
]
