"""A client that can be called: how its operation is found in a class, a factory, a function or an object."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._errors import ClientNotFound

if TYPE_CHECKING:
    from pytest_openrouter_stt.contract import SdkNaming

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
        spelling=_attribute(name),
        async_spelling=_attribute(name),
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
    spelling = f"{_attribute(name)}({', '.join(f'{argument}=...' for argument in arguments)})"
    return made, takes_key, spelling


def _connect_object(made: tuple[object, bool, str], name: str, naming: SdkNaming) -> Connection:
    owner, takes_key, spelling = made
    holder, path = owner, spelling or _attribute(name)
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


def _attribute(name: str) -> str:
    return name.rpartition(":")[2].rpartition(".")[2] or name
