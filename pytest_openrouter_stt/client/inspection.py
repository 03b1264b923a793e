"""Reading a package to draft an adapter for it; nothing in the package is called."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

_NAMES = (("create_transcription", 6), ("transcri", 5), ("speech_?to_?text|speech2text|recogni[sz]e", 4), ("stt", 3))
"""What the name of an operation may be, and how much that says."""

_PARAMETERS = {
    "input_audio": r"input_audio|audio(?!_format)\w*|\w*(?:speech|wav|recording|sound)\w*|data|file\w*|path|content",
    "format": r"format_?|fmt|audio_format|file_format|input_format",
    "model": r"model(?:_id|_name)?|engine",
    "language": r"language(?:_code)?|lang|locale",
    "temperature": r"temperature|temp",
    "provider": r"provider",
    "api_key": r"api_?key|token|access_token|auth_token|key|secret",
}
"""The SDK's name of an argument, and what a package may call it."""

_FORMS = (
    ("base64", r"b64|base64"),
    ("path", r"path|filename"),
    ("bytes", r"bytes"),
    ("file", r"BinaryIO|BufferedReader|\bIO\b|file_?obj|\bfp\b|stream"),
    ("mapping", r"dict|Mapping|TypedDict"),
)
"""What a function takes for the audio, and what its parameter's name or type says then."""


def likeness(name: str) -> int:
    """Return how much an operation of that name looks like transcription; 0 for not at all."""
    return max((worth for pattern, worth in _NAMES if re.search(pattern, name, re.IGNORECASE)), default=0)


def matching(parameters: Iterable[inspect.Parameter]) -> dict[str, str]:
    """Return which of *parameters* stands for which argument of the SDK, as far as the names tell."""
    named = [p.name for p in parameters if p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}]
    found: dict[str, str] = {}
    for argument, pattern in _PARAMETERS.items():
        fitting = [name for name in named if name not in found.values() and re.fullmatch(pattern, name, re.IGNORECASE)]
        if fitting:
            found[argument] = fitting[0]
    return found


def audio_form(parameter: inspect.Parameter) -> str:
    """Return what is taken for the audio, as far as the name and the type tell; empty when they do not."""
    annotation = "" if parameter.annotation is parameter.empty else str(parameter.annotation)
    for text in (parameter.name, annotation):
        for form, pattern in _FORMS:
            if re.search(pattern, text, re.IGNORECASE):
                return form
    return ""


