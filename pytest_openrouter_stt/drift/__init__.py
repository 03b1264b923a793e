"""Two contracts compared: which requirements appear, change or vanish."""

from .comparison import Binding, Change, Drift, drift
from .facts import SCHEMA, FactPath, Facts, PathStep, is_error, listed, named
from .surface import surface

__all__ = [
    "SCHEMA",
    "Binding",
    "Change",
    "Drift",
    "FactPath",
    "Facts",
    "PathStep",
    "drift",
    "is_error",
    "listed",
    "named",
    "surface",
]
