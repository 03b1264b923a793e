"""A JSON Schema of the contract, and what it finds wrong with a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ._values import escape, thaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._resolve import Json


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks a schema.

    Attributes:
        pointer: JSON pointer (RFC 6901) into the value; empty for the value itself.
        keyword: The JSON Schema keyword that is broken, for example ``required``; ``false`` for that schema.
        message: What is wrong, in words.
    """

    pointer: str
    keyword: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the body'}: {self.message}"


@dataclass(frozen=True)
class Schema:
    """A JSON Schema (Draft 2020-12) with every reference written out.

    Attributes:
        pointer: Where it stands in the OpenAPI document.
        document: The schema, read-only at every depth.
    """

    pointer: str
    document: Json = field(repr=False)

    def violations(self, value: object) -> tuple[Violation, ...]:
        """Return every violation in *value*, a JSON value; empty when it is valid."""
        return tuple(sorted(self._find(value), key=lambda violation: violation.pointer))

    @cached_property
    def _find(self) -> Callable[[object], Iterator[Violation]]:
        from ._validator import Validator  # noqa: PLC0415 - costs 60 ms, and not every run judges

        validator = Validator(cast("dict[str, Any]", thaw(self.document)))

        def find(value: object) -> Iterator[Violation]:
            for error in validator.iter_errors(value):
                pointer = "".join(f"/{escape(str(token))}" for token in error.absolute_path)
                yield Violation(pointer, str(error.validator or "false"), error.message)

        return find
