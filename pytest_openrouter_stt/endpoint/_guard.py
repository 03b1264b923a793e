"""Keeps every packet on the machine while a client is driven, and records each attempt to send one.

Three layers, because none sees everything: an audit hook (what Python's own socket and process functions do, in
every thread), wrapped socket methods (the hook is told only after a host name was resolved), and proxy variables
that point at a loopback trap (native code such as libcurl). Code that opens sockets by itself and ignores proxy
variables (ctypes, uvloop's own connect, a child process that multiprocessing spawns) is out of reach.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import sys
import threading
import weakref
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from ._proxy_trap import ProxyTrap, proxied_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_SENDS = {"socket.connect": "connect", "socket.sendto": "datagram", "socket.sendmsg": "datagram"}
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"})
_STARTS = frozenset(
    {
        "_winapi.CreateProcess",
        "os.exec",
        # A forked child would keep its records to itself; os.spawn*() is fork and exec on POSIX.
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.system",
        "subprocess.Popen",
    }
)
_WATCHED = _LOOKUPS | _STARTS | _SENDS.keys()

# Python itself starts these, to learn what machine it runs on: platform.processor() and .architecture(),
# ctypes.util.find_library(), and the User-Agent headers that API clients build from them. None of them talks to a
# network, and refusing them would blame a client for the standard library.
_HARMLESS_PROGRAMS = frozenset(
    ("cc", "file", "gcc", "ld", "ldconfig", "lsb_release", "objdump", "oslevel", "sw_vers", "uname", "ver")
)
_SHELLS = frozenset({"bash", "cmd", "dash", "sh", "zsh"})
_LOCAL_FAMILIES = frozenset(
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG") if hasattr(socket, name)
)

# Each method's event, and how many arguments it has at least when the last of them is an address.
_JUDGED_METHODS = {
    "connect": ("socket.connect", 1),
    "connect_ex": ("socket.connect", 1),
    "sendto": ("socket.sendto", 2),
    "sendmsg": ("socket.sendmsg", 4),
}

_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_STDLIB = str(Path(contextlib.__file__).parent) + os.sep
_INSTALLED = ("site-packages", "dist-packages")

_PHRASES = {
    "connect": "connection to",
    "datagram": "datagram to",
    "lookup": "name lookup of",
    "proxy": "request through a proxy to",
    "subprocess": "start of the program",
}

# One guard's judge while it is armed, else None. The hook cannot be removed, so this is all that it looks at.
_judge: Callable[[str, tuple[Any, ...]], None] | None = None
_hooked = False
# Taken to arm and disarm only, never by the hook: audited code may hold any lock. Re-entrant, for finalizers.
_switch = threading.RLock()


@dataclass(frozen=True, slots=True)
class Escape:
    """One attempt to reach beyond this machine; it was refused.

    Attributes:
        kind: ``connect``, ``lookup``, ``datagram``, ``subprocess`` or ``proxy``.
        target: Such as ``openrouter.ai:443``, or a program's name.
        where: ``path:line in function`` of the code that tried, or empty if that cannot be known.
    """

    kind: str
    target: str
    where: str

    def __str__(self) -> str:
        origin = f" at {self.where}" if self.where else ""
        return f"{_PHRASES.get(self.kind, self.kind)} {self.target} refused{origin}"


class NetworkGuard:
    """Refuses and records what would leave this machine; make one per pytest run.

    It changes the whole process: the environment, and what every thread may do. Two guards may be armed only one
    within the other.
    """

    def __init__(self) -> None:
        self._found: list[Escape] = []
        self._approaches: deque[tuple[weakref.ref[socket.socket], str]] = deque(maxlen=64)
        self._trap = ProxyTrap(self._on_proxied)
        self._depth = 0
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
        with ``PermissionError``. Proxy variables lead to the trap, and variables ``OPENROUTER_*`` are absent.

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

    def close(self) -> None:
        """Stop the trap's thread; arming again starts another."""
        self._trap.close()

    def _arm(self) -> None:
        with _switch:
            if self._depth == 0:
                url = self._trap.start()
                _install_hook()
                with contextlib.ExitStack() as undo:
                    undo.enter_context(proxied_environment(url))
                    undo.enter_context(_judged_socket_methods())
                    undo.enter_context(_judging(self._judge))
                    self._undo = undo.pop_all()
            self._depth += 1

    def _disarm(self) -> None:
        with _switch:
            self._depth -= 1
            if self._depth == 0:
                self._undo.close()

    def _judge(self, event: str, args: tuple[Any, ...]) -> None:
        try:
            kind, target = _escape_of(event, args)
            where = _where() if target else ""
        except Exception:  # noqa: BLE001 - audited code can pass anything; what cannot be read is refused
            kind, target, where = _kind(event), event, ""
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
                self._approaches.append((weakref.ref(sock), _where()))

    def _on_proxied(self, target: str, client_port: int) -> None:
        where = next((where for ref, where in tuple(self._approaches) if _port(ref()) == client_port), "")
        self._found.append(Escape("proxy", target, where))


