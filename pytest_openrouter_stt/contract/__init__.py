"""The contract: what a client has to do, as immutable values; no HTTP, no Hypothesis, no pytest."""

from ._call import MISSING, Call
from ._contract import OPERATION_PATH, Contract, find_operation, resolver_of
from ._dialect import ELSEWHERE, NAMED, is_annotation, is_extension, modernised
from ._errors import SpecError
from ._load import load_contract, sdk_document
from ._resolve import Json, Resolver
from ._schema import Schema, Violation
from ._sdk import Parameter, SdkNaming
from ._values import escape, shortened, thaw

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
