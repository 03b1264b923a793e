"""Reports for tests: any outcome in a line, and any report at all as a strategy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from pytest_openrouter_stt.report import (
    AdapterWork,
    Case,
    CheckReport,
    Circumstances,
    ClientReport,
    ErrorRow,
    Level,
    Repeat,
    Report,
    Requirement,
    Result,
    Sender,
    Source,
    Verdict,
    Who,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSED, FAILED, STUCK, ABSENT = Verdict.PASSED, Verdict.FAILED, Verdict.COULD_NOT_RUN, Verdict.NOT_OFFERED
ABOUT = Circumstances(
    started="2026-11-21T18:00:00Z",
    duration=3.1,
    versions={"pytest-openrouter-stt": "0.1.0", "python": "3.12.1", "pytest": "9.2.0", "hypothesis": "6.170.15"},
    spec="packaged",
    revision="0123456789ab",
    level=Level.MUST,
    max_examples=20,
    seed=0,
    transports=("respx",),
)

drawn = settings(
    max_examples=40,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink a report takes minutes
    suppress_health_check=list(HealthCheck),
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</summary></details><img src=x onerror=alert(1)>",
    "<!-- ",
    "a | b \\| c",
    "\\|",
    "`",
    "``` `` `",
    "```\n<b>out</b>",
    "***",
    "~~~",
    "@everyone",
    "#123",
    "GH-123",
    "owner/repo#1",
    "https://a.example/?b=c",
    "www.example.com",
    "me@example.com",
    "[a](javascript:alert(1))",
    "![a](https://a.example/b.png)",
    "**a** _b_ ~~c~~",
    "line\nbreak\r\n\n# heading",
    "&lt;b&gt;&#124;",
    "- [ ] task",
    "1. list",
    "> quote",
    "| a |\n| --- |",
    "\x1b[31mred\x07\x00",
    "\u202egnp.exe",
    "\ud800",
    "$x^2$",
    ":tada:",
    "]]>",
    "\u2028next",
    "naïve ünïcode 字",
    " " * 3,
)
"""Text that means something in Markdown, in HTML, on GitHub or in a terminal."""

_POOL = ("", "plain words", *HOSTILE, *(f"{one}{gap}{two}" for one in HOSTILE for two in HOSTILE for gap in ("", " ")))


def result(
    check: str, verdict: Verdict, number: int = 0, *, level: Level = Level.MUST, reason: str = "", known: str = ""
) -> Result:
    why = reason or ("" if verdict is PASSED else f"because it {verdict}")
    return Result(f"stt/{check}[{number}]", check, level, verdict, why, "mypkg", known)


def check(
    name: str,
    *verdicts: Verdict,
    level: Level = Level.MUST,
    reason: str = "",
    known: str = "",
    evidence: Sequence[tuple[str, str]] = (),
    repeats: Sequence[Repeat] = (),
) -> CheckReport:
    """Return a check with a case for each of *verdicts*; the rest is that of each failure."""
    requirement = Requirement(name, level, Source.SCHEMA, "#/paths", f"What `{name}` requires.", "A hint.")
    cases = []
    for number, verdict in enumerate(verdicts):
        is_bad = verdict in {FAILED, STUCK}
        of = result(name, verdict, number, level=level, reason=reason if is_bad else "", known=known if is_bad else "")
        cases.append(Case(of, 0.25, tuple(evidence) if is_bad else (), tuple(repeats)))
    return CheckReport(requirement, tuple(cases))


def client(*checks: CheckReport, name: str = "mypkg", version: str = "1.0", **more: object) -> ClientReport:
    """Return what came of *checks*; *more* are attributes of the report, or of its circumstances."""
    own = {key: value for key, value in more.items() if key in ClientReport.__slots__}
    others = {key: value for key, value in more.items() if key not in own}
    about = replace(ABOUT, **others)  # type: ignore[arg-type]
    who = Who(name, version, f"{name} {version}".strip())
    return ClientReport(who, about, tuple(_of(one, name) for one in checks), **own)  # type: ignore[arg-type]


def _of(check: CheckReport, name: str) -> CheckReport:
    cases = tuple(replace(case, result=replace(case.result, client=name)) for case in check.cases)
    return replace(check, cases=cases)


def report(*checks: CheckReport, **more: object) -> Report:
    """Return a report of one client."""
    return Report((client(*checks, **more),))  # type: ignore[arg-type]


def texts() -> st.SearchStrategy[str]:
    """Anything that a client may have written, and awkward more often than not."""
    return st.sampled_from(_POOL) | st.text(max_size=6)


def seconds() -> st.SearchStrategy[float]:
    return st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000)


def names() -> st.SearchStrategy[str]:
    """IDs of a few checks, so that two reports have some in common."""
    return st.sampled_from([f"{area}::test_{name}" for area in ("request", "errors") for name in ("a", "b", "c2")])


@st.composite
def check_reports(draw: st.DrawFn, name: str, client: str) -> CheckReport:
    level, source = draw(st.sampled_from(Level)), draw(st.sampled_from(Source))
    requirement = Requirement(name, level, source, draw(texts()), draw(texts()), draw(texts()))
    cases = []
    for number in draw(st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True)):
        verdict = draw(st.sampled_from(Verdict))
        reason = "" if verdict is PASSED else draw(texts())
        known = draw(st.just("") | texts()) if verdict in {FAILED, STUCK} else ""
        node_id = f"stt/{name}[{number}]"
        of = Result(node_id, name, level, verdict, reason, client, known)
        labels = st.sampled_from(["diff", "sent", "outcome", "call", "curl"]) | texts()
        evidence = draw(st.lists(st.tuples(labels, texts()), max_size=3)) if verdict in {FAILED, STUCK} else []
        repeats = draw(st.lists(st.builds(Repeat, st.integers(2, 9), texts()), max_size=2))
        cases.append(Case(of, draw(seconds()), tuple(evidence), tuple(repeats)))
    return CheckReport(requirement, tuple(cases))


@st.composite
def client_reports(draw: st.DrawFn) -> ClientReport:
    who = Who(draw(st.sampled_from(["mypkg", "other"]) | texts()), draw(texts()), draw(texts()))
    ran = draw(st.lists(names(), max_size=3, unique=True))
    about = replace(
        ABOUT,
        spec=draw(texts()),
        level=draw(st.sampled_from(Level)),
        duration=draw(seconds()),
        seed=draw(st.integers(0, 99)),
        transports=tuple(draw(st.lists(st.sampled_from(["respx", "loopback"]), unique=True))),
    )
    rows = st.builds(ErrorRow, st.integers(400, 599), texts(), st.booleans(), st.booleans(), st.booleans())
    senders = st.builds(Sender, st.sampled_from(["sync", "async"]), texts())
    adapters = st.builds(AdapterWork, texts(), texts(), st.lists(texts(), max_size=2).map(tuple))
    return ClientReport(
        who=who,
        circumstances=about,
        checks=tuple(draw(check_reports(name, who.name)) for name in ran),
        not_run=tuple(draw(st.lists(names().filter(lambda name: name not in ran), max_size=2, unique=True))),
        unfinished=draw(st.just("") | texts()),
        exit_code=draw(st.integers(0, 5)),
        stale=tuple(draw(st.lists(texts(), max_size=1))),
        errors=tuple(draw(st.lists(rows, max_size=2))),
        senders=tuple(draw(st.lists(senders, max_size=2))),
        adapters=tuple(draw(st.lists(adapters, max_size=2))),
    )


def reports() -> st.SearchStrategy[Report]:
    """Any report, of one or two clients."""
    return st.builds(Report, st.lists(client_reports(), min_size=1, max_size=2).map(tuple))
