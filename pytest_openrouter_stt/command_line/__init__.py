"""The command ``pytest-openrouter-stt``: what needs no run of pytest."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pytest_openrouter_stt.contract import SpecError
from pytest_openrouter_stt.report import UnreadableReport, harmless

from ._compare import add_compare
from ._drift import add_drift
from ._merge import add_merge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

_NAME = "pytest-openrouter-stt"
BAD_INPUT = 2
"""The exit code for what cannot be used; argparse's own for arguments that make no sense."""

_COMMANDS = (add_drift, add_merge, add_compare)
"""Each adds one command, with a function ``run`` that returns what to print and the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Those of the command line; of this process when ``None``.

    Returns:
        The exit code: that of the command, or 2 for input that cannot be used.
    """
    given = _parser().parse_args(arguments)
    run: Callable[[Namespace], tuple[str, int]] = given.run
    try:
        text, exit_code = run(given)
    except (SpecError, UnreadableReport) as problem:
        return _refused(given.command, str(problem))
    except OSError as problem:  # what is read is refused with an error of its own
        return _refused(
            given.command, f"{problem.filename}: it cannot be written ({problem.strerror}). Name another file."
        )
    _say(text, sys.stdout)
    return exit_code


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog=_NAME, description="What of the conformance suite needs no run of pytest.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in _COMMANDS:
        add(commands)
    return parser


def _refused(command: str, problem: str) -> int:
    _say(f"{_NAME} {command}: {problem}", sys.stderr)
    return BAD_INPUT


def _say(text: str, stream: TextIO) -> None:
    """Print *text*, with a question mark for what the stream cannot write."""
    encoding = stream.encoding or "utf-8"
    print(harmless(text).encode(encoding, "replace").decode(encoding), file=stream)
