"""The checks: one module for each area, one function for each requirement."""

from __future__ import annotations

import importlib

from ._bench import Bench
from ._check import CheckInfo, cases, check_names, info_of, why_not_offered
from ._examples import Profile
from ._stand import FORMS, Form, Stand

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
    return check_names(area_module(area))


__all__ = [
    "AREAS",
    "FORMS",
    "Bench",
    "CheckInfo",
    "Form",
    "Profile",
    "Stand",
    "area_checks",
    "area_module",
    "cases",
    "info_of",
    "why_not_offered",
]
