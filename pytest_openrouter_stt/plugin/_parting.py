"""The end of the checks and of a run: the client is closed, and what it attempted after its last check is told."""

from __future__ import annotations

import gc
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from ._clients import is_of_suite

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
            gc.freeze()
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


def _let_go() -> None:
    """Collect what clients left open, which is found at any time later and laid at the door of who runs then."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed", ResourceWarning)
        gc.collect()
