"""From a file to a plain JSON document, whatever somebody put into the file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ._errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
"""The full description of OpenRouter has 1.4 MB: this leaves room, and refuses what is not a description."""

MAX_NODES = 2_000_000
"""Values in a document after every alias is written out; a YAML bomb of 300 bytes has 10**9."""


def read_document(path: Path, source: str) -> dict[str, object]:
    """Read a YAML or JSON file.

    Args:
        path: The file; its ending does not matter, JSON is recognised by its first character.
        source: The file as the user named it, for messages.

    Returns:
        The document, with string keys only.

    Raises:
        SpecError: The file is missing, unreadable, neither YAML nor JSON, not an object, or a bomb.
    """
    text = _read_text(path, source)
    try:
        document = _parse(text)
        _refuse_bombs(document, source)
        plain = _plain(document)
    except RecursionError:
        raise _refused(source, "it is nested too deeply", "Give an OpenAPI document.") from None
    if not isinstance(plain, dict):
        raise _refused(source, f"it holds {type(plain).__name__}, not an object", "Give an OpenAPI document.")
    return plain


def _read_text(path: Path, source: str) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused(source, f"it is larger than {MAX_BYTES} bytes", "Give an OpenAPI document.")
        return path.read_text("utf-8")
    except FileNotFoundError:
        remedy = "Give the path of an OpenAPI document, in YAML or JSON."
        raise _refused(source, "there is no such file", remedy) from None
    except OSError as error:
        raise _refused(source, f"it cannot be read ({error.strerror})", "Give a readable file.") from None
    except UnicodeDecodeError:
        raise _refused(source, "it is not UTF-8 text", "Give an OpenAPI document, in YAML or JSON.") from None


def _parse(text: str) -> object:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except ValueError:
            pass  # a YAML flow mapping begins like JSON; if it is neither, the YAML error says where
    return _parse_yaml(text)


def _parse_yaml(text: str) -> object:
    import yaml  # noqa: PLC0415 - costs 15 ms, and the packaged contract needs none of it

    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders; the C one is 12 × faster
    except (yaml.YAMLError, ValueError) as error:
        place = " ".join(str(error).split())
        raise SpecError(
            source="",
            problem=f"it is neither YAML nor JSON ({place})",
            remedy="Give an OpenAPI document, in YAML or JSON.",
        ) from None


def _refuse_bombs(document: object, source: str) -> None:
    """Count the values as they would be with every alias written out, looking at each shared one only once."""
    counts: dict[int, int] = {}
    open_nodes: set[int] = set()

    def count(node: object) -> int:
        if not isinstance(node, dict | list):
            return 1
        if id(node) in counts:
            return counts[id(node)]
        if id(node) in open_nodes:
            raise _refused(source, "a YAML alias contains itself", "Write the document without it.")
        open_nodes.add(id(node))
        total = 1 + sum(count(child) for child in _children(node))
        open_nodes.remove(id(node))
        counts[id(node)] = total
        return total

    if count(document) > MAX_NODES:
        problem = f"with its YAML aliases written out it has more than {MAX_NODES} values"
        raise _refused(source, problem, "Write the document without nested aliases.")


def _children(node: dict[object, object] | list[object]) -> Iterable[object]:
    return node.values() if isinstance(node, dict) else node


def _plain(value: object) -> object:
    """Keep what JSON has: YAML reads ``200:`` as an integer key and a date as a date."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def _refused(source: str, problem: str, remedy: str) -> SpecError:
    return SpecError(source=source, problem=problem, remedy=remedy)
