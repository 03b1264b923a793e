"""Known failures: what a project has decided to live with for a while, so that only what is new fails its gate."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from .result import Level, Result, Verdict
from .summary import is_gating
from .text import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_NOT_LOOKED_INTO = "not looked into yet"
_FIELDS = {"id": str, "reason": str, "client": str, "observed": str, "owner": str, "expires": date}
_NEEDED = ("id", "reason")
_MAX_SHOWN = 120


class UnusableKnownFailures(ValueError):
    """A file of known failures cannot be used; the message names the place and the remedy."""


@dataclass(frozen=True, kw_only=True)
class KnownFailure:
    """One entry.

    Attributes:
        id: An area, a check or one case of it; ``*`` stands for anything, ``?`` for one character.
        reason: Why it is lived with.
        place: Where the entry stands.
        client: The names of the clients it is about, with the same wildcards.
        observed: What the failure says; another one at the same check is none of it. Empty for any.
        owner: Who looks after it; may be empty.
        expires: The last day on which it counts.
    """

    id: str
    reason: str
    place: str = field(compare=False)
    client: str = "*"
    observed: str = ""
    owner: str = ""
    expires: date | None = None

    def is_about(self, result: Result) -> bool:
        """Whether *result* is one of the cases that are named, of a client that is meant."""
        node_id = result.node_id.removeprefix("stt/")
        named = _glob(self.id.removeprefix("stt/"), below=True).fullmatch(node_id)
        return bool(named) and self.is_of(result.client)

    def is_of(self, client: str) -> bool:
        """Whether it is about *client*."""
        return bool(_glob(self.client).fullmatch(client))

    def covers(self, result: Result) -> bool:
        """Whether *result* is the failure that is known."""
        is_bad = result.verdict.is_bad and self.is_about(result)
        return is_bad and (not self.observed or bool(_glob(self.observed).fullmatch(result.reason)))

    def is_expired(self, today: date) -> bool:
        """Whether it does not count any more."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True)
class KnownFailures:
    """All entries of a file.

    Attributes:
        entries: In their order.
        today: The day on which they are read.
    """

    entries: tuple[KnownFailure, ...] = ()
    today: date = date.min

    def reason_for(self, result: Result) -> str:
        """Return why *result* is known; empty for one that is not."""
        found = (e.reason for e in self.entries if e.covers(result) and not e.is_expired(self.today))
        return visible(" ".join(next(found, "").split()))

    def entry_for(self, result: Result) -> KnownFailure | None:
        """Return the first entry that covers *result*, be it expired or not."""
        return next((entry for entry in self.entries if entry.covers(result)), None)

    def problems(self, results: Sequence[Result], not_run: Iterable[str]) -> Iterator[tuple[KnownFailure, str]]:
        """Yield the entries that are wrong after a run, and why: one that is not needed hides what comes later.

        Args:
            results: One for each case of each check that ran.
            not_run: The IDs of the shipped checks that did not run, of which nobody knows.
        """
        left_out = [Result(f"stt/{check}", check, Level.MUST, Verdict.NOT_OFFERED, "") for check in not_run]
        for entry in self.entries:
            problem = self._problem(entry, results, left_out)
            if problem:
                yield entry, f"{entry.place}: {_shown(entry.id)} {problem}"

    def _problem(self, entry: KnownFailure, results: Sequence[Result], left_out: Sequence[Result]) -> str:
        clients = {result.client for result in results}
        if not any(map(entry.is_of, clients)):
            return ""  # it is about another client, which shares the file
        if entry.is_expired(self.today):
            return f"has expired on {entry.expires}; mend the client, or think again"
        about = [result for result in results if entry.is_about(result)]
        if not about:
            return "" if any(_could_name(entry, result) for result in left_out) else "matches no check; mend the ID"
        if any(entry.covers(result) for result in about):
            return ""
        return _why_not_needed(about)


def _could_name(entry: KnownFailure, left_out: Result) -> bool:
    """Whether *entry* may be about a case of a check that did not run; which cases it has is not known then."""
    check, bracket, _ = entry.id.removeprefix("stt/").partition("[")
    return bool(_glob(check, below=not bracket).fullmatch(left_out.check))


def _why_not_needed(about: Sequence[Result]) -> str:
    bad = next((result for result in about if result.verdict.is_bad), None)
    if bad is not None:
        return f"fails otherwise than it says: {one_line(bad.reason, _MAX_SHOWN)}"
    if all(result.verdict is Verdict.NOT_OFFERED for result in about):
        return "is not offered by the client; remove the entry"
    return "passes; remove the entry"


