"""Whole runs, watched by somebody who knows nothing of the guard."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Verdict
from tests.running import ISOLATED, run_pytest, run_python

if TYPE_CHECKING:
    from pathlib import Path

QUICK = "--stt-max-examples=2"
FAR = "192.0.2.1"

# The guard's own hook is there when the session starts, and a hook that raises keeps the later ones from being asked:
# what comes to this one is going to happen.
WITNESS = """
import ipaddress
import json
import sys
from pathlib import Path

SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
seen = []

def witness(event, args):
    if event in SENDS and isinstance(args[1], tuple):
        seen.append(args[1][0])
    elif event in LOOKUPS:
        seen.append(args[0][0] if isinstance(args[0], tuple) else args[0])

def is_far(host):
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host not in (None, "", "localhost", b"localhost")

def pytest_sessionstart():
    sys.addaudithook(witness)

def pytest_sessionfinish():
    sys.audit("socket.connect", None, ("192.0.2.1", 443))  # an announcement, not a connection
    Path("far.json").write_text(json.dumps([str(host) for host in seen if is_far(host)]))
"""

ON_REQUESTS = """
import requests

def transcribe(*, input_audio, model, api_key, language=None):
    headers = {"Authorization": f"Bearer {api_key}"}
    audio = {"data": input_audio["data"], "format": input_audio["format_"]}
    body = {"input_audio": audio, "model": model} | ({} if language is None else {"language": language})
    url = "https://openrouter.ai/api/v1/audio/transcriptions"
    response = requests.post(url, json=body, headers=headers, allow_redirects=False, timeout=5)
    response.raise_for_status()
    return response.json()["text"]
"""

ASYNCHRONOUS = """
import aiohttp

async def transcribe(*, input_audio, model, api_key, language=None):
    headers = {"Authorization": f"Bearer {api_key}"}
    audio = {"data": input_audio["data"], "format": input_audio["format_"]}
    body = {"input_audio": audio, "model": model} | ({} if language is None else {"language": language})
    url = "https://openrouter.ai/api/v1/audio/transcriptions"
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async with session.post(url, json=body, headers=headers, allow_redirects=False) as response:
            return (await response.json())["text"]
"""


_three_kinds = pytest.mark.parametrize(
    ("client", "library"),
    [
        ("tests.clients.reference:Client", "httpx"),
        ("on_requests:transcribe", "requests"),
        ("asynchronous:transcribe", "aiohttp"),
    ],
    ids=["class", "function", "asynchronous"],
)


def _write_clients(folder: Path) -> None:
    for name, text in (("witness", WITNESS), ("on_requests", ON_REQUESTS), ("asynchronous", ASYNCHRONOUS)):
        (folder / f"{name}.py").write_text(text)


@pytest.mark.slow
@_three_kinds
def test_a_whole_run_announces_nothing_that_goes_beyond_this_machine(tmp_path: Path, client: str, library: str) -> None:
    pytest.importorskip(library)
    _write_clients(tmp_path)

    run = run_pytest(tmp_path, "-p", "witness", f"--stt-client={client}", QUICK)

    assert run.checks(Verdict.PASSED), run.output
    assert json.loads((tmp_path / "far.json").read_text()) == [FAR]  # what the witness itself announced


@pytest.mark.long
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@_three_kinds
def test_a_whole_run_asks_the_kernel_for_nothing_that_goes_beyond_this_machine(
    tmp_path: Path, client: str, library: str
) -> None:
    pytest.importorskip(library)
    _write_clients(tmp_path)
    run = ("-m", "pytest", *ISOLATED, "--no-summary", f"--stt-client={client}", QUICK)

    assert _far_addresses(tmp_path, *run, codes=(0, 1)) == []  # the short ones are not conformant


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_the_kernel_is_watched(tmp_path: Path) -> None:
    connect = f"import socket; socket.socket(type=socket.SOCK_DGRAM).connect(({FAR!r}, 443))"  # sends nothing yet

    assert _far_addresses(tmp_path, "-c", connect) == [FAR]


def _far_addresses(folder: Path, *command: str, codes: tuple[int, ...] = (0,)) -> list[str]:
    """Run Python, and return the addresses beyond this machine that it asked the kernel for."""
    trace = ("-f", "-qq", "-s0", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(folder / "trace"))
    trace_python = "import os, sys; os.execvp('strace', ['strace', *sys.argv[1:]])"
    done = run_python(folder, "-c", trace_python, *trace, sys.executable, *command)
    if "PTRACE" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode in codes, done.stdout + done.stderr
    asked = re.findall(r'inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]+)"', (folder / "trace").read_text())
    return [address for address in asked if not ipaddress.ip_address(address).is_loopback]
