"""What the command line asks for of the suite, by the node IDs of its areas, checks and cases."""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

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
