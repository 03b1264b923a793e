"""Where the contract is read from: the packaged documents, or the user's."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ._contract import Contract, build_contract
from ._document import read_document
from ._errors import SpecError
from ._sdk import SdkNaming, sdk_naming
from ._values import freeze

if TYPE_CHECKING:
    from collections.abc import Mapping

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
