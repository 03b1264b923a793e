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
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from ._selection import ROOT, WORKER_KEY, all_not_found, take_stt_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from types import ModuleType

    from ._selection import Area

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
