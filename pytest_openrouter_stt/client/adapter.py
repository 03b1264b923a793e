"""Adapters: code between the suite and a client, written by hand or made of a function."""

from __future__ import annotations

import base64
import inspect
import io
import re
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pytest_openrouter_stt.contract import load_contract

from .error_table import DECLARATION
from .outcome import ReturnedFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from .target import Target

ADAPTER_FOR = "stt_adapter_for"
"""The attribute by which an adapter, or its module, names the package of the client that it is for."""

FUNCTION_OF = "stt_function_of"
"""The same, where nobody has said it but a function is known to be of that package."""

ADAPTER_WORK = "stt_adapter_work"
"""The attribute by which it says what it does itself, in sentences without a subject."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that says so.

    Attributes:
        name: What it is called in reports.
        modules: The modules that its code is in.
        package: The package of the client, by its dotted name.
        work: What it says that it does itself.
    """

    name: str
    modules: frozenset[str]
    package: str
    work: tuple[str, ...]

    def is_client(self, module: str) -> bool:
        """Whether *module* is the client's."""
        return _is_in(module, self.package) and module not in self.modules


def adapter_of(target: Target, owner: object) -> Adapter | None:
    """Return the adapter that *owner*, or the module of *target*, says that it is; ``None`` for a client itself."""
    package = declared(target, owner, ADAPTER_FOR) or getattr(owner, FUNCTION_OF, None)
    here = getattr(target.module, "__name__", "")
    if not isinstance(package, str) or not package or package == here:
        return None
    homes = {getattr(owner, "__module__", None), type(owner).__module__}
    others = ("builtins", package, __name__.partition(".")[0])  # of from_function() it is declared what it does
    own = {home for home in homes if isinstance(home, str) and not any(_is_in(home, other) for other in others)}
    work = declared(target, owner, ADAPTER_WORK) or ()
    return Adapter(here or target.name, frozenset({here, *own} - {""}), package, tuple(map(str, work)))


def declared(target: Target, owner: object, name: str) -> Any:
    """Return the attribute *name* of a client object or else of its module; ``None`` when neither has it."""
    found = getattr(owner, name, None)
    return getattr(target.module, name, None) if found is None else found


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


AudioForm = Literal["base64", "bytes", "file", "path", "mapping"]
"""What a function takes for the audio."""

_AUDIO, _FORMAT, _KEY = "input_audio", "format", "api_key"
_EXTRA_FEATURES = "stt_extra_features"
_SUFFIX = re.compile(r"\w{1,16}", re.ASCII)
_WORK = {
    "bytes": "decodes the audio, for a function that takes bytes",
    "file": "decodes the audio, for a function that takes a file object",
    "path": "decodes the audio and writes it to a file, for a function that takes a path",
}


def from_function(  # noqa: PLR0913 - each is one difference from the SDK's signature, given by name
    function: Callable[..., Any],
    *,
    audio: AudioForm = "base64",
    arguments: Mapping[str, str] | None = None,
    errors: Mapping[Any, type] | None = None,
    transcript: Callable[[Any], Any] | None = None,
    returned_failure: Callable[[Any], Any] | None = None,
    features: Collection[str] = (),
) -> Callable[..., Any]:
    """Return a client made of a function or a method that makes one call, for ``--stt-client``.

    It passes on; what it has to do itself, such as decoding the audio, it declares, and the report says so.

    Args:
        function: Makes a call; synchronous, or a coroutine function.
        audio: What it takes for the audio: the ``base64`` string, the ``bytes`` of a file, a ``file`` object, the
            ``path`` of a file, or the ``mapping`` with ``data`` and ``format_`` that the SDK takes.
        arguments: The SDK's name of an argument → the function's, for those that differ; ``"api_key"`` and, for the
            format of the audio, ``"format"`` are names as well. An argument that the function does not have is not
            offered; one that it takes by ``**kwargs`` has to be named here.
        errors: The status, or ``"default"``, → the type of the error that the function raises for it.
        transcript: Gets what the function returns, and returns the transcript in it, or an object with ``text``.
        returned_failure: Gets what the function returns, and returns the failure in it, or ``None`` for a result.
        features: What is offered beside what the signature shows, such as ``"retries_503"``.

    Raises:
        ValueError: A name or a form of audio is none of those that there are.
        TypeError: The function cannot be called.
    """
    if not callable(function):
        raise TypeError(f"from_function() makes a client of a function, and {function!r} cannot be called")
    if audio not in get_args(AudioForm):
        raise ValueError(f"audio={audio!r} is none of {', '.join(map(repr, get_args(AudioForm)))}")
    signature = _Signature.of(function, arguments or {})
    call = _Adapted(function, audio, signature, transcript, returned_failure)
    client = _awaited(call) if _is_async(function) else _plain(call)
    home = str(getattr(function, "__module__", None) or type(function).__module__)
    declarations = {
        "__name__": getattr(function, "__name__", type(function).__name__),
        "__module__": home,
        "__signature__": call.signature.shown,
        _EXTRA_FEATURES: frozenset(features) | call.features,
        FUNCTION_OF: home.partition(".")[0],
        ADAPTER_WORK: call.work,
        **({DECLARATION: dict(errors)} if errors is not None else {}),
    }
    for name, value in declarations.items():
        setattr(client, name, value)
    return client


def _plain(call: _Adapted) -> Callable[..., Any]:
    def client(**arguments: Any) -> Any:
        with call.passed(arguments) as (positional, named):
            return call.result(call.function(*positional, **named))

    return client


