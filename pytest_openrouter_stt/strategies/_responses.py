"""Bodies that the API may answer with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.contract import Contract, load_contract

from ._schema import from_schema

if TYPE_CHECKING:
    from hypothesis import strategies as st


def transcription_responses(contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the bodies of a 200, from the contract's response schema.

    Raises:
        UnsupportedKeyword: The schema cannot be turned into a strategy.
    """
    schema = (contract or load_contract()).transcript
    return from_schema(schema.document, schema.pointer)


def error_responses(status: int, contract: Contract | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for the bodies of an error, from the contract's schema for *status*.

    A status without a schema shares that of the others: they are the same but for their names.

    Raises:
        UnsupportedKeyword: The schema cannot be turned into a strategy.
    """
    schema = (contract or load_contract()).error_schema(status)
    return from_schema(schema.document, schema.pointer)
