"""The pytest plugin: options, fixtures and the hooks that put a suite into a run; glue only.

pytest imports this module on every run of every project that has the package installed, so nothing heavy is
imported before it is needed.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from pytest_openrouter_stt._mounting import SuiteMount
    from pytest_openrouter_stt.client import Mode, Target
    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.endpoint import Endpoint, LoopbackServer, NetworkGuard
    from pytest_openrouter_stt.report import Note
    from pytest_openrouter_stt.suite import Bench, Form, Profile, Stand

_Value = TypeVar("_Value")
CLIENT_FIXTURE = "stt_client_under_test"
_NO_CLIENT = (
    f"stt: there is no client to judge: give --stt-client, or a fixture {CLIENT_FIXTURE} in the root conftest.py"
)
_SHARE = 0.25
"""The part of the examples that each case tries of a check which is repeated for every status or field."""

_MARKERS = (
    "stt_check(info): a check of the packaged speech-to-text suite, with its requirement.",
    "stt_must: a check of a MUST requirement (RFC 2119).",
    "stt_should: a check of a SHOULD requirement.",
    "stt_may: a check of a MAY requirement.",
)


@dataclass
class _Run:
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
        from pytest_openrouter_stt.suite import Stand  # noqa: PLC0415 - see the module's docstring

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


_RUN = pytest.StashKey[_Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options, and an ini key of the same name for each."""
    group = parser.getgroup("stt", "conformance of speech-to-text clients (pytest-openrouter-stt)")

    def add(name: str, metavar: str, text: str) -> None:
        group.addoption(f"--stt-{name}", dest=f"stt_{name}".replace("-", "_"), metavar=metavar, help=text)
        parser.addini(f"stt_{name}".replace("-", "_"), f"{text} (default of --stt-{name})", type="string")

    add("client", "CLIENT", "client under test: a module such as 'openrouter', 'module:attribute' or 'cmd:COMMAND'")
    add("endpoint", "FORM", "how the endpoint is served: auto (default), respx or loopback")
    add("spec", "PATH", "OpenAPI document to judge against; the packaged one by default")
    add("level", "LEVEL", "lowest level whose failures fail the run: must (default) or should")
    add("max-examples", "N", "examples for each property check; 20 by default")
    add("seed", "N", "where the examples start; 0 by default, so that a verdict can be repeated")
    add("fuzz", "DURATION", "repeat the property checks with more and other examples for so long: 30s, 5m, 1h30m")
    add("deadline", "SECONDS", "how long one call of the client may take; 5 by default")
    text = "run where there is no network but loopback (Linux)"
    group.addoption("--stt-sandbox", dest="stt_sandbox", action="store_true", help=text)
    parser.addini("stt_sandbox", f"{text}, as with --stt-sandbox", type="bool", default=False)
    check = "run no checks: make one call in each mode, and say where it is sent from and what the adapter does itself"
    group.addoption("--stt-adapter-check", action="store_true", help=check)
    init = "run no checks: look at an installed package, and write an adapter to begin with (stt_adapter.py, or PATH)"
    group.addoption("--stt-init", metavar="PACKAGE[:PATH]", help=init)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Move into the sandbox when it is wanted: before a conftest.py can import the client, and before any capturing."""
    if _is_sandbox_missing(early_config):
        from pytest_openrouter_stt._sandbox import restart  # noqa: PLC0415 - see the module's docstring

        restart(early_config.invocation_params.args)
    return (yield)


def _is_sandbox_wanted(config: pytest.Config) -> bool:
    given = (config.known_args_namespace, config.option)  # at first, only the former has what was given
    return any(getattr(options, "stt_sandbox", False) for options in given) or bool(config.getini("stt_sandbox"))


def _is_sandbox_missing(config: pytest.Config) -> bool:
    if not _is_sandbox_wanted(config):
        return False
    from pytest_openrouter_stt._sandbox import is_sandboxed  # noqa: PLC0415 - see the module's docstring

    return not is_sandboxed()


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Look at a client or write an adapter in place of a run, when that is asked for."""
    if config.getoption("stt_init", None) is not None:
        return _answered(*_initialized(config))
    if config.getoption("stt_adapter_check", default=False):
        return _answered(*_checked_adapter(config))
    return None


def _answered(text: str, code: int) -> int:
    sys.stdout.write(f"{text}\n")
    return code


