"""From ``--stt-client`` to a client that can be called, and closed."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

from .command import PREFIX, Command
from .outcome import ClientNotFound, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from pytest_openrouter_stt.contract import SdkNaming

MODULE_ATTRIBUTE = "stt_client"
"""What a module that is not SDK-shaped may expose."""

GROUP = "pytest_openrouter_stt.clients"
"""The group of entry points by which a distribution says what is judged under a name."""


@dataclass(frozen=True, slots=True)
class Target:
    """What was found under a name.

    Attributes:
        name: How reports call the client, for example ``openrouter``.
        version: Its version, or an empty string.
        spelled: The name with the attribute that was found, for example ``openrouter:OpenRouter``.
        value: The class, factory, function or object.
        module: Where it comes from; the place to look for its error types. ``None`` when unknown.
        errors: The error types by status, and ``"default"``, that the project configures; ``None`` without any.
        entry_point: What the entry point of that name refers to; empty when it was not found by one.
        command: What makes the calls when the client is a command, else ``None``.
    """

    name: str
    version: str
    spelled: str
    value: object
    module: ModuleType | None
    errors: Mapping[int | str, type] | None = None
    entry_point: str = ""
    command: Command | None = None


def resolve(wanted: str, naming: SdkNaming) -> Target:
    """Find the client that the user named.

    Args:
        wanted: The name of an entry point, ``module``, ``module:attribute``, or ``cmd:`` and a command line.
        naming: The names of an SDK-shaped package.

    Raises:
        ClientNotFound: There is no such module, attribute or program, importing it fails, or there is no client in it.
    """
    if wanted.startswith(PREFIX):
        command = Command(wanted)
        return Target(wanted, "", wanted, command.client, None, command=command)
    entry_point = "" if ":" in wanted else _entry_point(wanted)
    if not entry_point:
        return _found(wanted, wanted, naming)
    try:
        return replace(_found(entry_point, wanted, naming), entry_point=entry_point)
    except ClientNotFound as error:
        problem = f"its entry point {entry_point!r} is broken: {error.problem}"
        raise ClientNotFound(wanted=wanted, problem=problem, remedy=error.remedy) from error


def _entry_point(name: str) -> str:
    """Return what the entry point *name* refers to; empty when there is none of that name.

    Raises:
        ClientNotFound: Distributions refer to different things under that name.
    """
    found = {entry.value: entry.dist for entry in metadata.entry_points(group=GROUP, name=name)}
    if len(found) > 1:
        values = ", ".join(f"{value} ({dist.name})" if dist else value for value, dist in sorted(found.items()))
        problem = f"several distributions have an entry point of that name: {values}"
        raise ClientNotFound(wanted=name, problem=problem, remedy="Name one of these as 'module:attribute'.")
    return next(iter(found), "")


def _found(reference: str, wanted: str, naming: SdkNaming) -> Target:
    """Find what *reference*, a module or an attribute of one, leads to for somebody who asked for *wanted*."""
    module_name, colon, attribute = reference.partition(":")
    if not module_name or module_name.startswith(".") or (colon and not attribute):
        remedy = "Write 'module', 'module:attribute' or 'cmd:COMMAND'."
        raise ClientNotFound(wanted=wanted, problem="it is not the name of a module", remedy=remedy)
    module = _import(module_name, wanted)
    if not attribute:
        attribute = _conventional_attribute(module, wanted, naming)
    value = _attribute(module, attribute, wanted)
    return Target(wanted, _version(module), f"{module_name}:{attribute}", value, module)


def target_of(value: object) -> Target:
    """Return the target for what a project's own fixture gives."""
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    return Target(name, "", name, value, None)


