"""Compare whole runs with those of an earlier commit: ``python -m tests.benchmarks.commits --before=PYTHON``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.benchmarks.process import Cost, cost_of, pytest_command
from tests.benchmarks.tables import machine, spread, verdict, write
from tests.markdown import table

COMMIT = "7fb84aa"
COMMAND = "nox -f .ci/noxfile.py -s before"
CLIENTS = {"openrouter": (0.65, 12), "tests.clients.reference:Client": (0.6, 4)}
"""By client: the greatest part of the earlier run's CPU time that a run may take, and the target in seconds."""


def compared(folder: Path, before: str, rounds: int) -> str:
    """Return a table of both commits, whose runs alternate."""
    rows = [row for client in CLIENTS for row in _rows(folder, client, before, rounds)]
    return table(["Whole run, default settings", "commit", "CPU seconds", "seconds", "target"], *rows)


def _rows(folder: Path, client: str, before: str, rounds: int) -> list[list[str]]:
    pairs = [
        (_run(folder, client, before, "before"), _run(folder, client, sys.executable, "now")) for _ in range(rounds)
    ]
    earlier, later = zip(*pairs, strict=True)
    ratio = median(now.cpu / then.cpu for then, now in pairs)
    most, seconds = CLIENTS[client]
    cpu = median(cost.cpu for cost in later)
    waiting = median(cost.seconds - cost.cpu for cost in later)
    goals = [
        f"{ratio:.2f} × the CPU time, ≤ {most} ×: {verdict(ratio <= most)}",
        f"≤ {seconds} CPU s: {verdict(cpu <= seconds)}",
        f"{waiting:.1f} s of waiting, ≤ 1 s: {verdict(waiting <= 1)}",
        _difference(folder),
    ]
    return [_row(client, COMMIT, earlier, ""), _row("", "this one", later, "; ".join(goals))]


def _row(client: str, commit: str, costs: tuple[Cost, ...], target: str) -> list[str]:
    cpu, seconds = (spread([getattr(cost, name) for cost in costs], ".1f") for name in ("cpu", "seconds"))
    return [f"`{client}`" if client else "", commit, cpu, seconds, target]


def _run(folder: Path, client: str, python: str, name: str) -> Cost:
    _, *command = pytest_command(f"--stt-client={client}", f"--stt-report={_report(folder, name)}", "stt")
    return cost_of(folder, python, *command)


def _report(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _difference(folder: Path) -> str:
    before, now = (_verdicts(_report(folder, name)) for name in ("before", "now"))
    differing = [case for case in before | now if before.get(case) != now.get(case)]
    return f"{len(now)} cases, {len(differing)} with another verdict: {verdict(not differing)}"


def _verdicts(report: Path) -> dict[str, str]:
    (client,) = json.loads(report.read_text("utf-8"))["clients"]
    return {case["node_id"]: case["outcome"] for check in client["checks"] for case in check["cases"]}


def main() -> None:
    """Measure and print, and write into the documentation if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", required=True, help="a Python that has the earlier commit installed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the table into the documentation")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare = compared(Path(folder), arguments.before, arguments.rounds)
    text = f"{machine()}, openrouter {version('openrouter')}; {arguments.rounds} rounds; `{COMMAND}`.\n\n{compare}"
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        write("before", text)


if __name__ == "__main__":
    main()
