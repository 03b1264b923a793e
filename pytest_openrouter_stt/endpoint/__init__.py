"""The endpoint: our fake server side, and the ways to serve it."""

from ._authority import EXTRA as LOOPBACK_EXTRA
from ._endpoint import Endpoint, Exchange
from ._loopback import LoopbackServer
from ._origin import UNKNOWN, Origin, Step, library_of, module_of, origin, step_of
from ._redirection import redirected
from ._reply import Fault, Reply
from ._respx import LAYERS, intercept
from ._wire import BodyError, WireRequest, parse_json

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
