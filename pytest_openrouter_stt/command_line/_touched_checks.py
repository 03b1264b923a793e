"""Which checks a change of the contract touches: those that look at its place, at what holds it, or into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_openrouter_stt.drift import SCHEMA, is_error, surface
from pytest_openrouter_stt.judging import CheckInfo, cases
from pytest_openrouter_stt.suite import every_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.contract import Contract, SdkNaming
    from pytest_openrouter_stt.drift import Change, Facts, Place, Step

_SDK = "sdk.yaml#/"
_ANY = "*"
_ANY_ERROR = "any error"
"""Stands in a place for the status of every error."""

_BODY: Place = ("request", "content", "application/json", SCHEMA)
_ERRORS: Place = ("responses", _ANY_ERROR, "content")
_NEVER_SENT = ("query", "path")
"""Where the check of the URL would find a parameter."""


@dataclass(frozen=True, kw_only=True)
class Recount:
    """A check that is repeated for other cases than before.

    Attributes:
        check: Its ID.
        gained: The cases that are new, as they stand in node IDs.
        lost: The cases that are no more.
    """

    check: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    def __str__(self) -> str:
        gains = f"gains [{', '.join(self.gained)}]" if self.gained else ""
        loses = f"loses [{', '.join(self.lost)}]" if self.lost else ""
        return f"{self.check} {' and '.join(filter(None, (gains, loses)))}"


class Checks:
    """The checks of the suite, and what each looks at.

    Args:
        contract: The packaged contract, which the checks are written against.
    """

    def __init__(self, contract: Contract) -> None:
        facts = surface(contract)
        self._all = every_check()
        self._looked_at = {info.requirement.check: tuple(_looked_at(info, facts, contract.sdk)) for info in self._all}

    def looked_at(self, check: str) -> tuple[Place, ...]:
        """Return the places that *check* looks at; empty for one that no OpenAPI document has a say in."""
        return self._looked_at[check]

    def touched_by(self, change: Change) -> tuple[str, ...]:
        """Return the IDs of the checks that look at what has changed."""
        places = [place for one in change.places for place in _also(one)]
        return tuple(
            check
            for check, asked in self._looked_at.items()
            if any(_meets(one, place) for one in asked for place in places)
        )

    def recounts(self, old: Contract, new: Contract) -> Iterator[Recount]:
        """Yield the checks that are repeated for other cases under *new* than under *old*."""
        for info in self._all:
            if info.each is not None:
                before, after = (list(map(str, cases(info.each, contract)[1])) for contract in (old, new))
                gained = tuple(case for case in after if case not in before)
                lost = tuple(case for case in before if case not in after)
                if gained or lost:
                    yield Recount(check=info.requirement.check, gained=gained, lost=lost)


def _looked_at(info: CheckInfo, facts: Facts, naming: SdkNaming) -> Iterator[Place]:
    spec = info.requirement.spec
    if spec.startswith(_SDK):
        yield from _places_of_naming(spec.removeprefix(_SDK), naming)
    for place in facts.places.get(spec, ()):
        yield (place[0], _ANY_ERROR, *place[2:]) if info.each == "error status" else place


def _places_of_naming(where: str, naming: SdkNaming) -> Iterator[Place]:
    subject, _, name = where.partition("/")
    if subject in {"errors", "default_error"}:
        yield _ERRORS
    elif subject == "renames":
        yield from (_renamed(pointer, wire_name, naming) for pointer, wire_name in naming.renames.items())
    elif subject == "parameters":
        for parameter in [naming.parameters[name]] if name else naming.in_place("header"):
            if parameter.place == "body":
                yield (*_BODY, ("properties", parameter.wire_name))
            elif parameter.place == "header":
                yield ("parameters", f"header {parameter.wire_name.lower()}")


def _renamed(pointer: str, wire_name: str, naming: SdkNaming) -> Place:
    _, parameter, *inner = pointer.split("/")
    names = [naming.parameters[parameter].wire_name, *inner[:-1], wire_name]
    return (*_BODY, *(("properties", name) for name in names))


def _also(place: Place) -> Iterator[Place]:
    """Yield *place*, and the field when it says that a field is required."""
    yield place
    if place and place[-1][0] == "required" and not isinstance(place[-1], str):
        yield (*place[:-1], ("properties", place[-1][1]))


def _meets(asked: Place, place: Place) -> bool:
    """Whether a check that looks at *asked* sees a change at *place*.

    What is outside of the schemas is looked at for itself: schemas have checks of their own.
    """
    if not asked:  # the operation itself
        return place[0] == "base URL" or (place[0] == "parameters" and str(place[1]).startswith(_NEVER_SENT))
    if SCHEMA in place and SCHEMA not in asked:
        return False
    return all(map(_same, _plain(asked), _plain(place)))


def _plain(place: Place) -> list[str | Step]:
    """Return *place* without the steps into alternatives, which a check written before there were any does not know."""
    return [part for part in place if isinstance(part, str) or part[0] not in {"anyOf", "oneOf"}]


def _same(asked: str | Step, found: str | Step) -> bool:
    if isinstance(asked, str) or isinstance(found, str):
        return asked == found or (asked == _ANY_ERROR and isinstance(found, str) and is_error(found))
    return asked[0] == found[0] and asked[1] in {_ANY, found[1]}


def unnamed_arguments(contract: Contract, packaged: Contract) -> tuple[str, ...]:
    """Return the arguments of *contract* that the SDK's page does not name, so that they go by the field's own name."""
    return tuple(name for name in contract.sdk.parameters if name not in packaged.sdk.parameters)
