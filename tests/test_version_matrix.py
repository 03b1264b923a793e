"""The recipes for several versions of a client, run on one that is made here, with nothing to download."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from pytest_openrouter_stt.report import read_report
from tests.running import REPOSITORY

RECIPES = REPOSITORY / "docs" / "examples" / "version-matrix"
CHECK = "stt/request::test_format_is_renamed"
SOURCE = """
import httpx

__version__ = "{version}"

class Client:
    def __init__(self, api_key):
        self.headers = {{"Authorization": f"Bearer {{api_key}}"}}

    def create_transcription(self, *, input_audio, model):
        body = {{"input_audio": {{"data": input_audio["data"], "{name}": input_audio["format_"]}}, "model": model}}
        url = "https://openrouter.ai/api/v1/audio/transcriptions"
        return httpx.post(url, json=body, headers=self.headers).json()
"""


def wheel(folder: Path, version: str, name: str) -> None:
    """Write a wheel of the client, which calls the format *name* on the wire."""
    about = f"stt_tiny-{version}.dist-info"
    with zipfile.ZipFile(folder / f"stt_tiny-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr("stt_tiny.py", SOURCE.format(version=version, name=name))
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: stt-tiny\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "1.0", "format_")
    wheel(folder, "2.0", "format")
    return folder


@pytest.fixture
def env(wheels: Path) -> dict[str, str]:
    """Everything but the client is found where these tests run."""
    installed = Path(httpx.__file__).parents[1]
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    path = os.pathsep.join([str(REPOSITORY), str(installed)])
    return {**os.environ, **offline, "PYTHONPATH": path, "PYTEST_ADDOPTS": "-p no:randomly -p no:cacheprovider"}


def of_the_tiny_client(recipe: Path) -> str:
    text = recipe.read_text("utf-8")
    text = re.sub(r"^PACKAGE = .*\nCLIENT = .*\nVERSIONS = .*", _CONSTANTS, text, flags=re.MULTILINE)
    return text.replace("package=openrouter client=openrouter", "package=stt-tiny client=stt_tiny:Client")


_CONSTANTS = 'PACKAGE = "stt-tiny"\nCLIENT = "stt_tiny:Client"\nVERSIONS = ["2.0", "1.0"]'


def run(*command: str | Path, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


def reported(folder: Path) -> dict[str, str]:
    found = [read_report(folder / "stt-reports" / f"{version}.json").clients[0] for version in ("1.0", "2.0")]
    return {client.who.version: client.conformance.value for client in found}


@pytest.mark.long
def test_with_nox(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "noxfile.py").write_text(of_the_tiny_client(RECIPES / "noxfile.py"))

    done = run(sys.executable, "-m", "nox", "-db", "venv", "--", CHECK, folder=tmp_path, env=env)

    assert done.returncode == 1, done.stderr
    assert reported(tmp_path) == {"1.0": "not conformant", "2.0": "conformant"}, done.stdout + done.stderr
    assert re.search(r"^check +stt_tiny:Client 2.0 +stt_tiny:Client 1.0$", done.stdout, re.MULTILINE), done.stdout
    assert json.loads((tmp_path / "stt-reports" / "badge.json").read_text())["color"] == "red"
    assert "| `stt_tiny:Client 2.0` | `stt_tiny:Client 1.0` |" in (tmp_path / "stt-reports" / "matrix.md").read_text()


UV = """\
#!/bin/sh
# Stands in for uv: run --no-project [--with REQUIREMENT]... COMMAND
shift 2
while [ "$1" = --with ]; do
    case $2 in stt-tiny==*) export PYTHONPATH="$WHEELS/stt_tiny-${2#*==}-py3-none-any.whl:$PYTHONPATH" ;; esac
    shift 2
done
case $1 in pytest) module=pytest ;; pytest-openrouter-stt) module=pytest_openrouter_stt ;; *) exit 9 ;; esac
shift
exec "$PYTHON" -m "$module" "$@"
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell")
def test_with_uv(tmp_path: Path, wheels: Path, env: dict[str, str]) -> None:
    stand_in = tmp_path / "bin" / "uv"
    stand_in.parent.mkdir()
    stand_in.write_text(UV)
    stand_in.chmod(0o755)
    recipe = of_the_tiny_client(RECIPES / "matrix.sh")
    (tmp_path / "matrix.sh").write_text(recipe.replace('" stt ||', f'" {CHECK} ||'))
    env |= {"PATH": f"{stand_in.parent}:{env['PATH']}", "WHEELS": str(wheels), "PYTHON": sys.executable}

    done = run("sh", "matrix.sh", "2.0", "1.0", folder=tmp_path, env=env)

    assert done.returncode == 1, done.stderr
    assert reported(tmp_path) == {"1.0": "not conformant", "2.0": "conformant"}, done.stdout + done.stderr
    assert re.search(r"^check +stt_tiny:Client 2.0 +stt_tiny:Client 1.0$", done.stdout, re.MULTILINE), done.stdout
