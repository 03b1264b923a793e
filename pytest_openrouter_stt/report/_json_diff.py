"""Comparing JSON values as the wire has them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from ._text import elide_strings


def same_json(expected: object, actual: object) -> bool:
    """Whether both are the same JSON value: ``1`` and ``1.0`` are the same number, ``true`` and ``1`` are not."""
    return not any(True for _ in _differences(expected, actual))


def _differences(expected: object, actual: object) -> Iterator[None]:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        if expected.keys() != actual.keys():
            yield None
        for key in expected.keys() & actual.keys():
            yield from _differences(expected[key], actual[key])
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        if len(expected) != len(actual):
            yield None
        for one, other in zip(expected, actual, strict=False):
            yield from _differences(one, other)
    elif isinstance(expected, bool) is not isinstance(actual, bool) or expected != actual:
        yield None


def wire_diff(expected: object, actual: object) -> list[str]:
    """Return the lines of both values with ``-`` for what is required and ``+`` for what was observed."""
    before, after = _lines(expected), _lines(actual)
    return [line.rstrip("\n") for line in difflib.ndiff(before, after) if not line.startswith("?")]


def _lines(value: object) -> list[str]:
    return json.dumps(elide_strings(value), indent=2, ensure_ascii=False, sort_keys=True, default=repr).splitlines()
