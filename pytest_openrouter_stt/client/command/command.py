"""A client that is a command: a process in any language, spoken to in lines of JSON."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_openrouter_stt.client.outcome import ClientNotFound

from .process import supervisor_argv
from .protocol import Error, Request
from .session import CommandFailed, CommandSession

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .protocol import Greeting

_MODULE = "command"
"""Where the classes seem to come from, in reports."""

_PYTHONS_OWN: dict[tuple[str, ...], type[Exception]] = {
    (): Exception,
    ("TypeError",): TypeError,
    ("ValueError",): ValueError,
}
"""What the suite knows as the errors for arguments that are wrong; every language has some."""

_IN_THE_ERROR = ("code", "metadata")
_BESIDE_IT = ("user_id", "openrouter_metadata")


class ForeignErrors:
    """The error types of one client; the same names always give the same class."""

    def __init__(self) -> None:
        self._types: dict[tuple[str, ...], type[Exception]] = dict(_PYTHONS_OWN)

    def type_of(self, names: Sequence[str]) -> type[Exception]:
        """Return the class of that name and those bases.

        Nothing is added to what the client says: types without a common base in *names* have none here but
        ``Exception``, or ``TypeError`` or ``ValueError`` when *names* end in it.

        Args:
            names: The name of the type, and of those that it inherits from, the most specific first.
        """
        names = tuple(names)
        if names not in self._types:
            base = self.type_of(names[1:])
            self._types.setdefault(names, type(names[0], (base,), {"__module__": _MODULE}))
        return self._types[names]

    def exception(self, error: Error) -> Exception:
        """Return *error* as what can be raised, with what it keeps as attributes."""
        raised: Any = self.type_of(error.types)(error.message)
        raised.message = error.message
        raised.status_code = error.kept.get("status")
        raised.headers = error.kept.get("headers")
        raised.body = error.kept.get("body")
        raised.data = _data(error)
        return raised  # type: ignore[no-any-return]


def _data(error: Error) -> dict[str, Any]:
    """Return what was kept of the body of the response, in the form that it has there."""
    inner = {name: error.kept[name] for name in _IN_THE_ERROR if name in error.kept}
    beside = {name: error.kept[name] for name in _BESIDE_IT if name in error.kept}
    return {**beside, "error": {"message": error.message, **inner}}


PREFIX = "cmd:"
_PROTOCOL = "See docs/reference/command-protocol.md."
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_BY_DEFAULT = object()


class Command:
    """One command, its process, and the error types that came of it.

    The process is started for the first client, serves all of them, and is started again after it had to be ended.

    Args:
        wanted: ``cmd:`` and the command line, which is split as a shell does.

    Attributes:
        timeout: How long a call may take, in seconds; the process is told.
        start_limit: How long the first process may take to greet, in seconds.

    Raises:
        ClientNotFound: It is no command line, or there is no such program.
    """

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self._words = _split(wanted)
        self._folder = Path.cwd()
        self.timeout = 60.0
        self.start_limit = 30.0
        self.errors = ForeignErrors()
        self.greeting: Greeting | None = None
        self._session: CommandSession | None = None
        self._begun_ones: list[CommandSession] = []
        self._numbers = itertools.count(1)
        self._starting = threading.Lock()

    @property
    def argv(self) -> tuple[str, ...]:
        """The one command line that has to be permitted so that the command can be started."""
        return supervisor_argv(self._words)

    @property
    def shell(self) -> str:
        """The command as it can be pasted into a shell."""
        return shlex.join(self._words)

    @property
    def title(self) -> str:
        """The client's name and version, as the process has said; empty before it has."""
        return f"{self.greeting.name} {self.greeting.version}".strip() if self.greeting else ""

    def client(self, *, api_key: str | None, base_url: str) -> CommandClient:
        """Return a client with that key; the first one waits until a process has said what it offers.

        Raises:
            ClientNotFound: The process does not greet, or the server is not on this machine.
        """
        if urlsplit(base_url).hostname not in _HERE:
            problem = f"it would be told to call {base_url!r}, which is not on this machine"
            raise ClientNotFound(wanted=self.wanted, problem=problem, remedy="Serve it with --stt-endpoint=loopback.")
        if self.greeting is None:
            try:
                self._current()
            except (CommandFailed, OSError) as error:
                raise ClientNotFound(wanted=self.wanted, problem=str(error), remedy=_PROTOCOL) from error
        return CommandClient(self, api_key, base_url)

    def call(self, api_key: str | None, base_url: str, arguments: Mapping[str, Any], *, retries: bool) -> Any:
        """Make a call, and return what the client returned.

        Raises:
            CommandFailed: The process did not do its part.
            Exception: What the client raised, of a class with the name of its type.
        """
        session = self._current(is_taken=True)
        request = Request(next(self._numbers), base_url, api_key, arguments, retries, self.timeout)
        try:
            value = session.ask(request).value
        except BaseException:
            self._drop(session)
            raise
        finally:
            _forward(session.take_said())
        if session.greeting.is_one_shot:
            session.end()
        if isinstance(value, Error):
            raise self.errors.exception(value)
        return value

    def close(self) -> None:
        """End the process, and wait for those that were ended before."""
        self._session = None
        while self._begun_ones:
            self._begun_ones.pop().end()

    def _current(self, *, is_taken: bool = False) -> CommandSession:
        """Return a session that can go on.

        Args:
            is_taken: Whether a call is about to be made, for which a process that makes but one is used up.

        Raises:
            CommandFailed: The last one ended by itself since its last call, or a new one does not begin.
            OSError: The process cannot be started.
        """
        with self._starting:
            session = self._kept() or self._begun()
            used_up = is_taken and session.greeting.is_one_shot
            self._session = None if used_up else session
            return session

    def _kept(self) -> CommandSession | None:
        session = self._session
        if session is None:
            return None
        if session.failure is not None:
            self._drop(session)
            raise session.failure
        if _keys(session.variables) != _keys(os.environ):
            self._drop(session)  # a check changed what the client finds in its environment
            session.end()
            return None
        return session

    def _begun(self) -> CommandSession:
        session = CommandSession(self._words, self._folder)
        self._begun_ones = [*(known for known in self._begun_ones if not known.is_over), session]
        try:
            session.greet(self.start_limit)
        except BaseException:
            session.kill()
            raise
        self.greeting = session.greeting
        return session

    def _drop(self, session: CommandSession) -> None:
        if self._session is session:
            self._session = None


