"""A failed check in Markdown: what was required, what was observed, and the call that shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._failure import SOURCES
from ._markdown_text import case_name, code, details, fenced, html_code, prose
from ._result import Verdict
from ._summary import is_gating

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._report import Case, CheckReport
    from ._result import Level, Requirement

_MAX_SHOWN = 5
_MAX_CASES = 12
_LONG = 600
_DIFF_LEGEND = "- required  + observed"
_PYTHON = re.compile(r"(?:await )?[\w.]+\(")
_LANGUAGES = {"diff": "diff", "curl": "sh", "sent": "http"}


def failure_block(check: CheckReport, level: Level) -> str:
    """Return what failed of *check* and fails the run at *level*; empty when nothing did."""
    failed = [case for case in check.cases if _is_shown(case, level)]
    if not failed:
        return ""
    requirement = check.requirement
    of_all = f"{len(failed)} of {len(check.cases)} cases" if len(check.cases) > 1 else "its one case"
    summary = f"{html_code(requirement.check)} {requirement.level}, {of_all}: {html_code(failed[0].result.reason)}"
    return details(summary, [_head(requirement), *_kinds(failed)])


def traceback_blocks(checks: Iterable[CheckReport]) -> Iterator[str]:
    """Yield what is to be seen of cases that could not run, once for each reason."""
    seen: dict[str, Case] = {}
    for case in (case for check in checks for case in check.cases):
        if case.result.verdict is Verdict.COULD_NOT_RUN and case.evidence and not case.result.known:
            seen.setdefault(case.result.reason, case)
    for reason, case in list(seen.items())[:_MAX_SHOWN]:
        summary = f"{html_code(case.result.node_id)}: {html_code(reason)}"
        yield details(summary, [_row(label, text) for label, text in case.evidence])


def _is_shown(case: Case, level: Level) -> bool:
    result = case.result
    return result.verdict is Verdict.FAILED and not result.known and is_gating(result, level)


def _head(requirement: Requirement) -> str:
    lines = [
        f"**Required:** {prose(requirement.text, _LONG)}",
        f"**By** {SOURCES[requirement.source]}: {code(requirement.spec)}",
    ]
    if requirement.hint:
        lines.append(f"**Hint:** {prose(requirement.hint, _LONG)}")
    return "\n\n".join(lines)


def _kinds(failed: Sequence[Case]) -> Iterator[str]:
    """Show cases with the same evidence once."""
    alike: dict[tuple[str, str], list[Case]] = {}
    for case in failed:
        diff = dict(case.evidence).get("diff", "")
        alike.setdefault((case.result.reason, diff), []).append(case)
    for cases in list(alike.values())[:_MAX_SHOWN]:
        yield from _evidence(cases)
    if len(alike) > _MAX_SHOWN:
        yield f"{len(alike) - _MAX_SHOWN} more failures of this check say something else again; see the report in JSON."


def _evidence(cases: Sequence[Case]) -> Iterator[str]:
    shown = ", ".join(code(case_name(case.result.node_id)) for case in cases[:_MAX_CASES])
    more = f" and {len(cases) - _MAX_CASES} more" if len(cases) > _MAX_CASES else ""
    yield f"**Observed:** {prose(cases[0].result.reason, _LONG)}\n\n**In** {shown}{more}"
    for label, text in cases[0].evidence:
        yield _row(label, text)


def _row(label: str, text: str) -> str:
    legend, newline, diff = text.partition("\n")
    if label == "diff" and newline and legend == _DIFF_LEGEND:
        return f"**diff** (required `-`, observed `+`)\n\n{fenced(diff, 'diff')}"
    block = fenced(text, _language(label, text))
    return f"**{prose(label)}**\n\n{block}" if label.strip() else block


def _language(label: str, text: str) -> str:
    if label == "call":
        return "python" if _PYTHON.match(text) else "sh"
    return _LANGUAGES.get(label, "text")
