"""Every check of this repository, in two tiers.

``nox -f .ci/noxfile.py`` takes minutes and needs one supported Python. ``-t commit`` selects what every push runs,
``-t nightly`` what runs every night, and ``-s lint`` one session.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import nox
from packaging.requirements import Requirement

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHONS = ["3.11", "3.12", "3.13"]
OLDEST_PYTEST = "pytest==8.4.*"
NEWEST_PYTEST = "pytest>=9.2"
NEED_NEWER = {"httpx2", "openrouter"}  # do not work with the lowest h11 and httpx; tests of them are skipped without
SDK_VERSIONS = ["0.9.2", "0.10.0", "0.11.0", "1.0.0", "1.3.84"]
EARLIER = "7fb84aa"  # the last commit at which each case made calls of its own
SDK_ENDS = {SDK_VERSIONS[0], SDK_VERSIONS[-1]}
LAST_FOR_PEERS = "hypothesis==6.170.9"  # hypothesis-jsonschema uses what later ones no longer have
SCHEMA_SUITE = "jsonschema==4.23.0"  # its source distribution carries JSON-Schema-Test-Suite
DIFFERS = "test_accepted_requests_are_not_repeated"  # docs/explanation/how-a-check-judges.md says why
JAVASCRIPT_SDK = "@openrouter/sdk@1.3.19"
BROWSER = {
    "chromium": "chromium",
    "chromium-driver": "chromedriver",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu",
    "fonts-liberation": "/usr/share/fonts/truetype/liberation",
}
LANGUAGES = {  # packages of Debian: the program or the file that tells whether each is installed
    "default-jdk-headless": "javac",
    "golang-go": "go",
    "libunirest-java-java": "/usr/share/java/unirest-java.jar",
    "nodejs": "node",
    "npm": "npm",
    "php-cli": "php",
    "php-curl": "/usr/share/php/GuzzleHttp",
    "php-guzzlehttp-guzzle": "/usr/share/php/GuzzleHttp",
    "ruby": "ruby",
}
REPORTS = REPOSITORY / ".ci" / ".nox" / "reports"
WHEEL = REPOSITORY / ".ci" / ".nox" / "built"
PYTEST = ["pytest", "-n2", "--dist=worksteal"]  # leaves the tests of a module together, as its fixtures want it
ELSEWHERE = "not browser and not commands and not long"  # what pyproject.toml leaves out by default
MUTATED_PLACES = 3  # in each layer, every night
PYTEST_FACING = [
    "tests/test_docs.py",
    "tests/test_fuzz.py",
    "tests/test_mounting.py",
    "tests/test_plugin.py",
    "tests/test_sandbox.py",
    "tests/report",
]
PYTHON_FACING = ["tests/client", "tests/endpoint", "tests/suite", "tests/test_mounting.py", "tests/test_plugin.py"]

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


def _activate_pyenv() -> None:
    """Let pyenv's shims find every version that is tested; one that is not active fails when it is called."""
    if shutil.which("pyenv") is None:
        return
    installed = subprocess.run(
        ["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True
    ).stdout.split()
    chosen = [version for wanted in PYTHONS for version in installed if version.startswith(f"{wanted}.")]
    os.environ["PYENV_VERSION"] = ":".join(chosen)


_activate_pyenv()
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of some thousand processes would compile the checks anew


def _dependencies(group: str) -> list[str]:
    return nox.project.dependency_groups(nox.project.load_toml(REPOSITORY / "pyproject.toml"), group)


def _install(session: nox.Session, group: str, *more: str) -> None:
    session.chdir(REPOSITORY)
    _pip_install(session, _wheel(), *_dependencies(group), *more)


def _pip_install(session: nox.Session, *wanted: str) -> None:
    """Install *wanted*; the package goes first, since pip keeps one that has the version of the wheel."""
    session.run_install("python", "-m", "pip", "uninstall", "--quiet", "--yes", "pytest-openrouter-stt", silent=True)
    session.install("--disable-pip-version-check", *wanted)


def _wheel() -> str:
    (built,) = WHEEL.glob("*.whl")
    return str(built)


def _lowest() -> list[str]:
    """Return the lowest versions that pyproject.toml admits: of pytest, the last fix of that version."""
    project = nox.project.load_toml(REPOSITORY / "pyproject.toml")["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["loopback"]]
    return [OLDEST_PYTEST, *(each.replace(">=", "==") for each in wanted if Requirement(each).name != "pytest")]


@nox.session(default=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel that the other sessions install."""
    shutil.rmtree(WHEEL, ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", f"--wheel-dir={WHEEL}"]
    session.run_install("python", "-m", "pip", "wheel", *options, str(REPOSITORY))


@nox.session(tags=["commit"], requires=["wheel"])
def quick(session: nox.Session) -> None:
    """Run the linters, each mutant by the checks that name it, and the tests that are not ``slow``."""
    _install(session, "lint", NEWEST_PYTEST)
    _lint(session)
    session.run("python", "-m", "tests.proof", "--named", "--rounds=0", "--mutant-rounds=1")
    session.run(*PYTEST, "-m", f"not slow and {ELSEWHERE}", *session.posargs)


@nox.session(default=False, requires=["wheel"])
def lint(session: nox.Session) -> None:
    """Check format, style, types and the direction of imports."""
    _install(session, "lint")
    _lint(session)


def _lint(session: nox.Session) -> None:
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python="3.12", default=False, tags=["commit"], requires=["wheel"])
def coverage(session: nox.Session) -> None:
    """Run all tests, and measure the branches that they reach."""
    _install(session, "test")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", *PYTEST)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(python="3.11", default=False, tags=["commit"], requires=["wheel"])
def oldest(session: nox.Session) -> None:
    """Run the fast tests, and all tests of the plugin, with the oldest pytest and the lowest dependencies."""
    session.chdir(REPOSITORY)
    group = [each for each in _dependencies("test") if Requirement(each).name not in NEED_NEWER]
    _pip_install(session, _wheel(), *group, *_lowest())
    if session.posargs:
        session.run(*PYTEST, *session.posargs)
    else:
        session.run(*PYTEST, "-m", f"not slow and {ELSEWHERE}")
        session.run(*PYTEST, "-m", f"slow and {ELSEWHERE}", *PYTEST_FACING)


@nox.session(python=["3.12", "3.13"], default=False, requires=["wheel"])
def oldest_elsewhere(session: nox.Session) -> None:
    """Run the tests of the plugin with the oldest pytest, on the other versions of Python."""
    _install(session, "test", OLDEST_PYTEST)
    session.run(*PYTEST, *(session.posargs or PYTEST_FACING))


@nox.session(python="3.13", default=False, tags=["commit"], requires=["wheel"])
def tests(session: nox.Session) -> None:
    """Run the tests of what depends on the version of Python, with the newest pytest."""
    _install(session, "test", NEWEST_PYTEST)
    session.run(*PYTEST, *(session.posargs or PYTHON_FACING))


@nox.session(default=False, tags=["commit"], requires=["wheel"])
def conformant(session: nox.Session) -> None:
    """Run all checks on every conformant client: none may fail."""
    _install(session, "test")
    session.run("python", "-m", "tests.proof", "--rounds=1", "--mutant-rounds=0", *session.posargs)


@nox.session(default=False, tags=["nightly"], requires=["wheel"])
def proof(session: nox.Session) -> None:
    """Run all checks on every client: only those that name a mutant fail it; ``-- --rounds=20`` looks further."""
    _install(session, "test")
    once = ["--rounds=1", "--mutant-rounds=1"]
    session.run("python", "-m", "tests.proof", *(session.posargs or once))


@nox.session(default=False, tags=["commit"], requires=["wheel"], allow_parallel=True)
def docs(session: nox.Session) -> None:
    """The documents as a site, without one warning; ``-- FOLDER`` says where to put it."""
    _install(session, "docs")
    folder = session.posargs[0] if session.posargs else str(Path(session.create_tmp()).resolve() / "site")
    session.chdir(REPOSITORY)
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-E", "-b", "html", "docs", folder)
    session.log(f"it begins at {Path(folder).resolve() / 'index.html'}")


@nox.session(python="3.13", default=False, requires=["wheel"])
def corners(session: nox.Session) -> None:
    """The verdicts are the same with the oldest of everything, with the newest, and beside all plugins at once."""
    _combine(session, "--corners")


@nox.session(python="3.13", default=False, tags=["nightly"], requires=["wheel"])
def combinations(session: nox.Session) -> None:
    """The same for every version, and for each plugin alone; ``-- --write`` for the page."""
    _combine(session)


def _combine(session: nox.Session, *options: str) -> None:
    session.chdir(REPOSITORY)
    _pip_install(session, f"{_wheel()}[loopback]", "virtualenv")
    session.run("python", "-m", "tests.combinations", *options, *session.posargs)


@nox.session(python="3.12", default=False, tags=["nightly"], requires=["wheel"])
def long(session: nox.Session) -> None:
    """What takes minutes: the strategies at length, and against the test-suite of JSON Schema."""
    _install(session, "test")
    suite = _schema_suite(session)
    session.run(*PYTEST, "-m", "long", *session.posargs, env={"STT_JSON_SCHEMA_TEST_SUITE": str(suite)})


@nox.session(python="3.12", default=False, tags=["nightly"], requires=["wheel"])
def commands(session: nox.Session) -> None:
    """The example clients of the API's page, as commands, each in its language as far as that can be installed."""
    _install(session, "test")
    _install_packages(session, LANGUAGES)
    modules = Path(session.create_tmp()).resolve()
    _try(session, ["npm", "install", "--prefix", str(modules), "--no-audit", "--no-fund", JAVASCRIPT_SDK], seconds=60)
    session.chdir(REPOSITORY)
    env = {"STT_NODE_MODULES": str(modules / "node_modules")}
    session.run(*PYTEST, "-rs", "-m", "commands", *session.posargs, env=env)


@nox.session(python="3.12", default=False, tags=["nightly"], requires=["wheel"])
def browser(session: nox.Session) -> None:
    """The HTML of reports in Chromium, where that can be installed."""
    _install(session, "test", *_dependencies("browser"))
    _install_packages(session, BROWSER)
    session.run("pytest", "-rs", "-m", "browser", *session.posargs)


def _install_packages(session: nox.Session, packages: dict[str, str]) -> None:
    """Install what the system has packages of; what cannot be installed is left out of the tests, and said."""
    missing = [package for package, place in packages.items() if not (shutil.which(place) or Path(place).exists())]
    if missing:
        sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        _try(session, [*sudo, "apt-get", "update", "--quiet=2"], seconds=60)
        options = ["install", "--yes", "--quiet=2", "--no-install-recommends"]
        _try(session, [*sudo, "apt-get", *options, *missing], seconds=150)


def _try(session: nox.Session, command: list[str], *, seconds: float) -> None:
    try:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, check=True, timeout=seconds, stdin=subprocess.DEVNULL, env=quiet)
    except (OSError, subprocess.SubprocessError) as error:
        session.warn(f"skipped: {error}")


def _schema_suite(session: nox.Session) -> Path:
    """Return the folder with JSON-Schema-Test-Suite, which pip knows where to get."""
    folder = Path(session.create_tmp()).resolve()
    download = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", "jsonschema"]
    session.run_install("python", "-m", "pip", *download, "--dest", str(folder), SCHEMA_SUITE)
    (archive,) = folder.glob("jsonschema-*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz") / "json" / "tests" / "draft2020-12"


@nox.session(python="3.13", default=False, requires=["wheel"], allow_parallel=True)
@nox.parametrize(
    "sdk",
    [
        nox.param(version, id=version, tags=["commit", "nightly"] if version in SDK_ENDS else ["nightly"])
        for version in SDK_VERSIONS
    ],
)
def sdk(session: nox.Session, sdk: str) -> None:
    """The main job on the official SDK, from an empty directory, as a user does it."""
    _pip_install(session, _wheel(), f"openrouter=={sdk}")
    session.chdir(session.create_tmp())
    _judge_sdk(session, REPORTS / f"{sdk}.json")
    if sdk in SDK_ENDS:
        session.install("--disable-pip-version-check", f"{_wheel()}[loopback]")
        _judge_sdk(session, REPORTS / "loopback" / f"{sdk}.json", "--stt-endpoint=loopback")
        _compare(session, REPORTS / f"{sdk}.json", REPORTS / "loopback" / f"{sdk}.json")


def _judge_sdk(session: nox.Session, report: Path, *options: str) -> None:
    session.run("pytest", "--stt-client=openrouter", "-p", "no:cacheprovider", f"--stt-report={report}", *options)


def _compare(session: nox.Session, first: Path, second: Path) -> None:
    """Fail unless both runs gave every case the same verdict, but for the cases whose faults honestly differ."""
    one, other = _verdicts(first), _verdicts(second)
    differing = [case for case in one | other if one.get(case) != other.get(case) and DIFFERS not in case]
    if differing:
        session.error("over sockets, verdicts differ:", *differing)
    session.log(f"{len(one)} cases have the same verdicts over sockets")


def _verdicts(report: Path) -> dict[str, str]:
    (client,) = json.loads(report.read_text("utf-8"))["clients"]
    return {case["node_id"]: case["outcome"] for check in client["checks"] for case in check["cases"]}


@nox.session(python="3.12", default=False, tags=["nightly"], requires=["wheel"])
def third_party(session: nox.Session) -> None:
    """Published clients fail what the documents say that they fail, and nothing else."""
    _install(session, "third-party", *_dependencies("test"))
    test = "tests/suite/test_third_party.py"
    session.run(*PYTEST, "-m", "long", *(session.posargs or [test]), env={"STT_THIRD_PARTY": "1"})


@nox.session(python="3.13", default=False, tags=["nightly"], requires=["wheel"])
def matrix(session: nox.Session) -> None:
    """The versions that `sdk` has judged, side by side; ``-- --write`` for the page in the documentation."""
    _install(session, "test")
    reports = [str(path) for path in sorted(REPORTS.glob("*.json"), key=_version)]
    page, merged = REPORTS / "matrix" / "matrix.html", REPORTS / "matrix" / "matrix.json"
    session.run("pytest-openrouter-stt", "merge", *reports, f"--html={page}", f"--json={merged}")
    session.run("python", "-m", "tests.verdicts", str(merged), *session.posargs)


def _version(report: Path) -> tuple[int, ...]:
    return tuple(map(int, report.stem.split(".")))


@nox.session(default=False, tags=["commit"], requires=["wheel"], allow_parallel=True)
def release(session: nox.Session) -> None:
    """Both distributions are built, the wheel from the source, and looked at; the wheel alone does the main job."""
    built = Path(session.create_tmp()).resolve() / "built"
    shutil.rmtree(built, ignore_errors=True)
    _install(session, "test", *_dependencies("release"))
    session.run("python", "-m", "build", "--outdir", str(built), silent=True)
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    session.run("twine", "check", "--strict", str(wheel), str(source))
    session.run("check-wheel-contents", str(wheel))
    session.run("pytest", "tests/test_distribution.py", *session.posargs, env={"STT_DISTRIBUTIONS": str(built)})


@nox.session(python="3.12", default=False, tags=["nightly"])
def mutation(session: nox.Session) -> None:
    """Change 3 places in each layer, and see whether a test fails; ``-- client --sample=150`` takes one layer."""
    tree = Path(session.create_tmp()).resolve() / "tree"
    shutil.rmtree(tree, ignore_errors=True)  # an interrupted run leaves a change behind
    shutil.copytree(REPOSITORY, tree, ignore=shutil.ignore_patterns(".git", ".nox", ".venv", "__pycache__"))
    session.chdir(tree)
    session.install("--disable-pip-version-check", *_dependencies("mutation"), "-e", ".")
    session.run("python", "-m", "tests.mutation", *(session.posargs or [f"--sample={MUTATED_PLACES}"]))


@nox.session(python="3.12", default=False, requires=["wheel"])
def before(session: nox.Session) -> None:
    """Compare a default run with that of an earlier commit; ``-- --write`` puts the table into the documentation."""
    folder = Path(session.create_tmp()).resolve() / "earlier"
    shutil.rmtree(folder, ignore_errors=True)
    source, environment = folder / "source", folder / "environment"
    source.mkdir(parents=True)
    session.chdir(REPOSITORY)
    session.run_install("git", "archive", f"--output={folder / 'source.tar'}", EARLIER, external=True)
    shutil.unpack_archive(folder / "source.tar", source, filter="data")
    session.run_install("python", "-m", "venv", str(environment))
    earlier = str(environment / "bin" / "python")
    wanted = ["--quiet", "--disable-pip-version-check", f"openrouter=={SDK_VERSIONS[-1]}"]
    session.run_install(earlier, "-m", "pip", "install", *wanted, str(source), external=True)
    _pip_install(session, _wheel(), *wanted)
    session.run("python", "-m", "tests.benchmarks.commits", f"--before={earlier}", *session.posargs)


@nox.session(python="3.12", default=False)
def benchmarks(session: nox.Session) -> None:
    """What is fast, what is not, beside peers; ``-- --write`` puts the tables into the documentation."""
    older = Path(session.create_tmp()).resolve() / "older"
    session.chdir(REPOSITORY)
    session.run("python", "-m", "venv", str(older))
    for python, pins in (("python", []), (str(older / "bin" / "python"), [LAST_FOR_PEERS])):
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        session.run_install(*install, ".", *pins, external=True)
        for peer in _dependencies("benchmark"):  # one that cannot be installed says so in its row
            session.run_install(*install, peer, *pins, external=True, success_codes=[0, 1])
    session.run("python", "-m", "tests.benchmarks.generation", f"--older={older / 'bin' / 'python'}", *session.posargs)
    for name in ("serving", "payload", "runs", "profile"):
        session.run("python", "-m", f"tests.benchmarks.{name}", *session.posargs)
