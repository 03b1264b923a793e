"""What is released: the wheel and the source distribution that the session ``release`` has built."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.running import REPOSITORY

if TYPE_CHECKING:
    from email.message import Message

FOLDER = os.environ.get("STT_DISTRIBUTIONS")
PACKAGE = REPOSITORY / "pytest_openrouter_stt"
SPEC = REPOSITORY / "spec"
FILES = {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
FOLDERS = {".ci", "docs", "pytest_openrouter_stt", "spec", "tests"}
SCRIBE = """
import httpx

class Scribe:
    def __init__(self, api_key):
        self.headers = {"Authorization": f"Bearer {api_key}"}

    def create_transcription(self, *, input_audio, model):
        body = {"input_audio": {"data": input_audio["data"], "format": input_audio["format_"]}, "model": model}
        url = "https://openrouter.ai/api/v1/audio/transcriptions"
        return httpx.post(url, json=body, headers=self.headers).raise_for_status().json()
"""
MAX_WHEEL, MAX_SOURCE = 600_000, 2_000_000
MAX_DEPENDENCIES = 8
TESTED_PYTHONS = {"3.11", "3.12", "3.13"}

pytestmark = pytest.mark.skipif(FOLDER is None, reason="nothing was built to look at: STT_DISTRIBUTIONS is not set")


@pytest.fixture(scope="module")
def wheel() -> zipfile.ZipFile:
    return zipfile.ZipFile(built("*.whl"))


@pytest.fixture(scope="module")
def source() -> tarfile.TarFile:
    return tarfile.open(built("*.tar.gz"))


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return message_from_string(wheel.read(in_wheel(wheel, "METADATA")).decode())


def built(pattern: str) -> Path:
    (path,) = Path(FOLDER or "").glob(pattern)
    return path


def in_wheel(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return path


def files_of(folder: Path) -> set[str]:
    """Return the files below *folder* that are kept in the repository, relative to the folder it is in."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder.parent).as_posix() for path in files}


def in_source(source: tarfile.TarFile) -> set[str]:
    return {member.name.partition("/")[2] for member in source.getmembers() if member.isfile()}


def test_the_wheel_holds_the_package_the_specification_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    packaged = {path for path in wheel.namelist() if ".dist-info/" not in path}
    specification = {f"{PACKAGE.name}/{path}" for path in files_of(SPEC)}

    assert packaged == files_of(PACKAGE) | specification | {f"{PACKAGE.name}/spec/compiled.json"}
    assert all(wheel.read(f"{PACKAGE.name}/{path}") == (SPEC.parent / path).read_bytes() for path in files_of(SPEC))
    assert f"{PACKAGE.name}/py.typed" in packaged


def test_the_wheel_runs_on_every_machine_and_carries_its_licence(wheel: zipfile.ZipFile) -> None:
    assert built("*.whl").name.endswith("-py3-none-any.whl")
    assert wheel.read(in_wheel(wheel, "licenses/LICENSE")) == (REPOSITORY / "LICENSE").read_bytes()


def test_the_source_holds_what_the_tests_need_and_nothing_else(source: tarfile.TarFile) -> None:
    held = in_source(source)

    assert {path.partition("/")[0] for path in held} == FILES | FOLDERS
    for folder in (PACKAGE, SPEC, REPOSITORY / "tests"):
        assert {path for path in held if path.startswith(f"{folder.name}/")} == files_of(folder)


@pytest.mark.parametrize(("pattern", "limit"), [("*.whl", MAX_WHEEL), ("*.tar.gz", MAX_SOURCE)])
def test_it_is_small(pattern: str, limit: int) -> None:
    assert built(pattern).stat().st_size <= limit


def test_neither_names_the_machine_that_built_it(wheel: zipfile.ZipFile, source: tarfile.TarFile) -> None:
    machine = [str(place).encode() for place in (REPOSITORY, Path.home(), Path(FOLDER or "")) if place.parent != place]
    packed = {path: wheel.read(path) for path in wheel.namelist()}
    for member in source.getmembers():
        file = source.extractfile(member)
        packed[member.name] = file.read() if file else b""

    assert not [(path, place) for path, content in packed.items() for place in machine if place in content]


def test_few_packages_are_needed_and_each_from_some_version_on(metadata: Message) -> None:
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    needed = [requirement for requirement in requirements if requirement.marker is None]

    assert len(needed) <= MAX_DEPENDENCIES
    for requirement in requirements:
        assert [part.operator for part in requirement.specifier] == [">="], f"{requirement} closes out what is newer"


def test_what_is_claimed_is_what_is_tested(metadata: Message) -> None:
    pythons = {
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier", [])
        if line.startswith("Programming Language :: Python :: 3.")
    }
    sessions = (REPOSITORY / ".ci" / "noxfile.py").read_text("utf-8")

    assert pythons == TESTED_PYTHONS
    assert f"PYTHONS = {json.dumps(sorted(pythons))}" in sessions
    assert metadata["Requires-Python"] == f">={min(pythons)}"
    assert "Operating System :: POSIX :: Linux" in metadata.get_all("Classifier", [])


def test_the_wheel_and_what_it_needs_do_the_main_job(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(built("*.whl"))]
    subprocess.run([environment / "bin" / "python", *install], check=True)
    (tmp_path / "scribe.py").write_text(SCRIBE, "utf-8")
    (tmp_path / "pytest.ini").touch()  # and nothing of a folder above
    judging = ["-m", "pytest", "--stt-client=scribe:Scribe", "--stt-endpoint=respx", "stt", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [environment / "bin" / "python", *judging], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "not conformant: " in done.stdout
    assert "could not run" not in done.stdout.partition("not conformant")[2]


def test_it_says_what_it_is(metadata: Message) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]

    assert (metadata["Name"], metadata["Version"]) == (project["name"], project["version"])
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (REPOSITORY / "README.md").read_text("utf-8")


def test_pytest_and_the_shell_find_it(wheel: zipfile.ZipFile) -> None:
    points = wheel.read(in_wheel(wheel, "entry_points.txt")).decode()

    assert f"[pytest11]\nopenrouter-stt = {PACKAGE.name}.plugin" in points
    assert f"[console_scripts]\npytest-openrouter-stt = {PACKAGE.name}.command_line:main" in points
