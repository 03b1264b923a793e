"""Measures what is generated beside its peers: ``python -m tests.benchmarks.generation [--write]``.

``nox -f .ci/noxfile.py -s benchmarks`` installs the peers first. Every measurement is a process of its own
(``worker.py``), and every round measures everything once, so that a busy moment of the machine meets all alike.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import yaml

from pytest_openrouter_stt.contract import load_contract
from tests.benchmarks.tables import COMMAND, DOCUMENT, machine, spread, verdict, write
from tests.benchmarks.worker import KINDS, Cell
from tests.markdown import table as table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("worker.py")
SEEDS = {"hypothesis_jsonschema": 5}
DEFAULT_SEEDS = 10
HEALTH_SEEDS = 20

OURS, OURS_OLDER, CALLS = "ours_requests", "ours_requests (older)", "ours_calls"
INVALID, ENUMERATED = "ours_invalid", "enumerated"
PEER, POSITIVE, TYPED = "hypothesis_jsonschema", "schemathesis_positive", "from_type"
NEGATIVE, NEGATIVE_ALL = "schemathesis_negative", "schemathesis_negative_all"
LABELS = {
    OURS: "`transcription_requests()`",
    OURS_OLDER: "`transcription_requests()`",
    CALLS: "`transcription_calls()`",
    PEER: "hypothesis-jsonschema 0.23.1",
    POSITIVE: "schemathesis, positive bodies",
    TYPED: "`st.from_type(TypedDict)`",
    ENUMERATED: "`every_invalid_request()`",
    INVALID: "`invalid_transcription_requests()`",
    NEGATIVE: "schemathesis, negative bodies",
    NEGATIVE_ALL: "schemathesis, negative requests",
}
ON_OLDER = {OURS_OLDER, PEER}


@dataclass
class Bench:
    """What is measured, by what and of whom, and on which Python.

    Attributes:
        older: An interpreter with a Hypothesis that hypothesis-jsonschema works on.
        rounds: How often everything is measured.
    """

    older: str
    rounds: int
    results: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    hypothesis: dict[str, str] = field(default_factory=dict)

    def measure(self) -> None:
        """Run every round."""
        documents = _documents()
        for number in range(self.rounds):
            for name in LABELS:
                self._run(documents, "generation", name, [number])
                if name in {OURS, PEER, POSITIVE, TYPED}:
                    seeds = range(number, SEEDS.get(name, DEFAULT_SEEDS), self.rounds)
                    self._run(documents, "shrinking", name, seeds)
        for name in (OURS, CALLS, INVALID):
            self._run(documents, "health", name, range(HEALTH_SEEDS))

    def _run(self, documents: str, measurement: str, name: str, seeds: Sequence[int]) -> None:
        if name in self.errors:
            return
        python = self.older if name in ON_OLDER else sys.executable
        command = [python, str(WORKER), measurement, name.partition(" ")[0], *map(str, seeds)]
        done = subprocess.run(command, input=documents, capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout)
        self.hypothesis[name] = answer["hypothesis"]
        if "error" in answer:
            self.errors[name] = answer["error"]
        else:
            self.results.setdefault((measurement, name), []).append(answer["result"])

    def figures(self, name: str, what: str, unit: float = 1.0) -> list[float]:
        """Return one figure of *name*, of each round."""
        return [result[what] * unit for result in self.results["generation", name]]

    def cells(self, name: str) -> list[list[list[str]]]:
        """Return the cells that *name* reached, of each round."""
        return [result["cells"] for result in self.results["generation", name]]

    def ratios(self, name: str, other: str) -> list[float]:
        """Return how many times what an example of *other* costs one of *name* does, in each round."""
        pairs = zip(self.figures(name, "example"), self.figures(other, "example"), strict=True)
        return [one / another for one, another in pairs]


def _documents() -> str:
    contract = load_contract()
    description = yaml.safe_load((REPOSITORY / "spec" / "openapi.yaml").read_text("utf-8"))
    return json.dumps({"schema": contract.request.document, "description": description}, default=dict)


def every_cell(schema: Mapping[str, Any], pointer: str = "") -> Iterator[Cell]:
    """Yield each way to break *schema* once: a wrong kind of value at a place, or a property that is missing."""
    admitted = {"number": {"number", "integer"}}.get(schema["type"], {schema["type"]})
    yield from ((pointer, "type", kind) for kind in KINDS if kind not in admitted)
    yield from ((pointer, "required", name) for name in schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        yield from every_cell(inner, f"{pointer}/{'*' if pointer == '/provider/options' else name}")


def tables(bench: Bench) -> str:
    """Return what was measured, as Markdown."""
    parts = [_environment(bench), _valid(bench), _shrinking(bench), _invalid(bench), _health(bench)]
    return "\n\n".join(parts)


def _environment(bench: Bench) -> str:
    return (
        f"{machine()}, Hypothesis {version('hypothesis')} "
        f"(hypothesis-jsonschema: {bench.hypothesis[PEER]}), schemathesis {_version('schemathesis')}, "
        f"jsonschema {version('jsonschema')}; {bench.rounds} rounds of 1000 examples; `{COMMAND}`."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _valid(bench: Bench) -> str:
    targets = {
        OURS: (lambda: _at_most(bench, OURS, 4)),
        CALLS: (lambda: _at_most(bench, CALLS, 4)),
        PEER: (lambda: _slower(bench, PEER, OURS_OLDER, 20)),
        POSITIVE: (lambda: _slower(bench, POSITIVE, OURS, 5)),
        TYPED: (lambda: _slower(bench, TYPED, OURS, None)),
    }

    def row(name: str) -> list[str]:
        return [
            bench.hypothesis[name],
            spread(bench.figures(name, "example", 1e3), ".2f"),
            spread(_floors(bench, name), ".1f"),
            spread(bench.figures(name, "first", 1e3), ".0f"),
            f"{median(bench.figures(name, 'valid')):.1%}",
            f"{median(bench.figures(name, 'slugs')):.0f}",
            f"{median(bench.figures(name, 'size')):.0f}",
            targets[name]() if name in targets else "",
        ]

    columns = ["Hypothesis", "ms per example", "× `integers()`", "first example, ms", "valid", "slugs of 113"]
    header = ["Valid requests", *columns, "mean bytes", "target"]
    return _table(bench, header, (OURS, CALLS, OURS_OLDER, PEER, POSITIVE, TYPED), row)


def _invalid(bench: Bench) -> str:
    cells = set(every_cell(load_contract().request.document))

    def row(name: str) -> list[str]:
        reached = [len(cells & {tuple(cell) for cell in found}) for found in bench.cells(name)]
        invalid = [100 * (1 - share) for share in bench.figures(name, "valid")]
        complete = min(invalid) == 100 and min(reached) == len(cells)
        if name == ENUMERATED:
            first, again = (bench.figures(name, what, 1e6) for what in ("first", "again"))
            cost = f"{spread(first, '.1f')} µs; again {spread(again, '.1f')} µs"
            target = f"100 %, every cell, ≤ 25 µs: {verdict(complete and median(first) <= 25)}"
        else:
            cost = f"{spread(bench.figures(name, 'example', 1e3), '.2f')} ms"
            target = f"100 %: {verdict(min(invalid) == 100)}" if name == INVALID else _slower(bench, name, INVALID, 6)
        return [cost, f"{spread(invalid, '.0f')} %", f"{spread(reached, '.0f')} of {len(cells)}", target]

    header = ["Invalid requests", "per case", "truly invalid", "cells reached", "target"]
    return _table(bench, header, (ENUMERATED, INVALID, NEGATIVE, NEGATIVE_ALL), row)


def _shrinking(bench: Bench) -> str:
    def row(name: str) -> list[str]:
        runs = [run for part in bench.results["shrinking", name] for run in part]
        found = [run for run in runs if run]
        calls, seconds = ([run[what] for run in found] for what in ("calls", "seconds"))
        smallest = {run["smallest"] for run in found}
        target = ""
        if name == OURS:
            ok = len(found) == len(runs) and median(calls) <= 100 and max(seconds) <= 1 and len(smallest) == 1
            target = f"median ≤ 100 calls, ≤ 1 s, one smallest: {verdict(ok)}"
        figures = [spread(calls, ".0f"), spread(seconds, ".2f")] if found else ["", ""]
        return [f"{len(found)} of {len(runs)}", *figures, str(len(smallest)), target]

    header = ["Shrinking", "failed, of seeds", "calls", "seconds", "different smallest requests", "target"]
    return _table(bench, header, (OURS, PEER, POSITIVE, TYPED), row)


def _health(bench: Bench) -> str:
    content = all(all(part) for name in (OURS, CALLS, INVALID) for part in bench.results["health", name])
    return f"No health check of Hypothesis fails at its default settings, in {HEALTH_SEEDS} seeds: {verdict(content)}."


def _floors(bench: Bench, name: str) -> list[float]:
    pairs = zip(bench.figures(name, "example"), bench.figures(name, "floor"), strict=True)
    return [example / floor for example, floor in pairs]


def _at_most(bench: Bench, name: str, limit: int) -> str:
    return f"≤ {limit} × `integers()`: {verdict(median(_floors(bench, name)) <= limit)}"


def _slower(bench: Bench, name: str, ours: str, limit: int | None) -> str:
    """Return how many times slower *name* is than *ours*, and whether it is *limit* times."""
    if ours in bench.errors:
        return ""
    ratios = bench.ratios(name, ours)
    measured = f"{spread(ratios, '.1f')} × ours"
    return f"{measured}, ≥ {limit}: {verdict(median(ratios) >= limit)}" if limit else measured


def _not_measured(bench: Bench, name: str) -> str:
    error = bench.errors[name]
    return "not installed" if error.startswith("ModuleNotFoundError") else f"fails: {error}"


def _table(bench: Bench, header: list[str], names: Sequence[str], row: Callable[[str], list[str]]) -> str:
    def cells(name: str) -> list[str]:
        return row(name) if name not in bench.errors else [_not_measured(bench, name), *[""] * (len(header) - 2)]

    return table_of(header, *([LABELS[name], *cells(name)] for name in names))


def main() -> None:
    """Measure and print, and write into the documentation if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    parser.add_argument("--older", default=sys.executable, help="a Python with Hypothesis < 6.170.10 and the peers")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    bench = Bench(arguments.older, arguments.rounds)
    bench.measure()
    text = tables(bench)
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        write("generation", text)


if __name__ == "__main__":
    main()