def _import(name: str, wanted: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            remedy = (
                "Install it; for a module in the working directory run 'python -m pytest', or set 'pythonpath = .' "
                "in the pytest configuration: plain 'pytest' does not look there."
            )
            raise ClientNotFound(wanted=wanted, problem=f"there is no module {error.name!r}", remedy=remedy) from error
        raise _import_failed(wanted, error) from error
    except (Exception, SystemExit) as error:  # importing runs the client's code, which may do anything
        raise _import_failed(wanted, error) from error


def _import_failed(wanted: str, error: BaseException) -> ClientNotFound:
    problem = f"importing it raised {type(error).__name__}: {error}"
    return ClientNotFound(wanted=wanted, problem=problem, remedy="Mend the import first.")


def _conventional_attribute(module: ModuleType, wanted: str, naming: SdkNaming) -> str:
    for attribute in (naming.client_class, MODULE_ATTRIBUTE):
        if _has(module, attribute, wanted):
            return attribute
    problem = f"module {module.__name__!r} has neither {naming.client_class} nor {MODULE_ATTRIBUTE}"
    remedy = f"Name the class, factory or function: --stt-client={wanted}:ATTRIBUTE."
    raise ClientNotFound(wanted=wanted, problem=problem, remedy=remedy)


def _attribute(module: ModuleType, path: str, wanted: str) -> object:
    value: object = module
    for name in path.split("."):
        if not _has(value, name, wanted):
            public = ", ".join(_public_names(module)[:20]) or "nothing public"
            problem = f"{module.__name__!r} has no attribute {path!r}"
            raise ClientNotFound(wanted=wanted, problem=problem, remedy=f"It has: {public}.")
        value = getattr(value, name)
    return value


def _public_names(module: ModuleType) -> list[str]:
    # pytest puts names that are no identifiers into the test modules that it rewrites.
    return sorted(name for name in vars(module) if name.isidentifier() and not name.startswith("_"))


def _has(owner: object, name: str, wanted: str) -> bool:
    try:
        return hasattr(owner, name)
    except (Exception, SystemExit) as error:  # a module that loads its parts lazily imports them here
        raise _import_failed(wanted, error) from error


def _version(module: ModuleType) -> str:
    package = module.__name__.partition(".")[0]
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        version = getattr(module, "__version__", "")
        return version if isinstance(version, str) else ""


Operation = Callable[..., Any]

_BASE_URLS = ("base_url", "server_url")
"""What a parameter for the server is called."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One client object, with a key of its own.

    Attributes:
        sync: Makes a call and returns what the client returns; ``None`` when there is no synchronous operation.
        asynchronous: The same, returning an awaitable.
        takes_key: Whether the key that was asked for is the one in use.
        accepts: The names of the arguments that the operation takes.
        anything: Whether it takes every keyword argument.
        spelling: How a user writes a call, up to its opening parenthesis.
        async_spelling: The same for a call that is awaited.
        owner: The object that may have to be closed.
    """

    sync: Operation | None
    asynchronous: Operation | None
    takes_key: bool
    accepts: frozenset[str]
    anything: bool
    spelling: str
    async_spelling: str
    owner: object

    def takes(self, argument: str) -> bool:
        """Whether the operation takes *argument*."""
        return self.anything or argument in self.accepts


def connect(target: object, name: str, naming: SdkNaming, api_key: str, base_url: str = "") -> Connection:
    """Make a client from what the user gave.

    Args:
        target: A class, a factory, a plain function (synchronous or not), or an object with the operation.
        name: What the user wrote, for messages and for the call to paste.
        naming: The names to look for.
        api_key: The key that the client is to use, when it can be told.
        base_url: The server, for a class or a factory that cannot do without; empty when there is none to name.

    Raises:
        ClientNotFound: None of it leads to an operation.
    """
    if inspect.isroutine(target):
        accepted, anything = _accepted(target)
        required = {parameter.name for parameter in naming.parameters.values() if parameter.required}
        if anything or required & accepted:
            return _plain_function(target, name, naming, api_key)
        return _connect_object(_constructed(target, name, naming, api_key, base_url), name, naming)
    if inspect.isclass(target):
        return _connect_object(_constructed(target, name, naming, api_key, base_url), name, naming)
    return _connect_object((target, False, ""), name, naming)


def _plain_function(function: Operation, name: str, naming: SdkNaming, api_key: str) -> Connection:
    accepted, anything = _accepted(function)
    takes_key = anything or naming.api_key in accepted
    key = {naming.api_key: api_key} if takes_key else {}

    def operation(**arguments: Any) -> Any:
        return function(**key, **arguments)

    asynchronous = inspect.iscoroutinefunction(function)
    return Connection(
        sync=None if asynchronous else operation,
        asynchronous=operation if asynchronous else None,
        takes_key=takes_key,
        accepts=frozenset(accepted),
        anything=anything,
        spelling=_last_part(name),
        async_spelling=_last_part(name),
        owner=function,
    )


def _constructed(
    make: Operation, name: str, naming: SdkNaming, api_key: str, base_url: str
) -> tuple[object, bool, str]:
    accepted, anything = _accepted(make)
    takes_key = anything or naming.api_key in accepted
    servers = _required(make).intersection(_BASE_URLS) if base_url else ()
    arguments = {**({naming.api_key: api_key} if takes_key else {}), **dict.fromkeys(servers, base_url)}
    try:
        made = make(**arguments)
    except TypeError as error:
        remedy = f"Write a factory that takes {naming.api_key!r} and returns the client, and name it module:factory."
        raise ClientNotFound(wanted=name, problem=f"it cannot be constructed ({error})", remedy=remedy) from error
    spelling = f"{_last_part(name)}({', '.join(f'{argument}=...' for argument in arguments)})"
    return made, takes_key, spelling


def _connect_object(made: tuple[object, bool, str], name: str, naming: SdkNaming) -> Connection:
    owner, takes_key, spelling = made
    holder, path = owner, spelling or _last_part(name)
    if hasattr(owner, naming.resource):
        holder, path = getattr(owner, naming.resource), f"{path}.{naming.resource}"
    first = getattr(holder, naming.operation, None) or (holder if callable(holder) else None)
    second = getattr(holder, naming.async_operation, None)
    if first is None and second is None:
        problem = f"{type(owner).__qualname__} has neither {naming.operation}() nor {naming.async_operation}()"
        remedy = "Give it one of them, or make it callable, or name a function that makes a call."
        raise ClientNotFound(wanted=name, problem=problem, remedy=remedy)
    if first is not None and _is_async(first):
        first, second = None, first
    called = second if first is None else first  # not "or": an object that can be called may be empty
    accepted, anything = _accepted(called)
    return Connection(
        sync=first,
        asynchronous=second,
        takes_key=takes_key,
        accepts=frozenset(accepted),
        anything=anything,
        spelling=_spelling(path, holder, called),
        async_spelling=_spelling(path, holder, second),
        owner=owner,
    )


def _spelling(path: str, holder: object, operation: object) -> str:
    name = getattr(operation, "__name__", "")
    return path if operation is holder or not name else f"{path}.{name}"


def _is_async(operation: Operation) -> bool:
    """Whether *operation* is a coroutine function, or an object whose ``__call__`` is one."""
    return inspect.iscoroutinefunction(operation) or inspect.iscoroutinefunction(type(operation).__call__)


def _accepted(function: object) -> tuple[set[str], bool]:
    """Return the keyword arguments that *function* names, and whether it takes all others too."""
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type] # TypeError is caught
    except (TypeError, ValueError):
        return set(), True
    names = {p.name for p in parameters if p.kind in {p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD}}
    return names, any(p.kind is p.VAR_KEYWORD for p in parameters)


