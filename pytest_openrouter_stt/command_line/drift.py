"""``pytest-openrouter-stt drift OLD NEW``: what changes for clients, and for the checks, with another document."""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.drift import SCHEMA, drift, is_error, listed, named, surface
from pytest_openrouter_stt.judging import CheckInfo, cases
from pytest_openrouter_stt.report import counted, harmless, one_line, write_file
from pytest_openrouter_stt.suite import every_check

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Iterator, Sequence

    from pytest_openrouter_stt.contract import Contract, SdkNaming
    from pytest_openrouter_stt.drift import Drift, FactPath, Facts, PathStep, RequirementChange

_SDK = "sdk.yaml#/"
_ANY = "*"
_ANY_ERROR = "any error"
"""Stands in a place for the status of every error."""

_BODY: FactPath = ("request", "content", "application/json", SCHEMA)
_ERRORS: FactPath = ("responses", _ANY_ERROR, "content")
_NEVER_SENT = ("query", "path")
"""Where the check of the URL would find a parameter."""


@dataclass(frozen=True, kw_only=True)
class Recount:
    """A check that is repeated for other cases than before.

    Attributes:
        check: Its ID.
        gained: The cases that are new, as they stand in node IDs.
        lost: The cases that are no more.
    """

    check: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    def __str__(self) -> str:
        gains = f"gains [{', '.join(self.gained)}]" if self.gained else ""
        loses = f"loses [{', '.join(self.lost)}]" if self.lost else ""
        return f"{self.check} {' and '.join(filter(None, (gains, loses)))}"


class Checks:
    """The checks of the suite, and what each looks at.

    Args:
        contract: The packaged contract, which the checks are written against.
    """

    def __init__(self, contract: Contract) -> None:
        facts = surface(contract)
        self._all = every_check()
        self._looked_at = {info.requirement.check: tuple(_looked_at(info, facts, contract.sdk)) for info in self._all}

    def looked_at(self, check: str) -> tuple[FactPath, ...]:
        """Return the places that *check* looks at; empty for one that no OpenAPI document has a say in."""
        return self._looked_at[check]

    def touched_by(self, change: RequirementChange) -> tuple[str, ...]:
        """Return the IDs of the checks that look at what has changed."""
        places = [place for one in change.places for place in _also(one)]
        return tuple(
            check
            for check, asked in self._looked_at.items()
            if any(_meets(one, place) for one in asked for place in places)
        )

    def recounts(self, old: Contract, new: Contract) -> Iterator[Recount]:
        """Yield the checks that are repeated for other cases under *new* than under *old*."""
        for info in self._all:
            if info.each is not None:
                before, after = (list(map(str, cases(info.each, contract)[1])) for contract in (old, new))
                gained = tuple(case for case in after if case not in before)
                lost = tuple(case for case in before if case not in after)
                if gained or lost:
                    yield Recount(check=info.requirement.check, gained=gained, lost=lost)


def _looked_at(info: CheckInfo, facts: Facts, naming: SdkNaming) -> Iterator[FactPath]:
    spec = info.requirement.spec
    if spec.startswith(_SDK):
        yield from _places_of_naming(spec.removeprefix(_SDK), naming)
    for place in facts.places.get(spec, ()):
        yield (place[0], _ANY_ERROR, *place[2:]) if info.each == "error status" else place


def _places_of_naming(where: str, naming: SdkNaming) -> Iterator[FactPath]:
    subject, _, name = where.partition("/")
    if subject in {"errors", "default_error"}:
        yield _ERRORS
    elif subject == "renames":
        yield from (_renamed(pointer, wire_name, naming) for pointer, wire_name in naming.renames.items())
    elif subject == "parameters":
        for parameter in [naming.parameters[name]] if name else naming.in_place("header"):
            if parameter.place == "body":
                yield (*_BODY, ("properties", parameter.wire_name))
            elif parameter.place == "header":
                yield ("parameters", f"header {parameter.wire_name.lower()}")


