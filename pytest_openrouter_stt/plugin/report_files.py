"""Writes what a run has found to files, and as annotations of a workflow on GitHub."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import (
    as_json,
    badge,
    html_report,
    is_gating,
    known_failures_text,
    markdown_report,
    report_json,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pytest_openrouter_stt.report import CheckReport, ClientReport, Level, Report

    from .reporting import Record

_MAX = 10
"""As many errors of one step as GitHub shows."""

_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_ESCAPES_OF_NAMES = {**_ESCAPES, ":": "%3A", ",": "%2C"}


def is_on_github() -> bool:
    """Whether a workflow of GitHub runs this."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotation_lines(report: Report) -> Iterator[str]:
    """Yield a workflow command for each check that fails the run, as many as are shown."""
    bad = [(client, check) for client in report.clients for check in client.checks if _fails(client, check)]
    shown = bad if len(bad) <= _MAX else bad[: _MAX - 1]
    for client, check in shown:
        yield _error(f"{check.requirement.check} ({check.requirement.level}), {client.who.title}", _text(check))
    for text in dict.fromkeys(text for client in report.clients for text in client.stale):
        yield _error("known failures", text)
    if len(bad) > len(shown):
        yield _error("pytest-openrouter-stt", f"{len(bad) - len(shown)} more checks fail; the log shows them")


def _fails(client: ClientReport, check: CheckReport) -> bool:
    return any(is_gating(case.result, client.circumstances.level) and not case.result.known for case in check.cases)


def _text(check: CheckReport) -> str:
    bad = [case.result for case in check.cases if case.result.verdict.is_bad]
    return f"{bad[0].reason}\nrequired: {check.requirement.text}\n{len(bad)} of {len(check.cases)} cases"


def _error(title: str, text: str) -> str:
    return f"::error title={_escaped(title, _ESCAPES_OF_NAMES)}::{_escaped(text, _ESCAPES)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)


class Annotations:
    """Plugin that prints them after the summary.

    Args:
        report: Gives the report with an exit code.
    """

    def __init__(self, report: Callable[[int], Report]) -> None:
        self._report = report

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print them, each on a line of its own, as GitHub wants it."""
        for line in annotation_lines(self._report(exitstatus)):
            terminalreporter.write_line(line)


WRITERS: dict[str, Callable[[Report], str]] = {
    ".json": lambda report: as_json(report_json(report)),
    ".md": markdown_report,
    ".html": html_report,
}
"""What a report is written as, by the end of its file's name."""


@dataclass(frozen=True)
class Files:
    """Where a run is to be written.

    Attributes:
        reports: As their endings say.
        badge: For an endpoint badge of shields; ``None`` for none.
        known_failures: What fails the run now, as a file of known failures; ``None`` for none.
        step_summary: To which a report in Markdown is added, as GitHub shows it; ``None`` for none.
    """

    reports: tuple[Path, ...]
    badge: Path | None
    known_failures: Path | None
    step_summary: Path | None

    @property
    def own(self) -> list[Path]:
        """Those that hold nothing but what this run writes."""
        return [path for path in (*self.reports, self.badge, self.known_failures) if path is not None]


def configured_files(config: pytest.Config) -> Files:
    """Return where the run is to be written.

    Raises:
        pytest.UsageError: The name of a report ends in nothing that is known, or is that of a folder.
    """

    def path(given: str | None) -> Path | None:
        absolute = config.invocation_params.dir / given if given else None
        if absolute is not None and absolute.is_dir():
            raise pytest.UsageError(f"stt: {given} is a folder; give the name of a file in it")
        return absolute

    reports: list[str] = config.option.stt_report or []
    for report in reports:
        if Path(report).suffix not in WRITERS:
            raise pytest.UsageError(f"stt: --stt-report is {report!r}; it has to end in {', '.join(WRITERS)}")
    return Files(
        reports=tuple(filter(None, map(path, reports))),
        badge=path(config.option.stt_badge),
        known_failures=path(config.option.stt_write_known_failures),
        step_summary=path(os.environ.get("GITHUB_STEP_SUMMARY")),
    )


class ReportFiles:
    """Plugin that writes the reports: also those of a run that was interrupted, and never a green one of it.

    Args:
        files: Where to.
        record: What the run has found.
        report: Gives the report with an exit code.
        level: The lowest level whose failures fail the run.
    """

    def __init__(self, files: Files, record: Record, report: Callable[[int], Report], level: Level) -> None:
        self._files = files
        self._record = record
        self._report = report
        self._level = level

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remove the reports of a run before: one that is broken off from outside must not leave them standing."""
        if session.config.option.collectonly:
            return
        for path in self._files.own:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if path != self._files.known_failures:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise pytest.UsageError(f"stt: {path} cannot be written: {error.strerror}") from None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Write everything after all others had their say on the exit code."""
        try:
            done = yield
        except pytest.exit.Exception as stopped:
            self._record.interruption = self._record.interruption or str(stopped.msg)
            self._write(session, int(stopped.returncode or pytest.ExitCode.INTERRUPTED))
            raise
        self._write(session, int(session.exitstatus))
        return done

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is written."""
        names = ", ".join(os.path.relpath(path, terminalreporter.startpath) for path in self._files.own)
        if names and not terminalreporter.config.option.collectonly:
            terminalreporter.write_line(f"stt: written: {names}")

    def _write(self, session: pytest.Session, exit_code: int) -> None:
        if session.config.option.collectonly:
            return
        if exit_code == pytest.ExitCode.INTERNAL_ERROR:
            self._record.interruption = self._record.interruption or "pytest had an internal error"
        report = self._report(exit_code)
        for path, text in self._contents(report):
            try:
                write_file(path, text)
            except OSError as error:
                pytest.exit(f"stt: {path} cannot be written: {error.strerror}", pytest.ExitCode.TESTS_FAILED)
        if self._files.step_summary is not None:
            _add(self._files.step_summary, markdown_report(report))

    def _contents(self, report: Report) -> Iterator[tuple[Path, str]]:
        for path in self._files.reports:
            yield path, WRITERS[path.suffix](report)
        if self._files.badge is not None:
            yield self._files.badge, as_json(badge(report))
        known = self._files.known_failures
        if known is not None and not self._record.unfinished:  # else it would lose what the run did not come to
            results, toml = self._record.all_results, known.suffix == ".toml"
            yield known, known_failures_text(results, self._level, toml=toml, before=self._record.known)


def _add(path: Path, text: str) -> None:
    """Add to a file that others write, too; that it cannot be written is no fault of the client."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{text}\n")
    except OSError:
        return
