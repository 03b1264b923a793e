"""The pytest plugin: options, fixtures and the hooks that put a suite into a run; glue only.

pytest imports this module on every run of every project that has the package installed, so nothing heavy is
imported before it is needed.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.plugin.options import (
    CLIENT_FIXTURE,
    add_options,
    clients,
    contract_of,
    has_client_fixture,
    is_sandbox_wanted,
    option,
    usable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.endpoint import Endpoint, LoopbackServer
    from pytest_openrouter_stt.judging import CheckContext, Harness
    from pytest_openrouter_stt.plugin.run import Run
    from pytest_openrouter_stt.report import Note

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


_RUN = pytest.StashKey["Run"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options, and their ini keys."""
    add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Move into the sandbox when it is wanted: before a conftest.py can import the client, and before any capturing."""
    if _is_sandbox_missing(early_config):
        from pytest_openrouter_stt.plugin.sandbox import restart  # noqa: PLC0415 - see the module's docstring

        restart(early_config.invocation_params.args)
    return (yield)


def _is_sandbox_missing(config: pytest.Config) -> bool:
    if not is_sandbox_wanted(config):
        return False
    from pytest_openrouter_stt.plugin.sandbox import is_sandboxed  # noqa: PLC0415 - see the module's docstring

    return not is_sandboxed()


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Tell of the checks, look at a client or write an adapter in place of a run, when that is asked for."""
    if config.getoption("stt_explain", None) is not None or config.getoption("stt_list", default=False):
        return _told(config)
    if config.getoption("stt_init", None) is not None:
        return _answered(*_initialized(config))
    if config.getoption("stt_adapter_check", default=False):
        return _answered(*_checked_adapter(config))
    return None


def _told(config: pytest.Config) -> int:
    from pytest_openrouter_stt.plugin.info_options import info_lines, print_lines  # noqa: PLC0415 - see the module's docstring

    print_lines(config, info_lines(config))
    return pytest.ExitCode.OK


def _answered(text: str, code: int) -> int:
    sys.stdout.write(f"{text}\n")
    return code


def _initialized(config: pytest.Config) -> tuple[str, int]:
    from pytest_openrouter_stt.guard import NetworkGuard  # noqa: PLC0415
    from pytest_openrouter_stt.plugin.adapters import init_adapter  # noqa: PLC0415 - see the module's docstring

    with NetworkGuard() as guard, guard.armed():
        return init_adapter(config.option.stt_init, config.invocation_params.dir), pytest.ExitCode.OK


def _checked_adapter(config: pytest.Config) -> tuple[str, int]:
    from pytest_openrouter_stt.plugin.adapters import adapter_check  # noqa: PLC0415 - see the module's docstring

    names = clients(config)
    if not names:
        raise pytest.UsageError("stt: --stt-adapter-check looks at the client of --stt-client, which is not given")
    run = _configured_run(config, names)
    try:
        texts, codes = zip(*(adapter_check(run.stand_for(name, run.targets[name])) for name in names), strict=True)
        return "\n".join(texts), max(codes)
    finally:
        run.close()
        run.guard.close()


def pytest_configure(config: pytest.Config) -> None:
    """Resolve the client and mount the suite, when there is a client."""
    if _is_sandbox_missing(config):  # a conftest.py loaded this plugin, or a worker runs on another machine
        raise pytest.UsageError("stt: --stt-sandbox comes too late for this process; leave it out")
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    names = clients(config)
    if not names and not has_client_fixture(config):
        _refuse_stt_arguments(config)
        return
    run = _configured_run(config, names)
    config.stash[_RUN] = run
    for name, part in _parts(config, run).items():
        config.pluginmanager.register(part, f"stt-{name}")
    if option(config, "fuzz"):
        from pytest_openrouter_stt.plugin.fuzzing import Fuzzing  # noqa: PLC0415 - see the module's docstring

        config.pluginmanager.register(Fuzzing(config, option(config, "fuzz"), run.profile), "stt-fuzzing")


def _parts(config: pytest.Config, run: Run) -> dict[str, object]:
    """Return the plugins that a run consists of; pytest calls the wrappers of the last one first."""
    from pytest_openrouter_stt.plugin.report_files import Annotations, ReportFiles, configured_files, is_on_github  # noqa: PLC0415 - see above
    from pytest_openrouter_stt.plugin.reporting import SuiteReporting  # noqa: PLC0415
    from pytest_openrouter_stt.plugin.run import SessionTeardown  # noqa: PLC0415
    from pytest_openrouter_stt.plugin.verdicts import Judging  # noqa: PLC0415

    judging = Judging(
        clients=run.clients,
        contract=run.contract,
        level=run.level,
        known=run.known,
        subject=run.subject,
        project=run.project,
        secrets=run.secrets,
    )
    parts: dict[str, object] = {
        "mount": run.mount,
        "judging": judging,
        "reporting": SuiteReporting(run.record, run.report),
        "teardown": SessionTeardown(run.leave),
    }
    if hasattr(config, "workerinput"):
        return parts
    if is_on_github():
        parts["annotations"] = Annotations(run.report)
    return {**parts, "files": ReportFiles(configured_files(config), run.record, run.report, run.level)}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the harness of the client."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.close()
        run.guard.close()


