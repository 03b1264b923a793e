"""From ``--stt-client`` to the thing that makes clients."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

from ._command import PREFIX, Command
from ._errors import ClientNotFound

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
