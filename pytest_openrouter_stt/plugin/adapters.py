"""Help with adapters in place of a run: ``--stt-init`` and ``--stt-adapter-check``."""

from __future__ import annotations

import inspect
from string import Template
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import (
    MODES,
    Candidate,
    Findings,
    audio_form,
    carries_status,
    inspected,
    matching,
    statuses_of,
)
from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.judging import API_KEY, adapter_work, smallest_call
from pytest_openrouter_stt.report import CouldNotRun, adapter_lines, harmless, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.judging import Harness


def adapter_check(harness: Harness) -> tuple[str, pytest.ExitCode]:
    """Make one call in each mode; return what was sent from where, and whether anything was seen at all."""
    try:
        with harness.opened() as features:
            modes = [line for mode in MODES for line in _mode_lines(harness, mode, is_offered=mode in features)]
            work = adapter_work(harness)
    except CouldNotRun as problem:
        return harmless(f"stt: {problem}", (API_KEY,)), pytest.ExitCode.TESTS_FAILED
    title = f"stt: client {one_line(harness.client.title)}"
    if work is None:
        about = [f"it declares no stt_adapter_for, so {harness.target.spelled} is judged as the client itself"]
    else:
        about = list(adapter_lines([work]))
    return "\n".join(harmless(line, (API_KEY,)) for line in (title, *modes, *about)), pytest.ExitCode.OK


def _mode_lines(harness: Harness, mode: Mode, *, is_offered: bool) -> Iterator[str]:
    if not is_offered:
        yield f"{mode}: not offered"
        return
    harness.endpoint.reset()
    harness.endpoint.reply_with(Reply.transcript("a transcript"))
    outcome = harness.client.call(smallest_call(), mode, API_KEY)
    requests = harness.endpoint.requests
    if not requests:
        yield f"{mode}: nothing was sent ({outcome})"
    for request in requests:
        yield f"{mode}: {request.method} {request.url}, sent by {request.sent_from}"
        yield from (f"  called from {step}" for step in request.sent_from.steps[1:])


_FILE = "stt_adapter.py"
_MAX_SHOWN = 5
_ADAPTER = Template('''\
"""An adapter for $package, begun by `pytest --stt-init`; judge it with `python -m pytest --stt-client=$module`.

$found
"""

$imports

stt_adapter_for = "$package"

$errors

$client
''')
_TODO = """\
def todo(what):
    raise NotImplementedError(f"{__name__}.py: {what}")"""


def init_adapter(wanted: str, folder: Path) -> str:
    """Look at a package, write an adapter for it unless it needs none, and return what to say of that.

    Args:
        wanted: ``package``, or ``package:path`` with the file to write.
        folder: What a path is relative to.

    Raises:
        pytest.UsageError: The package cannot be imported, or there is such a file already.
    """
    package, _, path = wanted.partition(":")
    file = folder / (path or _FILE)
    try:
        found = inspected(package)
    except (Exception, SystemExit) as error:  # importing runs the package's code, which may do anything
        problem = f"{type(error).__name__}: {error}"
        remedy = "give the name of an installed package"
        raise pytest.UsageError(f"stt: --stt-init cannot import {package!r} ({problem}); {remedy}") from error
    if found.ready:
        return f"stt: {package} needs no adapter; run: python -m pytest --stt-client={found.ready}"
    text = _adapter(found, file.stem)
    _write(file, text)
    said = "\n".join(f"  {line}" for line in _found(found))
    left = "fill in what says 'todo'" if "todo(" in text else "look at it"
    command = f"python -m pytest --stt-client={file.stem}"
    return f"stt: found in {package}:\n{said}\nstt: wrote {file.name}; {left}, then run: {command}"


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise pytest.UsageError(
            f"stt: --stt-init does not overwrite {file}; move it away, or name another file: --stt-init PACKAGE:PATH"
        ) from None
    except OSError as error:
        raise pytest.UsageError(f"stt: --stt-init cannot write {file} ({error})") from None


def _found(found: Findings) -> Iterator[str]:
    for one in found.candidates[:_MAX_SHOWN]:
        yield f"may make a call: {one.shown}"
    if not found.candidates:
        yield "nothing that looks as if it made a call for a transcription"
    carrying = [kind.__name__ for kind in found.errors if carries_status(kind)]
    others = [kind.__name__ for kind in found.errors if not carries_status(kind)]
    if carrying:
        yield f"errors that carry a status: {', '.join(carrying)}"
    if others:
        yield f"other errors: {', '.join(others)}"
    yield f"HTTP libraries: {', '.join(found.libraries) or 'none of those known'}"
    yield f"URLs in its code: {', '.join(found.urls) or 'none'}"
    yield f"another URL can be given as: {', '.join(found.base_urls) or 'nothing that was found'}"


