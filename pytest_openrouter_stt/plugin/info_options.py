"""What tells of checks in place of a run: ``--stt-list`` and ``--stt-explain``."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections import Counter
from difflib import get_close_matches
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_openrouter_stt.contract import SpecError, sdk_document
from pytest_openrouter_stt.judging import example_of, node_ids, of_case
from pytest_openrouter_stt.report import SOURCES, Level, Source, call_text, counted, json_text, replies_text, wire_text
from pytest_openrouter_stt.suite import AREAS, every_check, repeated_for

from .mounting import ROOT, all_not_found, not_found, take_stt_arguments
from .options import contract_of, usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_openrouter_stt.contract import Contract
    from pytest_openrouter_stt.judging import CheckInfo, Example

    from .mounting import Selection

_PLAIN = str.maketrans({"…": "...", "→": "->", "≥": ">=", "–": "-", "—": "-", "×": "x", "’": "'"})
"""What stands for a typographic character where it cannot be shown."""


class TerminalLine(NamedTuple):
    """A line of text.

    Attributes:
        text: Without the line end.
        bold: Whether it is a title.
    """

    text: str
    bold: bool = False


def print_lines(config: pytest.Config, lines: Iterable[TerminalLine]) -> None:
    """Write *lines* to standard output, in colour where pytest has it; whoever reads may stop at any line."""
    write = _Writer(config)
    try:
        for line in lines:
            write(line)
        sys.stdout.flush()
    except BrokenPipeError:  # as with head; what is left in the buffer would raise again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def showable(text: str, encoding: str | None) -> str:
    """Return *text* as far as *encoding* can show it: plain characters for typographic ones, escapes for the rest."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        known = encoding or "utf-8"
        return text.translate(_PLAIN).encode(known, "backslashreplace").decode(known)
    return text


class _Writer:
    """Writes lines as pytest does, or plainly where pytest's terminal is switched off."""

    def __init__(self, config: pytest.Config) -> None:
        has_terminal = hasattr(config.option, "color")
        self._terminal = pytest.TerminalReporter(config, sys.stdout) if has_terminal else None

    def __call__(self, line: TerminalLine) -> None:
        text = showable(line.text, getattr(sys.stdout, "encoding", None))
        if self._terminal is None:
            sys.stdout.write(f"{text}\n")
        else:
            self._terminal.write_line(text, bold=line.bold)


_LABEL = 10
_MAX_NODE_IDS = 4
_SDK = "sdk.yaml#/"
_LEVELS = {
    Level.MUST: "a failure fails the run",
    Level.SHOULD: "a failure is shown as a finding; it fails the run with --stt-level=should",
    Level.MAY: "a failure is shown as a finding; it fails the run with --stt-level=may",
}
_LACKING = {
    "api_key": "takes no key",
    "retries": "cannot be told to make no retries (no argument `retries`)",
    "audio_bytes": "takes no bytes as `input_audio`",
    "audio_path": "takes no path as `input_audio`",
    "audio_file": "takes no file object as `input_audio`",
}
_HINDERING = {"audio_decoded": "is behind an adapter that decodes the audio or leaves out its format"}
_RFCS = {"8259": "JSON", "9110": "HTTP Semantics", "9112": "HTTP/1.1"}
_SECTIONS = {
    "RFC 8259, 6": "Numbers",
    "RFC 8259, 8.1": "Character Encoding",
    "RFC 8259, 11": "IANA Considerations",
    "RFC 9110, 5.5": "Field Values",
    "RFC 9110, 8.3.1": "Media Type",
    "RFC 9110, 8.4": "Content-Encoding",
    "RFC 9110, 10.2.3": "Retry-After",
    "RFC 9110, 12.5.1": "Accept",
    "RFC 9110, 15": "Status Codes",
    "RFC 9110, 15.4": "Redirection 3xx",
    "RFC 9110, 15.5": "Client Error 4xx",
    "RFC 9112, 6.3": "Message Body Length",
    "RFC 9112, 8": "Handling Incomplete Messages",
}


def explained(wanted: str, contract: Contract, width: int, *, verbose: bool) -> list[TerminalLine]:
    """Return what there is to say of a check, or briefly of each check of an area.

    Args:
        wanted: ``area::function``, also as pytest prints it (``stt/area::function[case]``); a function; or an area.
            A case chooses the example, where the cases differ in what is answered.
        contract: What it judges against.
        width: Columns of the terminal.
        verbose: Whether all node IDs are shown.

    Raises:
        pytest.UsageError: There is no such check, or more than one.
    """
    known = {info.requirement.check: info for info in every_check()}
    found = [known[check] for check in meant(wanted, list(known))]
    name = _plain(wanted)
    if name in AREAS:
        return [line for info in found for line in _brief(info, width)] + [
            TerminalLine(f"pytest --stt-explain {found[0].requirement.check} says more of one.")
        ]
    case = wanted.partition("[")[2].rpartition("]")[0]
    return list(_full(found[0], contract, width, case, verbose=verbose))


