"""The responses that lie are what they are said to be."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from pytest_openrouter_stt.judging.malformed_replies import MALFORMED_REPLIES, nested


@pytest.mark.parametrize("levels", [1, 3])
def test_nested_arrays_have_their_depth(levels: int) -> None:
    value, depth = json.loads(nested(levels)), 1
    while value:
        (value,), depth = value, depth + 1

    assert depth == levels


def test_the_damage_to_the_gzip_is_seen_by_its_checksum_only() -> None:
    body = MALFORMED_REPLIES["damaged-gzip"].reply.body

    with pytest.raises(gzip.BadGzipFile, match="CRC"):
        gzip.decompress(body)
    assert "whale" in json.loads(zlib.decompressobj(-15).decompress(body[10:]))["text"]


def test_the_cut_gzip_lacks_its_checksum_only() -> None:
    lie = MALFORMED_REPLIES["cut-gzip"]

    with pytest.raises(EOFError):
        gzip.decompress(lie.reply.body)
    assert json.loads(zlib.decompressobj(31).decompress(lie.reply.body))["text"] in lie.texts


@pytest.mark.parametrize("name", ["length-too-small", "two-lengths", "status-299", "status-300", "status-600"])
def test_raw_responses_have_a_head_and_a_body(name: str) -> None:
    head, _, body = (MALFORMED_REPLIES[name].reply.stream or b"").partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 ")
    assert json.loads(body)["text"]
