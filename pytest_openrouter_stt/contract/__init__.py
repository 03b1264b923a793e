"""The contract: what a client has to do, as immutable values; no HTTP, no Hypothesis, no pytest."""

from .contract import MISSING, OPERATION_PATH, Call, Contract, find_operation, resolver_of
from .documents import load_contract, sdk_document
from .schema import (
    ELSEWHERE,
    NAMED,
    Json,
    Resolver,
    Schema,
    SpecError,
    Violation,
    escape,
    is_annotation,
    is_extension,
    modernised,
    shortened,
    thaw,
)
from .sdk import Parameter, SdkNaming

__all__ = [
    "ELSEWHERE",
    "MISSING",
    "NAMED",
    "OPERATION_PATH",
    "Call",
    "Contract",
    "Json",
    "Parameter",
    "Resolver",
    "Schema",
    "SdkNaming",
    "SpecError",
    "Violation",
    "escape",
    "find_operation",
    "is_annotation",
    "is_extension",
    "load_contract",
    "modernised",
    "resolver_of",
    "sdk_document",
    "shortened",
    "thaw",
]
