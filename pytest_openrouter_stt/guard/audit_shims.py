"""Ways out that the interpreter announces to no audit hook: the event loop of uvloop, and processes that are spawned.

They are announced here instead, as the events of what they amount to. A module that nobody has imported yet is changed
as soon as somebody does.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

Event = tuple[str, tuple[Any, ...]]
Announce = Callable[[str, tuple[Any, ...]], None]


@contextmanager
def announced(announce: Announce) -> Iterator[None]:
    """Announce what is attempted these ways while the context is open.

    Args:
        announce: Is called with an audit event and its arguments before anything is sent; what it raises is raised
            in the caller.
    """
    with ExitStack() as undo:
        for name, (owner, events) in _CHANGED.items():

            def change(module: ModuleType, owner: str = owner, events: dict[str, Any] = events) -> None:
                for method, event_of in events.items():
                    undo.enter_context(_announcing(getattr(module, owner, module), method, event_of, announce))

            undo.enter_context(_once_imported(name, change))
        yield


def _connection(_: object, __: object, host: object = None, port: object = None, **___: object) -> Event:
    return "socket.connect", (None, (host, port))


def _datagrams(_: object, __: object, ___: object = None, remote_addr: object = None, **____: object) -> Event:
    return "socket.connect", (None, remote_addr)


def _lookup(_: object, host: object, port: object, **__: object) -> Event:
    return "socket.getaddrinfo", (host, port)


def _reverse_lookup(_: object, sockaddr: object, *__: object) -> Event:
    return "socket.getnameinfo", (sockaddr,)


def _socket(_: object, sock: object, address: object) -> Event:
    return "socket.connect", (sock, address)


def _program(_: object, __: object, *command: object, **___: object) -> Event:
    return "subprocess.Popen", (None, command)


def _shell(_: object, __: object, command: object, **___: object) -> Event:
    return "os.system", (command,)


def _spawned(path: object, arguments: Sequence[object], _: object) -> Event:
    # Python's own accountant of semaphores and shared memory; a process pool is not needed to have one.
    tracks = any("multiprocessing.resource_tracker" in str(argument) for argument in arguments)
    return ("", ()) if tracks else ("subprocess.Popen", (path, arguments))


_CHANGED: dict[str, tuple[str, dict[str, Callable[..., Event]]]] = {
    "uvloop": (
        "Loop",
        {
            "create_connection": _connection,
            "create_datagram_endpoint": _datagrams,
            "getaddrinfo": _lookup,
            "getnameinfo": _reverse_lookup,
            "sock_connect": _socket,
            "subprocess_exec": _program,
            "subprocess_shell": _shell,
        },
    ),
    "multiprocessing.util": ("", {"spawnv_passfds": _spawned}),
}
"""By module: the class that is changed, or none for the module itself, and the event that each function amounts to."""


@contextmanager
def _announcing(owner: Any, name: str, event_of: Callable[..., Event], announce: Announce) -> Iterator[None]:
    own, function = vars(owner).get(name), getattr(owner, name)

    @functools.wraps(function)
    def announcing(*args: Any, **kwargs: Any) -> Any:
        announce(*event_of(*args, **kwargs))
        return function(*args, **kwargs)

    setattr(owner, name, announcing)
    try:
        yield
    finally:
        if own is None:
            delattr(owner, name)  # it is inherited
        else:
            setattr(owner, name, own)


@contextmanager
def _once_imported(name: str, change: Callable[[ModuleType], None]) -> Iterator[None]:
    """Call *change* with the module *name*: now if it is there, else when it is imported while the context is open."""
    if name in sys.modules:
        change(sys.modules[name])
        yield
        return
    finder = _Finder(name, change)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        with suppress(ValueError):  # whoever replaced the list may have dropped it
            sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module where the others find it, and has it changed once it is loaded."""

    def __init__(self, name: str, change: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._change = change

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        self._name = ""  # to be asked only once, and not by itself
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec, self._change)
        return spec


class _Loader(importlib.abc.Loader):
    """Loads as another loader does, and leaves the module to it."""

    def __init__(self, spec: ModuleSpec, change: Callable[[ModuleType], None]) -> None:
        self._spec = spec
        self._loader: Any = spec.loader
        self._change = change

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self._spec.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._change(module)
