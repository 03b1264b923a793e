"""The clients and mutants on HTTP libraries are complete; ``python -m tests.proof`` judges them."""

from __future__ import annotations

import re

from tests.clients.mutants import CAUGHT_BY
from tests.clients.mutants import transports as mutants
from tests.clients.transports import TRANSPORTS
from tests.running import REPOSITORY

_MUTANTS = [name.partition(":")[2] for name in CAUGHT_BY if name.startswith("transports:")]


def _library(client: str) -> str:
    """Return what a client, or the one that a mutant is made of, is on."""
    lines = getattr(mutants, client, None)
    names = [kind.__name__ for kind in lines.__mro__] if lines is not None else [client]
    return next(TRANSPORTS[name] for name in names if name in TRANSPORTS)


def test_the_page_on_libraries_names_every_mutant() -> None:
    page = (REPOSITORY / "docs" / "explanation" / "http-libraries.md").read_text("utf-8")

    assert re.findall(r"\| `(\w+)` \|$", page, re.MULTILINE) == _MUTANTS


def test_three_mutants_are_made_of_every_client() -> None:
    bases = [_library(mutant) for mutant in _MUTANTS]

    assert {library: bases.count(library) for library in TRANSPORTS.values()} == dict.fromkeys(TRANSPORTS.values(), 3)
