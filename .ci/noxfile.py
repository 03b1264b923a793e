"""Every check of this repository: ``nox -f .ci/noxfile.py``; one of them: ``nox -f .ci/noxfile.py -s lint``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import nox

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHONS = ["3.11", "3.12", "3.13"]
OLDEST_PYTEST = "pytest==8.4.*"
NEWEST_PYTEST = "pytest>=9.2"
SDK_VERSIONS = ["0.9.2", "0.10.0", "0.11.0", "1.0.0", "1.3.84"]
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
PYTEST_FACING = [
    "tests/test_docs.py",
    "tests/test_fuzz.py",
    "tests/test_mounting.py",
    "tests/test_plugin.py",
    "tests/test_sandbox.py",
    "tests/report",
]

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
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
    session.install("--disable-pip-version-check", ".", *_dependencies(group), *more)


@nox.session(python="3.12")
def lint(session: nox.Session) -> None:
    """Format, style, types and the direction of imports."""
    _install(session, "lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python="3.12")
def docs(session: nox.Session) -> None:
    """The documents as a site, without one warning; ``-- FOLDER`` says where to put it."""
    _install(session, "docs")
    folder = session.posargs[0] if session.posargs else str(Path(session.create_tmp()).resolve() / "site")
    session.chdir(REPOSITORY)
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-E", "-b", "html", "docs", folder)
    session.log(f"it begins at {Path(folder).resolve() / 'index.html'}")


@nox.session(python=["3.11", "3.13"])  # on 3.12 the session `coverage` runs them all
def tests(session: nox.Session) -> None:
    """The tests, against the installed package and the newest pytest."""
    _install(session, "test", NEWEST_PYTEST)
    session.run("pytest", "-n2", *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """The tests of what meets pytest, with the oldest pytest that is supported."""
    _with_oldest_pytest(session)


@nox.session(python=["3.12", "3.13"], default=False)
def oldest_elsewhere(session: nox.Session) -> None:
    """The same on the other versions of Python, which takes some minutes more."""
    _with_oldest_pytest(session)


@nox.session(python="3.13")
def corners(session: nox.Session) -> None:
    """The verdicts are the same with the oldest of everything, with the newest, and beside all plugins at once."""
    _combine(session, "--corners")


@nox.session(python="3.13", default=False)
def combinations(session: nox.Session) -> None:
    """The same for every version, and for each plugin alone, which takes some minutes; ``-- --write`` for the page."""
    _combine(session)


def _combine(session: nox.Session, *options: str) -> None:
    session.chdir(REPOSITORY)
    session.install("--disable-pip-version-check", ".[loopback]", "virtualenv")
    session.run("python", "-m", "tests.combinations", *options, *session.posargs)


def _with_oldest_pytest(session: nox.Session) -> None:
    _install(session, "test", OLDEST_PYTEST)
    session.run("pytest", "-n2", *(session.posargs or PYTEST_FACING))


@nox.session(python="3.12")
def coverage(session: nox.Session) -> None:
    """The tests, and the branches that they reach."""
    _install(session, "test")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n2")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(python="3.12")
def proof(session: nox.Session) -> None:
    """Every mutant is caught by the checks that name it, and no variant by any; ``-- --rounds=20`` looks further."""
    _install(session, "test")
    once = ["--rounds=1", "--mutant-rounds=1"]
    session.run("python", "-m", "tests.proof", *(session.posargs or once))


@nox.session(python="3.12")
def long(session: nox.Session) -> None:
    """What takes minutes: the strategies at length, and against the test-suite of JSON Schema."""
    _install(session, "test")
    suite = _schema_suite(session)
    session.run("pytest", "-n2", "-m", "long", *session.posargs, env={"STT_JSON_SCHEMA_TEST_SUITE": str(suite)})


@nox.session(python="3.12")
def commands(session: nox.Session) -> None:
    """The example clients of the API's page, as commands, each in its language as far as that can be installed."""
    _install(session, "test")
    _install_packages(session, LANGUAGES)
    modules = Path(session.create_tmp()).resolve()
    _try(session, ["npm", "install", "--prefix", str(modules), "--no-audit", "--no-fund", JAVASCRIPT_SDK], seconds=60)
    session.chdir(REPOSITORY)
    env = {"STT_NODE_MODULES": str(modules / "node_modules")}
    session.run("pytest", "-n2", "-rs", "-m", "commands", *session.posargs, env=env)


@nox.session(python="3.12")
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


@nox.session(python="3.13")
@nox.parametrize("sdk", SDK_VERSIONS, ids=SDK_VERSIONS)
def sdk(session: nox.Session, sdk: str) -> None:
    """The main job on the official SDK, from an empty directory, as a user does it."""
    session.chdir(REPOSITORY)
    session.install("--disable-pip-version-check", ".", f"openrouter=={sdk}")
    session.chdir(session.create_tmp())
    _judge_sdk(session, REPORTS / f"{sdk}.json")
    if sdk in (SDK_VERSIONS[0], SDK_VERSIONS[-1]):
        session.install("--disable-pip-version-check", f"{REPOSITORY}[loopback]")
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


@nox.session(python="3.12")
def third_party(session: nox.Session) -> None:
    """Published clients fail what the documents say that they fail, and nothing else."""
    _install(session, "third-party", *_dependencies("test"))
    test = "tests/suite/test_third_party.py"
    session.run("pytest", "-n2", "-m", "long", *(session.posargs or [test]), env={"STT_THIRD_PARTY": "1"})


@nox.session(python="3.13")
def matrix(session: nox.Session) -> None:
    """The versions that `sdk` has judged, side by side; ``-- --write`` for the page in the documentation."""
    _install(session, "test")
    reports = [str(path) for path in sorted(REPORTS.glob("*.json"), key=_version)]
    page, merged = REPORTS / "matrix" / "matrix.html", REPORTS / "matrix" / "matrix.json"
    session.run("pytest-openrouter-stt", "merge", *reports, f"--html={page}", f"--json={merged}")
    session.run("python", "-m", "tests.verdicts", str(merged), *session.posargs)


def _version(report: Path) -> tuple[int, ...]:
    return tuple(map(int, report.stem.split(".")))


@nox.session(python="3.12")
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


@nox.session(python="3.12", default=False)
def mutation(session: nox.Session) -> None:
    """Whether a test notices each of some hundred changes of the package itself; ``-- client`` changes one layer."""
    tree = Path(session.create_tmp()).resolve() / "tree"
    shutil.rmtree(tree, ignore_errors=True)  # an interrupted run leaves a change behind
    shutil.copytree(REPOSITORY, tree, ignore=shutil.ignore_patterns(".git", ".nox", ".venv", "__pycache__"))
    session.chdir(tree)
    session.install("--disable-pip-version-check", *_dependencies("mutation"), "-e", ".")
    session.run("python", "-m", "tests.mutation", *session.posargs)


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
