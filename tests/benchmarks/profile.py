"""Tells where the time of a whole run goes: ``python -m tests.benchmarks.profile [--write]``.

py-spy looks, many times in a second, at every thread that runs Python, and does not slow down what it looks at. Each
look counts for the part of the code that is innermost in what it saw: JSON that the SDK writes counts for the SDK.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.process import cost_of, pytest_command
from tests.benchmarks.tables import COMMAND, DOCUMENT, machine, verdict, write
from tests.markdown import table

RATE = 250
"""Looks per second."""

_OURS = r"/pytest_openrouter_stt/"
PARTS = {  # the first that a frame has in it
    "importing": r"<frozen importlib|/_pytest/assertion/rewrite\.py",
    "judging a body against the schema": rf"/(jsonschema\w*|referencing|rpds)/|{_OURS}contract/schema\.py",
    "contract": rf"{_OURS}contract/|/yaml/",
    "strategies": rf"{_OURS}strategies/",
    "Hypothesis": r"/_?hypothesis/",
    "driving the client": rf"{_OURS}client/",
    "endpoint": rf"{_OURS}(endpoint|guard)/|/respx/|/h11/",
    "checks": rf"{_OURS}(suite|judging)/",
    "report": rf"{_OURS}report/|/jinja2/",
    "plugin": rf"{_OURS}(plugin|command_line)/",
    "pytest": r"/(_pytest|pluggy|pytest)/",
    "httpx": r"/(httpx|httpcore|anyio|sniffio|certifi)/",
    "the client": r"/(openrouter|pydantic|pydantic_core|typing_inspection)/|/tests/clients/|/tests/benchmarks/",
}
THE_CLIENTS = ("httpx", "the client")
_PARTS = {name: re.compile(pattern) for name, pattern in PARTS.items()}


def looked_at(folder: Path, client: str) -> Counter[str]:
    """Return how many looks at a run on *client* each part has."""
    stacks = folder / "stacks.txt"
    recorder = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    spying = [recorder, "record", "--gil", "--format=raw", "--full-filenames", f"--rate={RATE}", f"--output={stacks}"]
    cost_of(folder, *spying, "--", *pytest_command(f"--stt-client={client}", "stt"))
    looks: Counter[str] = Counter()
    for line in stacks.read_text("utf-8").splitlines():
        frames, _, count = line.rpartition(" ")
        looks[part_of(frames.split(";"))] += int(count)
    return looks


def part_of(frames: list[str]) -> str:
    """Return the part that the innermost frame belongs to which belongs to any."""
    for frame in reversed(frames):
        for name, pattern in _PARTS.items():
            if pattern.search(frame):
                return name
    return "the rest"


def tables() -> str:
    clients = {
        f"the official SDK, {version('openrouter')}": "openrouter",
        "the reference": "tests.clients.reference:Client",
    }
    looks = {}
    for name, client in clients.items():
        with tempfile.TemporaryDirectory() as folder:
            looks[name] = looked_at(Path(folder), client)
    order = sorted(
        {part for each in looks.values() for part in each}, key=lambda part: -sum(each[part] for each in looks.values())
    )
    rows = [[part, *(f"{each[part] / each.total():.1%}" for each in looks.values())] for part in order]
    rows.append(["**all, without the client's own**, × the client's own", *map(_times, looks.values())])
    rows.append(["**judging bodies**", *map(_judging, looks.values())])
    return f"{machine()}; {RATE} looks per second; `{COMMAND}`.\n\n" + table(["Where the time goes", *looks], *rows)


def _times(looks: Counter[str]) -> str:
    own = sum(looks[part] for part in THE_CLIENTS)
    ratio = (looks.total() - own) / own
    return f"{ratio:.2f}, ≤ 2: {verdict(ratio <= 2)}"


def _judging(looks: Counter[str]) -> str:
    share = looks["judging a body against the schema"] / looks.total()
    return f"{share:.1%}, ≤ 3 %: {verdict(share <= 0.03)}"


def main() -> None:
    """Measure and print, and write into the documentation if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    arguments = parser.parse_args()
    text = tables()
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        write("profile", text)


if __name__ == "__main__":
    main()
