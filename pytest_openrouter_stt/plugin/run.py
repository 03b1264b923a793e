"""One run: who is judged, against what, how much is tried, and how it ends."""

from __future__ import annotations

import gc
import os
import platform
import time
import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from pytest_openrouter_stt import strategies
from pytest_openrouter_stt.client import configured_errors, resolve
from pytest_openrouter_stt.guard import NetworkGuard
from pytest_openrouter_stt.judging import API_KEY, USUAL_EXAMPLES, Harness, Profile
from pytest_openrouter_stt.report import Circumstances, Subject, Who, harmless, one_line
from pytest_openrouter_stt.suite import AREAS, area_checks, area_module, every_check

from .mounting import Area, Clients, SuiteMount, is_of_suite
from .options import CLIENT_FIXTURE, contract_of, known_failures, level, number, option, transports, usable
from .reporting import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from pytest_openrouter_stt.client import Target
    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.judging import TransportName
    from pytest_openrouter_stt.report import KnownFailures, Level, Report

_TOLD = "stt_parting"
"""Under this key, a worker of pytest-xdist tells it to its controller."""


class SessionTeardown:
    """Plugin that fails a run whose client went past the endpoint when no check looked any more.

    Args:
        leave: Takes leave of the client, and says what it did that it must not do; nothing if it did not.
    """

    def __init__(self, leave: Callable[[], str]) -> None:
        self._leave = leave
        self._told: list[str] = []
        self._is_sparing = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Take leave: in a worker before it reports, elsewhere after the summary, which shows the client."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_TOLD] = self._told_on_leaving()
            return (yield)
        done = yield
        problems = list(dict.fromkeys(filter(None, [self._told_on_leaving(), *self._told])))
        if problems:
            pytest.exit(f"stt: {' '.join(problems)}", session.exitstatus or pytest.ExitCode.TESTS_FAILED)
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Between a check and a test of the project's own, let go of what the clients left open.

        While checks run, the garbage collector passes over everything that was there before them. It would look
        through that again and again, for a tenth of the time of a run.
        """
        if is_of_suite(item.nodeid) and not self._is_sparing:
            self._is_sparing = True
            _spare_what_is_there()
        done = yield
        if nextitem is not None and is_of_suite(item.nodeid) and not is_of_suite(nextitem.nodeid):
            _let_go()
            self._is_sparing = False
            gc.unfreeze()
        return done

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let the garbage collector look at everything again after pytest itself has looked for the last time."""
        config.add_cleanup(gc.unfreeze)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what a worker tells; one that crashed tells nothing."""
        self._told.append(getattr(node, "workeroutput", {}).get(_TOLD, ""))

    def _told_on_leaving(self) -> str:
        told = self._leave()
        _let_go()
        if self._is_sparing:
            gc.freeze()  # what is left is in use, and pytest looks through it twice more
        return told


def _spare_what_is_there() -> None:
    """Let the garbage collector pass over everything that is there now.

    Hypothesis draws once before. When it draws for the first time, it asks the garbage collector who holds its random
    numbers, and warns when that knows nobody.
    """
    once = hypothesis.settings(max_examples=1, database=None, deadline=None)
    once(hypothesis.given(hypothesis.strategies.none())(lambda _: None))()
    gc.freeze()


def _let_go() -> None:
    """Collect what clients left open, which is found at any time later and laid at the door of who runs then."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed", ResourceWarning)
        gc.collect()


_SENSITIVE = ("AUTH", "CREDENTIAL", "KEY", "PASSW", "SECRET", "TOKEN")
"""What is in the names of variables whose values nobody may be shown."""


