"""Two runs compared: what got better, what got worse, what is new and what is gone."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .result import Level, Verdict
from .summary import is_gating

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from .report import ClientReport, Report
    from .result import Requirement, Result

    Pair = tuple[ClientReport | None, ClientReport | None]


def pairs(old: Sequence[ClientReport], new: Sequence[ClientReport]) -> Iterator[Pair]:
    """Yield each client of *new* with that of *old* which it is, if any, and then those that are left of *old*."""
    places = {0: 0} if len(old) == len(new) == 1 else {}
    for same in (_by_version, _by_name):
        places |= dict(_matched(old, new, same, places))
    yield from ((old[places[place]] if place in places else None, client) for place, client in enumerate(new))
    yield from ((client, None) for place, client in enumerate(old) if place not in places.values())


def _matched(
    old: Sequence[ClientReport],
    new: Sequence[ClientReport],
    same: Callable[[ClientReport], object],
    places: dict[int, int],
) -> Iterator[tuple[int, int]]:
    """Yield the places in both of what is the same and has no counterpart in *places* yet; each is taken once."""
    waiting: defaultdict[object, list[int]] = defaultdict(list)
    for place in _left(old, places.values()):
        waiting[same(old[place])].append(place)
    for place in _left(new, places):
        if waiting[same(new[place])]:
            yield place, waiting[same(new[place])].pop(0)


def _left(clients: Sequence[ClientReport], taken: Collection[int]) -> list[int]:
    return [place for place in range(len(clients)) if place not in taken]


def _by_version(client: ClientReport) -> object:
    return client.who.name, client.who.version


def _by_name(client: ClientReport) -> object:
    return client.who.name


_SUITE = "pytest-openrouter-stt"


class ChangeKind(StrEnum):
    """What became of a case."""

    WORSE = "worse"
    NEW = "new"
    GONE = "gone"
    NO_LONGER_OFFERED = "no longer offered"
    NO_LONGER_KNOWN = "no longer a known failure"
    NEWLY_KNOWN = "newly a known failure"
    OTHERWISE = "bad in another way"
    NEWLY_OFFERED = "offered now"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A case that is not as it was.

    Attributes:
        kind: What became of it.
        before: Its result in the old run; ``None`` where there is none.
        after: Its result in the new run; ``None`` where there is none.
        is_regression: Whether it fails the comparison.
    """

    kind: ChangeKind
    before: Result | None
    after: Result | None
    is_regression: bool

    @property
    def result(self) -> Result:
        """The newer of its results."""
        found = self.after or self.before
        assert found is not None, "a change is one of something"  # noqa: S101
        return found


