"""What the options say that tell of the checks in place of a run: ``--stt-list`` and ``--stt-explain``."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from ._explain import explained
from ._list import listed
from ._options import contract_of, usable
from ._selection import take_stt_arguments

if TYPE_CHECKING:
    from ._printing import Line

_NARROWEST = 40
_WIDEST = 120
"""Columns beyond which prose is hard to read."""


def told_lines(config: pytest.Config) -> list[Line]:
    """Return what is to be printed.

    Raises:
        pytest.UsageError: What is asked for does not exist.
    """
    width = shutil.get_terminal_size((0, 0)).columns
    verbose = config.get_verbosity() > 0
    if config.getoption("stt_explain") is not None:
        contract = usable(lambda: contract_of(config))
        return explained(config.option.stt_explain, contract, _readable(width), verbose=verbose)
    selection = take_stt_arguments(config)
    _refuse_missing(config)
    return listed(selection, width, verbose=verbose)


def _readable(width: int) -> int:
    return min(max(width, _NARROWEST), _WIDEST) if width else _WIDEST


def _refuse_missing(config: pytest.Config) -> None:
    """Refuse what is neither part of the suite nor a file, which pytest refuses only in a run."""
    for argument in config.args:
        path = argument.partition("::")[0]
        if not os.path.lexists(config.invocation_params.dir / path):
            remedy = "give areas and checks as in stt/errors, or none for all"
            raise pytest.UsageError(f"stt: --stt-list takes no {argument!r}; {remedy}")
