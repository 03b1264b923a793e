"""Findings beside the verdicts: how the endpoint was served, who sent the requests, what an adapter did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .report import ClientReport
    from .result import AdapterWork, ErrorRow, Sender

_GAP = 3

_TRANSPORTS = {
    "respx": "respx, inside of httpx",
    "loopback": "loopback, over sockets of this machine",
}


def note_lines(client: ClientReport, *, verbose: bool) -> Iterator[str]:
    """Return what is worth saying at the end of a run.

    Args:
        client: What was found out about one client.
        verbose: Whether the table of errors is shown, too.
    """
    repeats = Counter(
        (check.requirement.check, repeat.answer)
        for check in client.checks
        for case in check.cases
        for repeat in case.repeats
    )
    if repeats:
        yield "sent again after the server had received it, so possibly billed twice:"
        yield from (f"  {check} ({count}), answered: {answer}" for (check, answer), count in repeats.items())
        yield ""
    about = [
        *endpoint_lines(client.circumstances.transports),
        *sender_lines(client.senders),
        *adapter_lines(client.adapters),
    ]
    yield from (*about, "") if about else ()
    if verbose and client.errors:
        yield from error_lines(client.errors)
        yield ""


def endpoint_lines(transports: Iterable[str]) -> Iterator[str]:
    """Return how the endpoint was served."""
    served = " and ".join(_TRANSPORTS[name] for name in sorted(transports))
    if served:
        yield f"endpoint: {served}"


def sender_lines(senders: Sequence[Sender]) -> Iterator[str]:
    """Return where requests are sent from: once, or for each mode where these differ."""
    origins = dict.fromkeys(sender.origin for sender in senders)
    if len(origins) == 1:
        yield f"requests are sent by {senders[0].origin}"
        return
    for sender in sorted(set(senders), key=lambda sender: (sender.mode == "async", sender.origin)):
        yield f"{sender.mode} requests are sent by {sender.origin}"


def adapter_lines(adapters: Iterable[AdapterWork]) -> Iterator[str]:
    """Return what adapters do themselves."""
    for adapter in adapters:
        yield str(adapter)
        yield from (f"  {work}" for work in adapter.work)


def error_lines(rows: Sequence[ErrorRow]) -> Iterator[str]:
    """Return the table of what each status becomes, and below it which statuses cannot be told apart."""
    head = ("status", "error", "status kept", "message kept", "retried")
    cells = [
        (str(r.status), r.kind.rpartition(".")[2], *map(_yes, (r.status_kept, r.message_kept, r.retried))) for r in rows
    ]
    widths = [max(len(row[place]) for row in (head, *cells)) for place in range(len(head))]
    for row in (head, *cells):
        yield (" " * _GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for kind, statuses in told_apart_by_nothing(rows).items():
        yield f"cannot be told apart by their type: {', '.join(map(str, statuses))} ({kind})"


def told_apart_by_nothing(rows: Iterable[ErrorRow]) -> dict[str, list[int]]:
    """Return the types that stand for several statuses, with these."""
    statuses: dict[str, list[int]] = {}
    for row in rows:
        statuses.setdefault(row.kind, []).append(row.status)
    return {kind: shared for kind, shared in statuses.items() if len(shared) > 1}


def _yes(holds: bool) -> str:  # noqa: FBT001 - a cell
    return "yes" if holds else "no"
