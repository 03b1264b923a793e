"""The client's own errors: what they have in common, and what each status raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_openrouter_stt.client import message_of, status_of
from pytest_openrouter_stt.endpoint import Reply
from pytest_openrouter_stt.report import ErrorRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_openrouter_stt.report import Observation

    from .context import CheckContext

SECOND_ANSWER = Reply.transcript("the second answer")
"""What a client that tries again is answered."""


def require_family(stt: CheckContext, seen: Observation) -> None:
    """Fail unless the error of *seen* shares a base class with the errors that statuses raise."""
    error = seen.error()
    base = own_base(stt)
    if base is None:
        seen.fail("its errors have no base class of their own")
    kind = type(error)
    seen.require(isinstance(error, base), f"it raised {kind.__module__}.{kind.__qualname__}, not a {base.__qualname__}")


def own_base(stt: CheckContext) -> type | None:
    """Return the nearest base class of all the client's error types that is not Python's own, or ``None``."""
    table = stt.error_table
    types = [*table.by_status.values(), *([table.default] if table.default else [])]
    return common_base(types or raised_types(stt).values())


def common_base(types: Iterable[type]) -> type | None:
    """Return the nearest class that all *types* are or inherit from, Python's own left aside."""
    line, *others = (kind.__mro__ for kind in types)
    shared = (kind for kind in line if all(kind in other for other in others))
    return next((kind for kind in shared if kind.__module__ != "builtins"), None)


def taxonomy(stt: CheckContext) -> tuple[ErrorRow, ...]:
    """Return what each status of the contract becomes, by the operation of the context."""
    return tuple(_row(stt, status) for status in stt.contract.error_statuses)


def reason_of(status: int) -> str:
    """Return what the endpoint says of an error of *status*."""
    return f"The reason why this is a {status}: ünïcode included."


def documented_error(status: int) -> Reply:
    """Return the error of *status* that all checks share to which its body does not matter."""
    return Reply.error(status, reason_of(status))


def _row(stt: CheckContext, status: int) -> ErrorRow:
    error = stt.reply(documented_error(status)).error()
    retried = stt.exchange(stt.smallest, documented_error(status), SECOND_ANSWER, retries=True)
    return ErrorRow(
        status=status,
        kind=f"{type(error).__module__}.{type(error).__qualname__}",
        status_kept=status_of(error) == status,
        message_kept=reason_of(status) in message_of(error),
        retried=len(retried.requests) > 1,
    )


def raised_types(stt: CheckContext) -> dict[int, type]:
    """Return what each status of the contract raises: its type, by status."""
    return {status: type(stt.reply(documented_error(status)).error()) for status in stt.contract.error_statuses}
