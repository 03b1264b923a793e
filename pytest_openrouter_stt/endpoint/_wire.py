"""The wire request: what the endpoint received, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

from ._origin import UNKNOWN, Origin

_BOM = b"\xef\xbb\xbf"


class BodyError(ValueError):
    """A body that is not one JSON text as RFC 8259 has it; its message says why."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request as it arrived.

    Attributes:
        method: As sent, for example ``POST``.
        url: The whole URL, query included.
        headers: Names and values in the order of the wire, decoded as Latin-1.
        body: The bytes of the body.
        sent_from: The code that sent it, where that can be known; of no account to whether two requests are equal.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent_from: Origin = field(default=UNKNOWN, compare=False, repr=False)

    @property
    def path(self) -> str:
        """The path of the URL, without the query."""
        return urlsplit(self.url).path

    def values(self, name: str) -> tuple[str, ...]:
        """Return the value of every header line called *name*, whatever its case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def header(self, name: str) -> str | None:
        """Return the value of header *name*, several lines joined by commas (RFC 9110, 5.3), or ``None``."""
        values = self.values(name)
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """The media type of the body in lower case, without parameters; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def bearer(self) -> str | None:
        """The token of the Bearer scheme (RFC 6750, 2.1), or ``None``."""
        scheme, _, token = (self.header("authorization") or "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def digest(self) -> str:
        """The first eight hexadecimal digits of the body's SHA-256, which tell one body from another at a glance."""
        return hashlib.sha256(self.body).hexdigest()[:8]

    def json(self) -> object:
        """Return the body, parsed strictly.

        Raises:
            BodyError: It is not UTF-8, begins with a byte order mark, is not JSON, has a key twice, holds a token
                that JSON does not have, such as ``NaN``, or an integer longer than Python converts.
        """
        return parse_json(self.body)


def parse_json(body: bytes) -> object:
    """Parse *body* as RFC 8259 has it, with nothing forgiven.

    Raises:
        BodyError: See `WireRequest.json`.
    """
    if body.startswith(_BOM):
        raise BodyError("it begins with a byte order mark (RFC 8259, 8.1)")
    try:
        text = body.decode("utf-8")
        return json.loads(
            text, parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_refuse_duplicates
        )
    except UnicodeDecodeError as error:
        raise BodyError(f"it is not UTF-8 ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise BodyError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BodyError(f"it is not JSON ({error.msg} at character {error.pos})") from None


def _refuse_constant(token: str) -> NoReturn:
    raise BodyError(f"it holds {token}, which JSON does not have")


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # sys.set_int_max_str_digits()
        raise BodyError(f"it holds an integer of {len(digits)} digits") from None


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise BodyError(f"it has a key twice: {', '.join(map(repr, twice))}")
    return value
