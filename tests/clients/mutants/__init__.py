"""Mutants: the reference client with exactly one defect each, by the area whose checks must catch it."""

from __future__ import annotations

import importlib

from pytest_openrouter_stt.suite import AREAS

from ._catch import CAUGHT_BY, Catch

for _area in (*AREAS, "transports"):
    importlib.import_module(f"{__name__}.{_area}")

__all__ = ["CAUGHT_BY", "Catch"]
