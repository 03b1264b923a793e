"""One run: who is judged, against what, and how much is tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_openrouter_stt import strategies
from pytest_openrouter_stt._mounting import SuiteMount
from pytest_openrouter_stt._options import CLIENT_FIXTURE, contract_of, forms, level, number, option, usable
from pytest_openrouter_stt._selection import Area
from pytest_openrouter_stt.client import configured_errors, resolve
from pytest_openrouter_stt.endpoint import NetworkGuard
from pytest_openrouter_stt.suite import AREAS, Profile, Stand, area_checks, area_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_openrouter_stt.client import Target
    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.suite import Form


@dataclass
class Run:
    """What one pytest run knows of the client.

    Attributes:
        target: What makes the client; ``None`` when a fixture of the project gives it.
        contract: What the client is judged against.
        profile: How much is tried.
        level: The lowest level whose failures fail the run.
        mount: What puts the suite into the run.
        guard: What keeps every packet on this machine while the client is imported and driven.
        errors: The error types that the project configures.
        forms: How the endpoint may be served.
        stand: The client on its stand, once a check has needed it.
    """

    target: Target | None
    contract: Contract
    profile: Profile
    level: str
    mount: SuiteMount
    guard: NetworkGuard
    forms: tuple[Form, ...]
    errors: Mapping[int | str, type] | None = None
    stand: Stand | None = None

    @property
    def title(self) -> str:
        """Who is judged."""
        if self.stand is not None:
            return self.stand.subject.title
        return f"{self.target.name} {self.target.version}".strip() if self.target else f"fixture {CLIENT_FIXTURE}"

    def stand_for(self, target: Target) -> Stand:
        """Return the stand with the client of *target* on it; another target than before gets another stand."""
        if self.stand is None or self.stand.target.value is not target.value:
            self.close()
            self.stand = Stand(target, self.contract, self.profile, self.guard, self.forms)
        return self.stand

    def leave(self) -> str:
        """Take the client off its stand, and say what it attempted since its last check."""
        stand = self.stand
        self.close()
        escaped = stand.escaped("after its last check") if stand is not None else None
        return escaped.explanation if escaped is not None else ""

    def close(self) -> None:
        """Take the client off its stand."""
        if self.stand is not None:
            self.stand.close()
            self.stand = None


def configured_run(config: pytest.Config, name: str) -> Run:
    """Return the run that is configured, with the client *name* resolved; empty for a fixture of the project.

    Raises:
        pytest.UsageError: There is no such client, or the configuration cannot be used.
    """
    contract = usable(lambda: contract_of(config))
    if option(config, "spec"):  # of the packaged one, everything is understood
        usable(lambda: _make_all_strategies(contract))
    guard = NetworkGuard()
    with guard.armed():
        target = usable(lambda: resolve(name, contract.sdk)) if name else None
        errors = usable(lambda: configured_errors(config.rootpath))
    profile = Profile(
        max_examples=number(config, "max_examples", 20, minimum=1),
        seed=number(config, "seed", 0, minimum=0),
        deadline=number(config, "deadline", 5, minimum=1),
    )
    return Run(
        target=replace(target, errors=errors) if target else None,
        errors=errors,
        contract=contract,
        profile=profile,
        level=level(config),
        guard=guard,
        forms=forms(config),
        mount=SuiteMount(config, lambda: [Area(area, area_module(area), area_checks(area)) for area in AREAS]),
    )


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