def meant(wanted: str, known: Sequence[str]) -> list[str]:
    """Return the IDs of *known* that *wanted* means: one of them, or those of an area.

    Raises:
        pytest.UsageError: None is meant, or several are that have nothing but their names in common.
    """
    name = _plain(wanted)
    if not name:
        remedy = "give the ID of a check, such as request::test_bearer_key, or an area; --stt-list has them"
        raise pytest.UsageError(f"stt: --stt-explain is {wanted!r}; {remedy}")
    if name in known:
        return [name]
    found = [check for check in known if name in check.split("::")]
    areas = {check.partition("::")[0] for check in found}
    if len(areas) > 1:
        raise pytest.UsageError(f"stt: --stt-explain {wanted} is ambiguous; give {' or '.join(found)}")
    if not found:
        raise pytest.UsageError(f"stt: --stt-explain {_not_found(name, known)}")
    return found


def _plain(wanted: str) -> str:
    """Return an ID without its root, the path before that, and its case."""
    path, separator, function = wanted.strip().partition("[")[0].partition("::")
    return f"{path.rpartition(f'{ROOT}/')[2].rstrip('/')}{separator}{function}"


def _not_found(name: str, known: Sequence[str]) -> str:
    functions = {check.partition("::")[2]: check for check in known}
    near = get_close_matches(name, functions)
    if "::" not in name and near:
        return f"not found: {name} (did you mean {' or '.join(functions[function] for function in near)}?)"
    return not_found(f"{ROOT}/{name}", [f"{ROOT}/{check}" for check in known])


def _brief(info: CheckInfo, width: int) -> Iterator[TerminalLine]:
    requirement = info.requirement
    yield TerminalLine(f"{requirement.check}  {requirement.level}", bold=True)
    for label, text in (("required", requirement.text), ("passes", info.passes), ("fails", info.fails)):
        yield from _prose(label, text, width)
    yield TerminalLine("")


def _full(info: CheckInfo, contract: Contract, width: int, case: str, *, verbose: bool) -> Iterator[TerminalLine]:
    requirement = info.requirement
    found = repeated_for(info, contract)
    yield TerminalLine(requirement.check, bold=True)
    yield from _prose("required", requirement.text, width)
    yield from _prose("level", f"{requirement.level}: {_LEVELS[requirement.level]}", width)
    yield from _prose("source", source_words(info), width)
    yield from _block("", excerpt(requirement.spec, contract))
    yield from _prose("passes", info.passes, width)
    yield from _prose("fails", info.fails, width)
    yield from _example(example_of(info, of_case(case, found)), contract, width)
    yield from _prose("hint", requirement.hint, width)
    yield from _prose("not for", not_for(info), width)
    yield from _prose("repeated", repetition(info, contract), width)
    ids = node_ids(info, found)
    shown = ids if verbose else ids[:_MAX_NODE_IDS]
    more = f"… {len(ids) - len(shown)} more, which -v shows" if len(ids) > len(shown) else ""
    yield from _block("node IDs", "\n".join(filter(None, [*shown, more])))
    yield from _block("run", f"pytest --stt-client=CLIENT '{ROOT}/{requirement.check}'")


def _example(shown: Example, contract: Contract, width: int) -> Iterator[TerminalLine]:
    yield from _block("call", call_text(shown.call, shown.audio))
    yield from _prose("with", shown.around, width)
    if shown.served:
        yield from _block("answered", replies_text(shown.served))
    elif shown.sent:
        yield from _prose("sent", shown.sent, width)
    else:
        before = "nothing, or\n" if shown.may_be_refused else ""
        yield from _block("sent", f"{before}{wire_text(shown.call, contract)}")


def source_words(info: CheckInfo) -> str:
    """Return where a requirement comes from, with the place there."""
    requirement = info.requirement
    about = "about " if requirement.source is Source.SUITE else ""
    return f"{SOURCES[requirement.source]}, {about}{requirement.spec}{section(requirement.spec)}"


def section(spec: str) -> str:
    """Return the titles of an RFC and of its section, in brackets; empty for any other place."""
    if spec not in _SECTIONS:
        return ""
    return f" ({_RFCS[spec.partition(',')[0].removeprefix('RFC ')]}: {_SECTIONS[spec]})"


def excerpt(spec: str, contract: Contract) -> str:
    """Return what stands at a place of the OpenAPI document or of ``sdk.yaml``; empty for an RFC."""
    if spec.startswith(_SDK):
        value: Any = sdk_document()
        for token in spec.removeprefix(_SDK).split("/"):
            value = value[token]
        return json_text(value)
    if not spec.startswith("#/"):
        return ""
    try:
        return json_text(contract.at(spec))
    except SpecError:
        return f"(there is no such place in {contract.source})"