def _required(function: Operation) -> set[str]:
    """Return the keyword arguments that *function* cannot do without."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set()
    keywords = {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return {p.name for p in parameters if p.kind in keywords and p.default is p.empty}


def _last_part(name: str) -> str:
    return name.rpartition(":")[2].rpartition(".")[2] or name


def closer_of(owner: object, mode: str) -> Callable[[], Any] | None:
    """Return what closes *owner*, to be awaited when *mode* is ``async``; ``None`` when it cannot be closed."""
    return closing_method_of(owner, mode) or _leaving(owner, mode)


def closing_method_of(owner: object, mode: str) -> Callable[[], Any] | None:
    """Return the method that closes *owner*: ``close()``, or, asynchronous, ``aclose()``; ``None`` without any."""
    for name in ("close",) if mode == "sync" else ("aclose", "close"):
        method: Callable[[], Any] | None = read(owner, name)
        if callable(method) and inspect.iscoroutinefunction(method) == (mode == "async"):
            return method
    return None


def _leaving(owner: Any, mode: str) -> Callable[[], Any] | None:
    """Return what uses *owner* as a context, and so closes it at the end."""

    def enter_and_leave() -> None:
        with owner:
            pass

    async def enter_and_leave_async() -> None:
        async with owner:
            pass

    if mode == "sync":
        return enter_and_leave if hasattr(type(owner), "__enter__") else None
    return enter_and_leave_async if hasattr(type(owner), "__aenter__") else None
