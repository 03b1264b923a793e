"""Several reports as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._report import Report
from ._report_json import UnreadableReport, read_report

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path


def merged(reports: Sequence[Report]) -> Report:
    """Return the clients of all *reports*, in their order; one that is judged in several stays there several times."""
    return Report(tuple(client for report in reports for client in report.clients))


def read_reports(paths: Sequence[Path], written: Collection[Path] = ()) -> list[Report]:
    """Read reports in JSON.

    Args:
        paths: Files, or folders of which all files in JSON are read, by name.
        written: Files that are about to be written, which are no input when they stand in such a folder.

    Raises:
        UnreadableReport: A file is no report, or a folder has none.
    """
    return [read_report(file) for path in paths for file in _files(path, written)]


def _files(path: Path, written: Collection[Path]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    left_out = {file.resolve() for file in written}
    files = [file for file in sorted(path.glob("*.json")) if file.resolve() not in left_out]
    if not files:
        raise UnreadableReport(f"{path}: there is no file in it that ends in .json. Give a folder with reports.")
    yield from files
