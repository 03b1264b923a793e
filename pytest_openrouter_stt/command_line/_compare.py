"""``pytest-openrouter-stt compare OLD.json NEW.json``: what got better and what got worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import (
    compare,
    comparison_lines,
    comparison_markdown,
    merged,
    read_reports,
    write_file,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

_ABOUT = (
    "Say what got better and what got worse from one report to another. The exit code is 0 if nothing regressed, 1 if "
    "something did, 2 if a file is no report."
)


def add_compare(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("compare", help="compare two reports", description=_ABOUT)
    parser.add_argument("old", metavar="OLD", type=Path, help="a report in JSON, or a folder with reports")
    parser.add_argument("new", metavar="NEW", type=Path, help="the same, of a later run")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write it as Markdown too, as for a step summary")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> tuple[str, int]:
    comparison = compare(merged(read_reports([given.old])), merged(read_reports([given.new])))
    if given.markdown is not None:
        write_file(given.markdown, comparison_markdown(comparison))
    return "\n".join(comparison_lines(comparison)), int(comparison.is_worse)
