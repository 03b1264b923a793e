"""Property checks round after round until a time is up: ``--stt-fuzz``.

The first round is the ordinary run. What drew examples in it and passed is run again, in each round from another seed
and with more examples. pytest gets one report of it all the same: of its failure, as soon as there is one, or else of
the first round, at the very end.

Used beyond pytest's documented interface, all of it here:

- ``runtestprotocol`` of the plugin ``runner``, which runs an item without a word about it (`Fuzzing._run`);
- ``_report_sections`` of an item, which grow with each time it is run (`Fuzzing._run`).
"""

from __future__ import annotations

import re
import shlex
import signal
import threading
import warnings
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.judging import USUAL_EXAMPLES, info_of
from pytest_openrouter_stt.report import Result, Verdict

from .verdicts import add_row

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from pytest_openrouter_stt.judging import Profile

_UNITS = {"h": 3600, "m": 60, "s": 1}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?){unit})?" for unit in _UNITS), re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)

_MAX_GROWTH = 10
"""No round tries more than so many times the examples of the first."""

_MAX_LINES = 100
_LEAST_PAUSE = 5.0
"""Seconds between two lines of progress."""

_REPEATED = {
    "stt_badge",
    "stt_fuzz",
    "stt_max_examples",
    "stt_report",
    "stt_seed",
    "stt_write_known_failures",
}
"""Options that are given another value to repeat a failure."""