def _initialized(config: pytest.Config) -> tuple[str, int]:
    from pytest_openrouter_stt._init_adapter import init_adapter  # noqa: PLC0415 - see the module's docstring
    from pytest_openrouter_stt.endpoint import NetworkGuard  # noqa: PLC0415

    with NetworkGuard() as guard, guard.armed():
        return init_adapter(config.option.stt_init, config.invocation_params.dir), pytest.ExitCode.OK


def _checked_adapter(config: pytest.Config) -> tuple[str, int]:
    from pytest_openrouter_stt._adapter_check import adapter_check  # noqa: PLC0415 - see the module's docstring

    name = _option(config, "client")
    if not name:
        raise pytest.UsageError("stt: --stt-adapter-check looks at the client of --stt-client, which is not given")
    run = _configured_run(config, name)
    assert run.target is not None, "it has a name"  # noqa: S101
    try:
        return adapter_check(run.stand_for(run.target))
    finally:
        run.close()
        run.guard.close()


def pytest_configure(config: pytest.Config) -> None:
    """Resolve the client and mount the suite, when there is a client."""
    if _is_sandbox_missing(config):  # a conftest.py loaded this plugin, or a worker runs on another machine
        raise pytest.UsageError("stt: --stt-sandbox comes too late for this process; leave it out")
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    name = _option(config, "client")
    if not name and not _has_client_fixture(config):
        _refuse_stt_arguments(config)
        return
    run = _configured_run(config, name)
    config.stash[_RUN] = run
    config.pluginmanager.register(run.mount, "stt-mount")
    from pytest_openrouter_stt._parting import Parting  # noqa: PLC0415 - see the module's docstring
    from pytest_openrouter_stt._reporting import SuiteReporting  # noqa: PLC0415

    config.pluginmanager.register(Parting(run.leave), "stt-parting")
    reporting = SuiteReporting(
        run.contract, run.level, lambda: run.title, lambda: run.stand.subject if run.stand else None
    )
    config.pluginmanager.register(reporting, "stt-reporting")
    if _option(config, "fuzz"):
        from pytest_openrouter_stt._fuzzing import Fuzzing  # noqa: PLC0415 - see the module's docstring

        config.pluginmanager.register(Fuzzing(config, _option(config, "fuzz"), run.profile), "stt-fuzzing")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the client off its stand."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.close()
        run.guard.close()


def _refuse_stt_arguments(config: pytest.Config) -> None:
    if not any(argument.partition("::")[0].partition("/")[0] == "stt" for argument in config.args):
        return
    from pytest_openrouter_stt._selection import take_stt_arguments  # noqa: PLC0415 - see the module's docstring

    if take_stt_arguments(config).arguments:
        raise pytest.UsageError(_NO_CLIENT)


def _configured_run(config: pytest.Config, name: str) -> _Run:
    pytest.register_assert_rewrite("pytest_openrouter_stt.suite")
    from pytest_openrouter_stt._mounting import SuiteMount  # noqa: PLC0415 - see the module's docstring
    from pytest_openrouter_stt._selection import Area  # noqa: PLC0415
    from pytest_openrouter_stt.client import configured_errors, resolve  # noqa: PLC0415
    from pytest_openrouter_stt.endpoint import NetworkGuard  # noqa: PLC0415
    from pytest_openrouter_stt.suite import AREAS, Profile, area_checks, area_module  # noqa: PLC0415

    contract = _usable(lambda: _contract(config))
    if _option(config, "spec"):  # of the packaged one, everything is understood
        _usable(lambda: _make_all_strategies(contract))
    guard = NetworkGuard()
    with guard.armed():
        target = _usable(lambda: resolve(name, contract.sdk)) if name else None
        errors = _usable(lambda: configured_errors(config.rootpath))
    profile = Profile(
        max_examples=_number(config, "max_examples", 20, minimum=1),
        seed=_number(config, "seed", 0, minimum=0),
        deadline=_number(config, "deadline", 5, minimum=1),
    )
    return _Run(
        target=replace(target, errors=errors) if target else None,
        errors=errors,
        contract=contract,
        profile=profile,
        level=_level(config),
        guard=guard,
        forms=_forms(config),
        mount=SuiteMount(config, lambda: [Area(area, area_module(area), area_checks(area)) for area in AREAS]),
    )


