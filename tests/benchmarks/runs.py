"""Measures whole runs, as users start them: ``python -m tests.benchmarks.runs [--write]``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import yaml

from tests.benchmarks.process import DEPENDENCIES, REPOSITORY, THIS, Cost, cost_of, pytest_command
from tests.benchmarks.tables import COMMAND, DOCUMENT, machine, spread, verdict, write
from tests.markdown import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SDK, REFERENCE = "openrouter", "tests.clients.reference:Client"
EMPTY = "def test(): ...\n"
LOADED_BY = "import sys, atexit; atexit.register(lambda: print('LOADED', *sorted(sys.modules)))\n"
HEAVY = ("hypothesis", "respx", "httpx", "yaml", "jsonschema")
EXAMPLES = (20, 100, 1000)
FULL_DESCRIPTION = 1_000_000
"""As much JSON as makes a description of 1.4 MB in YAML, as that of the whole API has."""
LONG_RUN = 250
"""So many examples that a run on the SDK takes a minute or more."""


def in_turns(rounds: int, ways: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
    """Run each of *ways* once in every round."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        for name, way in ways.items():
            costs[name].append(way())
    return costs


def _judging(folder: Path, client: str, *options: str) -> Callable[[], Cost]:
    return partial(cost_of, folder, *pytest_command(f"--stt-client={client}", *options))


# A whole run


def whole(folder: Path, rounds: int) -> str:
    (folder / "test_empty.py").write_text(EMPTY, "utf-8")
    peer = "pytest with an empty test"
    limits = {f"the official SDK, {version('openrouter')}": 20, "the reference, on httpx": 10}
    clients = dict(zip(limits, (SDK, REFERENCE), strict=True))
    ways: dict[str, Callable[[], Cost]] = {peer: partial(cost_of, folder, *pytest_command("test_empty.py", plugins=[]))}
    ways |= {name: _judging(folder, client, "stt") for name, client in clients.items()}
    costs = in_turns(rounds, ways)
    rows = [_whole(name, each, limits.get(name)) for name, each in costs.items()]
    return table(["Whole run, default settings", "seconds", "CPU seconds", "peak MB", "target"], *rows)


def _whole(name: str, costs: list[Cost], limit: int | None) -> list[str]:
    seconds = [cost.seconds for cost in costs]
    target = f"≤ {limit} s: {verdict(median(seconds) <= limit)}" if limit else ""
    peaks = [cost.peak / 2**20 for cost in costs]
    return [name, spread(seconds, ".1f"), spread([cost.cpu for cost in costs], ".1f"), spread(peaks, ".0f"), target]


# Installed and unused


def unused(folder: Path, rounds: int) -> str:
    (folder / "test_empty.py").write_text(EMPTY, "utf-8")
    names: dict[str, Sequence[str]] = {
        "pytest with an empty test": (),
        "and the plugins of what this one depends on": DEPENDENCIES,
        "and this plugin": (*DEPENDENCIES, THIS),
    }
    ways = {
        name: partial(cost_of, folder, *pytest_command("test_empty.py", plugins=plugins))
        for name, plugins in names.items()
    }
    costs = in_turns(rounds, ways)
    bare, dependencies, ours = ([cost.cpu * 1e3 for cost in costs[name]] for name in names)
    more = median(ours) - median(dependencies)
    loaded = _loaded(folder)
    rows = [
        [name, spread(figures, ".0f"), f"{median(figures) - median(before):+.1f}", target]
        for name, figures, before, target in zip(
            names,
            (bare, dependencies, ours),
            (bare, bare, dependencies),
            ("", "", f"≤ +5 ms: {verdict(more <= 5)}; imports none of {', '.join(HEAVY)}: {verdict(not loaded)}"),
            strict=True,
        )
    ]
    return table(["Installed and unused", "CPU ms", "more", "target"], *rows)


def _loaded(folder: Path) -> set[str]:
    """Return what this plugin imports that only a run of the suite needs."""
    (folder / "conftest.py").write_text(LOADED_BY, "utf-8")
    cost = cost_of(folder, *pytest_command("-s", "test_empty.py", plugins=[THIS]))
    (folder / "conftest.py").unlink()
    (line,) = (line for line in cost.output.splitlines() if line.startswith("LOADED"))
    return set(HEAVY) & set(line.split())


# More examples


