"""The proof of the checks, over many seeds: ``python -m tests.proof``.

No run may blame the reference, whatever HTTP library it is on, or a variant. Every run must fail each mutant by each
check that names its defect, and by no other check. ``--named`` runs only those checks on a mutant, which takes a
twentieth of the time and cannot see whether another check blames it. A few mutants show their defect to a check only
after other checks; when the named checks alone miss a mutant, the whole suite judges it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Level, Verdict
from tests.clients.mutants import CAUGHT_BY
from tests.clients.mutants import transports as on_libraries
from tests.clients.transports import TRANSPORTS, OnHttpx
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
        exit_code: The exit code of pytest.
    """

    client: str
    seed: int
    levels: dict[str, Level]
    failed: frozenset[str]
    stuck: frozenset[str]
    exit_code: int


@dataclass(frozen=True)
class Job:
    """One run to make.

    Attributes:
        client: The client to judge, below ``tests.clients``.
        seed: Where the examples start.
        checks: The checks to run; all of them if there are none.
    """

    client: str
    seed: int
    checks: tuple[str, ...] = ()


def judge(job: Job) -> Judged:
    """Run the checks of *job* on its client, and all checks if those miss a mutant."""
    judged = _judge(job)
    return judged if set(job.checks) <= judged.failed else _judge(replace(job, checks=()))


def _judge(job: Job) -> Judged:
    """Run the checks of *job* in this process."""
    node_ids = [f"stt/{check}" for check in job.checks]
    run = judged_alone(job.client, f"--stt-seed={job.seed}", *_served(job.client), *node_ids)
    results = run.results.values()
    if not results:
        raise AssertionError(f"{job.client} was not judged at all")
    return Judged(
        job.client,
        job.seed,
        {result.check: result.level for result in results},
        frozenset(result.check for result in results if result.verdict is Verdict.FAILED),
        frozenset(result.check for result in results if result.verdict is Verdict.COULD_NOT_RUN),
        run.exit_code,
    )


def _served(client: str) -> list[str]:
    """Return the option that puts httpx on sockets, as all other libraries are, where libraries are compared."""
    module, _, name = client.rpartition(":")
    kind = {"transports": OnHttpx, "mutants.transports": getattr(on_libraries, name, object)}.get(module, object)
    return ["--stt-endpoint=loopback"] if issubclass(kind, OnHttpx) else []


def main() -> int:
    options = _options()
    conformant = _jobs(options.rounds, _CONFORMANT, options)
    mutants = _jobs(options.mutant_rounds, [f"mutants.{name}" for name in CAUGHT_BY], options)
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
    parser.add_argument("--named", action="store_true", help="run only the checks that name it on each mutant")
    return parser.parse_args()


def _jobs(rounds: int, clients: Iterable[str], options: argparse.Namespace) -> list[Job]:
    chosen = [client for client in clients if re.search(options.only, client)]
    named = {client: tuple(sorted(_named(client))) if options.named else () for client in chosen}
    return [Job(client, seed, named[client]) for seed in range(rounds) for client in chosen]


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
        f"{one.client}, seed {one.seed}: exit code {one.exit_code}, blamed by {_listed(one.failed | one.stuck)}"
        for one in judged
        if one.failed or one.stuck or one.exit_code
    ]


def _misses(judged: list[Judged]) -> list[str]:
    problems = []
    for one in judged:
        catch = CAUGHT_BY[one.client.removeprefix("mutants.")]
        missed, wrong = catch.surely - one.failed, one.failed - catch.surely - catch.perhaps
        stuck = catch.surely & one.stuck
        if missed:
            problems.append(f"{one.client}, seed {one.seed}: not seen by {_listed(missed)}")
        if wrong:
            problems.append(f"{one.client}, seed {one.seed}: blamed by {_listed(wrong)}")
        if stuck:
            problems.append(f"{one.client}, seed {one.seed}: could not run: {_listed(stuck)}")
    return problems


def _listed(checks: Iterable[str]) -> str:
    return ", ".join(sorted(checks)) or "no check"


def _figures(blamed: list[Judged], caught: list[Judged], options: argparse.Namespace) -> list[str]:
    failures = sum(bool(one.failed or one.stuck) for one in blamed)
    must = {check for one in blamed for check, level in one.levels.items() if level is Level.MUST}
    must |= {check for one in caught for check, level in one.levels.items() if level is Level.MUST}
    due = [one for one in caught if _named(one.client) & must]
    seen = sum(_named(one.client) & must <= one.failed for one in due)
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


def _named(client: str) -> frozenset[str]:
    """Return the checks that name the defect of *client*; there are none if it is no mutant."""
    catch = CAUGHT_BY.get(client.removeprefix("mutants."))
    return catch.surely if catch else frozenset()


if __name__ == "__main__":
    sys.exit(main())
