"""Exceptions for what a client in another language raised: a class for each of its types, made when it turns up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._protocol import Error

_MODULE = "command"
"""Where the classes seem to come from, in reports."""

_PYTHONS_OWN: dict[tuple[str, ...], type[Exception]] = {
    (): Exception,
    ("TypeError",): TypeError,
    ("ValueError",): ValueError,
}
"""What the suite knows as the errors for arguments that are wrong; every language has some."""

_IN_THE_ERROR = ("code", "metadata")
_BESIDE_IT = ("user_id", "openrouter_metadata")


class ForeignErrors:
    """The error types of one client; the same names always give the same class."""

    def __init__(self) -> None:
        self._types: dict[tuple[str, ...], type[Exception]] = dict(_PYTHONS_OWN)

    def type_of(self, names: Sequence[str]) -> type[Exception]:
        """Return the class of that name and those bases.

        Nothing is added to what the client says: types without a common base in *names* have none here but
        ``Exception``, or ``TypeError`` or ``ValueError`` when *names* end in it.

        Args:
            names: The name of the type, and of those that it inherits from, the most specific first.
        """
        names = tuple(names)
        if names not in self._types:
            base = self.type_of(names[1:])
            self._types.setdefault(names, type(names[0], (base,), {"__module__": _MODULE}))
        return self._types[names]

    def exception(self, error: Error) -> Exception:
        """Return *error* as what can be raised, with what it keeps as attributes."""
        raised: Any = self.type_of(error.types)(error.message)
        raised.message = error.message
        raised.status_code = error.kept.get("status")
        raised.headers = error.kept.get("headers")
        raised.body = error.kept.get("body")
        raised.data = _data(error)
        return raised  # type: ignore[no-any-return]


def _data(error: Error) -> dict[str, Any]:
    """Return what was kept of the body of the response, in the form that it has there."""
    inner = {name: error.kept[name] for name in _IN_THE_ERROR if name in error.kept}
    beside = {name: error.kept[name] for name in _BESIDE_IT if name in error.kept}
    return {**beside, "error": {"message": error.message, **inner}}
