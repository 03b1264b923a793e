"""From verdicts to what a person reads."""

from ._failure import Rendered, Subject, observed, render_failure
from ._failure_text import Crash, FailureText
from ._json_diff import same_json
from ._judgement import CheckFailed, CheckStopped, CouldNotRun, Observation, judgement_in
from ._notes import (
    AdapterWork,
    ErrorRow,
    Note,
    Repeat,
    Sender,
    Served,
    adapter_lines,
    error_lines,
    note_lines,
    note_property,
    notes_in,
    sender_lines,
    told_apart_by_nothing,
)
from ._result import Level, Requirement, Result, Source, Verdict
from ._summary import conclusion, is_conclusive, is_green, summary_lines
from ._text import harmless, harmless_log, one_line

__all__ = [
    "AdapterWork",
    "CheckFailed",
    "CheckStopped",
    "CouldNotRun",
    "Crash",
    "ErrorRow",
    "FailureText",
    "Level",
    "Note",
    "Observation",
    "Rendered",
    "Repeat",
    "Requirement",
    "Result",
    "Sender",
    "Served",
    "Source",
    "Subject",
    "Verdict",
    "adapter_lines",
    "conclusion",
    "error_lines",
    "harmless",
    "harmless_log",
    "is_conclusive",
    "is_green",
    "judgement_in",
    "note_lines",
    "note_property",
    "notes_in",
    "observed",
    "one_line",
    "render_failure",
    "same_json",
    "sender_lines",
    "summary_lines",
    "told_apart_by_nothing",
]