def _renamed(pointer: str, wire_name: str, naming: SdkNaming) -> FactPath:
    _, parameter, *inner = pointer.split("/")
    names = [naming.parameters[parameter].wire_name, *inner[:-1], wire_name]
    return (*_BODY, *(("properties", name) for name in names))


def _also(place: FactPath) -> Iterator[FactPath]:
    """Yield *place*, and the field when it says that a field is required."""
    yield place
    if place and place[-1][0] == "required" and not isinstance(place[-1], str):
        yield (*place[:-1], ("properties", place[-1][1]))


def _meets(asked: FactPath, place: FactPath) -> bool:
    """Whether a check that looks at *asked* sees a change at *place*.

    What is outside of the schemas is looked at for itself: schemas have checks of their own.
    """
    if not asked:  # the operation itself
        return place[0] == "base URL" or (place[0] == "parameters" and str(place[1]).startswith(_NEVER_SENT))
    if SCHEMA in place and SCHEMA not in asked:
        return False
    return all(map(_same, _plain(asked), _plain(place)))


def _plain(place: FactPath) -> list[str | PathStep]:
    """Return *place* without the steps into alternatives, which a check written before there were any does not know."""
    return [part for part in place if isinstance(part, str) or part[0] not in {"anyOf", "oneOf"}]


def _same(asked: str | PathStep, found: str | PathStep) -> bool:
    if isinstance(asked, str) or isinstance(found, str):
        return asked == found or (asked == _ANY_ERROR and isinstance(found, str) and is_error(found))
    return asked[0] == found[0] and asked[1] in {_ANY, found[1]}


def unnamed_arguments(contract: Contract, packaged: Contract) -> tuple[str, ...]:
    """Return the arguments of *contract* that the SDK's page does not name, so that they go by the field's own name."""
    return tuple(name for name in contract.sdk.parameters if name not in packaged.sdk.parameters)


_LONG = 4000
_MAX_CHANGES = 200
"""Changes that are told one by one; a summary of a step on GitHub holds twice as many."""

_MAX_POINTERS = 3
_NARROWEST = 20
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|#@~!$]")
"""What Markdown, HTML or GitHub would read as its own."""

_NOBODY = "no check looks at this"


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """The comparison of two documents, with the suite's view of it.

    Attributes:
        old: The document that was.
        new: The document that is.
        drift: What has changed.
        touched: For each change, the IDs of the checks that it touches.
        recounts: The checks that are repeated for other cases.
        unnamed: The arguments of the new document that the SDK's page does not name.
    """

    old: Contract
    new: Contract
    drift: Drift
    touched: Sequence[tuple[str, ...]]
    recounts: Sequence[Recount]
    unnamed: Sequence[str]

    @property
    def title(self) -> str:
        """Which document is compared with which."""
        return f"{_document(self.old)} → {_document(self.new)}"

    @property
    def shown(self) -> list[tuple[RequirementChange, tuple[str, ...]]]:
        """The changes that are told one by one, each with its checks."""
        return list(zip(self.drift.changes, self.touched, strict=True))[:_MAX_CHANGES]

    @property
    def remarks(self) -> Iterator[str]:
        """What is to be said beside the changes, a line each, the conclusion last."""
        more = len(self.drift.changes) - _MAX_CHANGES
        if more > 0:
            yield f"and {counted(more, 'change')} more, which are not shown"
        yield from map(str, self.recounts)
        if self.unnamed:
            names = listed([named(name) for name in self.unnamed])
            yield f"not named by sdk.yaml, so passed under the name of the field: {names}"
        yield self._conclusion()

    def _conclusion(self) -> str:
        changes = len(self.drift.changes)
        wording = f"{counted(self.drift.wording, 'change')} of wording only" if self.drift.wording else ""
        if not changes:
            return f"no requirement has changed{f', and {wording}' if wording else ''}"
        checks = counted(len({check for checks in self.touched for check in checks}), "check")
        holes = sum(not checks for checks in self.touched)
        unseen = f"; no check looks at {holes} of them" if holes else ""
        more = f"; and {wording}" if wording else ""
        return f"{counted(changes, 'requirement')} changed, which {checks} look at{unseen}{more}"