def _configured_run(config: pytest.Config, names: Sequence[str]) -> Run:
    pytest.register_assert_rewrite("pytest_openrouter_stt.suite")
    from pytest_openrouter_stt.plugin.run import configured_run  # noqa: PLC0415 - see the module's docstring

    return configured_run(config, names)


def _refuse_stt_arguments(config: pytest.Config) -> None:
    if not any(argument.partition("::")[0].partition("/")[0] == "stt" for argument in config.args):
        return
    from pytest_openrouter_stt.plugin.mounting import take_stt_arguments  # noqa: PLC0415 - see the module's docstring

    if take_stt_arguments(config).arguments:
        raise pytest.UsageError(_NO_CLIENT)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say who is judged, and against what."""
    sandbox = ["stt: sandboxed, with no network but loopback"] if is_sandbox_wanted(config) else []
    run = config.stash.get(_RUN, None)
    if run is None:
        return sandbox
    lines = [_client_line(run, name) for name in run.clients]
    contract, profile, fuzz = run.contract, run.profile, option(config, "fuzz")
    lines.append(
        f"stt: spec {contract.source} ({contract.revision}), endpoint {option(config, 'endpoint') or 'auto'}, "
        f"level {run.level.lower()}, {profile.max_examples} examples, seed {profile.seed}{fuzz and f', fuzz {fuzz}'}"
    )
    if run.mount.header_line:
        lines.append(run.mount.header_line)
    return [*lines, *(sandbox or _loopholes())]


def _client_line(run: Run, name: str) -> str:
    target = run.targets.get(name)
    entry_point = f", the entry point {target.entry_point}" if target is not None and target.entry_point else ""
    return f"stt: client {run.who(name).title}{entry_point}"


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
    run.clients.repeat(metafunc)
    if not info.both_modes:
        metafunc.parametrize("stt_mode", ["sync", "async"])
    if info.each is not None:
        from pytest_openrouter_stt.judging import cases  # noqa: PLC0415 - see the module's docstring

        argument, values = cases(info.each, run.contract)
        metafunc.parametrize(argument, values, ids=list(map(str, values)))


@pytest.fixture
def stt_mode() -> Mode:
    """The operation that a check uses; parametrized for every check that does not use both."""
    return "sync"


@pytest.fixture
def stt_client(request: pytest.FixtureRequest) -> str:
    """The name of the client that a check judges; parametrized where there are several."""
    return _run_of(request).clients[0]


@pytest.fixture
def stt(request: pytest.FixtureRequest, stt_client: str, stt_mode: Mode) -> Iterator[CheckContext]:
    """The client under test in its harness, guarded and intercepted, for one check."""
    from pytest_openrouter_stt.judging import CheckContext, info_of, note_adapter, why_not_offered  # noqa: PLC0415
    from pytest_openrouter_stt.report import CouldNotRun, Served  # noqa: PLC0415 - see the module's docstring

    harness = _harness(request, stt_client)
    with contextlib.ExitStack() as undo:
        try:
            features = undo.enter_context(harness.opened())
        except CouldNotRun as stopped:  # its traceback tells nobody anything, and takes pytest long to write
            raise pytest.fail.Exception(str(stopped), pytrace=False) from stopped
        info = info_of(request.node)
        if info is not None:
            reason = why_not_offered(info, stt_mode, _case(request), features)
            if reason:
                pytest.skip(reason)
        note = _notebook(request.node)
        note(Served(harness.transport_name or ""))
        note(_run_of(request).who(stt_client))
        share = _SHARE if info is not None and info.each is not None else 1.0
        context = CheckContext(harness, stt_mode, features, note, share)
        note_adapter(context)
        yield context


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


def _harness(request: pytest.FixtureRequest, client: str) -> Harness:
    from pytest_openrouter_stt.client import target_of  # noqa: PLC0415 - see the module's docstring

    run = _run_of(request)
    if client in run.targets:
        return run.stand_for(client, run.targets[client])
    return run.stand_for(client, replace(target_of(request.getfixturevalue(CLIENT_FIXTURE)), errors=run.errors))


def _run_of(request: pytest.FixtureRequest) -> Run:
    run = request.config.stash.get(_RUN, None)
    if run is None:
        raise pytest.UsageError(_NO_CLIENT)
    return run


@pytest.fixture(scope="session")
def stt_contract(pytestconfig: pytest.Config) -> Contract:
    """The contract of the speech-to-text endpoint: the packaged one, or that of ``--stt-spec``.

    Needs no ``--stt-client``. Returns a `pytest_openrouter_stt.Contract`.
    """
    return usable(lambda: contract_of(pytestconfig))


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
