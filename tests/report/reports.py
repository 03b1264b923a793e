"""Reports to show, made by hand: small ones, and such as nobody should ever have to read."""

from __future__ import annotations

from dataclasses import replace

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

CIRCUMSTANCES = Circumstances(
    started="2026-11-21T18:20:00Z",
    duration=61.25,
    versions={"pytest-openrouter-stt": "0.1.0", "python": "3.11.7", "pytest": "9.2.0", "hypothesis": "6.170.15"},
    spec="packaged",
    revision="0123456789ab",
    level=Level.MUST,
    max_examples=20,
    seed=7,
    transports=("respx",),
)
DIFF = """\
- required  + observed
  {
    "input_audio": {
-     "format": ""
+     "format_": ""
    }
  }"""
EVIDENCE = (
    ("diff", DIFF),
    ("replied", '500 application/json, 33 bytes\n{"error":{"code":500,"message":"no"}}'),
    ("outcome", "returned mypkg.Transcription, text ''"),
    ("raised at", "mypkg/errors.py:20 in raise_for: raise"),
    ("call", "Client(api_key=...).create_transcription(\n    model='m',\n)"),
    ("curl", 'curl https://openrouter.ai/api/v1/audio/transcriptions \\\n  -d \'{"model": "m"}\''),
)
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end-of-script": "</script></style></pre></details><h1>owned</h1>",
    "image": "<img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "template": "{{ 7 * 7 }}{% raw %}{# #}",
    "entity": "&lt;b&gt; &amp; &#0; &nbsp;",
    "comment": "<!-- --> ]]> <![CDATA[",
    "terminal": "\x1b[31mred\x1b[0m\x07",
    "nul": "before\x00after",
    "bidi": "\u202eevil\u2066\u200f",
    "surrogate": "lone \ud800 and \udcff",
    "no-character": "\ufffe\uffff",
    "code": "`<b>` and ` odd",
}
"""What a server or a client may say; each has to be shown as the text that it is."""


def case(
    name: str = "sync-500",
    verdict: Verdict = Verdict.PASSED,
    reason: str = "",
    *,
    evidence: tuple[tuple[str, str], ...] = (),
    known: str = "",
    repeats: tuple[Repeat, ...] = (),
) -> Case:
    """Return a case of a check that `check` gives it to."""
    return Case(Result(name, "", Level.MUST, verdict, reason, "mypkg:Client", known), 0.25, evidence, repeats)


def check(name: str, *cases: Case, level: Level = Level.MUST, text: str = "It is so.", hint: str = "") -> CheckReport:
    """Return a check with the ID *name*; without cases, with one that passed."""
    requirement = Requirement(name, level, Source.SDK, "sdk.yaml#/errors", text, hint)
    area, _, function = name.partition("::")
    named = (
        replace(
            each,
            result=replace(
                each.result, node_id=f"stt/{area}::{function}[{each.result.node_id}]", check=name, level=level
            ),
        )
        for each in (cases or (case(),))
    )
    return CheckReport(requirement, tuple(named))


def client(*checks: CheckReport, title: str = "mypkg:Client 1.0", unfinished: str = "", exit_code: int = 1) -> Report:
    """Return the report on one client, without anything beside its checks."""
    who = Who(title.partition(" ")[0], "1.0", title)
    return Report((ClientReport(who, CIRCUMSTANCES, checks, unfinished=unfinished, exit_code=exit_code),))


def of_every_kind() -> Report:
    """Return a report that has something in each of its parts."""
    shown = case("sync-500", Verdict.FAILED, "it returned `None`", evidence=EVIDENCE, repeats=(Repeat(2, "504"),))
    like = case("async-500", Verdict.FAILED, "it returned `None`", evidence=(*EVIDENCE[:-1], ("curl", "curl other")))
    other = case("sync-503", Verdict.FAILED, "it returned an empty text", evidence=(("replied", "503, nothing"),))
    first = check("request::test_body_is_the_wire_form", case("sync", Verdict.FAILED, "changed on the way: the body"))
    stuck = "the audio is changed on the way; see request::test_body_is_the_wire_form"
    (judged,) = client(
        first,
        check("errors::test_status", shown, like, other, case("sync-429"), hint="Look at `status`."),
        check("errors::test_headers", case("sync", Verdict.FAILED, "lost", evidence=EVIDENCE[1:3]), level=Level.SHOULD),
        check("retry::test_may", case("sync", Verdict.FAILED, "gone"), level=Level.MAY),
        check("audio::test_exact", case("sync", Verdict.COULD_NOT_RUN, stuck)),
        check("audio::test_format", case("sync", Verdict.COULD_NOT_RUN, stuck)),
        check("state::test_loop", case("sync", Verdict.NOT_OFFERED, "it runs on no event loop"), level=Level.SHOULD),
        check("secrecy::test_key", case("sync"), case("async")),
    ).clients
    return Report(
        (
            replace(
                judged,
                not_run=("hostile::test_depth",),
                errors=(
                    ErrorRow(400, "mypkg.errors.BadRequest", status_kept=True, message_kept=False, retried=False),
                    ErrorRow(500, "mypkg.errors.Server", status_kept=True, message_kept=True, retried=True),
                    ErrorRow(503, "mypkg.errors.Server", status_kept=True, message_kept=True, retried=True),
                ),
                senders=(Sender("sync", "httpx, called from mypkg/http.py:12 in send"),),
                adapters=(AdapterWork("stt_adapter", "mypkg", ("retries, stt_adapter.py:7",)),),
            ),
        )
    )


def several() -> Report:
    """Return a report on three clients, two of them of the same name."""
    (worse,) = of_every_kind().clients
    fine = replace(
        worse,
        checks=tuple(
            check(each.requirement.check, level=each.requirement.level) for each in worse.checks[:1] + worse.checks[4:]
        ),
        exit_code=0,
    )
    return Report((worse, fine, replace(fine, who=Who("other", "2", "other 2"))))


def saying(text: str) -> Report:
    """Return a report in which everything is *text*."""
    evidence = (("sent", text), ("call", text), ("curl", text), ("diff", f"- required\n- {text}\n+ {text}"))
    requirement = Requirement(f"{text}::{text}", Level.MUST, Source.HTTP, text, text, text)
    failed = check("errors::test_status", case(text, Verdict.FAILED, text, evidence=evidence, known=text))
    (judged,) = client(replace(failed, requirement=requirement), title=text, unfinished=text).clients
    about = replace(judged.circumstances, spec=text, versions={text: text})
    return Report((replace(judged, who=Who(text, text, text), circumstances=about, not_run=(text,)),))


def large(cases: int = 750, failing: int = 80) -> Report:
    """Return a report as long as that of a real client with many failures, each with evidence of its own."""
    checks = [
        check(
            f"errors::test_number_{place}",
            *(
                case(
                    f"{mode}-{number}",
                    Verdict.FAILED if place < failing else Verdict.PASSED,
                    f"observed in {mode}-{number}" if place < failing else "",
                    evidence=EVIDENCE if place < failing else (),
                )
                for mode in ("sync", "async")
                for number in range(cases // 2 // 120 + 1)
            ),
            text=f"Requirement {place} says something of the usual length, which is a line or a little more.",
        )
        for place in range(120)
    ]
    return client(*checks)
