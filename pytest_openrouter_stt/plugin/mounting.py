"""Mounts the packaged checks into the user's run, as ``stt/<area>::<check>[<case>]``.

The checks are ordinary pytest modules, but no directory is walked to find them: a root collector is added to
what the session collected, and its children carry fixed node IDs. So the IDs are the same on every machine,
and no naming pattern, ``testpaths`` or import mode of the user's project can hide a check.

Fixtures of the ``conftest.py`` in the user's rootdir do apply, autouse ones included, and so do all plugins.
Hooks in a ``conftest.py`` apply only where pytest calls them for the whole session
(``pytest_collection_modifyitems``), not where it calls them for a directory (``pytest_runtest_setup``).

Used beyond pytest's documented interface, all of it here:

- a node ID given to a collector as a string (`_placed`);
- ``_getobj``, ``istestfunction`` and ``istestclass`` of ``pytest.Module`` (`AreaModule`);
- the plugin ``runner``, asked by name for its ``pytest_make_collect_report`` (`_AreaCollection`).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import ModuleType

ROOT = "stt"
"""The node ID of the suite."""

WORKER_KEY = "stt_mounted"
"""Under this key, a worker of pytest-xdist is told whether the suite takes part in the run."""


@dataclass(frozen=True, slots=True)
class Area:
    """One module of checks.

    Attributes:
        name: Last part of the area's node ID: ``"errors"`` becomes ``stt/errors``.
        module: Dotted name, imported when the area is collected.
        checks: Names of the test functions in the module: all of them, and no others.
    """

    name: str
    module: str
    checks: tuple[str, ...]

    @property
    def node_id(self) -> str:
        """The node ID of the area."""
        return f"{ROOT}/{self.name}"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line asks for of the suite.

    Attributes:
        mounted: Whether the suite takes part in this run.
        arguments: The node IDs of the suite given as arguments; none means the whole suite.
    """

    mounted: bool
    arguments: tuple[str, ...] = ()

    def includes(self, node_id: str) -> bool:
        """Tell whether everything at ``node_id`` is asked for."""
        return not self.arguments or any(covers(argument, node_id) for argument in self.arguments)

    def reaches(self, node_id: str) -> bool:
        """Tell whether something at or below ``node_id`` is asked for."""
        return self.includes(node_id) or any(covers(node_id, argument) for argument in self.arguments)


def take_stt_arguments(config: pytest.Config) -> Selection:
    """Take the arguments that name parts of the suite out of ``config.args``: they are no files.

    An argument that names an existing file or directory stays. Call it in ``pytest_configure``.
    """
    named = {argument: _suite_node_id(config, argument) for argument in config.args}
    config.args[:] = [argument for argument in config.args if named[argument] is None]
    arguments = tuple(node_id for node_id in named.values() if node_id is not None)
    # A worker of pytest-xdist follows its controller: what it was started with need not be what the user typed.
    mounted = getattr(config, "workerinput", {}).get(WORKER_KEY)
    if mounted is None:
        mounted = bool(arguments) or config.args_source is not config.ArgsSource.ARGS
    return Selection(mounted, arguments)


def _suite_node_id(config: pytest.Config, argument: str) -> str | None:
    path, separator, names = argument.partition("::")
    absolute = Path(os.path.normpath(config.invocation_params.dir / path))
    if os.path.lexists(absolute):
        return None
    # In a sub-directory, pytest prints "../stt/errors": that must work as an argument as well.
    for base in (config.invocation_params.dir, config.rootpath):
        if absolute.is_relative_to(base / ROOT):
            return f"{absolute.relative_to(base).as_posix()}{separator}{names}"
    return None


def covers(outer: str, inner: str) -> bool:
    """Tell whether the node ID ``inner`` is ``outer`` or below it."""
    below = () if "[" in outer else (f"{outer}/", f"{outer}::", f"{outer}[")
    return inner == outer or inner.startswith(below)


