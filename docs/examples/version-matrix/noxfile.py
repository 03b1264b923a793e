"""Several versions of a client side by side: `nox`; one of them: `nox -s "judge(1.0.0)"`.

What is given after `--` goes to pytest in place of `stt`, which is all checks.
"""

from pathlib import Path

import nox

PACKAGE = "openrouter"
CLIENT = "openrouter"
VERSIONS = ["0.9.2", "1.0.0", "1.3.84"]

REPORTS = Path(__file__).resolve().parent / "stt-reports"


@nox.session
@nox.parametrize("version", VERSIONS, ids=VERSIONS)
def judge(session, version):
    """Judge one version; whether it passes is for `matrix` to say."""
    report = REPORTS / f"{version}.json"
    report.unlink(missing_ok=True)
    session.install(f"{PACKAGE}=={version}", "pytest-openrouter-stt")
    arguments = [f"--stt-client={CLIENT}", f"--stt-report={report}", *(session.posargs or ["stt"])]
    session.run("python", "-m", "pytest", *arguments, success_codes=[0, 1])


@nox.session
def matrix(session):
    """Put all versions side by side; this fails unless each of them passes."""
    session.install("pytest-openrouter-stt")
    reports = [str(REPORTS / f"{version}.json") for version in VERSIONS]
    written = [f"--markdown={REPORTS / 'matrix.md'}", f"--badge={REPORTS / 'badge.json'}"]
    session.run("python", "-m", "pytest_openrouter_stt", "merge", *reports, *written)
