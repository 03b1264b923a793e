"""What checks find out about a client beside their verdicts: facts that a reader of the report wants to know."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PREFIX = "stt_note_"
_GAP = 3


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """What a client makes of one status.

    Attributes:
        status: The status that was answered.
        kind: The type of the error, by its qualified name.
        status_kept: Whether the error carries the status.
        message_kept: Whether it shows the API's message.
        retried: Whether the client tried again by itself.
    """

    status: int
    kind: str
    status_kept: bool
    message_kept: bool
    retried: bool


@dataclass(frozen=True, slots=True)
class Repeat:
    """A body that was sent again although the server had received it, so that it may be billed twice.

    Attributes:
        attempts: How often it was sent.
        answer: What the first attempt was answered.
    """

    attempts: int
    answer: str


@dataclass(frozen=True, slots=True)
class Served:
    """How the endpoint was served to the client.

    Attributes:
        form: ``respx`` or ``loopback``.
    """

    form: str


Note = Repeat | Served | tuple[ErrorRow, ...]

_FORMS = {
    "respx": "respx, inside of httpx",
    "loopback": "loopback, over sockets of this machine",
}


def note_property(note: Note) -> tuple[str, str]:
    """Return *note* as a user property of a pytest report, which xdist and JUnit XML carry."""
    if isinstance(note, Repeat):
        return f"{_PREFIX}repeat", json.dumps(asdict(note))
    if isinstance(note, Served):
        return f"{_PREFIX}served", note.form
    return f"{_PREFIX}errors", json.dumps([asdict(row) for row in note])


def notes_in(properties: Iterable[tuple[str, object]]) -> Iterator[Note]:
    """Read the notes back."""
    for name, value in properties:
        if name == f"{_PREFIX}repeat":
            yield Repeat(**json.loads(str(value)))
        elif name == f"{_PREFIX}served":
            yield Served(str(value))
        elif name == f"{_PREFIX}errors":
            yield tuple(ErrorRow(**row) for row in json.loads(str(value)))


def note_lines(notes: Mapping[str, Sequence[Note]], *, verbose: bool) -> Iterator[str]:
    """Return what is worth saying at the end of a run.

    Args:
        notes: The notes of each item, by its node ID.
        verbose: Whether the table of errors is shown, too.
    """
    repeats = Counter(
        (node_id.partition("[")[0].partition("/")[2], note.answer)
        for node_id, found in notes.items()
        for note in found
        if isinstance(note, Repeat)
    )
    if repeats:
        yield "sent again after the server had received it, so possibly billed twice:"
        yield from (f"  {check} ({count}), answered: {answer}" for (check, answer), count in repeats.items())
        yield ""
    forms = {note.form for found in notes.values() for note in found if isinstance(note, Served)}
    if forms:
        yield f"endpoint: {' and '.join(_FORMS[form] for form in sorted(forms))}"
        yield ""
    tables = {note: None for found in notes.values() for note in found if isinstance(note, tuple)}
    for rows in tables if verbose else ():
        yield from error_lines(rows)
        yield ""


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