def growth(folder: Path) -> str:
    calls, costs = {}, {}
    for examples in EXAMPLES:
        counted = folder / "calls.txt"
        options = ["--stt-client=tests.benchmarks.subjects:Counted", f"--stt-max-examples={examples}", "stt"]
        costs[examples] = cost_of(folder, *pytest_command(*options), env={"STT_CALLS": str(counted)})
        calls[examples] = int(counted.read_text("utf-8"))
    per_call = {examples: 1e3 * costs[examples].cpu / calls[examples] for examples in EXAMPLES}
    few, many = EXAMPLES[-2:]
    kept = (costs[many].peak - costs[few].peak) / 1024 / (calls[many] - calls[few])
    ratio = per_call[many] / per_call[few]
    target = (
        f"{ratio:.2f} × that at {few}, ≤ 1.3: {verdict(ratio <= 1.3)}; "
        f"{kept:.2f} KiB kept per call, ≤ 10: {verdict(kept <= 10)}"
    )
    rows = [
        [
            f"`--stt-max-examples={examples}`",
            str(calls[examples]),
            f"{costs[examples].cpu:.1f}",
            f"{per_call[examples]:.2f}",
            f"{costs[examples].peak / 2**20:.0f}",
            target if examples == many else "",
        ]
        for examples in EXAMPLES
    ]
    return table(["More examples, the reference", "calls", "CPU seconds", "ms per call", "peak MB", "target"], *rows)


# Two processes


def parallel(folder: Path, rounds: int) -> str:
    options = [SDK, "stt", f"--stt-max-examples={LONG_RUN}"]
    names = ("one process", "`-n 2`")
    alone, together = _judging(folder, *options), _judging(folder, *options, "-pxdist.plugin", "-n2")
    costs = in_turns(rounds, dict(zip(names, (alone, together), strict=True)))
    one, two = ([cost.seconds for cost in costs[name]] for name in names)
    ratio = median(first / second for first, second in zip(one, two, strict=True))
    rows = [
        [names[0], spread(one, ".0f"), "", ""],
        [names[1], spread(two, ".0f"), f"{ratio:.2f} ×", f"≥ 1.6 × faster: {verdict(ratio >= 1.6)}"],
    ]
    return table([f"The SDK, `--stt-max-examples={LONG_RUN}`", "seconds", "faster", "target"], *rows)


# One thing at a time


def single(folder: Path, rounds: int) -> str:
    rows = [_spec(folder, rounds), _large_spec(folder, rounds), _hour(folder)]
    return table(["One thing at a time", "measured", "target"], *rows)


_LOAD = """
import time
import pytest_openrouter_stt.contract as contract
begun = time.perf_counter()
contract.load_contract()
print(1e3 * (time.perf_counter() - begun))
"""


def _spec(folder: Path, rounds: int) -> list[str]:
    took = [float(cost_of(folder, sys.executable, "-c", _LOAD).output) for _ in range(5 * rounds)]
    return ["reading the packaged spec", f"{spread(took, '.1f')} ms", f"≤ 5 ms: {verdict(median(took) <= 5)}"]


def _large_spec(folder: Path, rounds: int) -> list[str]:
    large = folder / "large.yaml"
    large.write_text(_described_at_length(), "utf-8")
    case = "stt/errors::test_status[sync-500]"
    ways = {
        "packaged": _judging(folder, REFERENCE, case),
        "large": _judging(folder, REFERENCE, f"--stt-spec={large}", case),
    }
    costs = in_turns(rounds, ways)
    more = [one.seconds - other.seconds for one, other in zip(costs["large"], costs["packaged"], strict=True)]
    name = f"`--stt-spec` with {large.stat().st_size / 1e6:.1f} MB, more than the packaged one"
    return [name, f"{spread(more, '.2f')} s", f"≤ 3 s: {verdict(median(more) <= 3)}"]


def _described_at_length() -> str:
    """Return a description as long as that of the whole API: the packaged one, among many other paths and schemas."""
    description = yaml.safe_load((REPOSITORY / "spec" / "openapi.yaml").read_text("utf-8"))
    ((path, item),) = description["paths"].items()
    text = json.dumps(item)
    while len(description["paths"]) * len(text) < FULL_DESCRIPTION:
        description["paths"][f"/another/{len(description['paths'])}{path}"] = json.loads(text)
    return str(yaml.safe_dump(description, sort_keys=False))


def _hour(folder: Path) -> list[str]:
    report = folder / "report.json"
    options = [
        "--stt-client=tests.benchmarks.subjects:Patient",
        f"--stt-report={report}",
        "stt/errors::test_status[sync-500]",
    ]
    cost_of(folder, *pytest_command(*options))
    (client,) = json.loads(report.read_text("utf-8"))["clients"]
    took = max(case["duration"] for check in client["checks"] for case in check["cases"])
    return ["a call that waits three times for an hour", f"{took:.2f} s", f"≤ 1 s: {verdict(took <= 1)}"]


def tables(folder: Path, rounds: int) -> str:
    parts = [
        f"{machine()}, pytest {version('pytest')}, Hypothesis {version('hypothesis')}; {rounds} rounds; `{COMMAND}`.",
        whole(folder, rounds),
        unused(folder, 5 * rounds),
        growth(folder),
        parallel(folder, 1),
        single(folder, rounds),
    ]
    return "\n\n".join(parts)


def main() -> None:
    """Measure and print, and write into the documentation if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = tables(Path(folder), arguments.rounds)
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        write("runs", text)


if __name__ == "__main__":
    main()
