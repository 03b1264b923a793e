"""The endpoint: our fake server side, the ways to serve it, and the guard that keeps every packet here."""

from ._endpoint import Endpoint, Exchange
from ._escapes import Escape
from ._guard import NetworkGuard
from ._reply import Fault, Reply
from ._respx import intercept
from ._wire import BodyError, WireRequest, parse_json

__all__ = [
    "BodyError",
    "Endpoint",
    "Escape",
    "Exchange",
    "Fault",
    "NetworkGuard",
    "Reply",
    "WireRequest",
    "intercept",
    "parse_json",
]
