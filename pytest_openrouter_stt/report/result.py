"""The result of a check: requirement, verdict, observation, and notes beside the verdict."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


_RESULT_PREFIX = "stt_"


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Source(StrEnum):
    """Where a requirement comes from."""

    SCHEMA = "schema"
    """The OpenAPI document."""
    SDK = "sdk"
    """The page of the Python SDK."""
    HTTP = "http"
    """An RFC."""
    SUITE = "suite"
    """This suite's own convention."""


class Verdict(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not offered"
    COULD_NOT_RUN = "could not run"

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look at it: the check failed, or did not get to judge."""
        return self in {Verdict.FAILED, Verdict.COULD_NOT_RUN}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a check judges.

    Attributes:
        check: The check's ID, ``area::function``.
        level: How binding it is.
        source: Where it comes from.
        spec: A pointer into the OpenAPI document (``#/…``) or ``sdk.yaml#/…``, or an RFC's section.
        text: The requirement in words.
        hint: What to look at in a client that fails; may be empty.
    """

    check: str
    level: Level
    source: Source
    spec: str
    text: str
    hint: str = ""

    @property
    def area(self) -> str:
        """The part of the ID before ``::``."""
        return area_of(self.check)


def area_of(check: str) -> str:
    """Return the area that the ID *check* begins with."""
    return check.partition("::")[0]


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict of one item: a check, in one mode, on one case.

    Attributes:
        node_id: pytest's name of the item in a run with one client, ``stt/area::function[case]``.
        check: The check's ID.
        level: How binding its requirement is.
        verdict: What came of it.
        reason: One line that says why, for everything but ``passed``.
        client: Which one was judged, by the name that it was given; empty when a fixture gave it.
        known: Why a failure is known, and does not fail the run; empty for one that is not.
    """

    node_id: str
    check: str
    level: Level
    verdict: Verdict
    reason: str
    client: str = ""
    known: str = ""

    def properties(self) -> list[tuple[str, str]]:
        """Return the result as user properties of a pytest report, which xdist and JUnit XML carry."""
        return [
            (f"{_RESULT_PREFIX}case", self.node_id),
            (f"{_RESULT_PREFIX}check", self.check),
            (f"{_RESULT_PREFIX}level", self.level.value),
            (f"{_RESULT_PREFIX}verdict", self.verdict.value),
            (f"{_RESULT_PREFIX}reason", self.reason),
            (f"{_RESULT_PREFIX}client", self.client),
            (f"{_RESULT_PREFIX}known", self.known),
        ]

    @classmethod
    def from_properties(cls, properties: Iterable[tuple[str, object]]) -> Result | None:
        """Read a result back; ``None`` when the report is not one of a check."""
        found: Mapping[str, str] = {name: str(value) for name, value in properties if name.startswith(_RESULT_PREFIX)}
        if f"{_RESULT_PREFIX}verdict" not in found:
            return None
        return cls(
            found[f"{_RESULT_PREFIX}case"],
            found[f"{_RESULT_PREFIX}check"],
            Level(found[f"{_RESULT_PREFIX}level"]),
            Verdict(found[f"{_RESULT_PREFIX}verdict"]),
            found[f"{_RESULT_PREFIX}reason"],
            found[f"{_RESULT_PREFIX}client"],
            found[f"{_RESULT_PREFIX}known"],
        )


_NOTE_PREFIX = "stt_note_"


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
    f"{_NOTE_PREFIX}repeat": Repeat,
    f"{_NOTE_PREFIX}sender": Sender,
    f"{_NOTE_PREFIX}adapter": AdapterWork,
    f"{_NOTE_PREFIX}served": Served,
    f"{_NOTE_PREFIX}who": Who,
}


def note_property(note: Note) -> tuple[str, str]:
    """Return *note* as a user property of a pytest report, which xdist and JUnit XML carry."""
    for name, kind in _KINDS.items():
        if isinstance(note, kind):
            return name, json.dumps(asdict(note))
    assert isinstance(note, tuple), "there is no other kind"  # noqa: S101
    return f"{_NOTE_PREFIX}errors", json.dumps([asdict(row) for row in note])


def notes_in(properties: Iterable[tuple[str, object]]) -> Iterator[Note]:
    """Read the notes back."""
    for name, value in properties:
        if name in _KINDS:
            fields: dict[str, Any] = json.loads(str(value))
            yield _KINDS[name](**{key: tuple(kept) if isinstance(kept, list) else kept for key, kept in fields.items()})
        elif name == f"{_NOTE_PREFIX}errors":
            yield tuple(ErrorRow(**row) for row in json.loads(str(value)))
