"""The small words of a page: symbols, anchors, and text of an endurable length."""

from __future__ import annotations

import re

from pytest_openrouter_stt.report._result import Verdict
from pytest_openrouter_stt.report._summary import Conformance

LONGEST = 8000
"""Characters of a text that are shown; no reader needs more of a megabyte, and no page should weigh as much."""

SYMBOLS: dict[Verdict | Conformance, str] = {
    Verdict.FAILED: "✗",
    Verdict.COULD_NOT_RUN: "!",
    Verdict.NOT_OFFERED: "–",
    Verdict.PASSED: "✓",
    Conformance.NOT_CONFORMANT: "✗",
    Conformance.NO_VERDICT: "!",
    Conformance.CONFORMANT: "✓",
}
"""Stands beside the word, for eyes that tell no colours apart; never without it."""

_NO_ANCHOR = re.compile(r"[^A-Za-z0-9_.]+")


def elided(text: str, limit: int = LONGEST) -> str:
    """Return *text*, or its beginning and its length when it is longer than *limit*."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def slug(text: str) -> str:
    """Return *text* as a part of an anchor, or as the name of a class."""
    return _NO_ANCHOR.sub("-", text).strip("-") or "unnamed"


def anchor(check: str, prefix: str = "") -> str:
    """Return the anchor of the check with the ID *check*: ``area--test_name``, behind *prefix*."""
    area, _, name = check.partition("::")
    return f"{prefix}{slug(area)}--{slug(name)}"


def number(count: int, noun: str) -> str:
    """Return ``1 case``, ``2 cases``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
