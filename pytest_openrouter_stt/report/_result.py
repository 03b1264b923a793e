"""What is known of a check and of its verdict; travels between processes as strings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PREFIX = "stt_"


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
            (f"{_PREFIX}case", self.node_id),
            (f"{_PREFIX}check", self.check),
            (f"{_PREFIX}level", self.level.value),
            (f"{_PREFIX}verdict", self.verdict.value),
            (f"{_PREFIX}reason", self.reason),
            (f"{_PREFIX}client", self.client),
            (f"{_PREFIX}known", self.known),
        ]

    @classmethod
    def from_properties(cls, properties: Iterable[tuple[str, object]]) -> Result | None:
        """Read a result back; ``None`` when the report is not one of a check."""
        found: Mapping[str, str] = {name: str(value) for name, value in properties if name.startswith(_PREFIX)}
        if f"{_PREFIX}verdict" not in found:
            return None
        return cls(
            found[f"{_PREFIX}case"],
            found[f"{_PREFIX}check"],
            Level(found[f"{_PREFIX}level"]),
            Verdict(found[f"{_PREFIX}verdict"]),
            found[f"{_PREFIX}reason"],
            found[f"{_PREFIX}client"],
            found[f"{_PREFIX}known"],
        )
