"""The verdict of each check on published versions: ``python -m tests.verdicts REPORT``, ``--write`` for the document.

The report is what ``pytest-openrouter-stt merge --json=REPORT`` wrote of the reports on each version.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Conformance, Verdict, matrix, read_report
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_openrouter_stt.report import Cell, Report

PAGE = REPOSITORY / "docs" / "reference" / "verdicts.md"
_INTRO = """\
# Verdicts on the official SDK

What each check says of published versions of `openrouter`, by the number of its
cases. A MUST that one of them failed would be a finding against that version, or against the check; what the SHOULDs
found is in [findings](../explanation/findings.md). This page is written by

```console
$ nox -f .ci/noxfile.py -s sdk matrix -- --write
```

which also makes a page of HTML, `.ci/.nox/reports/matrix/matrix.html`, with every failure on it.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    report = read_report(options.report)
    page = "\n".join([_INTRO, *_table(report), ""])
    sys.stdout.write(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")
    return 0 if all(client.conformance is Conformance.CONFORMANT for client in report.clients) else 1


def _table(report: Report) -> Iterator[str]:
    head = ["check", "level", *(client.who.version for client in report.clients)]
    yield _line(head)
    yield _line(["---"] * len(head))
    for row in matrix(report).rows:
        yield _line([f"`{row.requirement.check}`", row.requirement.level, *map(_cell, row.cells)])


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "not run"
    if cell.verdict is Verdict.FAILED:
        return f"**{cell.failed} of {cell.judged} failed**"
    return f"{cell.judged} passed" if cell.verdict is Verdict.PASSED else str(cell.verdict)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
