"""The check decorator, the cases of a check, and the examples that a property check tries.

Hypothesis mixes constants from the source of each loaded module of the project into what it draws. From one seed, a
check would then try other examples when it runs alone than beside the project's tests. There is no setting for that,
so it is reached for where it is; a version that lacks one of the names is left as it is.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pytest

from pytest_openrouter_stt.client import MODES
from pytest_openrouter_stt.endpoint import Fault, Reply
from pytest_openrouter_stt.report import CheckFailed, Level, Requirement, Source

from .examples import Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.contract import Contract

_FORM = re.compile(
    r"(?P<requirement>[^\n]+\.)\n\nPasses: (?P<passes>.+?\.)\nFails: (?P<fails>(?:(?!\n\n).)+\.)", re.DOTALL
)
_WITHOUT_DOCSTRINGS = 2


@dataclass(eq=False, kw_only=True)
class UntoldCheck(Exception):
    """The docstring of a check does not say what a user of the suite has to know.

    Attributes:
        check: The check's ID.
    """

    check: str

    def __str__(self) -> str:
        return (
            f"{self.check}: its docstring has to be its requirement in one line, an empty line, "
            "'Passes: …' and 'Fails: …', each beginning a line and ending in a full stop"
        )


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of a check's docstring, each as one line.

    Attributes:
        requirement: What is required.
        passes: What a client may do.
        fails: What it may not.
    """

    requirement: str
    passes: str
    fails: str


def told(check: str, docstring: str | None) -> Told:
    """Return what *docstring* says; nothing where Python leaves docstrings out (``-OO``).

    Args:
        check: The ID of the check whose it is.
        docstring: As it is in the source.

    Raises:
        UntoldCheck: A part is missing or empty.
    """
    if docstring is None and sys.flags.optimize >= _WITHOUT_DOCSTRINGS:
        return Told("", "", "")
    match = _FORM.fullmatch(inspect.cleandoc(docstring or ""))
    if match is None:
        raise UntoldCheck(check=check)
    return Told(**{name: " ".join(part.split()) for name, part in match.groupdict().items()})


Function = TypeVar("Function", bound=Callable[..., None])
Each = Literal["error status", "usage field", "app header"]
"""What a check is repeated for, beside the modes; the values come from the contract."""

ARGUMENTS: dict[Each, str] = {
    "error status": "stt_status",
    "usage field": "stt_usage_field",
    "app header": "stt_app_header",
}
_UNCLOSED = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""Client objects that a check drops are not closed as a user would; what they leave open is no fault of theirs."""

_LEVEL_MARKS = {Level.MUST: pytest.mark.stt_must, Level.SHOULD: pytest.mark.stt_should, Level.MAY: pytest.mark.stt_may}
MARKER = "stt_check"
_CHECKS: dict[str, dict[str, CheckInfo]] = {}


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """A requirement with what a client needs so that it can be judged.

    Attributes:
        requirement: What is judged.
        passes: What a client may do.
        fails: What it may not.
        needs: The features without which the check is not offered.
        both_modes: Whether one judgement needs the synchronous and the asynchronous operation.
        each: What it is repeated for; ``None`` for a check on its own.
        without: The features with which it is not offered.
        example: A call that shows what the check is about; ``None`` for the smallest call.
    """

    requirement: Requirement
    passes: str
    fails: str
    needs: tuple[str, ...]
    both_modes: bool
    each: Each | None
    without: tuple[str, ...] = ()
    example: Example | None = None


def check(  # noqa: PLR0913 - each is one fact of a check, given by name
    level: Level,
    source: Source,
    spec: str,
    *,
    hint: str = "",
    needs: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    both_modes: bool = False,
    each: Each | None = None,
    example: Example | None = None,
) -> Callable[[Function], Function]:
    """Make a test function a check; its docstring says the requirement, what passes and what fails.

    Args:
        level: How binding the requirement is.
        source: Where it comes from.
        spec: The place in the source.
        hint: What to look at in a client that fails.
        needs: Features of the client without which the check is not offered.
        without: Features of the client with which it is not offered.
        both_modes: Judge both modes at once rather than one after the other.
        each: Repeat the check for each of these.
        example: A call that shows what the check is about; the smallest call when left out.

    Raises:
        UntoldCheck: The docstring lacks one of these.
    """

    def decorate(function: Function) -> Function:
        area = function.__module__.rpartition(".")[2]
        name = f"{area}::{function.__name__}"
        said = told(name, function.__doc__)
        requirement = Requirement(name, level, source, spec, said.requirement, hint)
        info = CheckInfo(requirement, said.passes, said.fails, needs, both_modes, each, without, example)
        _CHECKS.setdefault(function.__module__, {})[function.__name__] = info
        for mark in (pytest.mark.stt_check(info), _UNCLOSED, _LEVEL_MARKS[level]):
            mark(function)
        return function

    return decorate


def checks_in(module: str) -> Mapping[str, CheckInfo]:
    """Return the checks in an area's module, which must have been imported, by the names of their functions."""
    return _CHECKS.get(module, {})