def _adapter(found: Findings, module: str) -> str:
    best = found.candidates[0] if found.candidates else None
    client = _client(best) if best else _nothing(found.package)
    errors = _errors(found)
    imports = [f"from {best.module} import {best.path.partition('.')[0]}"] if best else []
    names = {(kind.__module__, kind.__qualname__.partition(".")[0]) for _, kind in _by_status(found)}
    imports += [f"from {home} import {name}" for home, name in sorted(names)]
    imports += ["from pytest_openrouter_stt import from_function"] if best else []
    text = _ADAPTER.substitute(
        package=found.package,
        module=module,
        found="\n".join(f"- {line}" for line in _found(found)).replace('"""', "'''").replace("\\", "/"),
        imports="\n".join(dict.fromkeys(imports)),
        errors=errors,
        client=client,
    )
    return text.replace("\nstt_adapter_for", f"\n\n{_TODO}\n\n\nstt_adapter_for", 1) if "todo(" in text else text


def _nothing(package: str) -> str:
    return f"""\
def stt_client(api_key):
    todo("nothing in {package} was found that makes a call: return here what does, see from_function()")"""


def _client(one: Candidate) -> str:
    name = one.path.rpartition(".")[2]
    if one.owner is None:
        return f"stt_client = {_from_function(one, one.path, '')}"
    made = f"    client = {_constructor(one.owner)}\n"
    return f"def stt_client(api_key):\n{made}    return {_from_function(one, f'client.{name}', '    ')}"


def _constructor(owner: type) -> str:
    """Return the code that makes an object, with a key; what else it needs is left to be filled in."""
    parameters = [
        p for p in inspect.signature(owner).parameters.values() if p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}
    ]
    key = matching(parameters).get("api_key")
    needed = [p for p in parameters if p.default is p.empty and p.name != key]
    given = [_argument(p, f'todo("what does {owner.__name__} take for {p.name}?")') for p in needed]
    keyed = [_argument(p, "api_key") for p in parameters if p.name == key]
    return f"{owner.__name__}({', '.join(keyed + given)})"


def _argument(parameter: inspect.Parameter, value: str) -> str:
    return value if parameter.kind is parameter.POSITIONAL_ONLY else f"{parameter.name}={value}"


def _from_function(one: Candidate, function: str, margin: str) -> str:
    arguments = matching(one.parameters)
    audio = next(parameter for parameter in one.parameters if parameter.name == arguments["input_audio"])
    form = audio_form(audio)
    known = load_contract().sdk.parameters.keys() | {"api_key"}
    renamed = {name: own for name, own in arguments.items() if name != own or name not in known}
    needed = [
        p.name for p in one.parameters if p.default is p.empty and p.kind not in {p.VAR_KEYWORD, p.VAR_POSITIONAL}
    ]
    left = [name for name in needed if name not in arguments.values()]
    shown = repr(form) if form else f"todo(\"is {audio.name} 'base64', 'bytes', a 'file', a 'path' or a 'mapping'?\")"
    if left:
        function = f'todo("{one.path} also needs {", ".join(left)}: write a function that gives it")'
    lines = [f"{function},", f"audio={shown},", f"arguments={_literal(renamed)},"]
    return "\n".join(["from_function(", *(f"{margin}    {line}" for line in lines), f"{margin})"])


def _literal(mapping: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": "{own}"' for name, own in mapping.items()) + "}"


def _errors(found: Findings) -> str:
    pairs = [f"    {status!r}: {kind.__qualname__}," for status, kind in _by_status(found)]
    if not pairs:
        return (
            "# No type of error was found that stands for a status: without stt_errors, it is judged what each raises."
        )
    return "\n".join(["stt_errors = {  # a guess; mend what is wrong", *pairs, "}"]).replace("'default'", '"default"')


def _by_status(found: Findings) -> list[tuple[int | str, type[BaseException]]]:
    """Return which type of error stands for which status, as it says itself or as its name says, and their base."""
    names = {status: name.removesuffix("ResponseError").lower() for status, name in load_contract().sdk.errors.items()}
    named = {status: kind for status, name in names.items() for kind in found.errors if _plain_name(kind) == name}
    by_status = {**named, **{status: kind for kind in found.errors for status in statuses_of(kind)}}
    base = _base(found.errors, list(by_status.values()))
    default: list[tuple[int | str, type[BaseException]]] = [("default", base)] if base else []
    return [*sorted(by_status.items()), *default]


def _plain_name(kind: type) -> str:
    return kind.__name__.lower().removesuffix("error").removesuffix("exception")


def _base(kinds: Sequence[type[BaseException]], below: Sequence[type[BaseException]]) -> type[BaseException] | None:
    """Return the type of which most of *kinds* are, and all of *below*; it has to carry a status if there are none."""
    fitting = [k for k in kinds if all(issubclass(other, k) for other in below) and (below or carries_status(k))]
    return max(fitting, key=lambda kind: sum(issubclass(other, kind) for other in kinds), default=None)
