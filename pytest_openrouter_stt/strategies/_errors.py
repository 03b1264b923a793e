"""The one error of this layer, and its case that a schema around it may survive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False, kw_only=True)
class UnsupportedKeyword(Exception):
    """A schema uses a keyword that no value can be made for, or none that is sure to be valid.

    Attributes:
        keyword: The keyword; ``false`` for that schema.
        place: Where it stands.
        problem: Why there is no such value; empty when the keyword is not understood at all.
    """

    keyword: str
    place: str
    problem: str = ""

    def __str__(self) -> str:
        problem = self.problem or f"is not understood; understood are {', '.join(sorted(UNDERSTOOD))}"
        return f"{self.place} uses {self.keyword!r}, which {problem}"


class AdmitsNothing(UnsupportedKeyword):
    """A schema that no value is valid by: whatever may do without one does."""


ANNOTATIONS = frozenset(
    {"title", "description", "summary", "format", "default", "example", "examples", "deprecated", "readOnly",
     "writeOnly", "contentEncoding", "contentMediaType", "$comment", "externalDocs", "xml"}
)  # fmt: skip
"""Keywords that say nothing about what is valid; so do those that begin with ``x-``."""

NUMBER_KEYWORDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
STRING_KEYWORDS = frozenset({"minLength", "maxLength", "pattern"})
ARRAY_KEYWORDS = frozenset({"items", "minItems", "maxItems", "uniqueItems"})
OBJECT_KEYWORDS = frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"})
COMBINATORS = frozenset({"allOf", "anyOf", "oneOf"})
UNDERSTOOD = (
    NUMBER_KEYWORDS | STRING_KEYWORDS | ARRAY_KEYWORDS | OBJECT_KEYWORDS | COMBINATORS | {"type", "enum", "const"}
)


def is_annotation(keyword: str) -> bool:
    """Whether *keyword* says nothing about what is valid."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")
