"""Measures what large audio costs: ``python -m tests.benchmarks.payload [--write]``.

Every figure comes from a process of its own, since memory that was once taken is seldom given back.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import httpx

from tests.benchmarks.process import REPOSITORY
from tests.benchmarks.serving import BARE, INTERCEPT, RESPX, bare, intercepted, ours, peer, respx_alone
from tests.benchmarks.tables import COMMAND, DOCUMENT, machine, spread, verdict, write
from tests.markdown import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.serving import Way

LOOPBACK = "`LoopbackServer`"
WAYS: dict[str, Callable[[], Way]] = {
    BARE: bare,
    RESPX: respx_alone,
    INTERCEPT: intercepted,
    "pytest-httpserver": peer,
    LOOPBACK: ours,
}
PEAKS = {INTERCEPT: 4.0, LOOPBACK: 6.0}
SIZES = {"1 KB": 1_000, "100 KB": 100_000, "1 MB": 1_000_000, "5 MB": 5_000_000, "25 MB": 25_000_000}
LARGEST = list(SIZES)[-1]


def body_of(size: int) -> bytes:
    """Return the body of a request with *size* bytes of audio, as sparingly as a client can make it."""
    return b'{"input_audio":{"data":"%b","format":"wav"},"model":"m"}' % base64.b64encode(bytes(size))


def measure(way: Callable[[], Way], size: int) -> dict[str, float]:
    """Make one call with *size* bytes of audio, after a small one.

    Returns:
        Seconds; and in bytes, above what there was before: the memory at its highest, after the call while the way
        is still open, and after it was closed.
    """
    with way() as call:
        call()
        gc.collect()
        before = _status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the highest begins anew
        begun = time.perf_counter()
        call(body_of(size))
        seconds = time.perf_counter() - begun
        peak = _status("VmHWM") - before
        gc.collect()
        kept = _status("VmRSS") - before
    del call
    gc.collect()
    return {"seconds": seconds, "peak": peak, "kept": kept, "left": _status("VmRSS") - before}


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024


def measured(rounds: int) -> dict[tuple[str, str], list[dict[str, float]]]:
    """Return what each way costs with each size, the ways taken in turns."""
    figures = defaultdict(list)
    env = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072"}  # what is freed is given back, whatever came before
    for _ in range(rounds):
        for name in WAYS:
            for size in SIZES:
                command = [sys.executable, "-m", "tests.benchmarks.payload", f"--way={name}", f"--size={size}"]
                done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)
                if done.returncode == 0:
                    figures[name, size].append(json.loads(done.stdout))
    return figures


def tables(rounds: int) -> str:
    figures = measured(rounds)
    names = [name for name in WAYS if (name, LARGEST) in figures]
    return "\n\n".join(
        [
            f"{machine()}, httpx {httpx.__version__}; {rounds} rounds; `{COMMAND}`.",
            table(["Milliseconds for one call with", *SIZES], *([name, *_times(figures, name)] for name in names)),
            table(
                [f"{LARGEST} of audio", "peak × audio", "kept while open × audio", "kept after × audio", "target"],
                *([name, *_memory(figures[name, LARGEST], PEAKS.get(name))] for name in names),
            ),
        ]
    )


def _times(figures: dict[tuple[str, str], list[dict[str, float]]], name: str) -> list[str]:
    return [spread([1e3 * each["seconds"] for each in figures[name, size]], ".1f") for size in SIZES]


def _memory(costs: list[dict[str, float]], limit: float | None) -> list[str]:
    times = {what: [cost[what] / SIZES[LARGEST] for cost in costs] for what in ("peak", "kept", "left")}
    target = ""
    if limit:
        ok = median(times["peak"]) <= limit and median(times["left"]) <= 0.1
        target = f"peak ≤ {limit:.0f} ×, after ≤ 0.1 ×: {verdict(ok)}"
    return [*(spread(each, ".2f") for each in times.values()), target]


def main() -> None:
    """Measure and print, and write into the documentation if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help="measure this one, in this process, and print it as JSON")
    parser.add_argument("--size", choices=SIZES, default=LARGEST)
    arguments = parser.parse_args()
    if arguments.way:
        sys.stdout.write(json.dumps(measure(WAYS[arguments.way], SIZES[arguments.size])))
        return
    text = tables(arguments.rounds)
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        write("payload", text)


if __name__ == "__main__":
    main()