def info_of(item: pytest.Item) -> CheckInfo | None:
    """Return what the check of *item* declares; ``None`` for an item that is no check."""
    marker = item.get_closest_marker(MARKER)
    if marker is None:
        return None
    info: CheckInfo = marker.args[0]
    return info


def why_not_offered(info: CheckInfo, mode: str, case: Mapping[str, object], features: frozenset[str]) -> str:
    """Return why a client with *features* does not offer what a check needs; empty when it does.

    Args:
        info: What the check declares.
        mode: The operation that it is to use.
        case: The values that it is repeated for.
        features: What the client offers.
    """
    header = case.get(ARGUMENTS["app header"])
    needed = [*(("sync", "async") if info.both_modes else (mode,)), *info.needs, *([str(header)] if header else [])]
    missing = [feature for feature in needed if feature not in features]
    hindering = [feature for feature in info.without if feature in features]
    lacks = f"the client does not offer {', '.join(missing)}" if missing else ""
    return lacks or (f"it cannot be judged of a client with {', '.join(hindering)}" if hindering else "")


def cases(each: Each, contract: Contract) -> tuple[str, list[object]]:
    """Return the argument of a check that is repeated for *each*, and its values."""
    usage: Any = contract.transcript.document
    values: dict[Each, list[object]] = {
        "error status": list(contract.error_statuses),
        "usage field": list(usage["properties"].get("usage", {}).get("properties", {})),
        "app header": [parameter.name for parameter in contract.sdk.in_place("header")],
    }
    return ARGUMENTS[each], values[each]


_Ids = Iterable[str] | Callable[[Any], str] | None


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that a check is repeated for.

    Attributes:
        name: What it is.
        ids: What stands for each value in a node ID.
        values: The values.
    """

    name: str
    ids: tuple[str, ...]
    values: tuple[object, ...]


def axes(module: str, info: CheckInfo, contract: Contract) -> tuple[Axis, ...]:
    """Return what a check of *module* is repeated for, in the order in which pytest writes it into node IDs."""
    modes = [] if info.both_modes else [Axis("mode", MODES, MODES)]
    each = [] if info.each is None else [_axis(info.each, cases(info.each, contract)[1], None)]
    marks = _marks(module, info.requirement.check.partition("::")[2])
    own = [_axis(mark.args[0], mark.args[1], mark.kwargs.get("ids")) for mark in marks if mark.name == "parametrize"]
    return (*modes, *each, *own)


def node_ids(info: CheckInfo, found: tuple[Axis, ...]) -> tuple[str, ...]:
    """Return the node ID of each case of a check that is repeated for *found*."""
    node_id = f"stt/{info.requirement.check}"
    if not found:
        return (node_id,)
    return tuple(f"{node_id}[{'-'.join(ids)}]" for ids in product(*(axis.ids for axis in found)))


def of_case(case: str, found: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Return *found* with the values of one case only, named as in a node ID; all of it for an unknown case."""
    for places in product(*(range(len(axis.ids)) for axis in found)):
        one = tuple(
            Axis(axis.name, axis.ids[place : place + 1], axis.values[place : place + 1])
            for axis, place in zip(found, places, strict=True)
        )
        if "-".join(axis.ids[0] for axis in one) == case:
            return one
    return found


