"""A call in a form that can be pasted: as Python and as curl."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from ._text import elide_strings

if TYPE_CHECKING:
    from pytest_openrouter_stt.client import Mode
    from pytest_openrouter_stt.contract import Call, Contract


def as_python(call: Call, mode: Mode, spelling: str) -> str:
    """Return the call as a Python expression.

    Args:
        call: What is passed.
        mode: Asynchronous calls are awaited.
        spelling: What stands before the opening parenthesis.
    """
    arguments = ", ".join(f"{name}={_literal(value)}" for name, value in call.kwargs().items())
    waiting = "await " if mode == "async" else ""
    return f"{waiting}{spelling}({arguments})"


def _literal(value: object) -> str:
    return repr(elide_strings(value))


def as_curl(call: Call, contract: Contract) -> str:
    """Return a curl command that sends what the contract requires for the call."""
    body = json.dumps(elide_strings(contract.wire_body(call)), ensure_ascii=False)
    headers = {"Content-Type": "application/json", **contract.wire_headers(call)}
    lines = [
        f"curl {shlex.quote(contract.url)}",
        '-H "Authorization: Bearer $OPENROUTER_API_KEY"',
        *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()),
        f"-d {shlex.quote(body)}",
    ]
    return " \\\n  ".join(lines)