@dataclass
class Run:
    """What one pytest run knows of the clients.

    Attributes:
        targets: What makes each client, by the name that it was given; none when a fixture of the project gives it.
        contract: What they are judged against.
        profile: How much is tried.
        level: The lowest level whose failures fail the run.
        known: The failures that do not, because they are known.
        mount: What puts the suite into the run.
        guard: What keeps every packet on this machine while clients are imported and driven.
        errors: The error types that the project configures.
        transports: How the endpoint may be served.
        record: What was found so far.
        secrets: What nobody may be shown.
    """

    targets: Mapping[str, Target]
    contract: Contract
    profile: Profile
    level: Level
    known: KnownFailures
    mount: SuiteMount
    guard: NetworkGuard
    transports: tuple[TransportName, ...]
    project: Path
    errors: Mapping[int | str, type] | None = None
    clients: Clients = field(init=False)
    record: Record = field(init=False)
    secrets: tuple[str, ...] = field(init=False)
    _harnesses: dict[str, Harness] = field(init=False, default_factory=dict)
    _started: datetime = field(init=False)
    _clock: float = field(init=False)

    def __post_init__(self) -> None:
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self.clients = Clients(list(self.targets) or [""])
        requirements = {info.requirement.check: info.requirement for info in every_check()}
        self.record = Record(self.clients, requirements, self.known, self.who, self.project)
        self.secrets = (API_KEY, *_sensitive_values())  # now, because they are hidden while a client is driven

    def who(self, client: str) -> Who:
        """Return what is known of a client."""
        harness, target = self._harnesses.get(client), self.targets.get(client)
        if harness is not None:
            return Who(client, _shown(harness.target.version), _shown(harness.client.title))
        if target is not None:
            return Who(client, _shown(target.version), _shown(f"{target.name} {target.version}".strip()))
        return Who("", "", f"fixture {CLIENT_FIXTURE}")

    def subject(self, client: str) -> Subject:
        """Return how failures of a client that was judged are shown."""
        return replace(self._harnesses[client].subject, secrets=self.secrets)

    def stand_for(self, client: str, target: Target) -> Harness:
        """Return the harness with the client of *target* in it; another target than before gets another harness."""
        harness = self._harnesses.get(client)
        if harness is None or harness.target.value is not target.value:
            if harness is not None:
                harness.close()
            harness = Harness(target, self.contract, self.profile, self.guard, self.transports)
            self._harnesses[client] = harness
        return harness

    def report(self, exit_code: int) -> Report:
        """Return everything that was found."""
        return self.record.report(self._circumstances(), exit_code)

    def leave(self) -> str:
        """Close every harness, and say what they attempted since their last check."""
        harnesses = list(self._harnesses.values())
        self.close()
        escaped = [harness.escaped("after its last check") for harness in harnesses]
        return " ".join(stopped.explanation for stopped in escaped if stopped is not None)

    def close(self) -> None:
        """Close every harness."""
        while self._harnesses:
            self._harnesses.popitem()[1].close()

    def _circumstances(self) -> Circumstances:
        source = Path(self.contract.source)
        is_elsewhere = source.is_absolute() and not source.is_relative_to(self.project)
        return Circumstances(
            started=self._started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            duration=time.monotonic() - self._clock,
            versions={
                "pytest-openrouter-stt": metadata.version("pytest-openrouter-stt"),
                "python": platform.python_version(),
                "pytest": pytest.__version__,
                "hypothesis": hypothesis.__version__,
            },
            spec=source.name if is_elsewhere else self.contract.source,
            revision=self.contract.revision,
            level=self.level,
            max_examples=self.profile.max_examples,
            seed=self.profile.seed,
            transports=(),
        )


def configured_run(config: pytest.Config, names: Sequence[str]) -> Run:
    """Return the run that is configured, with the clients *names* resolved; none for a fixture of the project.

    Raises:
        pytest.UsageError: There is no such client, or the configuration cannot be used.
    """
    contract = usable(lambda: contract_of(config))
    if option(config, "spec"):  # of the packaged one, everything is understood
        usable(lambda: _make_all_strategies(contract))
    guard = NetworkGuard()
    with guard.armed():
        targets = {name: usable(lambda name=name: resolve(name, contract.sdk)) for name in names}  # type: ignore[misc]
        errors = usable(lambda: configured_errors(config.rootpath))
    profile = Profile(
        max_examples=number(config, "max_examples", USUAL_EXAMPLES, minimum=1),
        seed=number(config, "seed", 0, minimum=0),
        deadline=number(config, "deadline", 5, minimum=1),
    )
    return Run(
        targets={name: replace(target, errors=errors) for name, target in targets.items()},
        errors=errors,
        contract=contract,
        profile=profile,
        level=level(config),
        known=usable(lambda: known_failures(config)),
        guard=guard,
        transports=transports(config),
        project=config.rootpath,
        mount=SuiteMount(config, lambda: [Area(area, area_module(area), area_checks(area)) for area in AREAS]),
    )


def _shown(name: str) -> str:
    """Return what a client calls itself as one line that does nothing to a terminal, nor to who reads that."""
    return harmless(one_line(name))


def _sensitive_values() -> list[str]:
    return [value for name, value in os.environ.items() if any(part in name.upper() for part in _SENSITIVE)]


def _make_all_strategies(contract: Contract) -> None:
    """Find out before the first test whether the checks can draw from all of *contract*.

    Raises:
        UnsupportedKeyword: It has a keyword that the strategies do not understand.
    """
    strategies.transcription_calls(contract)
    strategies.transcription_responses(contract)
    for status in contract.error_statuses:
        strategies.error_responses(status, contract)
    strategies.every_invalid_call(contract)
