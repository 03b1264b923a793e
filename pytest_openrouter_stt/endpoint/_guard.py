"""Keeps every packet on the machine while a client is driven, and records each attempt to send one.

Three layers, because none sees everything: an audit hook (what Python's own socket and process functions do, in
every thread, and which functions of the C library are asked for by name), wrapped methods (the hook is told of a host
only after it was resolved, and of uvloop and of spawned processes nothing), and proxy variables that point at a
loopback trap (native code such as libcurl). Native code that ignores proxy variables is out of reach: the sandbox is
for that.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, Self

from ._environment import client_environment
from ._escapes import WATCHED, Escape, client_line, escape_of, kind_of, line_elsewhere
from ._proxy_trap import ProxyTrap
from ._unannounced import announced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# Each method's event, and how many arguments it has at least when the last of them is an address.
_JUDGED_METHODS = {
    "connect": ("socket.connect", 1),
    "connect_ex": ("socket.connect", 1),
    "sendto": ("socket.sendto", 2),
    "sendmsg": ("socket.sendmsg", 4),
}

# One guard's judge while it is armed, else None. The hook cannot be removed, so this is all that it looks at.
_judge: Callable[[str, tuple[Any, ...]], None] | None = None
_hooked = False
# A client's own threads may outlive the check that they were started in; these are judged for as long as they live.
_strays: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_judge_of_strays: Callable[[str, tuple[Any, ...]], None] | None = None
# Taken to arm and disarm only, never by the hook: audited code may hold any lock. Re-entrant, for finalizers.
_switch = threading.RLock()


class NetworkGuard:
    """Refuses and records what would leave this machine; make one per pytest run.

    It changes the whole process: the environment, and what every thread may do. Two guards may be armed only one
    within the other.
    """

    def __init__(self) -> None:
        self._found: list[Escape] = []
        self._approaches: deque[tuple[weakref.ref[socket.socket], str]] = deque(maxlen=64)
        self._trap = ProxyTrap(self._on_proxied)
        self._permitted: set[tuple[str, ...]] = set()
        self._depth = 0
        self._threads: set[threading.Thread] = set()
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def escapes(self) -> tuple[Escape, ...]:
        """What was refused since the last ``take_escapes()``, oldest first."""
        return tuple(self._found)

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Refuse and record while the block runs; may be nested and entered from several threads.

        Lookups fail with ``socket.gaierror``, connections and datagrams with ``ConnectionRefusedError``, programs
        with ``PermissionError``. Proxy variables lead to the trap, and variables ``OPENROUTER_*`` are absent. Threads
        that were started meanwhile, and go on afterwards, are still refused what the audit hook sees.

        Raises:
            OSError: The trap cannot listen on 127.0.0.1.
        """
        self._arm()
        try:
            yield
        finally:
            self._disarm()

    def take_escapes(self) -> tuple[Escape, ...]:
        """Return what was refused since the last call, oldest first, and forget it."""
        with _switch:
            taken = tuple(self._found)
            del self._found[: len(taken)]  # not clear(): a thread may have appended since
        return taken

    def permit(self, argv: Sequence[str]) -> None:
        """Let programs be started by exactly the command line *argv*: that of a client which is a command."""
        self._permitted.add(tuple(argv))

    def close(self) -> None:
        """Stop the trap's thread; arming again starts another."""
        self._trap.close()

    def _arm(self) -> None:
        with _switch:
            if self._depth == 0:
                url = self._trap.start()
                _install_hook()
                with contextlib.ExitStack() as undo:
                    undo.enter_context(client_environment(url))
                    undo.enter_context(_judged_socket_methods())
                    undo.enter_context(announced(_hook))
                    undo.enter_context(_judging(self._judge))
                    self._undo = undo.pop_all()
                self._threads = set(threading.enumerate())
            self._depth += 1

    def _disarm(self) -> None:
        with _switch:
            self._depth -= 1
            if self._depth == 0:
                _keep_judging(set(threading.enumerate()) - self._threads, self._judge)
                self._undo.close()

    def _judge(self, event: str, args: tuple[Any, ...]) -> None:
        try:
            if event == "subprocess.Popen" and tuple(args[1]) in self._permitted:
                return
            kind, target = escape_of(event, args)
            where = client_line() if target else ""
        except Exception:  # noqa: BLE001 # pragma: no cover - an audit hook is not traced
            # Audited code can pass anything; what cannot be read is refused.
            kind, target, where = kind_of(event), event, ""
        if target:
            self._found.append(Escape(kind, target, where))  # atomic, so no lock
            _refuse(kind, target)
        elif event == "socket.connect":
            self._note_approach(*args)

    def _note_approach(self, sock: socket.socket, address: Any) -> None:
        """Remember which code connects to the trap: the trap's own thread cannot see it."""
        # A bare _socket.socket takes no weak reference; whatever fails here costs only the line in a report.
        with contextlib.suppress(Exception):
            if address[1] == self._trap.port:
                self._approaches.append((weakref.ref(sock), client_line()))

    def _on_proxied(self, target: str, client_port: int) -> None:
        where = next((where for ref, where in tuple(self._approaches) if _port(ref()) == client_port), "")
        self._found.append(Escape("proxy", target, where or line_elsewhere(), native=not where))


def _install_hook() -> None:
    global _hooked  # noqa: PLW0603 - a process has one set of audit hooks, and they stay
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True


def _hook(event: str, args: tuple[Any, ...]) -> None:
    judge = _judge or _judge_of_strays
    if judge is None or event not in WATCHED:
        return
    if judge is _judge or threading.current_thread() in _strays:
        judge(event, args)


def _keep_judging(threads: Iterable[threading.Thread], judge: Callable[[str, tuple[Any, ...]], None]) -> None:
    global _judge_of_strays  # noqa: PLW0603 - see its definition
    _strays.update(threads)
    _judge_of_strays = judge


@contextlib.contextmanager
def _judging(judge: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    global _judge  # noqa: PLW0603 - see its definition
    before, _judge = _judge, judge
    try:
        yield
    finally:
        _judge = before


@contextlib.contextmanager
def _judged_socket_methods() -> Iterator[None]:
    """Judge an address before a host name in it is resolved: the interpreter tells its audit hooks only after."""
    owner: Any = socket.socket
    own = {name: vars(owner).get(name) for name in _JUDGED_METHODS if hasattr(owner, name)}
    for name in own:
        setattr(owner, name, _judged(getattr(owner, name), *_JUDGED_METHODS[name]))
    try:
        yield
    finally:
        for name, method in own.items():
            if method is None:
                delattr(owner, name)
            else:
                setattr(owner, name, method)


def _judged(method: Callable[..., Any], event: str, arity: int) -> Callable[..., Any]:
    def judged(sock: socket.socket, /, *args: Any) -> Any:
        if len(args) >= arity:
            _hook(event, (sock, args[-1]))
        return method(sock, *args)

    return judged


def _refuse(kind: str, target: str) -> NoReturn:
    reason = f"pytest-openrouter-stt: {target} is beyond this machine"
    if kind == "lookup":
        raise socket.gaierror(socket.EAI_NONAME, reason)
    if kind == "subprocess":
        raise PermissionError(errno.EACCES, reason)
    raise ConnectionRefusedError(errno.ECONNREFUSED, reason)


def _port(sock: socket.socket | None) -> int | None:
    with contextlib.suppress(OSError):
        return sock.getsockname()[1] if sock else None
    return None
