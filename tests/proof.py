"""The proof of the checks, over many seeds: ``python -m tests.proof``.

The reference, whatever HTTP library it is on, and every variant must not be blamed in any run; every mutant must be
failed, in every run, by each check that names its defect, and by no other.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Level, Verdict
from tests.clients.mutants import CAUGHT_BY
from tests.clients.transports import TRANSPORTS
from tests.clients.variants import VARIANTS
from tests.running import elsewhere, judged_alone

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONFORMANT = (
    "reference:Client",
    *(f"variants:{name}" for name in VARIANTS),
    *(f"transports:{name}" for name in TRANSPORTS),
)


@dataclass(frozen=True)
class Judged:
    """What one run of the suite found.

    Attributes:
        client: Who was judged, below ``tests.clients``.
        seed: Where the examples started.
        levels: The level of each check.
        failed: The checks that failed.
        stuck: The checks that could not run.
    """

    client: str
    seed: int
    levels: dict[str, Level]
    failed: frozenset[str]
    stuck: frozenset[str]


def judge(job: tuple[str, int]) -> Judged:
    """Run the suite on one client with one seed, in this process."""
    client, seed = job
    results = judged_alone(client, f"--stt-seed={seed}").values()
    if not results:
        raise AssertionError(f"{client} was not judged at all")
    return Judged(
        client,
        seed,
        {result.check: result.level for result in results},
        frozenset(result.check for result in results if result.verdict is Verdict.FAILED),
        frozenset(result.check for result in results if result.verdict is Verdict.COULD_NOT_RUN),
    )


def main() -> int:
    options = _options()
    conformant = _jobs(options.rounds, _CONFORMANT, options.only)
    mutants = _jobs(options.mutant_rounds, [f"mutants.{name}" for name in CAUGHT_BY], options.only)
    # Not concurrent.futures: its pool hangs when it renews its processes, which is how they give their memory back.
    with elsewhere(), get_context("spawn").Pool(os.cpu_count(), maxtasksperchild=25) as pool:
        judged = _told(pool.imap(judge, [*conformant, *mutants]), len(conformant) + len(mutants))
    blamed, caught = judged[: len(conformant)], judged[len(conformant) :]
    problems = [*_blames(blamed), *_misses(caught)]
    sys.stdout.write("\n".join([*problems, *_figures(blamed, caught, options), ""]))
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="seeds for the reference and every variant")
    parser.add_argument("--mutant-rounds", type=int, default=5, help="seeds for every mutant")
    parser.add_argument("--only", default="", help="judge only clients whose name this regular expression finds")
    return parser.parse_args()


def _jobs(rounds: int, clients: Iterable[str], only: str) -> list[tuple[str, int]]:
    return [(client, seed) for seed in range(rounds) for client in clients if re.search(only, client)]


def _told(judged: Iterable[Judged], total: int) -> list[Judged]:
    """Collect the results, and say how far it is on standard error."""
    kept = []
    for place, one in enumerate(judged, 1):
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{place} of {total} runs" + "\n" * (place == total))
            sys.stderr.flush()
        kept.append(one)
    return kept


def _blames(judged: list[Judged]) -> list[str]:
    return [
        f"{one.client}, seed {one.seed}: blamed by {', '.join(sorted({*one.failed, *one.stuck}))}"
        for one in judged
        if one.failed or one.stuck
    ]


def _misses(judged: list[Judged]) -> list[str]:
    problems = []
    for one in judged:
        catch = CAUGHT_BY[one.client.removeprefix("mutants.")]
        missed, wrong = catch.surely - one.failed, one.failed - catch.surely - catch.perhaps
        if missed:
            problems.append(f"{one.client}, seed {one.seed}: not seen by {', '.join(sorted(missed))}")
        if wrong:
            problems.append(f"{one.client}, seed {one.seed}: blamed by {', '.join(sorted(wrong))}")
    return problems


def _figures(blamed: list[Judged], caught: list[Judged], options: argparse.Namespace) -> list[str]:
    failures = sum(bool(one.failed or one.stuck) for one in blamed)
    must = {check for one in blamed for check, level in one.levels.items() if level is Level.MUST}
    due = [one for one in caught if _named(one) & must]
    seen = sum(_named(one) & must <= one.failed for one in due)
    return [
        (
            f"{len(_CONFORMANT)} conformant clients (the reference, {len(VARIANTS)} variants, "
            f"and the reference on {len(TRANSPORTS)} libraries), "
            f"{options.rounds} runs each with different seeds: {failures} failures in {len(blamed)} runs."
        ),
        (
            f"{len(CAUGHT_BY)} mutants, {options.mutant_rounds} runs each with different seeds: "
            f"MUST defects caught in {seen} of {len(due)} runs."
        ),
    ]


def _named(one: Judged) -> frozenset[str]:
    return CAUGHT_BY[one.client.removeprefix("mutants.")].surely


if __name__ == "__main__":
    sys.exit(main())
