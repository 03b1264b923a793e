"""Comparing two contracts; a face of its own, so that a run that judges does not load what it does not need."""

from ._binding import Binding
from ._drift import Change, Drift, drift
from ._facts import SCHEMA, Facts, Place, Step
from ._requirement_words import is_error, listed, named
from ._surface import surface

__all__ = [
    "SCHEMA",
    "Binding",
    "Change",
    "Drift",
    "Facts",
    "Place",
    "Step",
    "drift",
    "is_error",
    "listed",
    "named",
    "surface",
]