def _awaited(call: _Adapted) -> Callable[..., Any]:
    async def client(**arguments: Any) -> Any:
        with call.passed(arguments) as (positional, named):
            return call.result(await call.function(*positional, **named))

    return client


def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - the method itself is looked at


@dataclass(frozen=True, slots=True)
class _Signature:
    """Which arguments a function takes.

    Attributes:
        names: The SDK's name → the function's, for every argument that it takes.
        positional: The function's names of those that have no keyword, in their order.
        required: The function's names of those without a default.
    """

    names: Mapping[str, str]
    positional: tuple[str, ...]
    required: frozenset[str]

    @classmethod
    def of(cls, function: Callable[..., Any], renamed: Mapping[str, str]) -> _Signature:
        """Read the signature of *function*.

        Raises:
            ValueError: Names in *renamed* are misspelt or not the function's, or nothing takes the audio.
        """
        known = [*load_contract().sdk.parameters, _KEY, _FORMAT]
        misspelt = [name for name in renamed if name not in known and get_close_matches(name, known)]
        _refuse("arguments", misspelt, known)  # others may be those of a later contract
        parameters = inspect.signature(function).parameters.values()
        has = [p.name for p in parameters if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            _refuse("arguments", set(renamed.values()) - set(has), has)
        own = {name: name for name in has if name not in renamed and name not in renamed.values()}
        names = {**own, **renamed}
        if _AUDIO not in names:
            raise ValueError(
                f"which parameter takes the audio is not known: say it in arguments={{{_AUDIO!r}: …}}; "
                f"the function has {', '.join(has) or 'none'}"
            )
        positional = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        return cls(names, positional, frozenset(p.name for p in parameters if p.default is p.empty))

    @property
    def shown(self) -> inspect.Signature:
        """The signature of the client."""
        names = [name for name in self.names if name != _FORMAT]
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names])


@dataclass(frozen=True)
class _Adapted:
    """A function, and what lies between it and the SDK's signature."""

    function: Callable[..., Any]
    form: AudioForm
    signature: _Signature
    transcript: Callable[[Any], Any] | None
    returned_failure: Callable[[Any], Any] | None

    @cached_property
    def takes_text(self) -> bool:
        """Whether any string can be passed on as the audio, and any as its format."""
        return self.form == "mapping" or (self.form == "base64" and _FORMAT in self.signature.names)

    @property
    def features(self) -> frozenset[str]:
        """Whether strings are decoded, and the form of audio that the function takes if it needs no format with it."""
        needs_format = self.signature.names.get(_FORMAT) in self.signature.required
        form = {f"audio_{self.form}"} if self.form in _WORK and not needs_format else set()
        return frozenset(form if self.takes_text else {*form, "audio_decoded"})

    @property
    def work(self) -> tuple[str, ...]:
        """What the adapter does itself."""
        told = ["tells failures from results (returned_failure)"] if self.returned_failure else []
        read = ["takes the transcript out of what is returned (transcript)"] if self.transcript else []
        return (*([_WORK[self.form]] if self.form in _WORK else []), *told, *read)

    @contextmanager
    def passed(self, arguments: Mapping[str, Any]) -> Iterator[tuple[list[Any], dict[str, Any]]]:
        """Give what the function is called with, for as long as the call takes."""
        names = self.signature.names
        with tempfile.TemporaryDirectory() if self.form == "path" else _nowhere() as folder:
            named = {names[name]: value for name, value in arguments.items() if name in names and name != _AUDIO}
            if _AUDIO in arguments:
                named |= self._audio(arguments[_AUDIO], folder)
            positional = [named.pop(name) for name in self.signature.positional if name in named]
            yield positional, named

    def result(self, value: Any) -> Any:
        """Return what a client would that returns what the function returned."""
        failure = self.returned_failure(value) if self.returned_failure else None
        if failure is not None:
            return ReturnedFailure(failure)
        return self.transcript(value) if self.transcript else value

    def _audio(self, audio: Any, folder: str) -> dict[str, Any]:
        names = self.signature.names
        if self.form == "mapping" or not isinstance(audio, Mapping):
            return {names[_AUDIO]: audio}
        kind = audio.get("format_", audio.get(_FORMAT))
        parts = {names[_FORMAT]: kind} if _FORMAT in names and kind is not None else {}
        return {names[_AUDIO]: self._data(audio["data"], kind, folder), **parts} if "data" in audio else parts

    def _data(self, data: Any, kind: object, folder: str) -> Any:
        if self.form == "base64":
            return data
        content = _decoded(data)
        name = f"audio.{kind}" if _SUFFIX.fullmatch(str(kind)) else "audio"
        if self.form == "bytes":
            return content
        if self.form == "file":
            file = io.BytesIO(content)
            file.name = name
            return file
        path = Path(folder, name)
        path.write_bytes(content)
        return path


@contextmanager
def _nowhere() -> Iterator[str]:
    yield ""


def _decoded(data: Any) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise ValueError(
            f"input_audio.data is no base64 ({error}), so it cannot be passed to a function that takes the audio itself"
        ) from error


def _refuse(where: str, unknown: Collection[str], known: Collection[str]) -> None:
    if unknown:
        listed = ", ".join(map(repr, sorted(unknown)))
        raise ValueError(f"{where} names {listed}; there are {', '.join(map(repr, known)) or 'none'}")
