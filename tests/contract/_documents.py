"""The packaged documents as plain values that a test may change, and JSON values to put into them."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

REPOSITORY = Path(__file__).resolve().parents[2]
SPEC = REPOSITORY / "spec"
OPERATION = "/audio/transcriptions"


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


_OPENAPI = read_yaml(SPEC / "openapi.yaml")


def packaged() -> Any:
    return deepcopy(_OPENAPI)


def small() -> Any:
    """The packaged document with three providers and two errors: all kinds of node, a tenth as many."""
    document = packaged()
    slugs = schemas(document)["ProviderOptions"]["properties"]
    for slug in list(slugs)[3:]:
        del slugs[slug]
    for status in ("401", "402", "404", "429", "502", "503"):
        del post(document)["responses"][status]
    used = ("STT", "Stt", "Provider", "BadRequest", "InternalServer")
    document["components"]["schemas"] = {
        name: schema for name, schema in schemas(document).items() if name.startswith(used)
    }
    return document


def post(document: Any, path: str = OPERATION) -> Any:
    return document["paths"][path]["post"]


def schemas(document: Any) -> Any:
    return document["components"]["schemas"]


def as_yaml(document: Any) -> str:
    return yaml.safe_dump(document, allow_unicode=True)


def json_values() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    )


def same_json(left: object, right: object) -> bool:
    """Equal to the type: Python's ``==`` does not tell ``0`` from ``False`` and ``0.0``."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
