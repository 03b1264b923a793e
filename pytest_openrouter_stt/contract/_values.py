"""JSON values that nobody can change, and fresh copies that anybody may."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from types import MappingProxyType

_REPR = reprlib.Repr()
_REPR.maxlevel = 3
_REPR.maxstring = _REPR.maxlong = 80
_LONGEST = 200


def freeze(value: object) -> object:
    """Return *value* with every mapping read-only and every list a tuple; scalars are returned as they are."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: object) -> object:
    """Return a fresh ``dict`` and ``list`` copy of *value*, the reverse of `freeze`."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def shown(value: object) -> str:
    """Return *value* as it stands in a message: as Python, and short whatever it is."""
    return shortened(_REPR.repr(value))


def shortened(text: str) -> str:
    """Return *text* without what does not fit on two lines."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def legible(text: str) -> str:
    """Return *text* as one line of characters that only show something, without its middle when it is long."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return line if len(line) <= 2 * _LONGEST else f"{line[: _LONGEST - 1]}…{line[-_LONGEST:]}"


def escape(token: str) -> str:
    """Return *token* as it stands in a JSON pointer (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")
