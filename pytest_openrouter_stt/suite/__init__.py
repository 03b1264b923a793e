"""The checks: one module for each area, one function for each requirement."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pytest_openrouter_stt.judging import Axis, CheckInfo, axes, checks_in

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import Contract

AREAS = (
    "request",
    "invalid",
    "response",
    "errors",
    "retry",
    "network",
    "state",
    "secrecy",
    "audio",
    "hostile",
)


def area_module(area: str) -> str:
    """Return the dotted name of the module of *area*."""
    return f"{__name__}.{area}"


def area_checks(area: str) -> tuple[str, ...]:
    """Return the names of the checks that *area* has."""
    importlib.import_module(area_module(area))
    return tuple(checks_in(area_module(area)))


def every_check() -> tuple[CheckInfo, ...]:
    """Return what every check declares, in the order of a run; imports all areas."""
    modules = [importlib.import_module(area_module(area)) for area in AREAS]
    return tuple(info for module in modules for info in checks_in(module.__name__).values())


def repeated_for(info: CheckInfo, contract: Contract) -> tuple[Axis, ...]:
    """Return what a check is repeated for, in the order in which its node IDs say it."""
    return axes(area_module(info.requirement.area), info, contract)


__all__ = [
    "AREAS",
    "area_checks",
    "area_module",
    "every_check",
    "repeated_for",
]
