"""Reading documents: the packaged or the user's OpenAPI document, and the SDK's naming."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .contract import Contract, build_contract
from .schema import SpecError, freeze, shortened, shown
from .sdk import SdkNaming, sdk_naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 64 * 1024 * 1024
"""The full description of OpenRouter has 1.4 MB: this leaves room, and refuses what is not a description."""

MAX_NODES = 2_000_000
"""Values in a document after every alias is written out; a YAML bomb of 300 bytes has 10**9."""

_LONG = 64
"""Characters, or bytes of an integer, that count as one value more: under many aliases they are a bomb as well."""


def read_document(path: Path, source: str) -> dict[str, object]:
    """Read a YAML or JSON file.

    Args:
        path: The file; its ending does not matter, JSON is recognised by its first character.
        source: The file as the user named it, for messages.

    Returns:
        The document, with string keys and JSON's types only; what YAML aliases share is shared.

    Raises:
        SpecError: The file is missing, unreadable, neither YAML nor JSON, not an object, or a bomb.
    """
    text = _read_text(path, source)
    try:
        document = _parse(text, source)
        _refuse_bombs(document, source)
    except RecursionError:
        raise _refused(source, "it is nested too deeply", "Give an OpenAPI document.") from None
    if document is None:
        raise _refused(source, "it is empty", "Give an OpenAPI document, in YAML or JSON.")
    if not isinstance(document, dict):
        raise _refused(source, f"it holds {shown(document)}, not an object", "Give an OpenAPI document.")
    return document


def _read_text(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a device has no size and no end
        if len(data) > MAX_BYTES:
            raise _refused(source, f"it is larger than {MAX_BYTES} bytes", "Give an OpenAPI document.")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        remedy = "Give the path of an OpenAPI document, in YAML or JSON."
        raise _refused(source, "there is no such file", remedy) from None
    except OSError as error:
        raise _refused(source, f"it cannot be read ({error.strerror})", "Give a readable file.") from None
    except UnicodeDecodeError:
        raise _refused(source, "it is not UTF-8 text", "Give an OpenAPI document, in YAML or JSON.") from None
    except ValueError as error:
        raise _refused(source, f"it is no path ({error})", "Give the path of an OpenAPI document.") from None


def _parse(text: str, source: str) -> object:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except ValueError:
            pass  # a YAML flow mapping begins like JSON; if it is neither, the YAML error says where
    return _parse_yaml(text, source)


def _parse_yaml(text: str, source: str) -> object:
    import yaml  # noqa: PLC0415 - costs 15 ms, and the packaged contract needs none of it

    from .yaml import TooManyValues, parse_yaml  # noqa: PLC0415

    try:
        return parse_yaml(text)
    except TooManyValues as error:
        raise _refused(source, str(error), "Give an OpenAPI document, a large one in JSON.") from None
    except (yaml.YAMLError, ValueError) as error:
        place = shortened(" ".join(str(error).split()))
        problem = f"it is neither YAML nor JSON ({place})"
        raise _refused(source, problem, "Give an OpenAPI document, in YAML or JSON.") from None


def _refuse_bombs(document: object, source: str) -> None:
    """Count the values as they would be with every alias written out, looking at each shared one only once."""
    counts: dict[int, int] = {}
    open_nodes: set[int] = set()

    def count(node: object) -> int:
        if not isinstance(node, dict | list):
            return _scalar_size(node, source)
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


def _children(node: dict[object, object] | list[object]) -> Iterator[object]:
    if isinstance(node, dict):
        yield from node
        yield from node.values()
    else:
        yield from node


def _scalar_size(value: object, source: str) -> int:
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(source, f"it holds the number {value}, which JSON has not", "Mend the document.")
    if isinstance(value, int):
        return 1 + value.bit_length() // (8 * _LONG)
    return 1 + len(value) // _LONG if isinstance(value, str) else 1


def _refused(source: str, problem: str, remedy: str) -> SpecError:
    return SpecError(source=source, problem=problem, remedy=remedy)


_PACKAGE = Path(__file__).resolve().parents[1]
PACKAGED = "packaged"
COMPILED_NAME = "compiled.json"
"""Both YAML files as one JSON file, which parses 40 times faster; written when a wheel is built."""


def load_contract(path: str | Path | None = None) -> Contract:
    """Read the contract.

    Args:
        path: An OpenAPI 3.x document, in YAML or JSON, of the endpoint; the packaged one when ``None``.

    Returns:
        The contract; the packaged one is read once per process.

    Raises:
        SpecError: The document cannot be used, with the reason and what to do.
    """
    if path is None:
        return _packaged_contract()
    source = str(path)
    try:
        return build_contract(read_document(Path(path), source), source, _packaged_naming())
    except RecursionError:
        remedy = "Give an OpenAPI document."
        raise SpecError(source=source, problem="it is nested too deeply", remedy=remedy) from None


def sdk_document() -> Mapping[str, Any]:
    """Return what the page of the Python SDK adds, ``spec/sdk.yaml``, read-only at every depth."""
    return cast("Mapping[str, Any]", freeze(_packaged_documents()["sdk"]))


@cache
def _packaged_contract() -> Contract:
    return build_contract(_packaged_documents()["openapi"], PACKAGED, _packaged_naming(), trusted=True)


@cache
def _packaged_naming() -> SdkNaming:
    return sdk_naming(_packaged_documents()["sdk"])


@cache
def _packaged_documents() -> dict[str, Any]:
    folder = spec_folder()
    compiled = folder / COMPILED_NAME
    if compiled.is_file():
        return json.loads(compiled.read_text("utf-8"))  # type: ignore[no-any-return] # what the build wrote
    return {name: read_document(folder / f"{name}.yaml", f"spec/{name}.yaml") for name in ("openapi", "sdk")}


def spec_folder() -> Path:
    """Return the folder of the packaged documents: inside an installed package, beside it in a source tree."""
    inside = _PACKAGE / "spec"
    return inside if inside.is_dir() else _PACKAGE.parent / "spec"