def _usable(make: Callable[[], _Value]) -> _Value:
    from pytest_openrouter_stt.client import ClientNotFound, UnusableErrors  # noqa: PLC0415 - see the module's docstring
    from pytest_openrouter_stt.contract import SpecError  # noqa: PLC0415
    from pytest_openrouter_stt.strategies import UnsupportedKeyword  # noqa: PLC0415

    try:
        return make()
    except (ClientNotFound, SpecError, UnsupportedKeyword, UnusableErrors) as error:
        raise pytest.UsageError(f"stt: {error}") from None


def _contract(config: pytest.Config) -> Contract:
    from pytest_openrouter_stt.contract import load_contract  # noqa: PLC0415 - see the module's docstring

    path = _option(config, "spec")
    return load_contract(config.invocation_params.dir / path if path else None)


def _make_all_strategies(contract: Contract) -> None:
    """Find out before the first test whether the checks can draw from all of *contract*.

    Raises:
        UnsupportedKeyword: It has a keyword that the strategies do not understand.
    """
    from pytest_openrouter_stt import strategies  # noqa: PLC0415 - see the module's docstring

    strategies.transcription_calls(contract)
    strategies.transcription_responses(contract)
    for status in contract.error_statuses:
        strategies.error_responses(status, contract)
    strategies.every_invalid_call(contract)


def _option(config: pytest.Config, name: str) -> str:
    given = config.getoption(f"stt_{name}")
    return str(given if given is not None else config.getini(f"stt_{name}") or "")


def _number(config: pytest.Config, name: str, default: int, *, minimum: int) -> int:
    text = _option(config, name) or str(default)
    if not text.isdecimal() or int(text) < minimum:
        option = name.replace("_", "-")
        raise pytest.UsageError(f"stt: --stt-{option} is {text!r}; it has to be a whole number of at least {minimum}")
    return int(text)


def _level(config: pytest.Config) -> str:
    level = _option(config, "level").lower() or "must"
    if level not in {"must", "should"}:
        raise pytest.UsageError(f"stt: --stt-level is {level!r}; it has to be 'must' or 'should'")
    return level


def _forms(config: pytest.Config) -> tuple[Form, ...]:
    from pytest_openrouter_stt.suite import FORMS  # noqa: PLC0415 - see the module's docstring

    wanted = _option(config, "endpoint").lower() or "auto"
    if wanted != "auto" and wanted not in FORMS:
        raise pytest.UsageError(f"stt: --stt-endpoint is {wanted!r}; it has to be 'auto', 'respx' or 'loopback'")
    return tuple(form for form in FORMS if wanted in {form, "auto"})


def _has_client_fixture(config: pytest.Config) -> bool:
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


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say who is judged, and against what."""
    sandbox = ["stt: sandboxed, with no network but loopback"] if _is_sandbox_wanted(config) else []
    run = config.stash.get(_RUN, None)
    if run is None:
        return sandbox
    contract, profile, fuzz = run.contract, run.profile, _option(config, "fuzz")
    lines = [
        (
            f"stt: client {run.title}, spec {contract.source} ({contract.revision}), level {run.level}, "
            f"{profile.max_examples} examples, seed {profile.seed}{fuzz and f', fuzz {fuzz}'}"
        )
    ]
    if run.target is not None and run.target.entry_point:
        lines.append(f"stt: {run.target.name} is the entry point {run.target.entry_point}")
    if run.mount.header_line:
        lines.append(run.mount.header_line)
    return [*lines, *(sandbox or _loopholes())]


def _loopholes() -> list[str]:
    if "uvloop" not in sys.modules:
        return []
    return ["stt: uvloop is loaded, and its datagrams are not seen by the guard; --stt-sandbox keeps them here too"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat checks for each mode, and for what the contract has several of."""
    marker = metafunc.definition.get_closest_marker("stt_check")
    run = metafunc.config.stash.get(_RUN, None)
    if marker is None or run is None:
        return
    info = marker.args[0]
    if not info.both_modes:
        metafunc.parametrize("stt_mode", ["sync", "async"])
    if info.each is not None:
        from pytest_openrouter_stt.suite import cases  # noqa: PLC0415 - see the module's docstring

        argument, values = cases(info.each, run.contract)
        metafunc.parametrize(argument, values, ids=list(map(str, values)))


