"""The network guard keeps every packet on the machine while a client runs, and records each attempt.

Native code (libcurl, a child process) opens sockets that no Python hook sees, but it obeys the proxy variables.
Pointing these here turns such a request into a recorded refusal.

Three layers, because none sees everything: an audit hook (what Python's own socket and process functions do, in
every thread, and which functions of the C library are asked for by name), wrapped methods (the hook is told of a host
only after it was resolved, and of uvloop and of spawned processes nothing), and proxy variables that point at a
loopback trap (native code such as libcurl). Native code that ignores proxy variables is out of reach: the sandbox is
for that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import socketserver
import sys
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self
from urllib.parse import urlsplit

from .audit_shims import announced
from .egress import WATCHED, EgressAttempt, client_line, egress_of, kind_of, line_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# Only ALL_PROXY is set: libraries in C read it, those in Python meet the audit hook anyway, and httpx builds another
# TLS context for each further variable in each of its clients.
_TRAPPED = ("ALL_PROXY", "all_proxy")
_CLEARED = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_DIRECT_HOSTS = "localhost,127.0.0.1,::1"
_SECRET_PREFIX = "OPENROUTER_"  # noqa: S105 - the start of variable names, not a secret

# Nothing is sent over TLS, but each httpx.Client() reads the trusted certificates: one instead of all, whose key is
# gone, makes a client in 0.6 ms instead of 18, which counts where a client makes one for each call.
_NOBODY = Path(__file__).with_name("nobody.pem")


@contextlib.contextmanager
def client_environment(proxy: str) -> Iterator[None]:
    """Set what a client finds, and hide every variable ``OPENROUTER_*``; afterwards all are as before.

    Args:
        proxy: The URL of the proxy for every host but this machine's own.
    """
    changes = {
        **dict.fromkeys(_TRAPPED, proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), _DIRECT_HOSTS),
        "SSL_CERT_FILE": str(_NOBODY),
    }
    hidden = (*_CLEARED, *_secret_names())
    before = {name: os.environ.get(name) for name in (*changes, *hidden)}
    _drop(hidden)
    os.environ.update(changes)
    try:
        yield
    finally:
        _drop(_secret_names())  # a client that reads a .env file may have set some
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _secret_names() -> list[str]:
    return [name for name in os.environ if name.startswith(_SECRET_PREFIX)]


def _drop(names: Iterable[str]) -> None:
    for name in names:
        os.environ.pop(name, None)


UNKNOWN_TARGET = "unknown host"
"""The target of a connection whose request names none, or that ended before its request."""

# http.server is not used: its bind() looks up the machine's full name, which is itself a name lookup.
_MAX_LINE = 65_536
_MAX_READS = 1_024
_BODY = b"pytest-openrouter-stt: this request was not intercepted\n"
_ANSWER = (
    b"HTTP/1.1 502 Bad Gateway\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: close\r\n\r\n%b"
) % (len(_BODY), _BODY)


class ProxyTrap:
    """A proxy on 127.0.0.1 that answers 502 to everything and reports each target.

    Args:
        on_target: Called in a thread of the trap, before the answer is sent, with the target as ``host:port`` (or
            ``UNKNOWN_TARGET``) and the client's own TCP port, which tells which socket of this process asked.
    """

    def __init__(self, on_target: Callable[[str, int], None]) -> None:
        self._on_target = on_target
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int | None:
        """The TCP port on 127.0.0.1; None while the trap does not listen."""
        return self._server.port if self._server else None

    def start(self) -> str:
        """Listen, unless it does already.

        Returns:
            The proxy's URL, such as ``http://127.0.0.1:40961``.

        Raises:
            OSError: This machine does not let a process listen on 127.0.0.1.
        """
        if self._server is None:
            self._server = _Server(self._on_target)
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.1},  # bounds how long close() waits
                name="stt-proxy-trap",
                daemon=True,
            )
            self._thread.start()
        return f"http://127.0.0.1:{self._server.port}"

    def close(self) -> None:
        """Stop listening and end the thread, within a fraction of a second; harmless when repeated."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, on_target: Callable[[str, int], None]) -> None:
        self.on_target = on_target
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port: int = self.socket.getsockname()[1]

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Stay silent: a client that hangs up early is no news, and the base class prints a traceback."""


class _Handler(socketserver.StreamRequestHandler):
    timeout = 2.0  # seconds for the request line; the threads are daemons, so nobody waits for it
    server: _Server

    def handle(self) -> None:
        target = self._read_target()
        # Before the answer, so that the record is there when the client's call returns.
        self.server.on_target(target, self.client_address[1])
        with contextlib.suppress(OSError):
            self.wfile.write(_ANSWER)
            self._drain()

    def _read_target(self) -> str:
        try:
            return _target(self.rfile.readline(_MAX_LINE))
        except OSError:
            return UNKNOWN_TARGET

    def _drain(self) -> None:
        """Read what is left: closing over unread bytes resets the connection, and the client loses the answer."""
        self.request.settimeout(0.5)
        for _ in range(_MAX_READS):
            if not self.request.recv(_MAX_LINE):
                return


def _target(line: bytes) -> str:
    """Return the ``host:port`` that a proxy request's first line asks for."""
    match line.decode("latin-1").split():
        case ["CONNECT", authority, *_]:
            return authority
        case [_, url, *_]:
            return _url_target(url)
        case _:
            return UNKNOWN_TARGET


def _url_target(url: str) -> str:
    """Return ``host:port`` of an absolute URL; never its path or query, which may hold a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (KeyError, ValueError):
        return UNKNOWN_TARGET
    host = parts.hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
        self._found: list[EgressAttempt] = []
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
    def egress_attempts(self) -> tuple[EgressAttempt, ...]:
        """What was refused since the last ``take_egress_attempts()``, oldest first."""
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

    def take_egress_attempts(self) -> tuple[EgressAttempt, ...]:
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
            kind, target = egress_of(event, args)
            where = client_line() if target else ""
        except Exception:  # noqa: BLE001 # pragma: no cover - an audit hook is not traced
            # Audited code can pass anything; what cannot be read is refused.
            kind, target, where = kind_of(event), event, ""
        if target:
            self._found.append(EgressAttempt(kind, target, where))  # atomic, so no lock
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
        self._found.append(EgressAttempt("proxy", target, where or line_elsewhere(), native=not where))


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
