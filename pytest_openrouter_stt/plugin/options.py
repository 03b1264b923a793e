"""What the command line and the configuration ask for; imported on every run, so light."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.judging import TransportName
    from pytest_openrouter_stt.report import KnownFailures, Level

_Value = TypeVar("_Value")

CLIENT_FIXTURE = "stt_client_under_test"
"""What a project may have in place of the option for the client."""


def add_options(parser: pytest.Parser) -> None:
    """Register the options, and an ini key of the same name for each that configures a run."""
    group = parser.getgroup("stt", "conformance of speech-to-text clients (pytest-openrouter-stt)")

    def add(name: str, metavar: str, text: str, action: str = "store") -> None:
        dest = f"stt_{name}".replace("-", "_")
        group.addoption(f"--stt-{name}", dest=dest, metavar=metavar, help=text, action=action)
        parser.addini(dest, f"{text} (default of --stt-{name})", type="string")

    client = "client under test: a module such as 'openrouter', 'module:attribute' or 'cmd:COMMAND'; may be repeated"
    add("client", "CLIENT", client, action="append")
    add("endpoint", "FORM", "how the endpoint is served: auto (default), respx or loopback")
    add("spec", "PATH", "OpenAPI document to judge against; the packaged one by default")
    add("level", "LEVEL", "lowest level whose failures fail the run: must (default), should or may")
    add("known-failures", "FILE", "failures that do not fail the run: TOML, or lines of 'ID  # reason'")
    add("max-examples", "N", "examples for each property check; 20 by default")
    add("seed", "N", "where the examples start; 0 by default, so that a verdict can be repeated")
    add("fuzz", "DURATION", "repeat the property checks with more and other examples for so long: 30s, 5m, 1h30m")
    add("deadline", "SECONDS", "how long one call of the client may take; 5 by default")
    for name, text in (
        ("report", "write a report, as the end of the name says: .json, .md or .html; may be repeated"),
        ("badge", "write what an endpoint badge of shields shows"),
        ("write-known-failures", "write what fails now as a file for --stt-known-failures"),
    ):
        action = "append" if name == "report" else "store"
        group.addoption(f"--stt-{name}", dest=f"stt_{name}".replace("-", "_"), metavar="FILE", help=text, action=action)
    text = "run where there is no network but loopback (Linux)"
    group.addoption("--stt-sandbox", dest="stt_sandbox", action="store_true", help=text)
    parser.addini("stt_sandbox", f"{text}, as with --stt-sandbox", type="bool", default=False)
    check = "run no checks: make one call in each mode, and say where it is sent from and what the adapter does itself"
    group.addoption("--stt-adapter-check", action="store_true", help=check)
    listing = "run no checks: list them, with level and requirement; of the areas or checks that are given"
    group.addoption("--stt-list", action="store_true", help=listing)
    explain = "run no checks: say of one what passes and what does not, by an example; an area is told briefly"
    group.addoption("--stt-explain", metavar="ID", help=explain)
    init = "run no checks: look at an installed package, and write an adapter to begin with (stt_adapter.py, or PATH)"
    group.addoption("--stt-init", metavar="PACKAGE[:PATH]", help=init)


def option(config: pytest.Config, name: str) -> str:
    """Return what is given for an option, or for its ini key; an empty string when neither is."""
    given = config.getoption(f"stt_{name}")
    return str(given if given is not None else config.getini(f"stt_{name}") or "")


def clients(config: pytest.Config) -> list[str]:
    """Return the names of the clients to judge; in the ini file, each stands on a line of its own.

    Raises:
        pytest.UsageError: One is named twice.
    """
    given = config.getoption("stt_client") or str(config.getini("stt_client") or "").splitlines()
    names = [name.strip() for name in given if name.strip()]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise pytest.UsageError(f"stt: --stt-client={twice[0]} is given twice; name each client once")
    return names


def number(config: pytest.Config, name: str, default: int, *, minimum: int) -> int:
    """Return the whole number that is given for an option.

    Raises:
        pytest.UsageError: It is none, or less than *minimum*.
    """
    text = option(config, name) or str(default)
    if not text.isdecimal() or int(text) < minimum:
        spelled = name.replace("_", "-")
        raise pytest.UsageError(f"stt: --stt-{spelled} is {text!r}; it has to be a whole number of at least {minimum}")
    return int(text)


def level(config: pytest.Config) -> Level:
    """Return the lowest level whose failures fail the run.

    Raises:
        pytest.UsageError: There is no such level.
    """
    from pytest_openrouter_stt.report import Level  # noqa: PLC0415 - see the module's docstring

    wanted = option(config, "level").upper() or Level.MUST
    if wanted not in list(Level):
        raise pytest.UsageError(f"stt: --stt-level is {wanted.lower()!r}; it has to be 'must', 'should' or 'may'")
    return Level(wanted)


def known_failures(config: pytest.Config) -> KnownFailures:
    """Return the failures that do not fail the run.

    Raises:
        UnusableKnownFailures: They cannot be read.
    """
    from pytest_openrouter_stt.report import KnownFailures, read_known_failures  # noqa: PLC0415

    path = option(config, "known_failures")
    if not path:
        return KnownFailures()
    return read_known_failures(config.invocation_params.dir / path, datetime.now(UTC).date())


def transports(config: pytest.Config) -> tuple[TransportName, ...]:
    """Return how the endpoint may be served.

    Raises:
        pytest.UsageError: There is no such transport.
    """
    from pytest_openrouter_stt.judging import TRANSPORTS  # noqa: PLC0415 - see the module's docstring

    wanted = option(config, "endpoint").lower() or "auto"
    if wanted != "auto" and wanted not in TRANSPORTS:
        raise pytest.UsageError(f"stt: --stt-endpoint is {wanted!r}; it has to be 'auto', 'respx' or 'loopback'")
    return tuple(name for name in TRANSPORTS if wanted in {name, "auto"})


def is_sandbox_wanted(config: pytest.Config) -> bool:
    """Whether the run is to be in the sandbox."""
    given = (config.known_args_namespace, config.option)  # at first, only the former has what was given
    return any(getattr(options, "stt_sandbox", False) for options in given) or bool(config.getini("stt_sandbox"))


def has_client_fixture(config: pytest.Config) -> bool:
    """Whether a conftest.py or a plugin of the project has the fixture.

    Raises:
        pytest.UsageError: It is in a conftest.py below the root, where the suite's items do not see it.
    """
    owners = [
        plugin for plugin in config.pluginmanager.get_plugins() if CLIENT_FIXTURE in getattr(plugin, "__dict__", ())
    ]
    paths = [Path(getattr(owner, "__file__", None) or "") for owner in owners]
    hidden = [path for path in paths if path.name == "conftest.py" and path.parent != config.rootpath]
    if hidden and len(hidden) == len(paths):
        raise pytest.UsageError(
            f"stt: {hidden[0]} has a fixture {CLIENT_FIXTURE}, which only tests beside it see; "
            f"move it to the conftest.py in {config.rootpath}"
        )
    return bool(owners)


def usable(make: Callable[[], _Value]) -> _Value:
    """Return what *make* makes.

    Raises:
        pytest.UsageError: What the user gave cannot be used.
    """
    from pytest_openrouter_stt.client import ClientNotFound, UnusableErrors  # noqa: PLC0415 - see the module's docstring
    from pytest_openrouter_stt.contract import SpecError  # noqa: PLC0415
    from pytest_openrouter_stt.report import UnusableKnownFailures  # noqa: PLC0415
    from pytest_openrouter_stt.strategies import UnsupportedKeyword  # noqa: PLC0415

    try:
        return make()
    except (ClientNotFound, SpecError, UnsupportedKeyword, UnusableErrors, UnusableKnownFailures) as error:
        raise pytest.UsageError(f"stt: {error}") from None


def contract_of(config: pytest.Config) -> Contract:
    """Return what is judged against: the packaged contract, or that of ``--stt-spec``."""
    from pytest_openrouter_stt.contract import load_contract  # noqa: PLC0415 - see the module's docstring

    path = option(config, "spec")
    return load_contract(config.invocation_params.dir / path if path else None)
