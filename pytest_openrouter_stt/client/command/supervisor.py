"""Runs a command, and ends it with all that it has started as soon as nobody holds the leash any more.

A program of its own, because only another process survives pytest, however that ends, and on Linux only the one that
adopts orphans finds a daemon that left its process group. It imports nothing but the standard library:
``python -I -S supervisor.py COMMAND…``, with the descriptor of the leash, the reading end of a pipe, in the
environment. The exit status is the command's, or 128 and the number of the signal that ended it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
from typing import NoReturn

LEASH = "STT_LEASH"
"""The environment variable with the descriptor that tells of the end; the command does not see it."""

_PR_SET_CHILD_SUBREAPER = 36
_NOT_FOUND = 127
_SIGNALLED = 128
_ROUNDS = 200
"""How often the living are looked for before what is left is given up, as what hangs in the kernel is."""

_BETWEEN_ROUNDS = 0.01


def main() -> NoReturn:
    """Run the command of the command line until it ends or the leash is let go, and leave nothing behind."""
    leash = int(os.environ.pop(LEASH))
    os.set_inheritable(leash, False)  # noqa: FBT003 - takes no keywords
    _adopt_orphans()
    child = _start(sys.argv[1:])
    _let_go_of_streams()
    status = _watch(child, leash)
    _end_all(child)
    os._exit(status)


def _adopt_orphans() -> None:
    with contextlib.suppress(Exception):  # elsewhere than on Linux only the process group is ended
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _start(argv: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and a program inherits that
        os.execvp(argv[0], argv)  # noqa: S606 - the user's own command, split by the driver
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    os._exit(_NOT_FOUND)


def _let_go_of_streams() -> None:
    """Leave the pipes to the command alone, so that their other ends tell of its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _watch(child: int, leash: int) -> int:
    """Return the exit status of *child* once it has ended; zero when the leash is let go before."""
    ended, awake = os.pipe()
    os.set_blocking(awake, False)
    signal.set_wakeup_fd(awake)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # without a handler nothing is written into the pipe
    while True:
        for pid, status in _reaped():
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else _SIGNALLED - code
        if leash in select.select([leash, ended], [], [])[0]:
            return 0
        os.read(ended, 4096)


def _reaped() -> list[tuple[int, int]]:
    """Return those that have ended, orphans among them; without this they would stay as zombies."""
    found = []
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found.append(ended)
    return found


def _end_all(child: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    for _ in range(_ROUNDS):  # each round adopts the children of those that it ends
        _reaped()
        living = _children()
        if not living:
            return
        for pid in living:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        select.select([], [], [], _BETWEEN_ROUNDS)


def _children() -> list[int]:
    """Return the processes whose parent is this one; none where ``/proc`` does not say."""
    with contextlib.suppress(OSError):
        names = os.listdir("/proc")  # noqa: PTH208 - as for open()
        return [int(name) for name in names if name.isdecimal() and _parent(name) == os.getpid()]
    return []


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - importing pathlib takes longer than all else
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