@dataclass(frozen=True, slots=True)
class ClientComparison:
    """One client in both runs.

    Attributes:
        old: The client in the old report; ``None`` for one that is new.
        new: The client in the new report; ``None`` for one that is gone.
        changes: Its cases that are not as they were, in the order of the new run, and then those that are gone.
        requirements: The requirements of both runs that are not the same: the old one and the new one.
        alike: How many cases are as they were.
    """

    old: ClientReport | None
    new: ClientReport | None
    changes: tuple[VerdictChange, ...]
    requirements: tuple[tuple[Requirement, Requirement], ...]
    alike: int

    @property
    def title(self) -> str:
        """How the client is shown: both titles where it has another one now."""
        titles = dict.fromkeys(report.who.title for report in (self.old, self.new) if report)
        return " → ".join(titles)

    @property
    def is_unfinished(self) -> bool:
        """Whether the new run ended early, so that nobody knows what else it would have found."""
        return bool(self.new and self.new.unfinished)

    @property
    def regressions(self) -> list[VerdictChange]:
        """The changes that fail the comparison."""
        return [change for change in self.changes if change.is_regression]

    @property
    def is_worse(self) -> bool:
        """Whether the new run has a regression, or did not come to its end, or lacks the client."""
        return bool(self.regressions) or self.is_unfinished or self.new is None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports compared.

    Attributes:
        clients: Those of the new report, and then those that are gone.
    """

    clients: tuple[ClientComparison, ...]

    @property
    def is_worse(self) -> bool:
        """Whether any client got worse."""
        return any(client.is_worse for client in self.clients)


def compare(old: Report, new: Report) -> Comparison:
    """Compare two reports, client by client; durations are not looked at.

    Clients are matched by name, and by version where a report has several of one name; the only client of one
    report is compared with the only one of the other, whatever they are called.

    A regression is a case that passed and now fails or could not run; a case of a MUST that is not offered any more; a
    MUST check that is gone, or a case of it with the same suite and contract; and a new case that fails the run. What
    is a known failure now is told, and is none.
    """
    return Comparison(tuple(_client(*pair) for pair in pairs(old.clients, new.clients)))


def _client(old: ClientReport | None, new: ClientReport | None) -> ClientComparison:
    before, after = _cases(old), _cases(new)
    level = new.circumstances.level if new else Level.MUST
    kept = set() if _is_same_ground(old, new) else {result.check for result in after.values()}
    places = [*after, *(place for place in before if place not in after)]
    compared = [_change(before.get(place), after.get(place), level, kept) for place in places]
    changes = tuple(change for change in compared if change is not None)
    return ClientComparison(old, new, changes, tuple(_requirements(old, new)), len(places) - len(changes))


def _is_same_ground(old: ClientReport | None, new: ClientReport | None) -> bool:
    """Whether both runs had the same cases to run, so that one which is gone was left out."""
    if old is None or new is None:
        return False
    one, other = old.circumstances, new.circumstances
    return (one.revision, one.versions.get(_SUITE)) == (other.revision, other.versions.get(_SUITE))


def _cases(client: ClientReport | None) -> dict[tuple[str, int], Result]:
    """Return the results of a run by node ID; a second one with the same ID is another case."""
    seen: Counter[str] = Counter()
    cases = {}
    for result in client.results if client else ():
        cases[result.node_id, seen[result.node_id]] = result
        seen[result.node_id] += 1
    return cases


def _change(before: Result | None, after: Result | None, level: Level, kept: Collection[str]) -> VerdictChange | None:
    kind = _kind(before, after)
    if kind is None:
        return None
    if after is None:
        return VerdictChange(kind, before, after, before is not None and _is_lost(before, kept))
    fails = is_gating(after, level) and not after.known
    regressions = {
        ChangeKind.WORSE: not after.known,
        ChangeKind.NEW: fails,
        ChangeKind.NEWLY_OFFERED: fails,
        ChangeKind.NO_LONGER_OFFERED: after.level is Level.MUST,
    }
    return VerdictChange(kind, before, after, regressions.get(kind, False))


def _is_lost(before: Result, kept: Collection[str]) -> bool:
    is_due = before.level is Level.MUST and before.verdict is not Verdict.NOT_OFFERED
    return is_due and before.check not in kept


def _kind(before: Result | None, after: Result | None) -> ChangeKind | None:
    if before is None or after is None:
        return ChangeKind.GONE if after is None else ChangeKind.NEW
    if before.verdict is not after.verdict and Verdict.NOT_OFFERED in {before.verdict, after.verdict}:
        return ChangeKind.NEWLY_OFFERED if before.verdict is Verdict.NOT_OFFERED else ChangeKind.NO_LONGER_OFFERED
    was_bad, is_bad = before.verdict.is_bad, after.verdict.is_bad
    if was_bad != is_bad:
        return ChangeKind.WORSE if is_bad else ChangeKind.BETTER
    return _otherwise(before, after) if is_bad else None


def _otherwise(before: Result, after: Result) -> ChangeKind | None:
    if bool(before.known) != bool(after.known):
        return ChangeKind.NEWLY_KNOWN if after.known else ChangeKind.NO_LONGER_KNOWN
    is_same = (before.verdict, before.reason) == (after.verdict, after.reason)
    return None if is_same else ChangeKind.OTHERWISE


def _requirements(old: ClientReport | None, new: ClientReport | None) -> Iterator[tuple[Requirement, Requirement]]:
    before = {check.requirement.check: check.requirement for check in old.checks} if old else {}
    for check in new.checks if new else ():
        earlier = before.get(check.requirement.check)
        if earlier is not None and earlier != check.requirement:
            yield earlier, check.requirement
