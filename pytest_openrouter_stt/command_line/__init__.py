"""The command ``pytest-openrouter-stt``: what needs no run of pytest."""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.contract import SpecError
from pytest_openrouter_stt.report import (
    UnreadableReport,
    as_json,
    badge,
    compare,
    comparison_lines,
    comparison_markdown,
    harmless,
    html_report,
    markdown_report,
    matrix_lines,
    merged,
    read_reports,
    report_json,
    write_file,
)

from .drift import add_drift

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from pytest_openrouter_stt.report import Report

_ABOUT_MERGE = (
    "Put the clients of several reports side by side. The exit code is 0 if each run passes its gate, 1 if one does "
    "not, 2 if a file is no report."
)


_WRITERS: dict[str, tuple[str, Callable[[Report], str]]] = {
    "json": ("all of them as one report", lambda report: as_json(report_json(report))),
    "markdown": ("as Markdown, such as for a step summary", markdown_report),
    "html": ("as a page", html_report),
    "badge": ("what an endpoint badge of shields shows, of the worst of them", lambda report: as_json(badge(report))),
}


def add_merge(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "merge", help="put the clients of several reports side by side", description=_ABOUT_MERGE
    )
    reports = "a report in JSON, or a folder of which every file that ends in .json is one"
    parser.add_argument("reports", metavar="REPORT", nargs="+", type=Path, help=reports)
    for name, (what, _) in _WRITERS.items():
        parser.add_argument(f"--{name}", metavar="FILE", type=Path, help=f"write {what}")
    parser.set_defaults(run=_merge)


def _merge(given: Namespace) -> tuple[str, int]:
    wanted = {name: path for name in _WRITERS if (path := getattr(given, name)) is not None}
    report = merged(read_reports(given.reports, wanted.values()))
    for name, path in wanted.items():
        write_file(path, _WRITERS[name][1](report))
    lines = matrix_lines(report, shutil.get_terminal_size().columns)
    return "\n".join(lines), int(not all(client.is_green for client in report.clients))


_ABOUT_COMPARE = (
    "Say what got better and what got worse from one report to another. The exit code is 0 if nothing regressed, 1 if "
    "something did, 2 if a file is no report."
)


def add_compare(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("compare", help="compare two reports", description=_ABOUT_COMPARE)
    parser.add_argument("old", metavar="OLD", type=Path, help="a report in JSON, or a folder with reports")
    parser.add_argument("new", metavar="NEW", type=Path, help="the same, of a later run")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write it as Markdown too, as for a step summary")
    parser.set_defaults(run=_compare)


def _compare(given: Namespace) -> tuple[str, int]:
    comparison = compare(merged(read_reports([given.old])), merged(read_reports([given.new])))
    if given.markdown is not None:
        write_file(given.markdown, comparison_markdown(comparison))
    return "\n".join(comparison_lines(comparison)), int(comparison.is_worse)


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
