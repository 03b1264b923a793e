"""``python -m tests.guard.calling_out FILE alone|judged WAY...``: lets clients call out, and tells what came of it.

Alone, nothing holds them back. Judged, each is run as a client under test, and its run goes into FILE.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.clients.callers import WAYS
from tests.running import ISOLATED, Recorder


def client_of(way: str) -> str:
    """Return the client that calls out this way, as an option takes it."""
    return f"--stt-client=tests.clients.callers:CLIENT.{way}"


def check_of(way: str) -> str:
    """Return the node ID of a check of that client that makes it call out."""
    return f"stt/request::test_method_and_url[{WAYS[way].mode}]"


def judged(way: str) -> dict[str, object]:
    """Return how a run of a client that calls out ended, and why."""
    recorder = Recorder()
    code = pytest.main([client_of(way), *ISOLATED, check_of(way)], plugins=[recorder])
    return {"exit": int(code), "reasons": [result.reason for result in recorder.results.values()]}


def main(report: str, how: str, *ways: str) -> None:
    runs = {}
    for way in ways:
        if how == "judged":
            runs[way] = judged(way)
        else:
            with suppress(Exception):
                WAYS[way].run()
    Path(report).write_text(json.dumps(runs))


if __name__ == "__main__":
    main(*sys.argv[1:])