def _install_hook() -> None:
    global _hooked  # noqa: PLW0603 - a process has one set of audit hooks, and they stay
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True


def _hook(event: str, args: tuple[Any, ...]) -> None:
    judge = _judge
    if judge is not None and event in _WATCHED:
        judge(event, args)


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


def _kind(event: str) -> str:
    return "lookup" if event in _LOOKUPS else _SENDS.get(event, "subprocess")


def _escape_of(event: str, args: tuple[Any, ...]) -> tuple[str, str]:
    """Return the kind and the target of what an event announces; no target if it stays on this machine."""
    if event in _STARTS:
        program, harmless = _program(event, args)
        return "subprocess", "" if harmless else program
    if event in _SENDS:
        local = args[1] is None or getattr(args[0], "family", None) in _LOCAL_FAMILIES
        return _SENDS[event], "" if local else _remote(args[1])
    return "lookup", _remote(args[0] if event == "socket.getnameinfo" else args[:2])


def _remote(address: Any) -> str:
    """Return an address as ``host:port``, or nothing if it is this machine's own."""
    host, port = (*address, None)[:2] if isinstance(address, tuple) else (address, None)
    name = _text(host)
    if _is_local(name):
        return ""
    name = f"[{name}]" if ":" in name else name
    return name if port is None else f"{name}:{_text(port)}"


def _is_local(host: str) -> bool:
    name = host.lower().removesuffix(".")
    if name in {"", "localhost"} or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _program(event: str, args: tuple[Any, ...]) -> tuple[str, bool]:
    """Return the name of the program that is to be started, and whether it is a harmless one."""
    words = _command(event, args)
    name = Path(words[0].strip('"').replace("\\", "/")).name.lower().removesuffix(".exe")
    if name not in _SHELLS or len(words) < 3:  # noqa: PLR2004 - shell, -c, command line
        return name, name in _HARMLESS_PROGRAMS
    line = " ".join(words[2:]).strip('" ')
    return (line.split() or [name])[0], line in _HARMLESS_PROGRAMS  # one bare word: no pipes, no substitution


def _command(event: str, args: tuple[Any, ...]) -> list[str]:
    match event:
        case "os.fork" | "os.forkpty":
            return [event]
        case "os.system":
            return ["sh", "-c", _text(args[0])]
        case "os.spawn":
            return [_text(args[1])]
        case "os.startfile":
            return [_text(args[0])]
    program, arguments = args[:2]
    if isinstance(arguments, str):  # Windows: the whole command line
        return arguments.split()
    return [_text(program or arguments[0]), *map(_text, arguments[1:])]


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


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


def _where() -> str:
    """Return the innermost line of the client: its own code if any is on the stack, else a library's."""
    library = ""
    for frame in _client_frames():
        path = frame.f_code.co_filename
        if path.startswith("<frozen") or (path.startswith(_STDLIB) and not _is_installed(path)):
            continue
        place = f"{_short(path)}:{frame.f_lineno} in {frame.f_code.co_name}"
        if not _is_installed(path):
            return place
        library = library or place
    return library


def _client_frames() -> Iterator[FrameType]:
    """Yield the frames between this package, which refuses, and this package, which drives the client."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - inspect.stack() reads source files
    seen = False
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            seen = True
            yield frame
        elif seen:
            return
        frame = frame.f_back


def _short(path: str) -> str:
    parts = Path(path).parts
    return "/".join(parts[3:][-3:] or parts[-1:])  # without /home/<user>: reports are shared


def _is_installed(path: str) -> bool:
    return any(folder in path for folder in _INSTALLED)
