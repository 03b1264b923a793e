"""Versions, and plugins beside this one: ``python -m tests.combinations [--corners] [--only REGEX] [--write]``.

In each combination a client that is right and one that is wrong are judged with the built wheel, from an empty
directory; each case must get the verdict that it gets with the newest of everything and no plugin beside. A
combination that fails is told, and the others go on. ``--write`` puts the table into the documentation.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Conformance
from tests.environments import (
    CannotInstall,
    Judged,
    built_wheel,
    environment,
    installed,
    judged,
    lower_bounds,
    project_file,
)
from tests.markdown import table as table_of
from tests.markdown import with_part
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = REPOSITORY / "docs" / "reference" / "tested-with.md"
PYTHONS = ("3.11", "3.12", "3.13")
CLIENTS = "combined:Right", "combined:Wrong"
PLUGINS = {
    "anyio": "anyio",
    "pytest-asyncio": "asyncio",
    "pytest-cov": "pytest_cov",
    "pytest-httpx": "pytest_httpx",
    "pytest-httpx2": "pytest_httpx2",
    "pytest-randomly": "randomly",
    "pytest-rerunfailures": "rerunfailures",
    "pytest-socket": "socket",
    "pytest-sugar": "sugar",
    "pytest-timeout": "timeout",
    "pytest-xdist": "xdist",
}
"""The plugins that are tried, with the names that pytest knows them by."""
_SOCKETS = "--stt-endpoint=loopback"
BESIDE = (
    ("anyio", ""),
    ("anyio", "-o anyio_mode=auto"),
    ("pytest-asyncio", "-o asyncio_mode=strict"),
    ("pytest-asyncio", "-o asyncio_mode=auto"),
    ("pytest-cov", "--cov=httpx --cov-report="),
    ("pytest-httpx", ""),
    ("pytest-httpx2", ""),
    ("pytest-randomly", ""),
    ("pytest-rerunfailures", "--reruns=1"),
    ("pytest-socket", "--allow-hosts=127.0.0.1"),
    ("pytest-socket", "--disable-socket"),
    ("pytest-socket", f"--disable-socket {_SOCKETS}"),
    ("pytest-sugar", ""),
    ("pytest-timeout", "--timeout=60"),
    ("pytest-xdist", "-n2"),
)
ALL_AT_ONCE = "-n2 -o asyncio_mode=auto --cov=httpx --cov-report= --disable-socket --reruns=1 --timeout=60"


@dataclass(frozen=True)
class Setup:
    """What is installed: a version of Python, and the lowest or the newest of what is depended on, or plugins."""

    python: str = PYTHONS[-1]
    pytest: str = "newest"
    dependencies: str = "newest"
    plugins: bool = False

    def requirements(self) -> list[str]:
        """Return what pip is asked for beside the wheel."""
        bounds = lower_bounds(project_file()["project"])
        pins = {name: f"{name}=={version}" for name, version in bounds.items()}
        pytest = pins.pop("pytest")
        return [
            *([pytest] if self.pytest == "oldest" else []),
            *(pins.values() if self.dependencies == "lowest" else []),
            *(["httpx2", *PLUGINS] if self.plugins else []),
        ]


NEWEST, OLDEST, BESIDE_ALL = Setup(), Setup(PYTHONS[0], "oldest", "lowest"), Setup(plugins=True)


Versions = dict[Setup, dict[str, str]]
"""The version of each package that was installed, by its name in lower case."""


@dataclass(frozen=True)
class Combination:
    """A row of the table: what is installed, and how pytest is called."""

    name: str
    setup: Setup
    options: tuple[str, ...] = ()
    is_corner: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Row:
    """What came of a combination; *reason* is why it could not be judged."""

    combination: Combination
    good: Judged | None = None
    bad: Judged | None = None
    reason: str = ""

    def is_as(self, other: Row) -> bool:
        """Whether the verdicts are right, and each case has that of *other*."""
        if self.good is None or self.bad is None:
            return False
        right = self.good.conformance is Conformance.CONFORMANT and self.bad.conformance is Conformance.NOT_CONFORMANT
        return right and (self.good, self.bad) == (other.good, other.bad)


def combinations() -> list[Combination]:
    """Return all of them; the first is what the others are compared with."""
    return [*_of_versions(), *_of_plugins()]


def _of_versions() -> Iterator[Combination]:
    for python in reversed(PYTHONS):
        for pytest in ("newest", "oldest"):
            for dependencies in ("newest", "lowest"):
                setup = Setup(python, pytest, dependencies)
                name, is_corner = (
                    f"Python {python}, {pytest} pytest, {dependencies} dependencies",
                    setup in {NEWEST, OLDEST},
                )
                yield Combination(name, setup, is_corner=is_corner)
                if is_corner:
                    yield Combination(f"{name} `{_SOCKETS}`", setup, (_SOCKETS,), is_corner)


def _of_plugins() -> Iterator[Combination]:
    yield Combination("no plugin", BESIDE_ALL, _without(PLUGINS))
    for package, given in BESIDE:
        others = _without([each for each in PLUGINS if each != package])
        yield Combination(f"{package}{given and f' `{given}`'}", BESIDE_ALL, (*given.split(), *others))
    yield Combination(f"all plugins `{ALL_AT_ONCE}`", BESIDE_ALL, tuple(ALL_AT_ONCE.split()), is_corner=True)


def _without(packages: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"-pno:{PLUGINS[package]}" for package in packages)


def rows_of(chosen: Iterable[Combination], versions: Versions) -> Iterator[Row]:
    """Judge in each of *chosen*, those with one setup in one environment; *versions* is told what was installed."""
    with TemporaryDirectory() as folder:
        wheel = built_wheel(Path(folder))
        for setup, group in groupby(chosen, key=lambda combination: combination.setup):
            with TemporaryDirectory() as place:
                yield from _rows_in(Path(place), wheel, setup, list(group), versions)


def _rows_in(place: Path, wheel: Path, setup: Setup, group: list[Combination], versions: Versions) -> Iterator[Row]:
    try:
        interpreter = environment(place, setup.python, wheel, setup.requirements())
        versions[setup] = installed(interpreter)
    except (CannotInstall, subprocess.TimeoutExpired) as error:
        yield from (Row(each, reason=str(error)) for each in group)
        return
    yield from (_row(each, interpreter) for each in group)


def _row(combination: Combination, interpreter: Path) -> Row:
    with ThreadPoolExecutor(len(CLIENTS)) as pool:
        try:
            good, bad = pool.map(lambda client: judged(interpreter, client, combination.options), CLIENTS)
        except subprocess.TimeoutExpired as error:
            return Row(combination, reason=str(error))
    return Row(combination, good, bad)


def table(rows: list[Row]) -> str:
    """Return the rows as a table, each compared with the first."""
    head = ["combination", "the right client", "the wrong client", "same verdicts"]
    return table_of(head, *(_cells(row, rows[0]) for row in rows))


def _cells(row: Row, first: Row) -> list[str]:
    return [row.combination.name, *_verdicts(row), "yes" if row.is_as(first) else "**no**"]


def _verdicts(row: Row) -> list[str]:
    return [str(each) if each is not None else "not judged" for each in (row.good, row.bad)]


def problems(rows: list[Row]) -> Iterator[str]:
    """Say of each row that is not as the first why that is."""
    for row in rows:
        if not row.is_as(rows[0]):
            yield f"\n{row.combination.name}: {row.reason}"
            yield from _differences(row.good, rows[0].good)
            yield from _differences(row.bad, rows[0].bad)


def _differences(one: Judged | None, first: Judged | None) -> Iterator[str]:
    if one is None or first is None or one == first:
        return
    cases = [case for case in one.verdicts | first.verdicts if one.verdicts.get(case) != first.verdicts.get(case)]
    if one.verdicts:
        yield from (f"  {case}: {_in(first, case)}, here {_in(one, case)}" for case in cases[:10])
    yield f"  {len(cases)} cases differ; the exit code is {one.exit_code}. The run ended with:"
    yield from (f"    {line}" for line in one.output.splitlines()[-10:])


def _in(run: Judged, case: str) -> str:
    return str(run.verdicts.get(case, "not run"))


def page(rows: list[Row], versions: Versions) -> str:
    """Return the page of the documentation with the rows, and with the versions that they had."""
    parts = {"combinations": table(rows), "versions": _version_table(versions)}
    text = PAGE.read_text("utf-8")
    for name, part in parts.items():
        text = with_part(text, name, f"\n{part}\n\n")
    return text


def _version_table(versions: Versions) -> str:
    lowest, newest = versions.get(OLDEST, {}), versions.get(BESIDE_ALL, {}) | versions.get(NEWEST, {})
    bounds = lower_bounds(project_file()["project"])
    rows = [(name, lowest.get(name.lower(), ""), newest.get(name.lower(), "")) for name in bounds]
    rows += [(name, "", newest.get(name, "")) for name in sorted({*PLUGINS} - {*bounds})]
    return table_of(["package", "lowest", "newest"], *rows)


def main() -> int:
    options = _options()
    chosen = [each for each in combinations() if each.is_corner or not options.corners]
    chosen = [each for place, each in enumerate(chosen) if place == 0 or re.search(options.only, each.name)]
    versions: Versions = {}
    rows = []
    for row in rows_of(chosen, versions):
        rows.append(row)
        sys.stderr.write(f"{len(rows)} of {len(chosen)}: {' | '.join(_cells(row, rows[0]))}\n")
    sys.stdout.write("\n".join([table(rows), *problems(rows), ""]))
    if options.write:
        PAGE.write_text(page(rows, versions), encoding="utf-8")
    return 0 if all(row.is_as(rows[0]) for row in rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corners", action="store_true", help="the oldest, the newest, and all plugins at once")
    parser.add_argument("--only", default="", help="besides the first, those whose name this regular expression finds")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(REPOSITORY)}")
    given = parser.parse_args()
    if given.write and (given.corners or given.only):
        parser.error("the page shows all combinations: leave out --corners and --only, or --write")
    return given


if __name__ == "__main__":
    sys.exit(main())
