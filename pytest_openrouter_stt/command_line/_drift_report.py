"""What has changed from one OpenAPI document to another, and which checks that touches, as a person reads it."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_openrouter_stt.drift import listed, named
from pytest_openrouter_stt.report import counted, harmless, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.drift import Change, Drift

    from ._touched_checks import Recount

_LONG = 4000
_MAX_CHANGES = 200
"""Changes that are told one by one; a summary of a step on GitHub holds twice as many."""

_MAX_POINTERS = 3
_NARROWEST = 20
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|#@~!$]")
"""What Markdown, HTML or GitHub would read as its own."""

_NOBODY = "no check looks at this"


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """The comparison of two documents, with the suite's view of it.

    Attributes:
        old: The document that was.
        new: The document that is.
        drift: What has changed.
        touched: For each change, the IDs of the checks that it touches.
        recounts: The checks that are repeated for other cases.
        unnamed: The arguments of the new document that the SDK's page does not name.
    """

    old: Contract
    new: Contract
    drift: Drift
    touched: Sequence[tuple[str, ...]]
    recounts: Sequence[Recount]
    unnamed: Sequence[str]

    @property
    def title(self) -> str:
        """Which document is compared with which."""
        return f"{_document(self.old)} → {_document(self.new)}"

    @property
    def shown(self) -> list[tuple[Change, tuple[str, ...]]]:
        """The changes that are told one by one, each with its checks."""
        return list(zip(self.drift.changes, self.touched, strict=True))[:_MAX_CHANGES]

    @property
    def remarks(self) -> Iterator[str]:
        """What is to be said beside the changes, a line each, the conclusion last."""
        more = len(self.drift.changes) - _MAX_CHANGES
        if more > 0:
            yield f"and {counted(more, 'change')} more, which are not shown"
        yield from map(str, self.recounts)
        if self.unnamed:
            names = listed([named(name) for name in self.unnamed])
            yield f"not named by sdk.yaml, so passed under the name of the field: {names}"
        yield self._conclusion()

    def _conclusion(self) -> str:
        changes = len(self.drift.changes)
        wording = f"{counted(self.drift.wording, 'change')} of wording only" if self.drift.wording else ""
        if not changes:
            return f"no requirement has changed{f', and {wording}' if wording else ''}"
        checks = counted(len({check for checks in self.touched for check in checks}), "check")
        holes = sum(not checks for checks in self.touched)
        unseen = f"; no check looks at {holes} of them" if holes else ""
        more = f"; and {wording}" if wording else ""
        return f"{counted(changes, 'requirement')} changed, which {checks} look at{unseen}{more}"


def as_text(report: DriftReport, width: int) -> str:
    """Return *report* for a terminal of *width* columns."""
    lines = [*_wrapped(f"stt: {report.title}", "", width)]
    for change, checks in report.shown:
        lines += ["", *_wrapped(str(change), "", width)]
        for about in (*_about(change), f"checks: {', '.join(checks)}" if checks else _NOBODY):
            lines += _wrapped(about, "  ", width)
    lines.append("")
    for remark in report.remarks:
        lines += _wrapped(remark, "", width)
    return "\n".join(lines)


def as_markdown(report: DriftReport) -> str:
    """Return *report* as GitHub's Markdown; nothing that a document holds is taken for markup."""
    lines = [f"## {_prose(report.title)}", ""]
    for change, checks in report.shown:
        lines += [f"- **{_prose(str(change))}**", *(f"  - {_prose(line)}" for line in _about(change))]
        lines += [f"  - checks: {', '.join(map(_code, checks))}" if checks else f"  - **{_NOBODY}**"]
    *remarks, conclusion = report.remarks
    lines += [f"- {_prose(line)}" for line in remarks]
    return "\n".join([*lines, "", _prose(conclusion), ""])


def _wrapped(text: str, margin: str, width: int) -> list[str]:
    return textwrap.wrap(
        one_line(harmless(text), _LONG),
        max(width, _NARROWEST),
        initial_indent=margin,
        subsequent_indent=f"{margin}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _prose(text: str) -> str:
    """Return *text* with what stands in backticks as code, and no other markup."""
    outside, *rest = one_line(harmless(text), _LONG).split("`")
    parts = [_escaped(outside)]
    parts += [_code(part) if i % 2 == 0 else _escaped(part) for i, part in enumerate(rest)]
    return "".join(parts)


def _code(text: str) -> str:
    return f"`{text}`" if text.strip() else text


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", text)


def _document(contract: Contract) -> str:
    return f"{contract.source} ({contract.revision})"


def _about(change: Change) -> Iterator[str]:
    if change.binding is not None:
        yield change.binding.value
    old, new = change.old_pointers, change.new_pointers
    if old == new:
        yield f"at {_pointers(new)}"
    else:
        yield from [f"was at {_pointers(old)}"] * bool(old) + [f"at {_pointers(new)}"] * bool(new)


def _pointers(pointers: Sequence[str]) -> str:
    more = len(pointers) - _MAX_POINTERS
    return " ".join(map(named, pointers[:_MAX_POINTERS])) + (f" and {more} more" if more > 0 else "")
