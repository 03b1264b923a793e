"""What an audit event announces: whether that leaves this machine, and which line of the client wants it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
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
_NATIVE = frozenset({"ctypes.dlsym", "ctypes.dlsym/handle"})
WATCHED = _LOOKUPS | _STARTS | _NATIVE | _SENDS.keys()

# Functions of the C library that lead out of this machine. Their arguments are not announced, so that somebody wants to
# call them has to do.
_WAYS_OUT = frozenset(
    {
        "connect",
        "execv",
        "execve",
        "execvp",
        "fork",
        "getaddrinfo",
        "gethostbyname",
        "gethostbyname2",
        "gethostbyname_r",
        "popen",
        "posix_spawn",
        "posix_spawnp",
        "res_query",
        "res_search",
        "sendmmsg",
        "sendmsg",
        "sendto",
        "system",
        "vfork",
    }
)

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

_URL = re.compile(
    r"\b(?P<scheme>https?|wss?)://(?:[^/?#\s'\"]*@)?(?P<host>\[[\da-f:.]+\](?::\d+)?|[^/?#@\s'\"]+)", re.IGNORECASE
)

_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_STDLIB = str(Path(contextlib.__file__).parent) + os.sep
_INSTALLED = ("site-packages", "dist-packages")

_PHRASES = {
    "connect": "connection to",
    "datagram": "datagram to",
    "lookup": "name lookup of",
    "native": "native call of",
    "proxy": "request through a proxy to",
    "subprocess": "start of the program",
}


@dataclass(frozen=True, slots=True)
class EgressAttempt:
    """One attempt to reach beyond this machine; it was refused.

    Attributes:
        kind: ``connect``, ``lookup``, ``datagram``, ``subprocess``, ``proxy`` or ``native``.
        target: Such as ``openrouter.ai:443``; a program's name, with the host of the first URL that it was given; or a
            function of the C library.
        where: ``path:line in function`` of the code that tried, or empty if that cannot be known.
        native: Whether no Python code was seen to do it: redirecting names would not keep that on this machine.
    """

    kind: str
    target: str
    where: str
    native: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        origin = f" at {self.where}" if self.where else ""
        return f"{_PHRASES.get(self.kind, self.kind)} {self.target} refused{origin}"


def kind_of(event: str) -> str:  # pragma: no cover - called by an audit hook, which is not traced
    """Return the kind of what an event announces, as `EgressAttempt` has it."""
    if event in _LOOKUPS | _NATIVE:
        return "lookup" if event in _LOOKUPS else "native"
    return _SENDS.get(event, "subprocess")


def egress_of(event: str, args: tuple[Any, ...]) -> tuple[str, str]:
    """Return the kind and the target of what an event announces; no target if it stays on this machine."""
    if event in _STARTS:
        program, harmless = _program(event, args)
        return "subprocess", "" if harmless else f"{program}{_aim(_command(event, args))}"
    if event in _NATIVE:  # pragma: no cover - announced to the audit hook alone, which is not traced
        return "native", f"{args[1]}()" if args[1] in _WAYS_OUT else ""
    if event in _SENDS:
        local = args[1] is None or getattr(args[0], "family", None) in _LOCAL_FAMILIES
        return _SENDS[event], "" if local else _remote(args[1])
    return "lookup", _remote(args[0] if event == "socket.getnameinfo" else args[:2])


def _remote(address: Any) -> str:
    """Return an address as ``host:port``, or nothing if it is this machine's own."""
    host, port = (*address, None)[:2] if isinstance(address, tuple) else (address, None)
    name = _text(host)
    if is_local(name):
        return ""
    name = f"[{name}]" if ":" in name else name
    return name if port is None else f"{name}:{_text(port)}"


def is_local(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
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


def _aim(command: list[str]) -> str:
    """Return the host of the first URL in a command, but nothing else of it, which may be secret."""
    found = _URL.search(" ".join(command))
    if found is None:
        return ""
    host = found["host"]
    port = "" if re.search(r":\d+$", host) else f":{443 if found['scheme'] in {'https', 'wss'} else 80}"
    return f" ({host}{port})"


def _command(event: str, args: tuple[Any, ...]) -> list[str]:  # pragma: no cover - an audit hook is not traced
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


def client_line() -> str:
    """Return the innermost line of the client: its own code if any is on the stack, else a library's."""
    return _innermost(sys._getframe())  # noqa: SLF001 - inspect.stack() reads source files


def line_elsewhere() -> str:
    """Return the line of the client that the other threads are at; nothing if they are at several.

    It tells what native code was called, which no event announces: the line waits for it to return.
    """
    frames = sys._current_frames()  # noqa: SLF001 - the only way to see another thread
    del frames[threading.get_ident()]
    lines = {_innermost(frame) for frame in frames.values() if _is_driven(frame)} - {""}
    return lines.pop() if len(lines) == 1 else ""


def _innermost(frame: FrameType) -> str:
    library = ""
    for inner in _client_frames(frame):
        path = inner.f_code.co_filename
        if path.startswith("<frozen") or (path.startswith(_STDLIB) and not _is_installed(path)):
            continue
        place = f"{_short(path)}:{inner.f_lineno} in {inner.f_code.co_name}"
        if not _is_installed(path):
            return place
        library = library or place
    return library


def _client_frames(innermost: FrameType) -> Iterator[FrameType]:
    """Yield the frames between this package, which refuses, and this package, which drives the client."""
    seen = False
    for frame in _outwards(innermost):
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            seen = True
            yield frame
        elif seen:
            return


def _is_driven(innermost: FrameType) -> bool:
    """Whether a thread is in what this package has called, and not in this package itself."""
    ours = [frame.f_code.co_filename.startswith(_PACKAGE) for frame in _outwards(innermost)]
    return any(ours) and not ours[0]


def _outwards(innermost: FrameType) -> Iterator[FrameType]:
    frame: FrameType | None = innermost
    while frame is not None:
        yield frame
        frame = frame.f_back


def _short(path: str) -> str:
    parts = Path(path).parts
    return "/".join(parts[3:][-3:] or parts[-1:])  # without /home/<user>: reports are shared


def _is_installed(path: str) -> bool:
    return any(folder in path for folder in _INSTALLED)
