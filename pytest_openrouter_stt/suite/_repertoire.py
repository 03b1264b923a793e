"""What a client does right as long as nothing special came before: only the rest is a matter of its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pytest_openrouter_stt.report import CheckFailed, CheckStopped, CouldNotRun

from ._course import GOOD, SHAPES, Course, errors
from ._stand import API_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_openrouter_stt.client import ClientUnderTest, Mode

    from ._bench import Bench

_KNOWN: WeakKeyDictionary[ClientUnderTest, dict[Mode, Repertoire]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Repertoire:
    """What a client does as the contract has it, after calls that went well.

    What it does wrong even then is for the check that names it, and is not asked of it in a sequence.

    Attributes:
        shapes: The shapes of calls that it makes well.
        kinds: The kinds of errors that it takes well.
        usual: The names of the headers of a call of each shape.
        aftermath: Each kind of error after which the next call went wrong, with how.
    """

    shapes: tuple[str, ...]
    kinds: tuple[str, ...]
    usual: Mapping[str, frozenset[str]]
    aftermath: Mapping[str, str]

    def course(self, stt: Bench, *keys: str) -> Course:
        """Return a new sequence of calls, made by clients with these keys."""
        course = Course(stt, *keys)
        course.usual.update(self.usual)
        return course


def repertoire(stt: Bench) -> Repertoire:
    """Return what the client can do in the mode of the check; it is tried once.

    Raises:
        CheckStopped: It makes no call well.
    """
    known = _KNOWN.setdefault(stt.stand.client, {})
    if stt.mode not in known:
        known[stt.mode] = _tried(stt)
    return known[stt.mode]


def _tried(stt: Bench) -> Repertoire:
    course = Course(stt, API_KEY)
    stt.stand.client.forget(API_KEY)
    shapes = tuple(shape for shape in SHAPES if _failure(course, shape, GOOD) is None)
    if not shapes:
        raise CheckStopped(CouldNotRun(reason="no call goes well even alone; see the area request"))
    kinds: list[str] = []
    aftermath: dict[str, str] = {}
    for kind in errors(stt.contract):
        course.begin()
        failure = _failure(course, shapes[0], kind)
        failure_after = _failure(course, shapes[-1], GOOD)
        if failure_after is not None:
            aftermath[kind] = failure_after.observed
            stt.stand.client.forget(API_KEY)
        elif failure is None:
            kinds.append(kind)
    return Repertoire(shapes, tuple(kinds), course.usual, aftermath)


def _failure(course: Course, shape: str, kind: str) -> CheckFailed | None:
    try:
        course.call(shape, kind)
    except CheckFailed as failure:
        return failure
    return None
