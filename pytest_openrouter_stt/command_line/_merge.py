"""``pytest-openrouter-stt merge A.json B.json``: the clients of several runs side by side."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import (
    as_json,
    badge,
    html_report,
    markdown_report,
    matrix_lines,
    merged,
    read_reports,
    report_json,
    write_file,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable

    from pytest_openrouter_stt.report import Report

_ABOUT = (
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
    parser = commands.add_parser("merge", help="put the clients of several reports side by side", description=_ABOUT)
    reports = "a report in JSON, or a folder of which every file that ends in .json is one"
    parser.add_argument("reports", metavar="REPORT", nargs="+", type=Path, help=reports)
    for name, (what, _) in _WRITERS.items():
        parser.add_argument(f"--{name}", metavar="FILE", type=Path, help=f"write {what}")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> tuple[str, int]:
    wanted = {name: path for name in _WRITERS if (path := getattr(given, name)) is not None}
    report = merged(read_reports(given.reports, wanted.values()))
    for name, path in wanted.items():
        write_file(path, _WRITERS[name][1](report))
    lines = matrix_lines(report, shutil.get_terminal_size().columns)
    return "\n".join(lines), int(not all(client.is_green for client in report.clients))