class CommandClient:
    """A client whose calls a command makes.

    Args:
        command: Makes them.
        api_key: The key that it is told to use.
        base_url: The server that it is told to call.
    """

    def __init__(self, command: Command, api_key: str | None, base_url: str) -> None:
        self._command = command
        self._api_key = api_key
        self._base_url = base_url

    @property
    def stt_features(self) -> frozenset[str]:
        """What the process says that it offers; every command is called synchronously."""
        greeting = self._command.greeting
        return frozenset({"sync"}) | (greeting.features if greeting else frozenset())

    @property
    def stt_errors(self) -> dict[str, type[Exception]] | None:
        """The error type of each status, where the process has said it."""
        greeting = self._command.greeting
        if greeting is None or not greeting.errors:
            return None
        return {status: self._command.errors.type_of(names) for status, names in greeting.errors.items()}

    def create_transcription(self, *, retries: object = _BY_DEFAULT, **arguments: Any) -> Any:
        """Make a call; see `Command.call`."""
        return self._command.call(self._api_key, self._base_url, arguments, retries=retries is not None)


def _split(wanted: str) -> list[str]:
    if os.name != "posix":  # pragma: no cover - on Windows only
        raise ClientNotFound(wanted=wanted, problem="commands need a POSIX system", remedy="Use WSL.")
    try:
        words = shlex.split(wanted.removeprefix(PREFIX))
    except ValueError as error:
        remedy = "Quote it as for a shell: 'cmd:node \"my adapter.mjs\"'."
        raise ClientNotFound(wanted=wanted, problem=f"it cannot be split into words ({error})", remedy=remedy) from None
    if not words:
        raise ClientNotFound(wanted=wanted, problem="it names no command", remedy="Write 'cmd:node adapter.mjs'.")
    if shutil.which(words[0]) is None:
        problem = f"there is no program {words[0]!r}"
        remedy = "Install it, or name it by its path; it is looked for on PATH, and from the working directory."
        raise ClientNotFound(wanted=wanted, problem=problem, remedy=remedy)
    return words


def _keys(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith("OPENROUTER_")}


def _forward(text: str) -> None:
    """Write to this process's standard error what the command wrote to its own: pytest shows it with a failure."""
    if text:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