def not_for(info: CheckInfo) -> str:
    """Return for which clients a check is not offered; empty when it is for all that have the operation."""
    lacking = [_LACKING.get(feature, f"takes no `{feature}`") for feature in info.needs]
    hindering = [_HINDERING.get(feature, f"offers `{feature}`") for feature in info.without]
    both = ["has not both a synchronous and an asynchronous operation"] if info.both_modes else []
    header = ["does not take the argument of the header"] if info.each == "app header" else []
    forms = ["takes audio in no other form than the contract's"] if info.requirement.area == "audio" else []
    reasons = [*both, *header, *(lacking or forms), *hindering]
    return f"a client that {', or that '.join(reasons)}." if reasons else ""


def repetition(info: CheckInfo, contract: Contract) -> str:
    """Return what a check is repeated for; empty when it is one case."""
    return "; ".join(f"{axis.name} ({', '.join(axis.ids)})" for axis in repeated_for(info, contract))


def _prose(label: str, text: str, width: int) -> Iterator[TerminalLine]:
    lines = textwrap.wrap(text, width - _LABEL, break_long_words=False, break_on_hyphens=False)
    yield from _block(label, "\n".join(lines))


def _block(label: str, text: str) -> Iterator[TerminalLine]:
    if text:
        first, *others = text.split("\n")
        yield TerminalLine(f"{label:<{_LABEL}}{first}")
        yield from (TerminalLine(f"{'':<{_LABEL}}{line}" if line else "") for line in others)


_LEAST = 40
"""Characters of a requirement that are shown on however narrow a terminal."""

_LEVEL = 8


def listed(selection: Selection, width: int, *, verbose: bool) -> list[TerminalLine]:
    """Return the checks that are asked for, area by area, and how many there are of each level.

    Args:
        selection: What is asked for; everything when it names nothing.
        width: Columns of the terminal; 0 where nothing has to be cut.
        verbose: Whether the source of each is shown too.

    Raises:
        pytest.UsageError: The selection names an area or a check that does not exist.
    """
    every = every_check()
    _refuse_unknown(selection, [_node_id(info) for info in every])
    chosen = [info for info in every if selection.reaches(_node_id(info))]
    areas = groupby(chosen, lambda info: info.requirement.area)
    lines = [line for area, infos in areas for line in _area(area, list(infos), width, verbose=verbose)]
    counts = Counter(str(info.requirement.level) for info in chosen)
    parts = ", ".join(f"{count} {level}" for level, count in counts.items())
    return [*lines, TerminalLine(f"{counted(len(chosen), 'check')}: {parts}", bold=True)]


def _refuse_unknown(selection: Selection, known: Sequence[str]) -> None:
    names = [argument.partition("[")[0] for argument in selection.arguments]
    texts = all_not_found(names, known)
    if texts:
        raise pytest.UsageError(*texts)


def _node_id(info: CheckInfo) -> str:
    return f"stt/{info.requirement.check}"


def _area(area: str, infos: Sequence[CheckInfo], width: int, *, verbose: bool) -> Iterator[TerminalLine]:
    yield TerminalLine(area, bold=True)
    column = max(len(info.requirement.check) for info in infos) + 2
    for info in infos:
        requirement = info.requirement
        yield TerminalLine(
            f"{requirement.check:<{column}}{requirement.level:<{_LEVEL}}{_cut(requirement.text, width, column)}"
        )
        if verbose:
            yield TerminalLine(f"{'':<{column}}{requirement.source}: {requirement.spec}")
    yield TerminalLine("")


def _cut(text: str, width: int, column: int) -> str:
    room = max(_LEAST, width - column - _LEVEL)
    return text if not width or len(text) <= room else f"{text[: room - 1].rstrip()}…"


_NARROWEST = 40
_WIDEST = 120
"""Columns beyond which prose is hard to read."""


def info_lines(config: pytest.Config) -> list[TerminalLine]:
    """Return what is to be printed.

    Raises:
        pytest.UsageError: What is asked for does not exist.
    """
    width = shutil.get_terminal_size((0, 0)).columns
    verbose = config.get_verbosity() > 0
    if config.getoption("stt_explain") is not None:
        contract = usable(lambda: contract_of(config))
        return explained(config.option.stt_explain, contract, _readable(width), verbose=verbose)
    selection = take_stt_arguments(config)
    _refuse_missing(config)
    return listed(selection, width, verbose=verbose)


def _readable(width: int) -> int:
    return min(max(width, _NARROWEST), _WIDEST) if width else _WIDEST


def _refuse_missing(config: pytest.Config) -> None:
    """Refuse what is neither part of the suite nor a file, which pytest refuses only in a run."""
    for argument in config.args:
        path = argument.partition("::")[0]
        if not os.path.lexists(config.invocation_params.dir / path):
            remedy = "give areas and checks as in stt/errors, or none for all"
            raise pytest.UsageError(f"stt: --stt-list takes no {argument!r}; {remedy}")
