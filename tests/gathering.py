"""Many small assertions in one test, whose failures are reported together."""

from __future__ import annotations

from traceback import format_exception_only
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def look_at_each(things: Mapping[str, T], look: Callable[[T], object]) -> None:
    """Call *look* with each of *things*, then fail with the names of all on which it raised an error.

    Args:
        things: What to look at, by the name that a failure shows.
        look: Raises an error, such as an ``AssertionError``, if a thing is wrong.
    """
    failures = []
    for name, thing in things.items():
        try:
            look(thing)
        except Exception as error:  # noqa: BLE001 # the next thing may be wrong too
            failures.append(f"{name}: {''.join(format_exception_only(error))}")
    if failures:
        pytest.fail("\n".join([f"{len(failures)} of {len(things)}:", *failures]), pytrace=False)
