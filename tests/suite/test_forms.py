"""The same client over respx and over loopback: the same verdict in every case of every check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running import judge_here, run_pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Run

REFERENCE = "tests.clients.reference:Client"


def verdicts(run: Run) -> dict[str, str]:
    return {node_id: result.verdict.value for node_id, result in run.results.items()}


@pytest.mark.slow
def test_both_forms_give_the_same_verdicts(pytester: pytest.Pytester, reference_run: Run) -> None:
    over_respx = verdicts(reference_run)
    over_loopback = verdicts(judge_here(pytester, REFERENCE, "--stt-endpoint=loopback"))

    assert len(over_respx) > 700
    assert over_respx == over_loopback


@pytest.mark.slow
def test_the_end_of_a_run_says_how_the_endpoint_was_served(tmp_path: Path) -> None:
    for form, words in (("respx", "respx, inside of httpx"), ("loopback", "loopback, over sockets")):
        run = run_pytest(tmp_path, f"--stt-client={REFERENCE}", f"--stt-endpoint={form}", "stt/request", "-k", "method")
        assert f"endpoint: {words}" in run.output


@pytest.mark.slow
def test_a_form_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, f"--stt-client={REFERENCE}", "--stt-endpoint=carrier-pigeon")
    assert run.exit_code == 4
    assert "'carrier-pigeon'; it has to be 'auto', 'respx' or 'loopback'" in run.output


CLIENT = """
import requests

def transcribe(*, input_audio, model):
    body = {"model": model, "input_audio": input_audio}
    return requests.post("https://openrouter.ai/api/v1/audio/transcriptions", json=body, timeout=5).json()["text"]
"""


TWO_LIBRARIES = """
import aiohttp
import httpx

URL = "https://openrouter.ai/api/v1/audio/transcriptions"

class Client:
    def create_transcription(self, *, input_audio, model):
        return httpx.post(URL, json={"model": model, "input_audio": input_audio}).json()["text"]

    async def create_transcription_async(self, *, input_audio, model):
        async with aiohttp.ClientSession(trust_env=True) as session:
            async with session.post(URL, json={"model": model, "input_audio": input_audio}) as response:
                return (await response.json())["text"]
"""


@pytest.mark.slow
def test_both_operations_have_to_be_seen(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TWO_LIBRARIES)
    run = run_pytest(tmp_path, "--stt-client=mine:Client", "-o", "pythonpath=.", "stt/request", "-k", "method")
    assert run.exit_code == 0, run.output
    assert "endpoint: loopback" in run.output


@pytest.mark.slow
def test_respx_alone_does_not_see_other_clients(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CLIENT)
    options = ("--stt-client=mine:transcribe", "-o", "pythonpath=.", "stt/request", "-k", "method")
    blind = run_pytest(tmp_path, *options, "--stt-endpoint=respx")
    assert "the client is not intercepted; it was refused" in blind.output
    assert "leave --stt-endpoint at auto" in blind.output
    assert run_pytest(tmp_path, *options).exit_code == 0


@pytest.mark.slow
def test_without_the_extra_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"import sys\nsys.modules['trustme'] = None\n{CLIENT}")
    run = run_pytest(
        tmp_path, "--stt-client=mine:transcribe", "-o", "pythonpath=.", "stt/request", "-k", "method", "-W", "error"
    )
    assert run.exit_code == 1
    assert "install pytest-openrouter-stt[loopback]" in run.output
