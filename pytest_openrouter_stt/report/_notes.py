"""What checks find out about a client beside their verdicts: facts that a reader of the report wants to know."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PREFIX = "stt_note_"


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
        name: What it was given as, for example ``openrouter``; empty when a fixture gave it.
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
