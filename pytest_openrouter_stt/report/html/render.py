"""From a page as a value to its text: the template, and what keeps the text of others text."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pytest_openrouter_stt.report.text import one_line, visible

from .checks import elided
from .page import page

if TYPE_CHECKING:
    from pytest_openrouter_stt.report.report import Report

_HERE = Path(__file__).parent
_SEAM = re.compile(r"(?<=[.:/_-])(?=[^\W\d])|(?<=[a-z])(?=[A-Z])")
_POLICY = (
    "default-src 'none'",
    "style-src 'sha256-{style}'",
    "script-src 'sha256-{script}'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
"""What a browser may load and run of the page: its own style and its own script, as they were shipped."""


def rendered(report: Report) -> str:
    """Return *report* as HTML."""
    style, script = _part("style.css"), _part("script.js")
    policy = "; ".join(_POLICY).format(style=_digest(style), script=_digest(script))
    template = _environment().get_template("report.html.jinja")
    return template.render(page=page(report), style=Markup(style), script=Markup(script), policy=policy)  # noqa: S704 - the package's own


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(breakable=_breakable, one_line=one_line, seconds=_seconds, with_code=_with_code)
    return environment


@cache
def _part(name: str) -> str:
    return _HERE.joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(value: object) -> object:
    """Return *value* without what a page cannot hold or an eye cannot see; all values in the template come by here."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(elided(value))
    return value


def _with_code(text: str) -> Markup:
    """Return *text* with what stands between backticks as code."""
    parts = visible(elided(text)).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    pieces = (Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts))
    return Markup("").join(pieces)


def _breakable(name: str) -> Markup:
    """Return *name* such that a line may end between its parts."""
    return Markup("<wbr>").join(_SEAM.split(visible(elided(name))))


def _seconds(seconds: float) -> str:
    """Return a duration as a reader needs it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
