"""Every way to call out that is known: that it leads out when nothing holds it back, and what becomes of it."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.callers import WAYS
from tests.guard.calling_out import check_of, client_of
from tests.running import ISOLATED, judge_here, run_pytest, run_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _is_possible(name: str) -> bool:
    need = WAYS[name].needs
    return not need or bool(importlib.util.find_spec(need) or shutil.which(need))


POSSIBLE = [name for name in WAYS if _is_possible(name)]


def _cases(names: Sequence[str]) -> list[Any]:
    return [
        name if name in POSSIBLE else pytest.param(name, marks=pytest.mark.skip(f"needs {WAYS[name].needs}"))
        for name in names
    ]


CLOSED = _cases([name for name, way in WAYS.items() if way.closed])
OPEN = _cases([name for name, way in WAYS.items() if not way.closed])


@dataclass(frozen=True)
class Calls:
    """What came of clients that called out.

    Attributes:
        runs: By way: how its run ended, and the reasons that it gave.
        arrived: What reached a far host.
        why_unknown: Why that cannot be known here.
    """

    runs: dict[str, Any]
    arrived: frozenset[str] = frozenset()
    why_unknown: str = ""

    def reached(self, name: str) -> bool:
        if self.why_unknown:
            pytest.skip(f"there is no network of one's own here: {self.why_unknown}")
        return WAYS[name].arrives in self.arrived


def _call(folder: Path, how: str) -> Calls:
    command = ["-m", "tests.guard.calling_out", "runs.json", how, *POSSIBLE]
    arrived = _far_away(folder, *command)
    if isinstance(arrived, str):
        if how == "judged":  # the guard needs no such network to refuse
            run_python(folder, *command)
        return Calls(_read(folder / "runs.json") or {}, why_unknown=arrived)
    return Calls(_read(folder / "runs.json"), frozenset(arrived))


def _far_away(folder: Path, *command: str) -> list[str] | str:
    """Run Python where every call out arrives; return what did, or why there is no such place."""
    if sys.platform != "linux":
        return f"{sys.platform} has no namespaces"
    done = run_python(folder, "-m", "tests.guard.far_away", "arrived.json", sys.executable, *command)
    (folder / "output.txt").write_text(done.stdout + done.stderr)
    arrived: list[str] | str | None = _read(folder / "arrived.json")
    assert arrived is not None, done.stderr
    return arrived


def _read(file: Path) -> Any:
    return json.loads(file.read_text()) if file.exists() else None


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    return _call(tmp_path_factory.mktemp("alone"), "alone")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    return _call(tmp_path_factory.mktemp("judged"), "judged")


@pytest.mark.slow
@pytest.mark.parametrize("name", CLOSED)
def test_a_client_that_calls_out_is_told_where_to_and_from_which_line(name: str, judged: Calls) -> None:
    run = judged.runs[name]

    assert run["exit"] == pytest.ExitCode.TESTS_FAILED
    (reason,) = run["reasons"]
    assert f" {WAYS[name].named} refused at " in reason
    assert re.search(r"clients/callers\.py:\d+ in \w+", reason)
    assert "secret" not in reason


@pytest.mark.slow
@pytest.mark.parametrize("name", CLOSED)
def test_nothing_arrives_of_a_client_that_is_judged(name: str, alone: Calls, judged: Calls) -> None:
    assert alone.reached(name)
    assert not judged.reached(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPEN)
def test_the_sandbox_closes_what_the_guard_leaves_open(name: str, alone: Calls, tmp_path: Path) -> None:
    assert alone.reached(name)
    run = ["-m", "pytest", "--stt-sandbox", client_of(name), *ISOLATED, check_of(name)]
    arrived = _far_away(tmp_path, *run)

    assert arrived == []
    output = (tmp_path / "output.txt").read_text()
    assert "stt: sandboxed" in output
    assert " passed" in output


# --- at other times than beside a call ---


AT_IMPORT = """
import socket
from contextlib import suppress
from tests.clients.reference import Client

with suppress(OSError):
    socket.create_connection(("192.0.2.1", 443), timeout=1)
"""


def test_a_client_that_calls_out_while_it_is_imported_is_told_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(at_import=AT_IMPORT)
    pytester.syspathinsert()

    run = judge_here(pytester, "at_import:Client", check_of("socket"))

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    (result,) = run.results.values()
    assert "past the endpoint while it was imported; it was refused: name lookup of 192.0.2.1:443" in result.reason
    assert "at_import.py:6 in <module>" in result.reason


WHEN_CLOSED = """
import socket
from contextlib import suppress
from tests.clients.reference import Client as Base

class Client(Base):
    def close(self):
        super().close()
        with suppress(OSError):
            socket.create_connection(("192.0.2.1", 443), timeout=1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_client_that_calls_out_when_it_is_closed_at_the_end_is_told_so(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "when_closed.py").write_text(WHEN_CLOSED)

    run = run_pytest(tmp_path, "--stt-client=when_closed:Client", *options, check_of("socket"))

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in run.output
    (told,) = re.findall("^.*past the endpoint.*$", run.output, re.MULTILINE)
    assert "after its last check; it was refused: name lookup of 192.0.2.1:443" in told
    assert "when_closed.py:10 in close" in told


AFTER_THE_CALL = """
import socket
from contextlib import suppress

import pytest

@pytest.fixture(autouse=True)
def after_the_call(stt):
    yield
    with suppress(OSError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
"""


@pytest.mark.slow
def test_what_is_attempted_when_a_check_has_made_its_calls_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(AFTER_THE_CALL)

    run = run_pytest(tmp_path, "--stt-client=tests.clients.reference:Client", check_of("socket"))

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED
    assert "1 passed, 1 error" in run.output
    (told,) = re.findall("^could not run: .*", run.output, re.MULTILINE)
    assert "past the endpoint after its last call; it was refused: name lookup of 192.0.2.1:443" in told
    assert "raise escaped" not in run.output
