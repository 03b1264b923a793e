"""A call in a form that can be pasted: as Python and as curl."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_openrouter_stt.client import Request

from ._json_text import escaped
from ._text import LONG

if TYPE_CHECKING:
    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.contract import Call, Contract

    from ._text import Redactor

_ONE_LINE = 90
_MOST_PASTED = 2000
"""Characters of a call that are shown in full; what is longer is no use in a terminal."""

_ENTRIES = 4
"""Entries of a container that are shown in a call that is too long to be shown in full."""

_KEY = "the-key-of-the-shell"
"""What stands in the place of the key until it is known where the quotes end."""

_LONGEST_PERIOD = 64
_DEEPEST = 40
_SPECIAL = frozenset("\\'")


def as_python(call: Call, mode: Mode, spelling: str, ink: Redactor) -> str:
    """Return the call as a Python expression, which can be evaluated unless it is too long to be shown in full.

    Args:
        call: What is passed.
        mode: Asynchronous calls are awaited.
        spelling: What stands before the opening parenthesis.
        ink: Takes the secrets out.
    """
    arguments = call.kwargs()
    writer = _Literals(ink, entries=None if _weight(arguments, folded=True) <= _MOST_PASTED else _ENTRIES)
    written = [f"{name}={writer.literal(value)}" for name, value in arguments.items()]
    before = f"{'await ' if mode == 'async' else ''}{spelling}("
    line = f"{before}{', '.join(written)})"
    return line if len(line) <= _ONE_LINE else "\n".join([before, *(f"    {item}," for item in written), ")"])


def as_literal(value: object, ink: Redactor) -> str:
    """Return *value* as Python, with what is long about it left out."""
    return _Literals(ink, entries=_ENTRIES).literal(value)


class _Literals:
    """Writes values as Python literals.

    Args:
        ink: Takes the secrets out.
        entries: How many entries of a container, and as many strings in full, are written; all when ``None``.
    """

    def __init__(self, ink: Redactor, entries: int | None) -> None:
        self._ink = ink
        self._entries = entries

    def literal(self, value: object, depth: int = _DEEPEST) -> str:
        """Return *value* as Python; what is left out of it is marked by ``…``."""
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, Mapping | list | tuple) and value and depth == 0:
            return "…"
        if isinstance(value, Mapping):
            items = [f"{self._string(str(key))}: {self.literal(value[key], depth - 1)}" for key in self._some(value)]
            return f"{{{self._joined(items, len(value))}}}"
        if isinstance(value, list | tuple):
            return f"[{self._joined([self.literal(item, depth - 1) for item in self._some(value)], len(value))}]"
        return _scalar(value)

    def _some(self, values: Mapping[object, object] | list[object] | tuple[object, ...]) -> list[object]:
        return list(values)[: self._entries]

    def _joined(self, items: list[str], count: int) -> str:
        more = count - len(items)
        return ", ".join([*items, f"… {more:,} more"] if more else items)

    def _string(self, value: str) -> str:
        if len(value) <= LONG:
            return repr(self._ink.clean(value))
        unit = _period(value)
        if unit and self._ink.clean(unit * 2) == unit * 2:
            times, rest = divmod(len(value), len(unit))
            return f"{unit!r} * {times}" + (f" + {unit[:rest]!r}" if rest else "")
        if self._entries is None and len(value) <= _MOST_PASTED:
            return repr(self._ink.clean(value))
        shown, _ = self._ink.window(value, 0, LONG)
        return f"{shown!r}… ({len(value):,} characters)"


def _scalar(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value!r}')"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value) if value.bit_length() > LONG else repr(value)  # Python refuses to write long ones as decimals
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, bytes | bytearray):
        return repr(bytes(value)) if len(value) <= LONG else f"{bytes(value[:LONG])!r}… ({len(value):,} bytes)"
    return f"<{type(value).__qualname__}>"  # its own repr may be long, slow or wrong


def _period(text: str) -> str:
    """Return what *text* repeats from its beginning to its end; empty when that is too long to be seen."""
    head = text[: 2 * _LONGEST_PERIOD]
    for length in range(1, _LONGEST_PERIOD + 1):
        if head.startswith(head[length:]) and text.startswith(text[length:]):
            return text[:length]
    return ""


def _weight(value: object, *, folded: bool) -> int:
    """Return about how many characters *value* has, counted no further than that is of use.

    Args:
        value: Anything.
        folded: Whether a string that repeats itself is written as a multiplication.
    """
    weight, values = 0, [value]
    while values and weight <= _MOST_PASTED:
        found = values.pop()
        weight += 4
        if isinstance(found, Mapping):
            values += [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple):
            values += found
        elif isinstance(found, str | bytes):
            short = folded and isinstance(found, str) and len(found) > LONG and _period(found)
            weight += LONG if short else len(found)
    return weight


def as_curl(call: Call, contract: Contract, ink: Redactor) -> str:
    """Return a curl command that sends what the contract requires for the call; empty when JSON cannot carry it."""
    try:
        wire = contract.wire_body(call)
        is_short = _weight(wire, folded=False) <= _MOST_PASTED
        body = escaped(json.dumps(wire, ensure_ascii=False, allow_nan=False)) if is_short else ""
    except (TypeError, ValueError, RecursionError):
        return ""
    headers = {"Content-Type": "application/json", **contract.wire_headers(call)}
    lines = [
        f"curl {shlex.quote(contract.url)}",
        '-H "Authorization: Bearer $OPENROUTER_API_KEY"',
        *(f"-H {_quoted(ink.short(f'{name}: {value}', _MOST_PASTED))}" for name, value in headers.items()),
        f"-d {_quoted(ink.clean(body))}" if body else "-d @body.json",
    ]
    note = "" if body else "\n(body.json: the arguments above under their wire names; too long for a command line)"
    return " \\\n  ".join(lines) + note


def as_command(call: Call, contract: Contract, command: str, ink: Redactor) -> str:
    """Return a shell command that makes the call with a client which is a command; empty when it cannot be told.

    Args:
        call: What is passed.
        contract: The server.
        command: The client, quoted for a shell.
        ink: Takes the secrets out.
    """
    try:
        line = Request(1, contract.base_url, _KEY, call.kwargs(), retries=False, timeout=60).line()
    except (TypeError, ValueError, RecursionError):
        return ""
    if len(line) > 2 * _MOST_PASTED:
        shown, _ = ink.window(line, 0, LONG)
        return f"{command} < request.json\n(request.json: {shown}… ({len(line):,} characters))"
    before, _, after = ink.clean(line).partition(_KEY)
    return f"printf '%s\\n' {shlex.quote(before)}\"$OPENROUTER_API_KEY\"{shlex.quote(after)} | {command}"


def _quoted(text: str) -> str:
    """Return *text* quoted for a shell; what cannot be seen is written as the escapes of bash and zsh."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(c if c.isprintable() and c not in _SPECIAL else _shell_escape(c) for c in text)}'"


def _shell_escape(character: str) -> str:
    if character in _SPECIAL:
        return f"\\{character}"
    return f"\\x{ord(character):02x}" if character.isascii() else f"\\U{ord(character):08x}"
