"""Two contracts compared: which requirements appear, change or vanish."""

from .comparison import Binding, Drift, RequirementChange, drift
from .facts import SCHEMA, FactPath, Facts, PathStep, is_error, listed, named
from .surface import surface

__all__ = [
    "SCHEMA",
    "Binding",
    "Drift",
    "FactPath",
    "Facts",
    "PathStep",
    "RequirementChange",
    "drift",
    "is_error",
    "listed",
    "named",
    "surface",
]