def _marks(module: str, name: str) -> list[Any]:
    marks: list[Any] = getattr(importlib.import_module(module), name).pytestmark
    return marks


def _axis(names: str | tuple[str, ...], values: Iterable[object], ids: _Ids) -> Axis:
    values = tuple(values)
    shown = (map(ids, values) if callable(ids) else ids) if ids is not None else map(str, values)
    return Axis(names if isinstance(names, str) else " and ".join(names), tuple(shown), values)


_DRAWING = "hypothesis.internal.conjecture.providers"


def _stand_ins() -> dict[str, Any]:
    try:
        from hypothesis.internal.conjecture.providers import CONSTANTS_CACHE, _get_local_constants  # noqa: PLC0415
        from hypothesis.internal.constants_ast import Constants  # noqa: PLC0415
    except ImportError:  # pragma: no cover - not every version of Hypothesis has them
        return {}
    return {_get_local_constants.__name__: Constants, "CONSTANTS_CACHE": type(CONSTANTS_CACHE)(1024)}


_STAND_INS = _stand_ins()


@contextmanager
def without_constants() -> Iterator[None]:
    """Let Hypothesis draw no constants of the project's modules."""
    with pytest.MonkeyPatch.context() as patch:
        for name, stand_in in _STAND_INS.items():
            patch.setattr(f"{_DRAWING}.{name}", stand_in)
        yield


USUAL_EXAMPLES = 20
"""Examples of a property check, unless the user says otherwise."""


class _TimeIsUp(BaseException):  # no Exception, so that Hypothesis lets it pass
    """There is no time for another example."""


@dataclass(slots=True)
class Profile:
    """How much is tried; it changes between the rounds of ``--stt-fuzz``.

    Attributes:
        max_examples: Examples of a property check.
        seed: Where Hypothesis starts.
        deadline: How long a call may take, in seconds.
        until: When no more examples are tried, as `time.monotonic` tells it.
        tried: How many were tried so far, by all checks.
        failure: What the last example failed with, while a smaller one is looked for.
        interrupted: Whether the user wants no more of it.
    """

    max_examples: int
    seed: int
    deadline: float
    until: float = math.inf
    tried: int = 0
    failure: CheckFailed | None = field(default=None, repr=False)
    interrupted: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether each check tries the same examples in the same order: no time runs out meanwhile."""
        return self.until == math.inf

    @property
    def is_thorough(self) -> bool:
        """Whether more is tried than usual."""
        return self.max_examples > USUAL_EXAMPLES

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let Hypothesis draw the same examples everywhere, until the time is up."""
        self.failure = None
        with without_constants():
            try:
                yield
            except _TimeIsUp:
                return

    @contextmanager
    def example(self) -> Iterator[None]:
        """Try one example, unless the time is up; what has failed is made smaller all the same.

        Raises:
            KeyboardInterrupt: The user wants no more of it.
        """
        if self.interrupted:
            raise KeyboardInterrupt
        if self.failure is None and monotonic() > self.until:
            raise _TimeIsUp
        self.tried += 1
        try:
            yield
        except CheckFailed as failure:
            self.failure = failure
            raise


def example_of(info: CheckInfo, found: Iterable[Axis]) -> Example:
    """Return the example of a check; *found* is what it is repeated for, whose first values it shows."""
    return info.example or Example(served=tuple(_first_replies(found)))


def _first_replies(found: Iterable[Axis]) -> Iterator[Reply]:
    for axis in found:
        first = axis.values[0] if axis.values else None
        if isinstance(first, Reply):
            yield first
        elif isinstance(first, Fault):
            yield Reply.broken(first)
        elif axis.name == "error status" and isinstance(first, int):
            yield Reply.error(first)
