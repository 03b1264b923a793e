"""A session with a command: a greeting, then an answer to each request."""

from __future__ import annotations

import contextlib
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .process import Process, environment
from .protocol import Answer, Greeting, ProtocolError, read_answer, read_greeting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .protocol import Request

_LOOK = 0.05
"""How often a wait looks up, in seconds: only then a call that is given up can end."""

_FAREWELL = 1.0
"""How long a process may take to end by itself, in seconds."""

_MAX_SAID = 100
"""Characters that are shown of the beginning, and of the end, of what was written to standard error."""


@dataclass(eq=False, kw_only=True)
class CommandFailed(Exception):
    """A command did not do its part: it wrote garbage, ended early, or cannot be told of a call.

    That is no error of the client under test, which would have come as an answer.

    Attributes:
        problem: What happened.
        said: The end of its standard error.
    """

    problem: str
    said: str = ""

    def __str__(self) -> str:
        said = " ".join(self.said.split())
        if len(said) > 2 * _MAX_SAID:
            said = f"{said[:_MAX_SAID]} … {said[-_MAX_SAID:]}"
        return f"{self.problem}; it wrote to standard error: {said}" if said else self.problem


class CommandSession:
    """A running command, and what is awaited from it.

    Args:
        argv: The command, split into words.
        folder: The directory that it is started in.

    Attributes:
        greeting: What the process said of itself; set by `greet`.
        variables: The environment that it was given.

    Raises:
        OSError: It cannot be started.
    """

    greeting: Greeting

    def __init__(self, argv: Sequence[str], folder: Path) -> None:
        self._first: queue.SimpleQueue[Greeting | None] = queue.SimpleQueue()
        self._is_greeted = False
        self._awaited: dict[int, queue.SimpleQueue[Answer | None]] = {}
        self._turn = threading.Lock()
        self._writing = threading.Lock()
        self._problem = ""
        self.variables = environment()
        self._process = Process(argv, folder, self.variables, self._take, self._fail)
        self._process.start_reading()

    @property
    def failure(self) -> CommandFailed | None:
        """Why it cannot go on; ``None`` as long as it can."""
        return CommandFailed(problem=self._problem, said=self._process.said) if self._problem else None

    @property
    def is_over(self) -> bool:
        """Whether the process is gone."""
        return self._process.is_over

    def greet(self, seconds: float) -> None:
        """Wait for the greeting.

        Raises:
            CommandFailed: There is none within *seconds*, or the process ended, or it wrote something else.
        """
        for _ in range(round(seconds / _LOOK)):  # counted, because a client's own clock may jump
            with contextlib.suppress(queue.Empty):
                greeting = self._first.get(timeout=_LOOK)
                break
        else:
            self._fail(f"it wrote no greeting within {seconds:g} s")
            greeting = None
        if greeting is None:
            raise self._failed()
        self.greeting = greeting

    def ask(self, request: Request) -> Answer:
        """Make a call, and return how it ended; a call that is given up meanwhile ends the process.

        Raises:
            CommandFailed: The process ended, wrote something else than an answer, or cannot be told.
        """
        try:
            line = request.line()
        except (TypeError, ValueError, RecursionError) as error:
            problem = f"the call cannot be passed to a command ({type(error).__name__}: {error})"
            raise CommandFailed(problem=problem) from None
        try:
            with self._its_turn():
                return self._asked(request.id, line)
        except BaseException:
            self._process.kill()
            raise

    def end(self) -> None:
        """Let the process end by itself, and make sure that it does."""
        self._process.end_within(_FAREWELL)
        self._process.wait(_FAREWELL)

    def kill(self) -> None:
        """End the process at once, without waiting for it."""
        self._process.kill()

    def take_said(self) -> str:
        """Return what the process wrote to standard error since the last time."""
        return self._process.take_said()

    @contextlib.contextmanager
    def _its_turn(self) -> Iterator[None]:
        """Let one call after the other be made, unless the process takes several at once."""
        if self.greeting.is_concurrent:
            yield
            return
        while not self._turn.acquire(timeout=_LOOK):
            pass  # whoever has it finds out when the process has ended
        try:
            yield
        finally:
            self._turn.release()

    def _asked(self, number: int, line: str) -> Answer:
        awaited = self._awaited[number] = queue.SimpleQueue()
        try:
            with self._writing:
                self._process.write(f"{line}\n".encode("ascii"))
            if self.greeting.is_one_shot:
                self._process.close_input()
            answer = self._next(awaited)
        finally:
            self._awaited.pop(number, None)
        if answer is None:
            raise self._failed()
        return answer

    def _next(self, awaited: queue.SimpleQueue[Answer | None]) -> Answer | None:
        while not (self._problem and awaited.empty()):
            with contextlib.suppress(queue.Empty):
                return awaited.get(timeout=_LOOK)
        return None

    def _failed(self) -> CommandFailed:
        self._process.wait(_FAREWELL)  # for what is still to be read of its standard error
        return self.failure or CommandFailed(problem="its process ended")

    def _take(self, line: bytes) -> None:
        try:
            if not self._is_greeted:
                self._is_greeted = True
                self._first.put(read_greeting(line))
                return
            answer = read_answer(line)
        except ProtocolError as error:
            self._fail(str(error))
            return
        awaited = self._awaited.get(answer.id)
        if awaited is None:
            self._fail(f"it answered request {answer.id}, which was not made or is answered already")
        else:
            awaited.put(answer)

    def _fail(self, problem: str) -> None:
        """Remember the first problem, let everybody know, and end the process."""
        self._problem = self._problem or problem
        self._first.put(None)
        for awaited in list(self._awaited.values()):
            awaited.put(None)
        self._process.kill()
