"""The contract: what a client has to do, as immutable values; no HTTP, no Hypothesis, no pytest."""

from ._call import MISSING, Call
from ._contract import Contract
from ._errors import SpecError
from ._load import load_contract, sdk_document
from ._schema import Schema, Violation
from ._sdk import Parameter, SdkNaming

__all__ = [
    "MISSING",
    "Call",
    "Contract",
    "Parameter",
    "Schema",
    "SdkNaming",
    "SpecError",
    "Violation",
    "load_contract",
    "sdk_document",
]
