"""What makes a function a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pytest

from pytest_openrouter_stt.report import Level, Requirement, Source

from ._docstring import told

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Contract

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
    """

    requirement: Requirement
    passes: str
    fails: str
    needs: tuple[str, ...]
    both_modes: bool
    each: Each | None
    without: tuple[str, ...] = ()


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

    Raises:
        UntoldCheck: The docstring lacks one of these.
    """

    def decorate(function: Function) -> Function:
        area = function.__module__.rpartition(".")[2]
        name = f"{area}::{function.__name__}"
        said = told(name, function.__doc__)
        requirement = Requirement(name, level, source, spec, said.requirement, hint)
        info = CheckInfo(requirement, said.passes, said.fails, needs, both_modes, each, without)
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
