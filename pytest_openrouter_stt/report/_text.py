"""Making text fit for a terminal: short, without secrets, without control characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LONG = 240
"""Characters of a string value that are shown; enough to see what it is."""

_KEY_MARK = "<the key>"


def elide_strings(value: object) -> object:
    """Return a copy of a JSON value whose long strings are shortened, with their length beside them."""
    if isinstance(value, str):
        return elide(value)
    if isinstance(value, Mapping):
        return {elide(str(key)): elide_strings(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [elide_strings(item) for item in value]
    return value


def elide(text: str, limit: int = _LONG) -> str:
    """Return *text*, or its beginning and its length in characters when it is longer than *limit*."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def harmless(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* with every secret taken out and every character that is not printable written as an escape.

    Line feeds stay; terminal escapes, bidirectional marks and lone surrogates do not.
    """
    for secret in secrets:
        text = text.replace(secret, _KEY_MARK)
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return character.encode("unicode_escape").decode("ascii")
