"""The lines of the command protocol: what a process says, what it is told, and what it answers.

The schema beside this module is what both sides are held to; ``docs/reference/command-protocol.md`` explains it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from .json_codec import tagged, untagged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import Draft202012Validator

VERSION = 1
SCHEMA = Path(__file__).with_name("command-protocol.schema.json")
_MAX_SHOWN = 100
_MAX_REASON = 300


class ProtocolError(ValueError):
    """A line that the protocol does not have; its message shows the line and says why."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first line that a process writes.

    Attributes:
        name: How reports call the client.
        version: Its version, or an empty string.
        features: What it offers.
        is_one_shot: Whether a process makes one call only.
        is_concurrent: Whether a request may be written before the one before it is answered.
        errors: Status, or ``default`` → names of the error type and its bases; empty when it does not say.
    """

    name: str
    version: str
    features: frozenset[str]
    is_one_shot: bool
    is_concurrent: bool
    errors: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Error:
    """What the client raised.

    Attributes:
        types: The name of its type, and of those that this inherits from.
        message: What it says.
        kept: What else it keeps, by the names of the protocol.
    """

    types: tuple[str, ...]
    message: str
    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended.

    Attributes:
        id: The number of its request.
        value: What the client returned, or what it raised.
    """

    id: int
    value: Error | dict[str, Any] | str | None


@dataclass(frozen=True, slots=True)
class Request:
    """What a process is told about one call.

    Attributes:
        id: Its number, which the answer repeats.
        base_url: The server; the operation's path is appended to it.
        api_key: The key, or ``None`` as in a program whose configuration has none.
        arguments: What is passed; what is not passed is absent.
        retries: Whether the client may retry as it does by default.
        timeout: After so many seconds the process is killed.
    """

    id: int
    base_url: str
    api_key: str | None
    arguments: Mapping[str, Any]
    retries: bool
    timeout: float

    def line(self) -> str:
        """Return it as one line of ASCII, without its end.

        Raises:
            TypeError: An argument has no form in the protocol, as an open file.
            ValueError: An integer is longer than Python writes, or a value is nested without end.
            RecursionError: A value is nested too deeply.
        """
        document = {
            "protocol": VERSION,
            "id": self.id,
            "base_url": self.base_url,
            "api_key": tagged(self.api_key),
            "arguments": {name: tagged(value) for name, value in self.arguments.items()},
            "retries": self.retries,
            "timeout": self.timeout,
        }
        return json.dumps(document, allow_nan=False, separators=(",", ":"))


def read_greeting(line: bytes) -> Greeting:
    """Read the first line of a process.

    Raises:
        ProtocolError: It is no greeting.
    """
    greeting = _read(line, "greeting")
    errors = {status: tuple(names) for status, names in greeting.get("errors", {}).items()}
    return Greeting(
        name=greeting["name"],
        version=greeting.get("version", ""),
        features=frozenset(greeting["features"]),
        is_one_shot=greeting.get("calls") == "one",
        is_concurrent=greeting.get("at_once", False),
        errors=MappingProxyType(errors),
    )


def read_answer(line: bytes) -> Answer:
    """Read what a process wrote after a request.

    Raises:
        ProtocolError: It is no answer.
    """
    answer = _read(line, "answer")
    try:
        return Answer(answer["id"], _returned(answer))
    except ValueError as error:
        raise _no(line, "answer", f"{'error' if 'error' in answer else 'ok'}: {error}") from None


def _returned(answer: Mapping[str, Any]) -> Any:
    if "error" not in answer:
        return untagged(answer["ok"])
    error = answer["error"]
    kept = {
        name: _untagged_member(name, value) for name, value in error.items() if name not in {"type", "types", "message"}
    }
    types = tuple(error.get("types") or (error["type"],))
    return Error(types, untagged(error["message"]), MappingProxyType(kept))


def _untagged_member(name: str, value: Any) -> Any:
    if name == "headers":  # the names in it are no tags
        return {header: untagged(content) for header, content in value.items()}
    return int(value) if name == "status" and value is not None else untagged(value)


def _read(line: bytes, kind: Literal["greeting", "answer"]) -> Any:
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ProtocolError(f"it wrote {_shown(line)}, which is nested too deeply") from None
    except ValueError as error:
        raise ProtocolError(f"it wrote {_shown(line)}, which is not JSON ({error})") from None
    reason = _why_invalid(value, kind)
    if reason:
        raise _no(line, kind, reason)
    return value


def _no(line: bytes, kind: str, reason: str) -> ProtocolError:
    return ProtocolError(f"it wrote {_shown(line)}, which is no {kind} of protocol {VERSION} ({reason})")


def _refuse_constant(token: str) -> NoReturn:
    raise ValueError(f"{token} is written as a tagged value")


def _why_invalid(value: object, kind: Literal["greeting", "answer"]) -> str:
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - costs 60 ms, and only a command needs it

    try:
        error = best_match(validator(kind).iter_errors(value))
    except RecursionError:
        return "it is nested too deeply"
    if error is None:
        return ""
    place = "".join(f"{name}: " for name in error.absolute_path)
    reason = " or ".join(alternative.message for alternative in error.context or ()) or error.message
    return f"{place}{reason:.{_MAX_REASON}}"


@cache
def validator(kind: Literal["greeting", "request", "answer"]) -> Draft202012Validator:
    """Return what judges lines of that kind, up to the values in them, which `untagged` judges.

    jsonschema tries each form at each level, with the whole value in a message for each: gigabytes for a few megabytes.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - costs 60 ms, and only a command needs it

    schema = json.loads(SCHEMA.read_text("utf-8"))
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": {**schema["$defs"], "value": True}})


def _shown(line: bytes) -> str:
    text = line[: 4 * _MAX_SHOWN].decode("utf-8", "replace").rstrip("\r\n")
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")
