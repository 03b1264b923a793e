"""What an adapter does itself is in the report; what it only passes on is not."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import Adapter, resolve
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.guard import NetworkGuard
from pytest_openrouter_stt.judging import Harness, Profile, adapter_work
from pytest_openrouter_stt.judging.adapter_inspection import AdapterProfiler
from tests.clients.adapters import Hangs
from tests.running import ISOLATED, judge_here

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = load_contract()
ADAPTERS = "tests.clients.adapters"
CHECK = "stt/request::test_model_is_verbatim"
QUICK = (CHECK, "--stt-max-examples=1", *ISOLATED)


@pytest.fixture(scope="module")
def guard() -> Iterator[NetworkGuard]:
    with NetworkGuard() as made:
        yield made


def work_of(client: str, guard: NetworkGuard, deadline: float = 5) -> list[str] | None:
    harness = Harness(resolve(client, CONTRACT.sdk), CONTRACT, Profile(1, 0, deadline), guard)
    try:
        with harness.opened():
            found = adapter_work(harness)
    finally:
        harness.close()
    return None if found is None else list(found.work)


@pytest.mark.parametrize("client", ["passing_on", "PassesOn"])
def test_an_adapter_that_passes_on_does_nothing(client: str, guard: NetworkGuard) -> None:
    assert work_of(f"{ADAPTERS}:{client}", guard) == []


@pytest.mark.parametrize(
    ("client", "work"),
    [
        ("Decodes", "encodes or decodes base64 (base64.b64decode, tests/clients/adapters.py:* in call)"),
        ("Serialises", "writes or reads JSON (json.dumps, tests/clients/adapters.py:* in call)"),
        ("Sends", "sends requests (httpx, called from tests/clients/adapters.py:* in call)"),
        ("Repeats", "repeats what fails (from_base64, 5 times for one call)"),
        ("Waits", "waits (time.sleep, tests/clients/adapters.py:* in call)"),
        ("WaitsAsynchronously", "waits (asyncio.sleep, tests/clients/adapters.py:* in create_transcription_async)"),
        ("MapsErrors", "raises errors (Failed, tests/clients/adapters.py:* in call)"),
        ("ReturnsErrors", "returns errors of its own (Failed)"),
        ("GoesPast", "goes past tests.clients.shapes (requests are sent by httpx, called from *.py:* in send)"),
    ],
    ids=lambda value: value.partition(" ")[0],
)
def test_work_of_its_own_is_told_with_its_line(client: str, work: str, guard: NetworkGuard) -> None:
    (found,) = work_of(f"{ADAPTERS}:{client}", guard) or [""]

    assert fnmatchcase(found, work)


def test_a_client_that_declares_nothing_is_no_adapter(guard: NetworkGuard) -> None:
    assert work_of("tests.clients.reference:Client", guard) is None


def test_a_call_that_does_not_end_is_the_last(guard: NetworkGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hangs, "calls", 0)

    assert work_of(f"{ADAPTERS}:Hangs", guard, deadline=0.2) == []
    assert Hangs.calls == 2


def test_a_profiler_is_there_again_afterwards() -> None:
    adapter = Adapter("adapter", frozenset({__name__}), "json", ())
    seen: list[str] = []

    def profiler(_frame: object, event: str, _arg: object) -> None:
        seen.append(event)

    sys.setprofile(profiler)
    try:
        AdapterProfiler(adapter).around(lambda: None)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def test_the_report_of_a_run_has_it(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={ADAPTERS}:Waits", *QUICK)

    done.stdout.fnmatch_lines(
        [
            "requests are sent by httpx, called from tests/clients/shapes.py:* in send",
            f"the adapter {ADAPTERS} does itself what is then not judged of tests.clients.shapes:",
            "  waits (*",
        ]
    )


def test_each_mode_has_a_line_where_they_differ(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("--stt-client=tests.clients.reference:Client", *QUICK)

    done.stdout.fnmatch_lines(
        [
            "sync requests are sent by httpx, called from tests/clients/reference.py:* in send",
            "async requests are sent by httpx, called from tests/clients/reference.py:* in send_async",
        ]
    )


def test_the_adapter_alone_is_looked_at(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest(f"--stt-client={ADAPTERS}:MapsErrors", "--stt-adapter-check")

    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            f"stt: client {ADAPTERS}:MapsErrors",
            f"sync: POST {CONTRACT.url}, sent by httpx, called from tests/clients/shapes.py:* in send",
            "  called from tests/clients/shapes.py:* in from_base64",
            "async: not offered",
            "*  raises errors (Failed, *",
        ]
    )
    done.stdout.no_fnmatch_line("*test session starts*")


def test_a_client_is_told_that_it_is_judged_itself(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("--stt-client=tests.clients.reference:Client", "--stt-adapter-check")

    assert done.ret == 0
    done.stdout.fnmatch_lines("it declares no stt_adapter_for, so * is judged as the client itself")


def test_an_adapter_that_is_not_seen_fails_the_look(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(silent="def transcribe(*, input_audio, model): return 'text'")
    pytester.syspathinsert()

    done = pytester.runpytest("--stt-client=silent:transcribe", "--stt-adapter-check")

    assert done.ret == 1
    done.stdout.fnmatch_lines("stt: could not run: the canary call reached no endpoint*")


def test_an_operation_that_sends_nothing_is_told_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        half="""
        from tests.clients.reference import Client as Reference

        class Client(Reference):
            async def create_transcription_async(self, **given): return "text"
        """
    )
    pytester.syspathinsert()

    done = pytester.runpytest("--stt-client=half:Client", "--stt-adapter-check")

    assert done.ret == 0
    done.stdout.fnmatch_lines(["sync: POST https://*", "async: nothing was sent (*text*"])


def test_there_has_to_be_a_client_to_look_at(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("--stt-adapter-check")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines("*--stt-adapter-check looks at the client of --stt-client, which is not given")


def test_the_verdict_is_the_same_with_and_without_work_of_its_own(pytester: pytest.Pytester) -> None:
    verdicts = [
        {
            node_id: result.verdict
            for node_id, result in judge_here(pytester, f"{ADAPTERS}:{name}", CHECK).results.items()
        }
        for name in ("PassesOn", "Waits")
    ]

    assert verdicts[0] == verdicts[1] != {}
