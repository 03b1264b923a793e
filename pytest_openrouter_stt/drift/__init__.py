"""Two contracts compared: which requirements appear, change or vanish."""

from .comparison import Binding, Change, Drift, drift
from .facts import SCHEMA, Facts, Place, Step, is_error, listed, named
from .surface import surface

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
