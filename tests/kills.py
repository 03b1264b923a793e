"""Whether checks still judge as they have to, quickly: ``python -m tests.kills request::test_format_is_renamed``.

The reference has to pass them, and so do the variants where ``--variants`` asks for that; of the mutants, each that
names one has to fail it. ``python -m tests.proof`` looks at everything, and at whatever else fails.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_openrouter_stt.report import Verdict
from pytest_openrouter_stt.suite import AREAS, area_checks
from tests.clients.mutants import CAUGHT_BY
from tests.clients.variants import VARIANTS
from tests.running import elsewhere, judged_alone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def verdicts(client: str, *options: str) -> set[Verdict]:
    """Return what the suite says of a client below ``tests.clients``, with the examples of the usual seed."""
    return {result.verdict for result in judged_alone(client, *options).results.values()}


def passes(client: str, *options: str) -> bool:
    """Return whether *client* was judged, and no check blames it."""
    found = verdicts(client, *options)
    return bool(found) and not any(verdict.is_bad for verdict in found)


def problems(checks: Collection[str], *, with_variants: bool) -> Iterator[str]:
    """Yield what is judged otherwise than it has to be, the cheapest to find out first."""
    node_ids = [f"stt/{check}" for check in checks]
    if not passes("reference:Client", "-x", *node_ids):
        yield "the reference is blamed"
    for mutant, catch in CAUGHT_BY.items():
        for check in sorted(catch.surely & set(checks)):
            if Verdict.FAILED not in verdicts(f"mutants.{mutant}", "-x", f"stt/{check}"):
                yield f"{mutant} is not seen by {check}"
    for variant in VARIANTS if with_variants else ():
        if not passes(f"variants:{variant}", "-x", *node_ids):
            yield f"{variant} is blamed"


def _named(checks: str) -> list[str]:
    area, _, name = checks.partition("::")
    return [f"{area}::{one}" for one in ([name] if name else area_checks(area))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="AREA[::CHECK]", help="all, unless some are named")
    parser.add_argument("--variants", action="store_true", help="judge the variants too")
    options = parser.parse_args()
    checks = [check for named in options.checks or AREAS for check in _named(named)]
    with elsewhere():
        problem = next(problems(checks, with_variants=options.variants), None)
    sys.stdout.write(f"{problem}\n" if problem else f"{len(checks)} checks judge as they have to\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
