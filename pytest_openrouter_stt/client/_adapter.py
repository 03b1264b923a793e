"""Adapters: code between the suite and a client that is no part of the client, and what they declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._resolve import Target

ADAPTER_FOR = "stt_adapter_for"
"""The attribute by which an adapter, or its module, names the package of the client that it is for."""

FUNCTION_OF = "stt_function_of"
"""The same, where nobody has said it but a function is known to be of that package."""

ADAPTER_WORK = "stt_adapter_work"
"""The attribute by which it says what it does itself, in sentences without a subject."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that says so.

    Attributes:
        name: What it is called in reports.
        modules: The modules that its code is in.
        package: The package of the client, by its dotted name.
        work: What it says that it does itself.
    """

    name: str
    modules: frozenset[str]
    package: str
    work: tuple[str, ...]

    def is_client(self, module: str) -> bool:
        """Whether *module* is the client's."""
        return _is_in(module, self.package) and module not in self.modules


def adapter_of(target: Target, owner: object) -> Adapter | None:
    """Return the adapter that *owner*, or the module of *target*, says that it is; ``None`` for a client itself."""
    package = declared(target, owner, ADAPTER_FOR) or getattr(owner, FUNCTION_OF, None)
    here = getattr(target.module, "__name__", "")
    if not isinstance(package, str) or not package or package == here:
        return None
    homes = {getattr(owner, "__module__", None), type(owner).__module__}
    others = ("builtins", package, __name__.partition(".")[0])  # of from_function() it is declared what it does
    own = {home for home in homes if isinstance(home, str) and not any(_is_in(home, other) for other in others)}
    work = declared(target, owner, ADAPTER_WORK) or ()
    return Adapter(here or target.name, frozenset({here, *own} - {""}), package, tuple(map(str, work)))


def declared(target: Target, owner: object, name: str) -> Any:
    """Return the attribute *name* of a client object or else of its module; ``None`` when neither has it."""
    found = getattr(owner, name, None)
    return getattr(target.module, name, None) if found is None else found


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
