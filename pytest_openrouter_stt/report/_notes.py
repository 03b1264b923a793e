"""What checks find out about a client beside their verdicts: facts that a reader of the report wants to know."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

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
class Sender:
    """Where the requests of a client are sent from.

    Attributes:
        mode: The operation that sends them.
        origin: The HTTP library, and the line that calls it.
    """

    mode: str
    origin: str


@dataclass(frozen=True, slots=True)
class AdapterWork:
    """What an adapter does itself between the suite and the client.

    Attributes:
        adapter: The adapter's name.
        package: The package of the client.
        work: What it does, each with where; none for an adapter that only passes on.
    """

    adapter: str
    package: str
    work: tuple[str, ...]

    def __str__(self) -> str:
        if not self.work:
            return f"the adapter {self.adapter} was seen to do nothing itself that is the work of {self.package}"
        return f"the adapter {self.adapter} does itself what is then not judged of {self.package}:"


@dataclass(frozen=True, slots=True)
class Served:
    """How the endpoint was served to the client.

    Attributes:
        form: ``respx`` or ``loopback``.
    """

    form: str


@dataclass(frozen=True, slots=True)
class Who:
    """Who was judged.

    Attributes:
        name: What it was given as, for example ``openrouter``; empty when it is not known yet.
        version: Its version, or an empty string.
        title: How it is shown.
    """

    name: str
    version: str
    title: str


Note = Repeat | Who | Served | Sender | AdapterWork | tuple[ErrorRow, ...]
_KINDS: dict[str, Any] = {
    f"{_PREFIX}repeat": Repeat,
    f"{_PREFIX}sender": Sender,
    f"{_PREFIX}adapter": AdapterWork,
    f"{_PREFIX}served": Served,
    f"{_PREFIX}who": Who,
}

_FORMS = {
    "respx": "respx, inside of httpx",
    "loopback": "loopback, over sockets of this machine",
}


def note_property(note: Note) -> tuple[str, str]:
    """Return *note* as a user property of a pytest report, which xdist and JUnit XML carry."""
    for name, kind in _KINDS.items():
        if isinstance(note, kind):
            return name, json.dumps(asdict(note))
    assert isinstance(note, tuple), "there is no other kind"  # noqa: S101
    return f"{_PREFIX}errors", json.dumps([asdict(row) for row in note])


def notes_in(properties: Iterable[tuple[str, object]]) -> Iterator[Note]:
    """Read the notes back."""
    for name, value in properties:
        if name in _KINDS:
            fields: dict[str, Any] = json.loads(str(value))
            yield _KINDS[name](**{key: tuple(kept) if isinstance(kept, list) else kept for key, kept in fields.items()})
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
    different = list(dict.fromkeys(note for found in notes.values() for note in found))
    about = [
        *endpoint_lines([note for note in different if isinstance(note, Served)]),
        *sender_lines([note for note in different if isinstance(note, Sender)]),
        *adapter_lines([note for note in different if isinstance(note, AdapterWork)]),
    ]
    yield from (*about, "") if about else ()
    for rows in different if verbose else ():
        if isinstance(rows, tuple):
            yield from error_lines(rows)
            yield ""


def endpoint_lines(served: Sequence[Served]) -> Iterator[str]:
    """Return how the endpoint was served."""
    if served:
        yield f"endpoint: {' and '.join(_FORMS[form] for form in sorted({note.form for note in served}))}"


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
