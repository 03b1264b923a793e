"""What other plugins and a project's fixtures do to every test, and what of it reaches the checks."""

from __future__ import annotations

import gc
from importlib.util import find_spec
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from pytest_openrouter_stt.judging import API_KEY
from pytest_openrouter_stt.report import Verdict
from tests.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = "--stt-client=tests.clients.reference:Client"
CHECK = "stt/request::test_a_valid_call_is_sent"

OWN = """
import socket

import pytest


def test_own():
    with pytest.raises(RuntimeError, match="A test tried to use socket"), pytest.warns(UserWarning):
        socket.create_connection(("127.0.0.1", 9))
"""
FORBIDS = """
import socket

import pytest


class Forbidden(socket.socket):
    def __new__(cls, *_, **__):
        raise RuntimeError("no sockets in here")


@pytest.fixture(autouse=True)
def forbid_sockets(monkeypatch):
    monkeypatch.setattr(socket, "socket", Forbidden)
"""
LEAVES = """
import gc
import socket

from tests.clients.reference import Client as Reference

gc.disable()


class Open:
    def __init__(self):
        self.socket, self.itself = socket.socket(), self


class Client(Reference):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.kept = Open()

    async def create_transcription_async(self, *given, **named):
        Open()
        return await super().create_transcription_async(*given, **named)
"""
TELLS_THE_KEY = """
import warnings

from tests.clients.reference import Client as Reference


class Client(Reference):
    def __init__(self, api_key, **named):
        super().__init__(api_key, **named)
        warnings.warn(f"{api_key} is an old key", DeprecationWarning)
"""
COLLECTS = """
import gc


def test_own():
    gc.collect()
"""
TWICE = """
import pytest
from _pytest.runner import runtestprotocol


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    item._initrequest()  # as pytest-rerunfailures does it
"""
CHECKS_FIRST = """
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith("stt/"))
"""
INTERCEPTS = """
from respx.mocks import HTTPCoreMocker


class HTTPCore2Mocker(HTTPCoreMocker):
    name = "httpcore2"
    targets = []
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pytest_socket") is None, reason="pytest-socket is not installed")
@pytest.mark.parametrize(
    ("block", "form"),
    [("--disable-socket", "respx"), ("--disable-socket", "loopback"), ("--allow-hosts=192.0.2.1", "loopback")],
)
def test_a_block_of_sockets_is_lifted_for_the_checks_only(tmp_path: Path, block: str, form: str) -> None:
    (tmp_path / "test_own.py").write_text(OWN)

    run = run_pytest(tmp_path, CLIENT, block, f"--stt-endpoint={form}", CHECK, "test_own.py")

    assert run.exit_code == pytest.ExitCode.OK, run.output
    assert [result.verdict for result in run.results.values()] == [Verdict.PASSED] * 2
    assert "3 passed" in run.output


@pytest.mark.slow
@pytest.mark.parametrize("beside", [(), ("test_own.py",)])
def test_what_clients_leave_open_is_laid_at_nobodys_door(tmp_path: Path, beside: tuple[str, ...]) -> None:
    (tmp_path / "leaving.py").write_text(LEAVES)
    (tmp_path / "test_own.py").write_text(COLLECTS)
    (tmp_path / "conftest.py").write_text(CHECKS_FIRST)

    run = run_pytest(tmp_path, "--stt-client=leaving:Client", "-W", "error", CHECK, *beside)

    assert run.exit_code == pytest.ExitCode.OK, run.output
    assert "unraisable" not in run.output


@pytest.mark.parametrize("own", ["test_own.py", ""])
def test_the_garbage_collector_passes_over_nothing_but_while_checks_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly")
    pytester.makepyfile(test_own="import gc\n\ndef test_own():\n    assert gc.get_freeze_count() == 0\n")
    pytester.makeconftest(CHECKS_FIRST)

    pytester.runpytest_inprocess(CLIENT, CHECK, *filter(None, [own])).assert_outcomes(passed=2 + bool(own))

    assert gc.get_freeze_count() == 0


@pytest.mark.slow
def test_the_key_in_a_warning_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "telling.py").write_text(TELLS_THE_KEY)

    run = run_pytest(tmp_path, "--stt-client=telling:Client", CHECK)

    assert "DeprecationWarning: <the key> is an old key" in run.output
    assert API_KEY not in run.output


@pytest.mark.slow
def test_a_check_that_is_run_again_says_everything_once(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(TWICE)

    run = run_pytest(tmp_path, CLIENT, CHECK, "--junitxml=found.xml")

    assert run.exit_code == pytest.ExitCode.OK, run.output
    for case in ET.parse(tmp_path / "found.xml").iter("testcase"):
        properties = [(entry.get("name"), entry.get("value")) for entry in case.iter("property")]
        assert properties
        assert len(properties) == len(set(properties))


def test_a_client_is_not_blamed_where_sockets_are_forbidden(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(FORBIDS)

    run = run_pytest(tmp_path, CLIENT, CHECK)

    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    reason = "sockets are forbidden in this run, not by the client: RuntimeError: no sockets in here"
    assert [result.verdict for result in run.results.values()] == [Verdict.COULD_NOT_RUN] * 2, run.output
    assert all(result.reason.startswith(reason) for result in run.results.values()), run.output


@pytest.mark.slow
@pytest.mark.skipif(find_spec("httpx2") is None, reason="httpx2 is not installed")
def test_another_plugin_may_intercept_httpx2_as_well(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(INTERCEPTS)

    run = run_pytest(tmp_path, "-p", "no:pytest_httpx2", "--stt-client=tests.clients.transports:OnHttpx2", CHECK)

    assert run.exit_code == pytest.ExitCode.OK, run.output
    assert [result.verdict for result in run.results.values()] == [Verdict.PASSED] * 2
