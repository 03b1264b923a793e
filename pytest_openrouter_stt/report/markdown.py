"""A report as Markdown: for the step summary of GitHub Actions, a comment, or a page.

A client, a server or somebody else's report may have written the text. So words that could become markup, a link, a
mention or a reference are set as code, which GitHub and GitLab leave alone; no line break and no pipe ends a cell.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .failure import SOURCES
from .remarks import adapter_lines, sender_lines, told_apart_by_nothing
from .report import labels, matrix
from .result import Verdict
from .summary import Conformance, causes, counts, is_gating, with_verdict
from .text import LONG, counted, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .report import Case, Cell, CheckReport, ClientReport, Report
    from .result import Level, Requirement, Result

_TICKS = re.compile("`+")
_CODE = re.compile("`([^`]+)`")
_SPACE = re.compile(r"(\s+)")
_PLAIN = re.compile(
    r"""["'(“‘]*                                # no brackets, which begin links
        (?!www\b)[^\W\d_]+(?:[-'’/][^\W\d_]+)*  # words, with nothing inside that an autolink, a mention or emphasis has
        [.,;:!?)"'”’]*
      | [("]*\d{1,6}(?:[.,]\d{1,6})*[,;:!?)%"]+ | \d{1,6}(?:\.\d{1,6})+ | \d{1,6}  # no "1." and "1)", which begin lists
      | [.,;:!?)]+ | [–—…→]""",
    re.VERBOSE,
)
_MARKUP = re.compile(r"[^\w .,:;()-]|(?<![^\W_])_|_(?![^\W_])|(?<=www)\.", re.IGNORECASE)
_STOPS = ".,;:"
_FENCE = 3
_MAX_BLOCK = 20_000
"""Characters of a block that are shown."""


def code(text: str, limit: int = LONG) -> str:
    """Return *text* as code in one line, or an empty string when there is none."""
    line = visible(one_line(text, limit))
    if "|" in line:
        return html_code(line, limit)  # a pipe ends the cell of a table, in code too
    ticks = "`" * (_longest(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def html_code(text: str, limit: int = LONG) -> str:
    """Return *text* as code in HTML, whose punctuation says nothing in HTML and nothing in Markdown."""
    line = visible(one_line(text, limit))
    return f"<code>{_MARKUP.sub(lambda found: f'&#{ord(found[0])};', line)}</code>" if line else ""


def prose(text: str, limit: int = LONG) -> str:
    """Return *text* as prose in one line: what is between backticks and whatever is no plain word is code."""
    written = ""
    for place, part in enumerate(_CODE.split(one_line(text, limit))):
        pieces = [part] if place % 2 else _SPACE.split(part)
        for piece in filter(None, pieces):
            is_plain = not place % 2 and (piece.isspace() or _PLAIN.fullmatch(piece))
            core = piece.rstrip(_STOPS)
            shown = piece if is_plain else f"{code(core, limit)}{piece[len(core) :]}"
            apart = " " if written.endswith(("`", "<code>")) and shown.startswith(("`", "<")) else ""
            written += f"{apart}{shown}"
    return written


def fenced(text: str, language: str = "") -> str:
    """Return *text* as a block of code."""
    shown = visible(text[:_MAX_BLOCK])
    if len(text) > _MAX_BLOCK:
        shown += f"\n… ({len(text):,} characters)"
    fence = "`" * max(_FENCE, _longest(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells in Markdown; columns whose heading begins with a space are aligned to the right."""
    ruler = ["---:" if name.startswith(" ") else "---" for name in head]
    lines = ([name.strip() for name in head], ruler, *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def details(summary: str, body: Iterable[str]) -> str:
    """Return what is shown on demand: *summary* in HTML, and blocks in Markdown."""
    return "\n\n".join([f"<details>\n<summary>{summary}</summary>", *body, "</details>"])


def case_name(node_id: str) -> str:
    """Return what tells a case from the others of its check."""
    check, bracket, case = node_id.partition("[")
    return f"{bracket}{case}" if bracket else check


def _longest(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, _TICKS.findall(text)), default=0)


LIMIT = 900_000
"""Bytes of a page; GitHub takes 1 MiB of what a step writes."""

_NOTE = 400
"""Bytes that are kept free for saying what was left out."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that is shown as a whole or not at all.

    Attributes:
        text: What it says.
        kind: What it is, as a noun, when it may be left out; empty when it may not.
    """

    text: str
    kind: str = ""

    @property
    def size(self) -> int:
        """The bytes that it takes, with what parts it from the next."""
        return len(self.text.encode()) + 2


def fitted(blocks: Sequence[Block], limit: int) -> str:
    """Return as many of *blocks* as fit, in their order, and after the first one what was left out.

    Args:
        blocks: At least one; the first may not be left out.
        limit: Bytes.
    """
    room = limit - _NOTE - sum(block.size for block in blocks if not block.kind)
    kept: list[str] = []
    missing: Counter[str] = Counter()
    for block in blocks:
        if block.kind and block.size > room:
            missing[block.kind] += 1
            continue
        room -= block.size if block.kind else 0
        kept.append(block.text)
    if missing:
        what = ", ".join(counted(count, kind) for kind, count in missing.items())
        kept.insert(1, f"**Cut to fit:** {what} of this part left out here. The report in JSON holds everything.")
    return "\n\n".join(kept)


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


_MAX_REASON = 300
_MAX_REASONS = 60
_MAX_CHECKS = 12


def markdown_report(report: Report, limit: int = LIMIT) -> str:
    """Return *report* as Markdown (GFM); what is left out because it does not fit is said.

    Args:
        report: One client, or several side by side.
        limit: The most bytes that it may have, in UTF-8.
    """
    titles = list(labels(report.clients))
    if len(report.clients) == 1:
        return f"{_page(report.clients[0], titles[0], limit - 1)}\n"
    head = f"## {len(titles)} clients: {_conclusions(report.clients)}"
    rows = Block(_matrix(report), "matrix")
    share = (limit - 1 - len(head.encode()) - rows.size) // len(titles)
    clients = [_folded(c, title, share) for c, title in zip(report.clients, titles, strict=True)]
    return f"{fitted([Block(head), rows, *clients], limit - 1)}\n"


def _folded(client: ClientReport, title: str, share: int) -> Block:
    summary = f"{html_code(title)}: {client.conformance.value}"
    room = share - len(details(summary, ["", ""]).encode())
    return Block(details(summary, [_page(client, title, room)]), "client")


def _conclusions(clients: Iterable[ClientReport]) -> str:
    found = Counter(client.conformance for client in clients)
    return ", ".join(f"{found[verdict]} {verdict.value}" for verdict in Conformance if found[verdict])


def _matrix(report: Report) -> str:
    side_by_side = matrix(report)
    rows = [row for row in side_by_side.rows if row.needs_a_look]
    head = ["check", "level", *(code(column) for column in side_by_side.columns)]
    lines = [
        [code(row.requirement.check), row.requirement.level.value, *(_cell(cell) for cell in row.cells)] for row in rows
    ]
    for verdict, count in side_by_side.alike.items():
        lines.append([counted(count, "more check"), "", *(verdict.value for _ in side_by_side.columns)])
    return table(head, lines)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "not run"
    is_bad = cell.verdict.is_bad and not cell.known
    return f"**{cell}**" if is_bad else str(cell)


def _page(client: ClientReport, title: str, limit: int) -> str:
    blocks = [Block(f"## {code(title)}: {prose(client.conclusion, _MAX_REASON)}"), *_blocks(client)]
    return fitted(blocks, limit)


def _blocks(client: ClientReport) -> Iterator[Block]:
    results, level = client.results, client.circumstances.level
    yield from _how_much(client)
    yield Block(_counts(results), "table of counts")
    for cause in causes(results):
        yield Block(f"**Mend first:** {prose(str(cause), 2 * _MAX_REASON)}", "check to mend first")
    failed = [result for result in results if result.verdict is Verdict.FAILED and not result.known]
    yield from _failures(client)
    yield from _reasons("Could not run", [r for r in with_verdict(results, Verdict.COULD_NOT_RUN) if not r.known])
    yield from (Block(text, "traceback") for text in traceback_blocks(client.checks))
    weaker = [result for result in failed if not is_gating(result, level)]
    yield from _reasons("Failed, which does not fail the run at this level", weaker)
    yield from _known(results)
    yield from _reasons("Not offered by the client", with_verdict(results, Verdict.NOT_OFFERED))
    yield from _errors(client)
    yield from _repeats(client)
    yield Block(_circumstances(client))


def _how_much(client: ClientReport) -> Iterator[Block]:
    """Say what beside the checks fails the run, and of how many checks the verdict is, unless it is of all."""
    for problem in client.stale:
        yield Block(f"**A known failure is stale:** {prose(problem, _MAX_REASON)}", "stale known failure")
    if client.not_run:
        ran = len(client.checks)
        yield Block(f"{ran} of {ran + len(client.not_run)} checks were run; nothing is said of the others.")


def _counts(results: Sequence[Result]) -> str:
    first, second, *rows = counts(results)
    heads = [" ".join(filter(None, pair)) for pair in zip(first, second, strict=True)]
    return table([heads[0], *(f" {head}" for head in heads[1:])], [[code(row[0]), *row[1:]] for row in rows])


def _failures(client: ClientReport) -> Iterator[Block]:
    blocks = [failure_block(check, client.circumstances.level) for check in client.checks]
    shown = [Block(text, "failed check") for text in blocks if text]
    if shown:
        yield Block("### Failed")
        yield from shown


def _reasons(title: str, results: Sequence[Result]) -> Iterator[Block]:
    """Show each reason once, the most frequent first, with the checks that share it."""
    if not results:
        return
    reasons = Counter(result.reason for result in results).most_common()
    sharing = {reason: Counter(r.check for r in results if r.reason == reason) for reason, _ in reasons[:_MAX_REASONS]}
    rows = [[prose(reason, _MAX_REASON), _checks(checks)] for reason, checks in sharing.items()]
    if len(reasons) > _MAX_REASONS:
        rows.append([f"and {len(reasons) - _MAX_REASONS} more reasons", ""])
    yield Block(f"### {title}\n\n{table(['reason', 'checks (cases)'], rows)}", "table of reasons")


def _checks(checks: Counter[str]) -> str:
    shown = [f"{code(check)} ({count})" for check, count in list(checks.items())[:_MAX_CHECKS]]
    more = len(checks) - len(shown)
    return ", ".join([*shown, f"and {more} more"] if more else shown)


def _known(results: Sequence[Result]) -> Iterator[Block]:
    cases = Counter((result.check, result.verdict, result.known) for result in results if result.known)
    if cases:
        rows = [[code(check), str(n), verdict.value, prose(why)] for (check, verdict, why), n in cases.items()]
        text = table(["check", " cases", "verdict", "why it is lived with"], rows)
        yield Block(f"### Known failures\n\n{text}", "table of known failures")


def _errors(client: ClientReport) -> Iterator[Block]:
    if not client.errors:
        return
    rows = [
        [str(r.status), code(r.kind), *("yes" if held else "no" for held in (r.status_kept, r.message_kept, r.retried))]
        for r in client.errors
    ]
    lines = [table([" status", "error", "status kept", "message kept", "retried"], rows)]
    for kind, statuses in told_apart_by_nothing(client.errors).items():
        lines.append(f"Cannot be told apart by their type: {', '.join(map(str, statuses))} ({code(kind)})")
    yield Block("\n\n".join(["### What becomes of each status", *lines]), "table of errors")


def _repeats(client: ClientReport) -> Iterator[Block]:
    found = Counter(
        (check.requirement.check, repeat.attempts, repeat.answer)
        for check in client.checks
        for case in check.cases
        for repeat in case.repeats
    )
    if found:
        rows = [[code(check), str(n), str(sent), code(answer)] for (check, sent, answer), n in found.items()]
        title = "### Sent again after the server had received it, so possibly billed twice"
        text = table(["check", " cases", " attempts", "the first was answered"], rows)
        yield Block(f"{title}\n\n{text}", "table of repeats")


def _circumstances(client: ClientReport) -> str:
    about = client.circumstances
    versions = ", ".join(f"{code(name)} {code(version)}" for name, version in about.versions.items())
    said = [
        f"Judged on {about.started.replace('T', ' ')} in {about.duration:.1f} s by {versions}",
        f"against {code(about.spec)} (revision {code(about.revision)})",
        f"at level {about.level}, at which the run {'passes' if client.is_green else 'fails'}",
        f"{about.max_examples} examples from seed {about.seed}",
        f"endpoint served by {' and '.join(about.transports)}" if about.transports else "",
        *(prose(line, _MAX_REASON) for line in sender_lines(client.senders)),
        *(prose(line, _MAX_REASON) for line in adapter_lines(client.adapters)),
    ]
    return f"{'; '.join(filter(None, said))}."
