"""Fuzzing: the same property on a few examples in each run, and on thousands in the session `long`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

short_and_long = pytest.mark.parametrize(
    "examples", [pytest.param(60, id="short"), pytest.param(3000, id="long", marks=pytest.mark.long)]
)
"""Gives a test how many examples it is to try."""

AWKWARD = (
    "",
    "\x00",
    "\x1b[31m\x07",
    "\r\n",
    "\n::error::injected",
    "\u2028",
    "\u202eevil\u200f",
    "\ud800",
    "\udcff",
    "\ufeff",
    "\uffff",
    "</script><h1>",
    "]]>",
    "| `a` | @all #1",
    "😀",
    "long " * 2000,
)
"""Text that means something to a terminal, a browser, a parser or a codec."""


def awkward_text() -> st.SearchStrategy[str]:
    """Text, more often than not such as nobody wants to be sent."""
    return st.sampled_from(AWKWARD) | st.text(st.characters(codec=None), max_size=8)


def awkward_json() -> st.SearchStrategy[Any]:
    """A value that Python's `json` reads: also what JSON does not have, and numbers without end."""
    numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**30), 1e308, 5e-324])
    scalars = st.none() | st.booleans() | numbers | awkward_text()
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(awkward_text(), inner, max_size=3)
    )


@st.composite
def mangled(draw: st.DrawFn, documents: list[bytes], tokens: list[bytes]) -> bytes:
    """One of *documents* with up to four places cut out, doubled, moved or overwritten, some of them by *tokens*."""
    data = draw(st.sampled_from(documents))
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        near = min(end, start + draw(st.integers(0, 20)))
        insert = draw(st.sampled_from(tokens) | st.binary(max_size=4))
        data = draw(
            st.sampled_from(
                [
                    data[:start],
                    data[start:],
                    data[:start] + data[near:],
                    data[:start] + insert + data[near:],
                    data[:near] + data[start:near] * 2 + data[near:],
                ]
            )
        )
    return data


def try_each(examples: int, judge: Callable[[Any], object], strategy: st.SearchStrategy[Any]) -> None:
    """Run *judge* on as many values of *strategy*."""
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )

    def run(value: object) -> None:
        judge(value)

    chosen(given(strategy)(run))()
