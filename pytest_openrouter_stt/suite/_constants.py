"""Draws that do not depend on which modules are loaded.

Hypothesis mixes constants from the source of each loaded module of the project into what it draws. From one seed, a
check would then try other examples when it runs alone than beside the project's tests. There is no setting for that,
so it is reached for where it is; a version that lacks one of the names is left as it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

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
