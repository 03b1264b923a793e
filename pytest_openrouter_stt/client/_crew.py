"""Running several calls at once, each in a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._outcome import Outcome


class Crew:
    """Workers that are kept for the next time.

    Args:
        name: What the names of their threads begin with.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._workers: list[Worker] = []

    def run(
        self, functions: Sequence[Callable[[], object]], deadline: float, why_endless: Callable[[], str]
    ) -> list[Outcome]:
        """Run all *functions* at once, and return how each ended; see `Worker.run`."""
        self._workers = [worker for worker in self._workers if worker.usable]
        while len(self._workers) < len(functions):
            self._workers.append(Worker(f"{self._name}-{len(self._workers)}"))
        crew = self._workers[: len(functions)]
        jobs = [worker.begin(function, traced=True) for worker, function in zip(crew, functions, strict=True)]
        return [worker.finish(job, deadline, why_endless) for worker, job in zip(crew, jobs, strict=True)]

    def close(self) -> None:
        """Let every thread end after its last call."""
        for worker in self._workers:
            worker.close()
