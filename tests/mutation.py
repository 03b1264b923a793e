"""Mutants of the package itself, by Cosmic Ray: ``python -m tests.mutation strategies --sample=150``.

Each is the package with one change, on which the tests of the changed module run until one fails. The files are changed
where they lie, so this runs in a copy that is the installed package: the session ``mutation`` of ``.ci/noxfile.py``
makes it. ``docs/explanation/mutation-testing.md`` says what came of it.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome

from pytest_openrouter_stt.suite import AREAS, area_checks
from tests.running import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PYTEST = "-m pytest -x -q -p no:randomly -p no:cacheprovider --hypothesis-seed=0"
_LIMIT = 300
"""Seconds that one command may take on a mutant."""


def _tests(folder: str, *names: str) -> str:
    return " ".join([_PYTEST, *(f"tests/{folder}/test_{name}.py" for name in names)])


def _kills(*areas: str) -> str:
    return " ".join(["-m tests.kills", *areas])


def _judged(checks: str) -> tuple[str, ...]:
    return _kills(checks), _tests("suite", "words"), _kills("--variants", checks)


_SCHEMA, _CALLS, _INVALID = (_tests("strategies", name, "any_spec") for name in ("schema", "calls", "invalid"))
_ERRORS = _tests("client", "errors", "error_settings", "driving")
_COMMANDS = _tests("client/command", "command_protocol", "command")
_SEQUENCES = (_tests("judging", "sequences"), _kills("state"))
_SECRETS = (_tests("judging", "secrets", "logs"), _kills("secrecy"))

LAYERS: dict[str, dict[str, tuple[str, ...]]] = {
    "strategies": {
        "calls": (_CALLS,),
        "defects": (_INVALID, _CALLS),
        "drawing": (_SCHEMA, _CALLS),
        "invalid": (_INVALID,),
        "normal": (_INVALID, _SCHEMA),
        "schema": (_SCHEMA, _CALLS),
    },
    "suite": {
        **{area: _judged(area) for area in AREAS},
    },
    "judging": {
        "concurrency": _SEQUENCES,
        "context": (_kills("response", "request"),),
        "error_types": (_kills("errors", "response"),),
        "invalidity": (_kills("invalid"),),
        "malformed_replies": (_tests("judging", "malformed_replies"), _kills("hostile")),
        "secrets": _SECRETS,
        "sequences": _SEQUENCES,
        "stateful": _SEQUENCES,
    },
    "client": {
        "outcome": (_ERRORS,),
        "target": (_tests("client", "resolve", "entry_points"),),
    },
    "client/clock": {
        "virtual_clock": (_tests("client/clock", "clock"),),
        "waiting": (_tests("client/clock", "clock"), _tests("client", "no_answer", "driving")),
    },
    "client/command": {
        "command": (_COMMANDS,),
        "json_codec": (_COMMANDS,),
        "protocol": (_COMMANDS,),
    },
}
"""The modules of each layer, and what has to notice a change of them: commands of Python, one after the other."""


@dataclass(frozen=True)
class Mutant:
    """One change of one file.

    Attributes:
        layer: The folder of the package.
        module: The name of the file in it, without its ending.
        function: The function of the module that it is in; empty for one that is in none.
        mutation: What Cosmic Ray is to change.
    """

    layer: str
    module: str
    function: str
    mutation: MutationSpec

    @property
    def name(self) -> str:
        line, column = self.mutation.start_pos
        operator = self.mutation.operator_name.partition("/")[2]
        return f"{self.layer}/{self.module}.py:{line}:{column + 1} {operator} #{self.mutation.occurrence}"

    @property
    def commands(self) -> tuple[str, ...]:
        """What has to notice it; of a change inside of a check, that check."""
        if self.module in AREAS and self.function in area_checks(self.module):
            return _judged(f"{self.module}::{self.function}")
        return LAYERS[self.layer][self.module]


def every_mutant(layer: str) -> list[Mutant]:
    """Return each mutant of a layer, without those that say nothing of the tests.

    Annotations are never evaluated, and a function that loses its decorator is no check or no property any more.
    """
    found = []
    for module in LAYERS[layer]:
        path = Path("pytest_openrouter_stt", layer, f"{module}.py")
        tree = ast.parse(path.read_text("utf-8"))
        annotations = list(_annotations(tree))
        found += [
            Mutant(layer, module, _function_at(tree, mutation.start_pos[0]), mutation)
            for mutation in _mutations(path)
            if "RemoveDecorator" not in mutation.operator_name
            and not any(first <= mutation.start_pos < last for first, last in annotations)
        ]
    return found


def _mutations(path: Path) -> list[MutationSpec]:
    with tempfile.TemporaryDirectory() as folder, use_db(str(Path(folder, "session")), WorkDB.Mode.create) as session:
        init([path], session, {})
        return [mutation for item in session.work_items for mutation in item.mutations]


def _function_at(module: ast.Module, line: int) -> str:
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    names = [node.name for node in functions if node.body[0].lineno <= line <= (node.end_lineno or 0)]
    return names[0] if names else ""


def _annotations(module: ast.Module) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield where each annotation begins and ends, and what stands below ``if TYPE_CHECKING``."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts: list[Any] = [node.returns]
        elif isinstance(node, ast.arg | ast.AnnAssign):
            parts = [node.annotation]
        else:
            is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            parts = [node] if is_for_types else []
        for part in parts:
            if part is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


def sampled(mutants: Iterable[Mutant], size: int, seed: int) -> list[Mutant]:
    """Return one mutant of each of *size* places; a place with many operators counts no more than another."""
    places = defaultdict(list)
    for mutant in mutants:
        places[mutant.module, mutant.mutation.start_pos, mutant.mutation.end_pos].append(mutant)
    dice = random.Random(seed)
    chosen = dice.sample(sorted(places), min(size, len(places)))
    return [dice.choice(places[place]) for place in chosen]


def outcome(mutations: list[MutationSpec], commands: Iterable[str]) -> tuple[str, str]:
    """Return what becomes of the package with *mutations*, while *commands* run until one fails, and the change."""
    diff = ""
    for command in commands:
        result = mutate_and_test(mutations, shlex.join([sys.executable, *command.split()]), _LIMIT)
        if result.worker_outcome is not WorkerOutcome.NORMAL:
            raise RuntimeError(result.output)
        diff = result.diff or ""
        if result.test_outcome is not TestOutcome.SURVIVED:
            return ("timed out" if result.output == "timeout" else "killed"), diff
    return "survived", diff


def refuse_unless_live() -> None:
    """End unless the package that a fresh Python imports, whatever its environment, is the one to be changed."""
    show = "import pytest_openrouter_stt as package; print(package.__file__)"
    done = subprocess.run([sys.executable, "-c", show], cwd="/", env={}, capture_output=True, text=True, check=True)
    if not Path(done.stdout.strip()).is_relative_to(REPOSITORY):
        sys.exit(f"tests import {done.stdout.strip()}, so they would not notice what is changed in {REPOSITORY}")


def judge(layer: str, size: int, seed: int) -> Counter[str]:
    """Judge a sample of a layer's mutants, say what becomes of each, and return how often each outcome was."""
    everything = every_mutant(layer)
    mutants = sampled(everything, size, seed)
    for command in sorted({command for mutant in mutants for command in mutant.commands}):
        if outcome([], [command])[0] != "survived":
            sys.exit(f"without any change, this fails: python {command}")
    counts: Counter[str] = Counter()
    for mutant in mutants:
        became, diff = outcome([mutant.mutation], mutant.commands)
        counts[became] += 1
        _say(f"{became}: {mutant.name}", diff if became == "survived" else "")
    _say(f"{layer}: {len(everything)} mutants, {len(mutants)} tried, {dict(counts)}")
    return counts


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(filter(None, lines)) + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", nargs="*", metavar="LAYER", help="all, unless some are named")
    parser.add_argument("--sample", type=int, default=150, help="places to change in each layer")
    parser.add_argument("--seed", type=int, default=0, help="chooses the places")
    options = parser.parse_args()
    unknown = [layer for layer in options.layers if layer not in LAYERS]
    if unknown:
        parser.error(f"there is no layer {unknown[0]!r}; it has to be one of {', '.join(LAYERS)}")
    refuse_unless_live()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder  # runs of others would clear it away, or leave too much to clear
        counts = [judge(layer, options.sample, options.seed) for layer in options.layers or LAYERS]
    return 0 if all(count["killed"] for count in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