def all_not_found(arguments: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return a message for each of *arguments* that names nothing of *known*."""
    unknown = [argument for argument in arguments if not any(covers(argument, node_id) for node_id in known)]
    return [not_found(argument, known) for argument in unknown]


def not_found(argument: str, known: Sequence[str]) -> str:
    """Return the message for an argument that names nothing, with the node IDs that may have been meant."""
    start, existing = _siblings(argument, known)
    near = get_close_matches(argument.removeprefix(start), [i.removeprefix(start) for i in existing])
    if near:
        return f"not found: {argument} (did you mean {' or '.join(start + rest for rest in near)}?)"
    return f"not found: {argument} (there are {', '.join(existing)})"


def _siblings(argument: str, known: Sequence[str]) -> tuple[str, list[str]]:
    # The cases of the check, if there is such a check; else the checks of the area; else the areas.
    area, check = argument.partition("::")[0], argument.partition("[")[0]
    for parent, start in ((check, check), (area, f"{area}::")):
        below = [node_id for node_id in known if covers(parent, node_id)]
        if below and parent != ROOT:
            return start, below
    return f"{ROOT}/", list(dict.fromkeys(node_id.partition("::")[0] for node_id in known))


ARGUMENT = "stt_client"
"""The fixture by which a check is repeated for each client."""

_OF_SUITE = re.compile(rf"{ROOT}/\w+::")
_UNSAFE = re.compile(r"[^\w.:@ =/+-]", re.ASCII)


class Clients(Sequence[str]):
    """The names of the clients of a run, as they were given; one that is empty for a client that a fixture gives.

    Args:
        names: At least one, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        ids = [_UNSAFE.sub("_", name).replace("::", ":_") for name in names]
        is_told_apart = len(set(ids)) == len(ids)
        self.ids = ids if is_told_apart else [f"{place}-{part}" for place, part in enumerate(ids, 1)]
        """What stands for each in node IDs; only where there are several."""

    def __getitem__(self, place: int) -> str:  # type: ignore[override] # nobody slices it
        return self._names[place]

    def __len__(self) -> int:
        return len(self._names)

    def of(self, node_id: str) -> tuple[str, str]:
        """Return which client the item at *node_id* is about, and its node ID in a run with that client alone."""
        check, _, case = node_id.partition("[")
        for name, part in zip(self._names, self.ids, strict=True) if len(self) > 1 else ():
            for end, instead in (("]", ""), ("-", "[")):
                if case.startswith(f"{part}{end}"):
                    return name, f"{check}{instead}{case.removeprefix(f'{part}{end}')}"
        return self._names[0], node_id

    def repeat(self, metafunc: pytest.Metafunc) -> None:
        """Repeat a check for each client, when there are several."""
        if len(self) > 1:
            metafunc.parametrize(ARGUMENT, list(self._names), ids=self.ids)


def is_of_suite(node_id: str) -> bool:
    """Whether *node_id* is that of a check, and not that of a test in a file below a folder of the same name."""
    return _OF_SUITE.match(node_id) is not None


_CollectorT = TypeVar("_CollectorT", bound=pytest.Collector)

_SOCKETS = "enable_socket"
"""pytest-socket's marker that lifts its block, which would raise inside of the client; the guard keeps packets here."""


class SuiteMount:
    """Plugin that adds the suite to the session and vouches that no check of it gets lost.

    Args:
        config: The configuration; arguments that name parts of the suite are taken out of it.
        areas: Gives the shipped areas; called only when the suite takes part in the run.
    """

    def __init__(self, config: pytest.Config, areas: Callable[[], Sequence[Area]]) -> None:
        self.selection = take_stt_arguments(config)
        self._config = config
        self._areas = areas
        self._items: dict[str, pytest.Item] = {}
        self._deselected: set[int] = set()
        self._collected = False
        config.pluginmanager.register(_AreaCollection(config), "stt-areas")

    @property
    def header_line(self) -> str | None:
        """Sentence for the report header when the suite is left out of the run."""
        if self.selection.mounted:
            return None
        return f"{ROOT}: not run, since paths were given; add the argument {ROOT!r} to run it as well"

    def areas(self) -> list[Area]:
        """Return the areas of which anything is asked for, in the shipped order."""
        shipped = self._areas() if self.selection.mounted else ()
        return [area for area in shipped if self.selection.reaches(area.node_id)]

    def select(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Take note of an area's items and return those asked for."""
        self._items.update((item.nodeid, item) for item in items)
        return [item for item in items if self.selection.includes(item.nodeid)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the decision on to a worker of pytest-xdist."""
        node.workerinput[WORKER_KEY] = self.selection.mounted

    def pytest_sessionstart(self) -> None:
        """Refuse arguments that name no area or check, before any work is done or distributed."""
        if self.selection.arguments:
            names = [argument.partition("[")[0] for argument in self.selection.arguments]
            self._refuse_unknown(names, list(_check_ids(self._areas())))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the suite to what the session collected."""
        report = yield
        if isinstance(collector, pytest.Session) and self.selection.mounted:
            report.result.append(_placed(SuiteRoot, collector, ROOT, mount=self))
        return report

    def pytest_collection_modifyitems(self, session: pytest.Session) -> None:
        """Refuse arguments that name no case of a check."""
        # A failed collection ends the run by itself; otherwise, from here on, nothing may get lost.
        self._collected = not session.testsfailed
        if self._collected:
            self._refuse_unknown(self.selection.arguments, list(self._items))

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Take note of the items that were dropped openly."""
        self._deselected.update(map(id, items))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Fail the run if a check asked for is neither about to run nor deselected."""
        lost = list(self._lost(session)) if self._collected else []
        if lost:
            self._fail(
                f"{len(lost)} of the checks asked for got lost in collection: {', '.join(lost)}\n"
                "A plugin or conftest.py dropped them without calling the hook pytest_deselected."
            )

    def _lost(self, session: pytest.Session) -> Iterator[str]:
        # By identity, because plugins rename items (pytest-xdist for --dist=loadgroup).
        kept = self._deselected.union(map(id, session.items))
        for node_id, item in self._items.items():
            if self.selection.includes(node_id) and id(item) not in kept:
                yield node_id
        found = {node_id.partition("[")[0] for node_id in self._items}
        yield from (i for i in _check_ids(self.areas()) if self.selection.reaches(i) and i not in found)

    def _refuse_unknown(self, arguments: Sequence[str], known: Sequence[str]) -> None:
        texts = all_not_found(arguments, known)
        if texts and hasattr(self._config, "workerinput"):
            # A usage error in a worker ends it without a word on the terminal.
            self._fail("\n".join(texts))
        elif texts:
            raise pytest.UsageError(*texts)

    def _fail(self, text: str) -> None:
        report = pytest.CollectReport(ROOT, "failed", text, [])
        self._config.hook.pytest_collectreport(report=report)


class SuiteRoot(pytest.Collector):
    """The node ``stt``."""

    def __init__(self, *, mount: SuiteMount, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mount = mount
        if any(line.startswith(f"{_SOCKETS}(") for line in self.config.getini("markers")):
            self.add_marker(_SOCKETS)

    def collect(self) -> list[pytest.Collector]:
        """Return the areas asked for."""
        return [
            _placed(AreaModule, self, area.node_id, path=_source(area.module), area=area, mount=self.mount)
            for area in self.mount.areas()
        ]


class AreaModule(pytest.Module):
    """The checks of one area, whatever the user's naming patterns."""

    def __init__(self, *, area: Area, mount: SuiteMount, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._area = area
        self._mount = mount

    def collect(self) -> list[pytest.Item]:
        """Return the checks asked for.

        Raises:
            pytest.Collector.CollectError: The module's checks are not those shipped.
        """
        items = [item for item in super().collect() if isinstance(item, pytest.Function)]
        different = {item.originalname for item in items}.symmetric_difference(self._area.checks)
        if different:
            names = ", ".join(sorted(different))
            raise self.CollectError(f"The checks collected and those shipped differ in: {names}")
        for item in items:
            _hide_location(item)
        return self._mount.select(items)

    def istestfunction(self, obj: object, name: str) -> bool:
        """Accept functions by our own pattern."""
        return name.startswith("test_") and callable(obj)

    def istestclass(self, *_: object) -> bool:
        """Accept none: their methods would have to match the user's pattern."""
        return False

    def _getobj(self) -> ModuleType:
        # By name, as the rest of the package does: by path there would be a second copy of the module.
        if self._area.module not in sys.modules:
            pytest.register_assert_rewrite(self._area.module)
        return importlib.import_module(self._area.module)


class _AreaCollection:
    """Lets nobody but pytest collect an area: ``--lf`` would skip it, since its ID is not a path that exists."""

    def __init__(self, config: pytest.Config) -> None:
        self._runner: Any = config.pluginmanager.get_plugin("runner")

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> pytest.CollectReport | None:
        if not isinstance(collector, AreaModule):
            return None
        report: pytest.CollectReport = self._runner.pytest_make_collect_report(collector)
        return report


def _placed(kind: type[_CollectorT], parent: pytest.Collector, node_id: str, **kwargs: Any) -> _CollectorT:
    # The name is fixed as well as the ID, because -k matches it.
    return kind.from_parent(parent, name=node_id.rpartition("/")[2], nodeid=node_id, **kwargs)


def _source(module: str) -> Path:
    # Plugins and --nf expect a file that exists. Where there is none, the import is going to fail and tell why.
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        spec = None
    return Path(spec.origin if spec and spec.origin else __file__)


def _hide_location(item: pytest.Function) -> None:
    # The real path differs between machines, and it would go into JUnit XML and summaries.
    line = item.reportinfo()[1]
    place = item.config.rootpath / item.nodeid.partition("::")[0]
    item.reportinfo = lambda: (place, line, item.nodeid)  # type: ignore[method-assign]


def _check_ids(areas: Sequence[Area]) -> Iterator[str]:
    return (f"{area.node_id}::{check}" for area in areas for check in area.checks)