def read_known_failures(path: Path, today: date) -> KnownFailures:
    """Read a file of known failures: TOML where its name ends in ``.toml``, else lines of ``ID  # reason``.

    Args:
        path: The file.
        today: The day on which entries may have expired.

    Raises:
        UnusableKnownFailures: There is no such file, or an entry is not as it has to be.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UnusableKnownFailures(f"{path}: {why}. Give a file of known failures.") from None
    entries = _of_toml(text, path) if path.suffix == ".toml" else _of_lines(text, path)
    return KnownFailures(tuple(entries), today)


def _of_lines(text: str, path: Path) -> Iterator[KnownFailure]:
    client = "*"
    for number, line in enumerate(text.splitlines(), 1):
        content, _, reason = (part.strip() for part in line.partition("#"))
        place = f"{path.name}:{number}"
        if content.startswith("[") and content.endswith("]"):
            client = content[1:-1].strip()
        elif content and not reason:
            shown = _shown(repr(content))
            raise UnusableKnownFailures(f"{place}: {shown} has no reason. Write 'ID  # why it is lived with'.")
        elif content:
            yield KnownFailure(id=content, reason=reason, place=place, client=client)


def _of_toml(text: str, path: Path) -> Iterator[KnownFailure]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        problem = "it is nested too deeply" if isinstance(error, RecursionError) else _shown(str(error))
        raise UnusableKnownFailures(f"{path}: it is not TOML: {problem}. Mend it.") from None
    tables = document.pop("failure", [])
    if document or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        other = _shown(repr(next(iter(document), "failure")))
        raise UnusableKnownFailures(f"{path}: there is {other}. Write each entry as a table [[failure]].")
    for number, table in enumerate(tables, 1):
        place = f"{path.name}, entry {number}"
        _refuse_unusable(table, place)
        yield KnownFailure(place=place, **table)


def _refuse_unusable(table: Mapping[str, Any], place: str) -> None:
    allowed = f"Allowed are {', '.join(_FIELDS)}."
    for name, value in table.items():
        if name not in _FIELDS:
            raise UnusableKnownFailures(f"{place}: there is {_shown(repr(name))}. {allowed}")
        if type(value) is not _FIELDS[name]:
            kind = "a date, such as 2027-01-31" if name == "expires" else "a string"
            raise UnusableKnownFailures(f"{place}: {name!r} is {_shown(repr(value))}. It has to be {kind}.")
    for name in _NEEDED:
        if not table.get(name):
            raise UnusableKnownFailures(f"{place}: it has no {name!r}. Each entry needs {' and '.join(_NEEDED)}.")


def known_failures_text(
    results: Sequence[Result], level: Level, *, toml: bool, before: KnownFailures | None = None
) -> str:
    """Return a file of known failures with everything that fails the run now.

    Args:
        results: One for each case of each check that ran.
        level: The lowest level whose failures fail the run.
        toml: Whether it is to be TOML, in which an entry is bound to what was observed.
        before: What was known until now, of which reasons are kept, and in TOML owners and dates.
    """
    before = before or KnownFailures()
    bad = [result for result in results if is_gating(result, level)]
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in bad:
        groups.setdefault((result.client, result.check, result.reason), []).append(result)
    write: Callable[[str, Result, KnownFailure | None], str] = _toml_entry if toml else _line_entry
    lines, client = [], ""
    for group in groups.values():
        if not toml and group[0].client != client:
            client = group[0].client
            lines.append(f"[{_in_a_line(client)}]\n")
        lines += [write(name, group[0], before.entry_for(group[0])) for name in _names(group, results)]
    return "\n".join(lines)


def _names(group: Sequence[Result], results: Sequence[Result]) -> list[str]:
    """Return the check's ID when each of its cases that was judged is in *group*, else the ID of each case."""
    first = group[0]
    of_check = [r for r in results if r.check == first.check and r.client == first.client]
    if len(group) == sum(result.verdict is not Verdict.NOT_OFFERED for result in of_check):
        return [first.check]
    return [result.node_id.removeprefix("stt/") for result in group]


def _toml_entry(name: str, result: Result, before: KnownFailure | None) -> str:
    values = {
        "id": name,
        "client": result.client,
        "observed": result.reason,
        "reason": before.reason if before else _NOT_LOOKED_INTO,
        "owner": before.owner if before else "",
    }
    fields = [f"{key} = {_toml_string(value)}" for key, value in values.items() if value]
    if before and before.expires:  # also one that has passed, for writing the file anew is no second thought
        fields.append(f"expires = {before.expires}")
    return "\n".join(["[[failure]]", *fields, ""])


def _toml_string(value: str) -> str:
    """Return *value* as a string of TOML, which has no half of a surrogate pair: ``?`` stands for one."""
    return json.dumps(value.encode(errors="replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _line_entry(name: str, result: Result, before: KnownFailure | None) -> str:
    reason = " ".join((before.reason if before else result.reason).split())
    return f"{_in_a_line(name)}  # {reason or _NOT_LOOKED_INTO}\n"


def _in_a_line(text: str) -> str:
    """Return a pattern for *text* that neither ends the line nor begins the reason."""
    return "".join(c if c.isprintable() and c != "#" else "?" for c in text)


def _glob(pattern: str, *, below: bool = False) -> re.Pattern[str]:
    """Return the expression for *pattern*: brackets stand for themselves, as they are part of node IDs."""
    wild, *rest = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    if rest:  # what is between two stars is taken where it stands first, for good: else many stars would try for ever
        wild += "".join(f"(?>.*?{part})" for part in rest[:-1]) + f".*{rest[-1]}"
    return re.compile(rf"{wild}(?:::.*|\[.*)?" if below and not pattern.endswith("]") else wild, re.DOTALL)


def _shown(text: str) -> str:
    return one_line(visible(text), _MAX_SHOWN)
