"""Malformed replies, which no server should send: what each says, and the only texts that its bytes can mean."""

from __future__ import annotations

import gzip
import json
from typing import NamedTuple

from pytest_openrouter_stt.endpoint import Reply

TEXT = "the whole naïve truth 😀"
_JSON = "application/json"
_DOCUMENT = json.dumps({"text": TEXT}, ensure_ascii=False).encode()
_PACKED = gzip.compress(_DOCUMENT, mtime=0)
_STORED = gzip.compress(_DOCUMENT, compresslevel=0, mtime=0)
_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


class MalformedReply(NamedTuple):
    """One such response.

    Attributes:
        reply: What the server sends.
        texts: What a transcript of it may be; where there is none, only an error is right.
    """

    reply: Reply
    texts: frozenset[str]


def _malformed(reply: Reply, *texts: str) -> MalformedReply:
    return MalformedReply(reply, frozenset(texts))


def _body(body: bytes, *texts: str, kind: str = _JSON) -> MalformedReply:
    return _malformed(Reply.raw(body, kind), *texts)


def _coded(body: bytes, coding: str, *texts: str, status: int = 200) -> MalformedReply:
    return _malformed(Reply.raw(body, _JSON, status=status, headers={"Content-Encoding": coding}), *texts)


def _wire(status: bytes, length: int, *texts: str, more: bytes = b"") -> MalformedReply:
    return _malformed(Reply.wire(_HEAD % (status + more, length, _DOCUMENT)), *texts)


def nested(levels: int) -> bytes:
    """Return the JSON of an empty array within *levels* - 1 others."""
    return b"[" * levels + b"]" * levels


MALFORMED_REPLIES = {
    "nested-1000": _body(b'{"text": "deep", "x": %s}' % nested(1000), "deep"),
    "nested-100000": _body(b'{"text": "deep", "x": %s}' % nested(100_000), "deep"),
    "nested-text": _body(b'{"text": %s}' % nested(100_000)),
    "never-closed": _body(b"[" * 100_000),
    "text-twice": _body(b'{"text": "first", "text": "second"}', "first", "second"),
    "two-documents": _body(b'{"text": "first"}{"text": "second"}'),
    "lone-surrogate": _body(rb'{"text": "a \ud800 b"}', "a \ud800 b", "a \ufffd b"),
    "latin-1-bytes": _body(b'{"text": "caf\xe9 noir"}', "café noir", "caf\ufffd noir"),
    "byte-order-mark": _body(b"\xef\xbb\xbf" + _DOCUMENT, TEXT),
    "utf-16": _body(_DOCUMENT.decode().encode("utf-16"), TEXT, kind=f"{_JSON}; charset=utf-16"),
    "unknown-charset": _body(_DOCUMENT, TEXT, kind=f"{_JSON}; charset=x-nonsense"),
    "charset-hex": _body(_DOCUMENT, TEXT, kind=f"{_JSON}; charset=hex"),
    "no-gzip": _coded(_DOCUMENT, "gzip", TEXT),
    "cut-gzip": _coded(_PACKED[:-8], "gzip", TEXT),
    "damaged-gzip": _coded(_STORED.replace(b"whole", b"whale"), "gzip"),
    "unknown-coding": _coded(_DOCUMENT, "x-nonsense", TEXT),
    "digits-5000": _body(b'{"text": "long", "usage": {"seconds": %s}}' % (b"9" * 5000), "long"),
    "usage-list": _body(b'{"text": "list", "usage": []}', "list"),
    "headers-10000": _malformed(
        Reply(headers=(*((f"X-{number}", "a") for number in range(10_000)), ("Content-Type", _JSON)), body=_DOCUMENT),
        TEXT,
    ),
    "header-1-mb": _wire(b"200 OK", len(_DOCUMENT), TEXT, more=b"\r\nX-Long: " + b"a" * 1_000_000),
    "length-too-small": _wire(b"200 OK", len(_DOCUMENT) - 2),
    "two-lengths": _wire(b"200 OK", len(_DOCUMENT), more=b"\r\nContent-Length: 12"),
    "status-299": _wire(b"299 Fine", len(_DOCUMENT), TEXT),
    "status-300": _wire(b"300 Choose", len(_DOCUMENT)),
    "status-600": _wire(b"600 Beyond", len(_DOCUMENT)),
    "error-nested": _malformed(Reply.raw(b'{"error": %s}' % nested(100_000), _JSON, status=500)),
    "error-no-gzip": _coded(b'{"error": {"code": 502, "message": "m"}}', "gzip", status=502),
    "error-charset-hex": _malformed(Reply.raw(b'{"error": {}}', f"{_JSON}; charset=hex", status=401)),
    "error-digits-5000": _malformed(Reply.raw(b'{"error": {"code": %s}}' % (b"9" * 5000), _JSON, status=429)),
}
