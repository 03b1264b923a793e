"""The end of a run: the client is closed, and what it attempted after its last check is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_TOLD = "stt_parting"
"""Under this key, a worker of pytest-xdist tells it to its controller."""


class Parting:
    """Plugin that fails a run whose client went past the endpoint when no check looked any more.

    Args:
        leave: Takes leave of the client, and says what it did that it must not do; nothing if it did not.
    """

    def __init__(self, leave: Callable[[], str]) -> None:
        self._leave = leave
        self._told: list[str] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Take leave: in a worker before it reports, elsewhere after the summary, which shows the client."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_TOLD] = self._leave()
            return (yield)
        done = yield
        problems = list(dict.fromkeys(filter(None, [self._leave(), *self._told])))
        if problems:
            pytest.exit(f"stt: {' '.join(problems)}", session.exitstatus or pytest.ExitCode.TESTS_FAILED)
        return done

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what a worker tells; one that crashed tells nothing."""
        self._told.append(getattr(node, "workeroutput", {}).get(_TOLD, ""))
