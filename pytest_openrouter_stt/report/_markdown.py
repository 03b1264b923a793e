"""A report as Markdown: for the step summary of GitHub Actions, a comment, or a page of a project's own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ._cause import causes
from ._markdown_failure import failure_block, traceback_blocks
from ._markdown_pages import LIMIT, Block, fitted
from ._markdown_text import code, details, html_code, prose, table
from ._matrix import labels, matrix
from ._note_lines import adapter_lines, sender_lines, told_apart_by_nothing
from ._result import Verdict
from ._summary import Conformance, counts, is_gating, with_verdict
from ._text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._matrix import Cell
    from ._report import ClientReport, Report
    from ._result import Result

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
        f"endpoint served by {' and '.join(about.forms)}" if about.forms else "",
        *(prose(line, _MAX_REASON) for line in sender_lines(client.senders)),
        *(prose(line, _MAX_REASON) for line in adapter_lines(client.adapters)),
    ]
    return f"{'; '.join(filter(None, said))}."
