"""jsonschema's validator, for every number that Python reads."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

if TYPE_CHECKING:
    from collections.abc import Iterator


def _multiple_of(validator: Any, factor: float, instance: Any, schema: Any) -> Iterator[ValidationError]:
    try:
        yield from Draft202012Validator.VALIDATORS["multipleOf"](validator, factor, instance, schema)
    except (OverflowError, ValueError):  # one of them is no float, or the other is none that JSON has
        is_number = isinstance(instance, int) or math.isfinite(instance)
        if not is_number or Fraction(instance) % Fraction(factor):
            yield ValidationError(f"{instance!r} is not a multiple of {factor!r}")


Validator: Any = extend(Draft202012Validator, {"multipleOf": _multiple_of})  # type: ignore[no-untyped-call]