class Fuzzing:
    """Plugin that repeats the property checks, and tells how far it is.

    Args:
        config: The configuration.
        duration: How long to go on, as `seconds_of` reads it; counted from the first test.
        profile: What each round tries.

    Raises:
        pytest.UsageError: The duration is none, or pytest-xdist distributes the run.
    """

    def __init__(self, config: pytest.Config, duration: str, profile: Profile) -> None:
        self._seconds = seconds_of(duration)
        if config.getoption("dist", "no") != "no":
            raise pytest.UsageError("stt: --stt-fuzz runs in one process; leave out -n, or give -n0")
        self._config = config
        self._runner: Any = config.pluginmanager.get_plugin("runner")
        self._profile = profile
        self._seed, self._count = profile.seed, profile.max_examples
        self._round = 1
        self._held: dict[pytest.Item, list[pytest.TestReport]] = {}
        self._found: list[str] = []
        self._start = self._next_line = 0.0
        self._has_checks = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Let the run be the first round, and go on with others."""
        self._start = monotonic()
        try:
            with _remembering_interrupts(self._profile):
                done = yield
                self._profile.until = self._start + self._seconds
                self._tell()
                while self._held and not self._is_over:
                    self._next_round(session)
            return done
        finally:
            for item, reports in self._held.items():
                _report(item, reports)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a check; keep what is to be said of it for the end when it is to be run again."""
        if info_of(item) is None:
            return None
        self._has_checks = True
        tried = self._profile.tried
        reports = self._run(item, nextitem or self._another_than(item))
        if self._profile.tried == tried and item not in self._held:
            _report(item, reports)
        elif all(report.passed for report in reports):
            self._held.setdefault(item, reports)
        else:
            self._conclude(item, reports)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how much was tried, and how to repeat what failed."""
        if self._has_checks:
            terminalreporter.write_sep("=", "stt: fuzz", bold=True)
            terminalreporter.write_line(f"{self._progress()} in {_spelled(self._elapsed)}")
            for command in self._found:
                terminalreporter.write_line(f"  {command}")

    @property
    def _elapsed(self) -> float:
        return monotonic() - self._start

    @property
    def _is_over(self) -> bool:
        return self._elapsed >= self._seconds

    def _next_round(self, session: pytest.Session) -> None:
        self._round += 1
        self._profile.seed = self._seed + self._round - 1
        # More than usual, so that the printed command tries each value alone too.
        self._profile.max_examples = max(self._count * min(self._round, _MAX_GROWTH), USUAL_EXAMPLES + 1)
        items = list(self._held)
        for item, following in zip(items, [*items[1:], None], strict=True):
            if self._is_over:
                return
            self._config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            self._tell()

    def _another_than(self, item: pytest.Item) -> pytest.Item | None:
        """Return what the next round begins with, so that fixtures of the session outlast this one."""
        return next((other for other in self._held if other is not item), None)

    def _run(self, item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
        item.user_properties[:] = [entry for entry in item.user_properties if not entry[0].startswith("stt_")]
        item._report_sections.clear()  # noqa: SLF001 - see the module's docstring
        self._profile.failure = None
        try:
            # The warnings of the first round are told; those of hours would not fit into memory.
            with nullcontext() if self._round == 1 else warnings.catch_warnings(record=True):
                reports: list[pytest.TestReport] = self._runner.runtestprotocol(item, log=False, nextitem=nextitem)
                return reports
        except KeyboardInterrupt:
            self._report_at_hand(item)
            raise

    def _report_at_hand(self, item: pytest.Item) -> None:
        """Report what the check has failed with that was interrupted, though a smaller example was looked for."""
        failure = self._profile.failure
        if failure is None:
            return

        def fail() -> None:
            raise failure

        calls = pytest.CallInfo.from_call(fail, "call"), pytest.CallInfo.from_call(lambda: None, "teardown")
        self._conclude(item, [item.ihook.pytest_runtest_makereport(item=item, call=call) for call in calls])

    def _conclude(self, item: pytest.Item, reports: Sequence[pytest.TestReport]) -> None:
        """Report a check that is not run again."""
        self._held.pop(item, None)
        for report in reports:
            result = Result.from_properties(report.user_properties)
            if report.when == "call" and result is not None and result.verdict is Verdict.FAILED:
                self._found.append(self._command(item))
                add_row(report, "repeat", self._found[-1])
        _report(item, reports)

    def _command(self, item: pytest.Item) -> str:
        given = {name: value for name, value in vars(self._config.option).items() if name.startswith("stt_")}
        options = [
            f"--{name.replace('_', '-')}={value}"
            for name, values in given.items()
            for value in (values if isinstance(values, list) else [values])
            if isinstance(value, str) and name not in _REPEATED
        ]
        effort = [f"--stt-seed={self._profile.seed}", f"--stt-max-examples={self._profile.max_examples}"]
        return shlex.join(["pytest", *options, *effort, item.nodeid])

    def _tell(self) -> None:
        """Print a line of progress, unless there was one a moment ago or the user wants to read less."""
        if not self._has_checks or monotonic() < self._next_line:
            return
        self._next_line = monotonic() + max(_LEAST_PAUSE, self._seconds / _MAX_LINES)
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and self._config.get_verbosity() >= 0:
            left = max(0.0, self._seconds - self._elapsed)
            terminal.write_line(f"stt fuzz: {self._progress()}, {_spelled(left)} left")
            terminal.flush()  # into a pipe, it would come much too late

    def _progress(self) -> str:
        return f"round {self._round}, {self._profile.tried:,} examples, {len(self._found)} failed"


@contextmanager
def _remembering_interrupts(profile: Profile) -> Iterator[None]:
    """Take note of Ctrl-C: where Python cannot pass an exception on, as in a callback of Hypothesis, it drops it."""
    known = signal.getsignal(signal.SIGINT)
    if not callable(known) or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*received: Any) -> None:
        profile.interrupted = True
        known(*received)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, known)


def seconds_of(duration: str) -> float:
    """Return the seconds that *duration* says: ``30s``, ``5m``, ``2h``, ``1h30m``, or a number of them.

    Raises:
        pytest.UsageError: It says something else, or no time at all.
    """
    found = _DURATION.fullmatch(duration)
    if _NUMBER.fullmatch(duration):
        seconds = float(duration)
    else:
        seconds = sum(float(found[unit] or 0) * worth for unit, worth in _UNITS.items()) if found else 0
    if not 0 < seconds < float("inf"):
        raise pytest.UsageError(
            f"stt: --stt-fuzz is {duration!r}; it has to be a time of more than 0, such as 30s, 5m, 2h or 1h30m, "
            "or a number of seconds"
        )
    return seconds


def _spelled(seconds: float) -> str:
    """Return *seconds* as an option takes them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"


def _report(item: pytest.Item, reports: Sequence[pytest.TestReport]) -> None:
    """Let pytest and its plugins know of a run of *item*."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
