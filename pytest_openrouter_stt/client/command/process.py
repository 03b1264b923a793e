"""A command that is running: its lines are read as they come, and its end is certain.

Nothing here waits on Python's clock, which in a client's threads is a virtual one.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import selectors
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .supervisor import LEASH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_LONGEST_LINE = 64 * 2**20
_KEPT_OUTPUT = 64 * 2**10
_CHUNK = 2**16
_LOOK = 0.1
"""How often a silent process is looked at, in seconds."""

_LAST_LOOK = 0.01
_LAST_LOOKS = 50
"""How often one that has closed its standard output is looked at, which it does when it ends, before it is ended."""

_SIGNALLED = 128
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|_KEY$", re.IGNORECASE)
_SHOWN_TO_CLIENTS = "OPENROUTER_"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


def supervisor_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command line that starts *argv* under a supervisor."""
    return (sys.executable, "-I", "-S", str(_SUPERVISOR), *argv)


def environment() -> dict[str, str]:
    """Return what a command finds: this process's environment, without what looks like a secret.

    What the network guard put there stays, and what it hid from clients is not here. Other languages than Python do
    not look at ``ALL_PROXY``, so its value stands under the other names too.
    """
    found = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_SHOWN_TO_CLIENTS) or not _SECRET.search(name)
    }
    proxy = found.get("ALL_PROXY")
    return found if proxy is None else {**found, **dict.fromkeys(_PROXIES, proxy)}


class Process:
    """A command under a supervisor, with a thread that reads what it writes.

    Args:
        argv: The command, split into words.
        folder: The directory that it is started in.
        variables: Its environment.
        on_line: Takes each line of its standard output, in the reading thread.
        on_end: Is told in that thread, after the last line, that it ended, and how.

    Raises:
        OSError: The supervisor cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        variables: Mapping[str, str],
        on_line: Callable[[bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._on_line, self._on_end = on_line, on_end
        self._line = bytearray()
        self._said = bytearray()
        self._unforwarded = 0
        self._lock = threading.Lock()
        held, leash = os.pipe()
        self._leash: int | None = leash
        try:
            self._popen = _started(argv, folder, {**variables, LEASH: str(held)}, held)
        except BaseException:
            os.close(leash)
            raise
        finally:
            os.close(held)
        self._input, self._output, self._errors = _pipes(self._popen)
        self._reader = threading.Thread(target=self._read, name="stt-client-command", daemon=True)

    def start_reading(self) -> None:
        """Let lines come, and the end."""
        self._reader.start()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and all that it wrote was read."""
        return not self._reader.is_alive()

    @property
    def said(self) -> str:
        """The last 64 KiB of its standard error."""
        with self._lock:
            return self._said.decode("utf-8", "replace")

    def take_said(self) -> str:
        """Return what came to its standard error since the last time, the last 64 KiB at most."""
        with self._lock:
            new, self._unforwarded = self._unforwarded, 0
            return self._said[max(0, len(self._said) - new) :].decode("utf-8", "replace")

    def write(self, data: bytes) -> None:
        """Write to its standard input; what it does not take because it has ended is lost."""
        rest = memoryview(data)
        while rest:
            taken = self._write_some(rest[:_CHUNK])
            if taken is None:
                return
            rest = rest[taken:]

    def _write_some(self, data: memoryview) -> int | None:
        """Return how much it took within a moment; ``None`` when it takes nothing any more."""
        with self._lock:  # else the descriptor may be closed meanwhile, and be that of another file
            with contextlib.suppress(BlockingIOError):
                return _written(self._input, data)
            poll = select.poll()
            poll.register(self._input, select.POLLOUT)
        poll.poll(_LOOK * 1000)
        return 0

    def close_input(self) -> None:
        """Let it read the end of its standard input."""
        with self._lock:
            self._input.close()

    def end_within(self, seconds: float) -> None:
        """Let it read the end of its input, and kill it with all that it has started unless it ends by itself."""
        self.close_input()
        self._reader.join(seconds)
        self.kill()

    def kill(self) -> None:
        """Kill it with all that it has started; does not wait for that."""
        with self._lock:
            leash, self._leash = self._leash, None
        if leash is not None:
            with contextlib.suppress(OSError):
                os.write(leash, b"\n")  # a forked child of this process may hold the pipe open
            os.close(leash)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, and return whether it has."""
        self._reader.join(seconds)
        return self.is_over

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for pipe in (self._errors, self._output):
                selector.register(pipe, selectors.EVENT_READ)
            self._read_until_end(selector)
        self._on_end(_manner(self._popen.wait()))
        self.close_input()
        self._output.close()
        self._errors.close()
        self.kill()  # there is only the leash left, to be closed

    def _read_until_end(self, selector: selectors.BaseSelector) -> None:
        silent_looks = 0
        while silent_looks < _LAST_LOOKS:
            has_ended, is_silent = self._popen.poll() is not None, self._output not in selector.get_map()
            ready = selector.select(0 if has_ended else _LAST_LOOK if is_silent else _LOOK)
            if has_ended and not ready:
                return
            for key, _ in ready:
                self._take(selector, key.fd)
            silent_looks += is_silent and not ready
        self._on_end("it closed its standard output and went on")
        self.kill()

    def _take(self, selector: selectors.BaseSelector, pipe: int) -> None:
        chunk = _chunk(pipe)
        if chunk == b"":
            selector.unregister(pipe)
        elif pipe == self._errors.fileno():
            self._keep(chunk or b"")
        else:
            self._read_errors()  # what was written there before this line is there by now
            self._split(chunk or b"")

    def _read_errors(self) -> None:
        for _ in range(_KEPT_OUTPUT // _CHUNK + 1):
            self._keep(_chunk(self._errors.fileno()) or b"")

    def _keep(self, chunk: bytes) -> None:
        with self._lock:
            self._said += chunk
            del self._said[:-_KEPT_OUTPUT]
            self._unforwarded += len(chunk)

    def _split(self, chunk: bytes) -> None:
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._on_line(bytes(self._line) + line)
            self._line.clear()
        self._line += rest
        if len(self._line) > _LONGEST_LINE:
            self._on_line(bytes(self._line[: 2 * _CHUNK]))  # no JSON, so it is refused with its beginning shown
            self._line.clear()
            self.kill()


def _started(argv: Sequence[str], folder: Path, variables: Mapping[str, str], leash: int) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - the user's own command
        supervisor_argv(argv),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        bufsize=0,
        cwd=folder,
        env=variables,
        pass_fds=(leash,),
        start_new_session=True,
    )


def _pipes(popen: subprocess.Popen[bytes]) -> list[IO[bytes]]:
    pipes = [pipe for pipe in (popen.stdin, popen.stdout, popen.stderr) if pipe is not None]
    for pipe in pipes:
        os.set_blocking(pipe.fileno(), False)
    return pipes


def _written(pipe: IO[bytes], data: memoryview) -> int | None:
    try:
        return os.write(pipe.fileno(), data)
    except (BrokenPipeError, ValueError):  # it is closed at the other end, or at this one
        return None


def _chunk(pipe: int) -> bytes | None:
    """Return what can be read at once: nothing at the end, and ``None`` when there is nothing yet."""
    try:
        return os.read(pipe, _CHUNK)
    except BlockingIOError:
        return None


def _manner(status: int) -> str:
    """Return how a supervisor's exit status says that its command ended."""
    if status <= _SIGNALLED:
        return f"its process ended with exit status {status}"
    try:
        return f"its process was ended by {signal.Signals(status - _SIGNALLED).name}"
    except ValueError:
        return f"its process ended with exit status {status}"