_MAX_MODULES = 200
_NOT_OF_USERS = re.compile(r"(?:^|\.)(?:__main__|_?tests?|conftest|_vendor|vendor)(?:\.|$)")
_BASE_URL = re.compile(r"base_url|api_base|server_url|api_url|endpoint|host|url", re.IGNORECASE)
_URL = re.compile(r"https?://\S*(?:openrouter|/v1\b|transcriptions)\S*")
_LIBRARIES = ("httpx", "httpx2", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "pycurl", "openai")
_STATUSES = {"status_code", "status", "http_status", "code"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A function or a method that may make a call.

    Attributes:
        module: Where it is imported from.
        path: Its name there, such as ``Client.transcribe``.
        parameters: What it takes, itself and the instance left out.
        is_async: Whether it is awaited.
        owner: The class that has it as a method; ``None`` for a function, also one that a class holds.
        score: How much it looks like transcription.
    """

    module: str
    path: str
    parameters: tuple[inspect.Parameter, ...]
    is_async: bool
    owner: type | None
    score: int

    @property
    def shown(self) -> str:
        """How it is written in a report."""
        signature = inspect.Signature([parameter.replace(annotation=parameter.empty) for parameter in self.parameters])
        return f"{'async ' if self.is_async else ''}{self.module}:{self.path}{signature}"


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a package.

    Attributes:
        package: Its name.
        ready: What can be judged without an adapter, as ``--stt-client`` takes it; empty for none.
        candidates: What may make a call, the likeliest first.
        errors: Its types of errors, each with its module.
        libraries: The HTTP libraries that it imports.
        urls: The URLs of the API that are written in it.
        base_urls: The parameters by which another URL may be given.
    """

    package: str
    ready: str
    candidates: tuple[Candidate, ...]
    errors: tuple[type[BaseException], ...]
    libraries: tuple[str, ...]
    urls: tuple[str, ...]
    base_urls: tuple[str, ...]


def inspected(package: str) -> Findings:
    """Import *package* with its modules, and return what is in it.

    Raises:
        ImportError: There is no such package, or importing it fails.
    """
    modules = list(_modules(importlib.import_module(package)))
    candidates = sorted(
        _candidates(modules), key=lambda found: (-found.score, found.is_async, found.module, found.path)
    )
    trees = list(_trees(modules))
    return Findings(
        package=package,
        ready=_ready(modules, candidates),
        candidates=tuple({(one.owner, one.path): one for one in reversed(candidates)}.values())[::-1],
        errors=tuple(dict.fromkeys(_error_types(modules))),
        libraries=tuple(sorted({name for tree in trees for name in _imported(tree)} & set(_LIBRARIES))),
        urls=tuple(dict.fromkeys(url for tree in trees for url in _urls(tree))),
        base_urls=tuple(dict.fromkeys(_base_urls(candidates))),
    )


def statuses_of(kind: type[BaseException]) -> list[int]:
    """Return the status that a type of error has as an attribute of its own; none when that is not so."""
    values = [vars(kind).get(name) for name in sorted(_STATUSES)]
    return [value for value in values if isinstance(value, int) and not isinstance(value, bool) and value >= 400][:1]  # noqa: PLR2004 - errors


def carries_status(kind: type[BaseException]) -> bool:
    """Whether errors of that type look as if they carried a status."""
    constructors = [vars(base).get("__init__") for base in kind.__mro__]
    assigned = {name for made in constructors for name in getattr(getattr(made, "__code__", None), "co_names", ())}
    declared = {name for base in kind.__mro__ for name in (*vars(base), *vars(base).get("__annotations__", ()))}
    return bool(_STATUSES & {*_parameter_names(kind.__init__), *assigned, *declared})


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    walked = pkgutil.walk_packages(getattr(package, "__path__", ()), f"{package.__name__}.", onerror=lambda _: None)
    for number, info in enumerate(walked):
        if number < _MAX_MODULES and not _NOT_OF_USERS.search(info.name):
            try:
                yield importlib.import_module(info.name)
            except (Exception, SystemExit):  # noqa: BLE001, S112 - a part that needs what is not installed
                continue


def _candidates(modules: Iterable[ModuleType]) -> Iterator[Candidate]:
    for module in modules:
        for name, value in _public(module):
            if inspect.isfunction(value):
                yield from _candidate(module, name, value, None)
            elif inspect.isclass(value) and not issubclass(value, BaseException):
                for method, function in inspect.getmembers(value, inspect.isfunction):
                    if not method.startswith("_"):
                        is_static = isinstance(inspect.getattr_static(value, method), staticmethod)
                        yield from _candidate(module, f"{name}.{method}", function, None if is_static else value)


def _candidate(module: ModuleType, path: str, function: Callable[..., Any], owner: type | None) -> Iterator[Candidate]:
    name = path.rpartition(".")[2]
    said = likeness(name)
    parameters = _parameters(function)[1 if owner else 0 :]
    arguments = matching(parameters)
    if said and "input_audio" in arguments:
        score = 2 * said + len(arguments)
        is_async = inspect.iscoroutinefunction(function)
        yield Candidate(module.__name__, path, tuple(parameters), is_async, owner, score)


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a module has for its users and what is this package's own."""
    package = module.__name__.partition(".")[0]
    for name, value in list(vars(module).items()):
        home = str(getattr(value, "__module__", ""))
        if not name.startswith("_") and (home == package or home.startswith(f"{package}.")):
            yield name, value


def _ready(modules: list[ModuleType], candidates: list[Candidate]) -> str:
    package = modules[0]
    if hasattr(package, "OpenRouter") or hasattr(package, "stt_client"):
        return package.__name__
    for one in candidates:
        names = {parameter.name for parameter in one.parameters}
        *owners, name = one.path.split(".")
        is_operation = not owners or name.startswith("create_transcription")
        if {"input_audio", "model"} <= names and is_operation:
            return f"{one.module}:{one.path.partition('.')[0]}"
    return ""


def _error_types(modules: Iterable[ModuleType]) -> Iterator[type[BaseException]]:
    for module in modules:
        for _, value in _public(module):
            if inspect.isclass(value) and issubclass(value, Exception) and not issubclass(value, Warning):
                yield value


def _base_urls(candidates: Iterable[Candidate]) -> Iterator[str]:
    for one in candidates:
        for parameter in (*one.parameters, *(_parameters(one.owner.__init__)[1:] if one.owner else ())):  # type: ignore[misc] # a class's own __init__ is looked at
            if _BASE_URL.fullmatch(parameter.name):
                yield f"{parameter.name} of {one.path.rpartition('.')[0] or one.path}"


def _trees(modules: Iterable[ModuleType]) -> Iterator[ast.AST]:
    for module in modules:
        try:
            yield ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        except (OSError, SyntaxError, ValueError):  # an extension in C, or a package without a file
            continue


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            yield from (name, name.partition(".")[0])


def _urls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _URL.fullmatch(node.value):
            yield node.value


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _parameter_names(function: Any) -> list[str]:
    return [parameter.name for parameter in _parameters(function)]
