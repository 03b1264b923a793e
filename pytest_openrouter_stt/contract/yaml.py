"""YAML as OpenAPI allows it: the types of JSON, as YAML 1.2 writes them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # pragma: no cover - PyYAML without libyaml: the same, 12 × slower
    from yaml import SafeLoader  # type: ignore[assignment]

_MAX_DEPTH = 500
"""Levels of nesting. libyaml's composer recurses in C: 100,000 levels would end the process, not raise."""

_TOO_DEEP = "exceeded maximum nesting depth"
"""What libyaml says from 0.2.6 on, which counts levels itself."""

_MAX_NODES = 500_000
"""Values that are read; each takes 700 bytes and 20 µs, and the full description of OpenRouter has a tenth of them."""

_TAG = "tag:yaml.org,2002:"

_PLAIN = {
    "null": (re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    "bool": (re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    "int": (re.compile(r"[-+]?[0-9]+"), list("-+0123456789")),
    "float": (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), list("-+.0123456789")),
    "merge": (re.compile(r"<<"), ["<"]),
}
"""How a type looks without quotes, and its first characters. YAML 1.1, PyYAML's own, reads more: ``no`` as false."""


def parse_yaml(text: str) -> object:
    """Return the value that *text* holds, with string keys, aliases shared.

    Raises:
        yaml.YAMLError: It is not YAML, or has what JSON has not: other types, other keys, merge keys.
        ValueError: A number is out of Python's reach.
        RecursionError: It is nested too deeply.
        TooManyValues: They would fill the memory.
    """
    try:
        return yaml.load(text, Loader=_JsonLoader)  # noqa: S506 - a safe loader, with fewer types still
    except yaml.MarkedYAMLError as error:
        if error.problem == _TOO_DEEP:
            raise RecursionError from None
        raise


class TooManyValues(Exception):
    """A document is too large to be read as YAML, of which a value takes a hundred times the room of its text."""

    def __str__(self) -> str:
        return f"as YAML it has more than {_MAX_NODES} values"


class _JsonLoader(SafeLoader):
    """A safe loader without the types that JSON has not, and with keys as they are written."""

    yaml_implicit_resolvers: ClassVar[Any] = {}  # type: ignore[misc] # so is it in PyYAML, whatever the stubs say
    yaml_constructors: ClassVar[Any] = {}
    _depth = 0
    _nodes = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:  # noqa: ARG002 - PyYAML calls it
        self._depth += 1
        self._nodes += 1
        if self._depth > _MAX_DEPTH:
            raise RecursionError
        if self._nodes > _MAX_NODES:
            raise TooManyValues

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        if not isinstance(node, yaml.MappingNode):
            raise _refused("not a mapping", node)
        return {self._key(key): self.construct_object(value, deep) for key, value in node.value}

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _refused("a key that is not a string", node)
        if node.tag == f"{_TAG}merge":
            raise _refused("the merge key '<<', which neither YAML 1.2 nor JSON has", node)
        return str(node.value)

    def refuse(self, node: yaml.Node) -> object:
        raise _refused(f"{node.tag!r}, which is not a type of JSON", node)

    def construct_null(self, node: yaml.ScalarNode) -> None:
        self.construct_scalar(node)

    def construct_bool(self, node: yaml.ScalarNode) -> bool:
        value = self.construct_scalar(node).lower()
        if value not in ("true", "false"):
            raise _refused(f"{value!r}, which is not a boolean", node)
        return value == "true"

    def construct_int(self, node: yaml.ScalarNode) -> int:
        return int(self.construct_scalar(node))

    def construct_float(self, node: yaml.ScalarNode) -> float:
        return float(self.construct_scalar(node))


def _refused(what: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)


for _name, (_pattern, _first) in _PLAIN.items():
    _JsonLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern.pattern})\Z"), _first)
for _name, _construct in {
    "map": _JsonLoader.construct_yaml_map,
    "seq": _JsonLoader.construct_yaml_seq,
    "str": _JsonLoader.construct_yaml_str,
    "null": _JsonLoader.construct_null,
    "bool": _JsonLoader.construct_bool,
    "int": _JsonLoader.construct_int,
    "float": _JsonLoader.construct_float,
}.items():
    _JsonLoader.add_constructor(_TAG + _name, _construct)
_JsonLoader.add_constructor(None, _JsonLoader.refuse)