def as_text(report: DriftReport, width: int) -> str:
    """Return *report* for a terminal of *width* columns."""
    lines = [*_wrapped(f"stt: {report.title}", "", width)]
    for change, checks in report.shown:
        lines += ["", *_wrapped(str(change), "", width)]
        for about in (*_about(change), f"checks: {', '.join(checks)}" if checks else _NOBODY):
            lines += _wrapped(about, "  ", width)
    lines.append("")
    for remark in report.remarks:
        lines += _wrapped(remark, "", width)
    return "\n".join(lines)


def as_markdown(report: DriftReport) -> str:
    """Return *report* as GitHub's Markdown; nothing that a document holds is taken for markup."""
    lines = [f"## {_prose(report.title)}", ""]
    for change, checks in report.shown:
        lines += [f"- **{_prose(str(change))}**", *(f"  - {_prose(line)}" for line in _about(change))]
        lines += [f"  - checks: {', '.join(map(_code, checks))}" if checks else f"  - **{_NOBODY}**"]
    *remarks, conclusion = report.remarks
    lines += [f"- {_prose(line)}" for line in remarks]
    return "\n".join([*lines, "", _prose(conclusion), ""])


def _wrapped(text: str, margin: str, width: int) -> list[str]:
    return textwrap.wrap(
        one_line(harmless(text), _LONG),
        max(width, _NARROWEST),
        initial_indent=margin,
        subsequent_indent=f"{margin}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _prose(text: str) -> str:
    """Return *text* with what stands in backticks as code, and no other markup."""
    outside, *rest = one_line(harmless(text), _LONG).split("`")
    parts = [_escaped(outside)]
    parts += [_code(part) if i % 2 == 0 else _escaped(part) for i, part in enumerate(rest)]
    return "".join(parts)


def _code(text: str) -> str:
    return f"`{text}`" if text.strip() else text


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", text)


def _document(contract: Contract) -> str:
    return f"{contract.source} ({contract.revision})"


def _about(change: RequirementChange) -> Iterator[str]:
    if change.binding is not None:
        yield change.binding.value
    old, new = change.old_pointers, change.new_pointers
    if old == new:
        yield f"at {_pointers(new)}"
    else:
        yield from [f"was at {_pointers(old)}"] * bool(old) + [f"at {_pointers(new)}"] * bool(new)


def _pointers(pointers: Sequence[str]) -> str:
    more = len(pointers) - _MAX_POINTERS
    return " ".join(map(named, pointers[:_MAX_POINTERS])) + (f" and {more} more" if more > 0 else "")


_PACKAGED = "packaged"
_ABOUT = (
    "Say which requirements appear, change and vanish between two OpenAPI documents of the endpoint, and which checks "
    "look at them. The exit code is 0 if no requirement has changed, 1 if one has, 2 if a document cannot be used."
)


def add_drift(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("drift", help="compare two OpenAPI documents of the endpoint", description=_ABOUT)
    document = f"an OpenAPI document, YAML or JSON, or the word '{_PACKAGED}' for that of this package"
    parser.add_argument("old", metavar="OLD", help=document)
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write it as Markdown too, as for a step summary")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> tuple[str, int]:
    report = compared(_contract(given.old), _contract(given.new))
    if given.markdown is not None:
        write_file(given.markdown, as_markdown(report))
    return as_text(report, shutil.get_terminal_size().columns), int(bool(report.drift.changes))


def compared(old: Contract, new: Contract) -> DriftReport:
    """Return what has changed from *old* to *new*, with the checks that it touches.

    Raises:
        SpecError: A document cannot be used.
    """
    packaged = load_contract()
    checks = Checks(packaged)
    found = drift(old, new)
    return DriftReport(
        old=old,
        new=new,
        drift=found,
        touched=[checks.touched_by(change) for change in found.changes],
        recounts=list(checks.recounts(old, new)),
        unnamed=unnamed_arguments(new, packaged),
    )


def _contract(path: str) -> Contract:
    return load_contract(None if path == _PACKAGED else path)