@pytest.fixture
def stt_mode() -> Mode:
    """The operation that a check uses; parametrized for every check that does not use both."""
    return "sync"


@pytest.fixture
def stt(request: pytest.FixtureRequest, stt_mode: Mode) -> Iterator[Bench]:
    """The client under test on its stand, guarded and intercepted, for one check."""
    from pytest_openrouter_stt.report import CouldNotRun, Served  # noqa: PLC0415 - see the module's docstring
    from pytest_openrouter_stt.suite import Bench, info_of, note_adapter, why_not_offered  # noqa: PLC0415

    stand = _stand(request)
    with contextlib.ExitStack() as undo:
        try:
            features = undo.enter_context(stand.opened())
        except CouldNotRun as stopped:  # its traceback tells nobody anything, and takes pytest long to write
            raise pytest.fail.Exception(str(stopped), pytrace=False) from stopped
        info = info_of(request.node)
        if info is not None:
            reason = why_not_offered(info, stt_mode, _case(request), features)
            if reason:
                pytest.skip(reason)
        note = _notebook(request.node)
        note(Served(stand.form or ""))
        share = _SHARE if info is not None and info.each is not None else 1.0
        bench = Bench(stand, stt_mode, features, note, share)
        note_adapter(bench)
        yield bench


def _notebook(item: pytest.Item) -> Callable[[Note], None]:
    """Return what writes notes down where the report of *item* carries them, each once."""
    from pytest_openrouter_stt.report import note_property  # noqa: PLC0415 - see the module's docstring

    def note(note: Note) -> None:
        written = note_property(note)
        if written not in item.user_properties:
            item.user_properties.append(written)

    return note


def _case(request: pytest.FixtureRequest) -> Mapping[str, object]:
    callspec = getattr(request.node, "callspec", None)  # what is not parametrized has none
    return callspec.params if callspec is not None else {}


def _stand(request: pytest.FixtureRequest) -> Stand:
    from pytest_openrouter_stt.client import target_of  # noqa: PLC0415 - see the module's docstring

    run = request.config.stash.get(_RUN, None)
    if run is None:
        raise pytest.UsageError(_NO_CLIENT)
    if run.target is None:
        return run.stand_for(replace(target_of(request.getfixturevalue(CLIENT_FIXTURE)), errors=run.errors))
    return run.stand_for(run.target)


@pytest.fixture(scope="session")
def stt_contract(pytestconfig: pytest.Config) -> Contract:
    """The contract of the speech-to-text endpoint: the packaged one, or that of ``--stt-spec``.

    Needs no ``--stt-client``. Returns a `pytest_openrouter_stt.Contract`.
    """
    return _usable(lambda: _contract(pytestconfig))


@pytest.fixture
def stt_endpoint(stt_contract: Contract) -> Iterator[Endpoint]:
    """A fake of the speech-to-text endpoint that answers every httpx and httpx2 client of this process.

    Needs no ``--stt-client``. It behaves like the API until it is told otherwise with ``reply_with``; requests to
    other hosts pass through. What a scripted function raised fails the test at its end. Gives a
    `pytest_openrouter_stt.Endpoint`.
    """
    from pytest_openrouter_stt.endpoint import LAYERS, Endpoint, intercept  # noqa: PLC0415 - see the module's docstring

    endpoint = Endpoint(stt_contract)
    with contextlib.ExitStack() as undo:
        for layer in LAYERS[:-1]:  # a client that none of these sees has a transport that is for itself to fake
            undo.enter_context(intercept(endpoint, layer=layer, everything=False))
        yield endpoint
    for problem in endpoint.problems:
        raise problem


@pytest.fixture
def stt_server(stt_contract: Contract) -> Iterator[LoopbackServer]:
    """A fake of the speech-to-text endpoint on a socket of this machine, for clients of any kind.

    Needs no ``--stt-client``. ``stt_server.base_url`` is what the client is given in place of the API's base URL;
    ``stt_server.endpoint`` is as with `stt_endpoint`. Gives a `pytest_openrouter_stt.LoopbackServer`.
    """
    from pytest_openrouter_stt.endpoint import Endpoint, LoopbackServer  # noqa: PLC0415 - see the module's docstring

    with LoopbackServer(Endpoint(stt_contract)) as server:
        yield server
    for problem in server.endpoint.problems:
        raise problem
