"""The verdict of each check on published versions: ``python -m tests.verdicts FOLDER``, ``--write`` for the document.

The folder holds what ``pytest --junitxml=FOLDER/VERSION.xml --stt-client=openrouter`` wrote for each version.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Level, Result, Verdict
from tests.running import REPOSITORY, read_junit

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = REPOSITORY / "docs" / "reference" / "verdicts.md"
_INTRO = """\
# Verdicts on the official SDK

What each check says of published versions of `openrouter`, by the number of its
cases. A MUST that one of them failed would be a finding against that version, or against the check; what the SHOULDs
found is in [findings](../explanation/findings.md). This page is written by

```console
$ nox -f .ci/noxfile.py -s sdk verdicts -- --write
```
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    reports = sorted(options.folder.glob("*.xml"), key=lambda path: tuple(map(int, path.stem.split("."))))
    by_version = {path.stem: list(read_junit(path).values()) for path in reports}
    page = "\n".join([_INTRO, *_table(by_version), ""])
    sys.stdout.write(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")
    failed = [result for results in by_version.values() for result in results if _is_failed_must(result)]
    return 1 if failed or not by_version else 0


def _table(by_version: dict[str, list[Result]]) -> list[str]:
    levels = {result.check: result.level for results in by_version.values() for result in results}
    head = ["check", "level", *by_version]
    rows = [
        [f"`{check}`", level, *(_cell(r for r in results if r.check == check) for results in by_version.values())]
        for check, level in levels.items()
    ]
    return [_line(head), _line(["---"] * len(head)), *map(_line, rows)]


def _cell(results: Iterable[Result]) -> str:
    verdicts = [result.verdict for result in results]
    judged = [verdict for verdict in verdicts if verdict in {Verdict.PASSED, Verdict.FAILED}]
    if Verdict.COULD_NOT_RUN in verdicts:
        return "could not run"
    if not judged:
        return "not offered"
    failed = judged.count(Verdict.FAILED)
    return f"**{failed} of {len(judged)} failed**" if failed else f"{len(judged)} passed"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _is_failed_must(result: Result) -> bool:
    return (
        result.level is Level.MUST
        and result.verdict is not Verdict.PASSED
        and result.verdict is not Verdict.NOT_OFFERED
    )


if __name__ == "__main__":
    sys.exit(main())
