"""``pytest-openrouter-stt drift OLD NEW``: what changes for clients, and for the checks, with another document."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.drift import drift
from pytest_openrouter_stt.report import write_file

from ._drift_report import DriftReport, as_markdown, as_text
from ._touched_checks import Checks, unnamed_arguments

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

    from pytest_openrouter_stt.contract import Contract

_PACKAGED = "packaged"
_ABOUT = (
    "Say which requirements appear, change and vanish between two OpenAPI documents of the endpoint, and which checks "
    "look at them. The exit code is 0 if no requirement has changed, 1 if one has, 2 if a document cannot be used."
)


def add_drift(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("drift", help="compare two OpenAPI documents of the endpoint", description=_ABOUT)
    document = f"an OpenAPI document, YAML or JSON, or the word '{_PACKAGED}' for that of this package"
    parser.add_argument("old", metavar="OLD", help=document)
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write it as Markdown too, as for a step summary")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> tuple[str, int]:
    report = compared(_contract(given.old), _contract(given.new))
    if given.markdown is not None:
        write_file(given.markdown, as_markdown(report))
    return as_text(report, shutil.get_terminal_size().columns), int(bool(report.drift.changes))


def compared(old: Contract, new: Contract) -> DriftReport:
    """Return what has changed from *old* to *new*, with the checks that it touches.

    Raises:
        SpecError: A document cannot be used.
    """
    packaged = load_contract()
    checks = Checks(packaged)
    found = drift(old, new)
    return DriftReport(
        old=old,
        new=new,
        drift=found,
        touched=[checks.touched_by(change) for change in found.changes],
        recounts=list(checks.recounts(old, new)),
        unnamed=unnamed_arguments(new, packaged),
    )


def _contract(path: str) -> Contract:
    return load_contract(None if path == _PACKAGED else path)
