"""From verdicts to what a person reads."""

from ._failure import Rendered, Subject, observed, render_failure
from ._failure_text import Crash, FailureText
from ._json_diff import same_json
from ._judgement import CheckFailed, CheckStopped, CouldNotRun, Observation, judgement_in
from ._matrix import Cell, Matrix, Row, matrix
from ._notes import (
    AdapterWork,
    ErrorRow,
    Note,
    Repeat,
    Sender,
    Served,
    Who,
    adapter_lines,
    error_lines,
    note_lines,
    note_property,
    notes_in,
    sender_lines,
    told_apart_by_nothing,
)
from ._report import Case, CheckReport, Circumstances, ClientReport, Report
from ._report_json import UnreadableReport, read_report, report_json
from ._result import Level, Requirement, Result, Source, Verdict
from ._summary import Conformance, conclusion, is_conclusive, is_green, summary_lines
from ._text import harmless, harmless_log, one_line

__all__ = [
    "AdapterWork",
    "Case",
    "Cell",
    "CheckFailed",
    "CheckReport",
    "CheckStopped",
    "Circumstances",
    "ClientReport",
    "Conformance",
    "CouldNotRun",
    "Crash",
    "ErrorRow",
    "FailureText",
    "Level",
    "Matrix",
    "Note",
    "Observation",
    "Rendered",
    "Repeat",
    "Report",
    "Requirement",
    "Result",
    "Row",
    "Sender",
    "Served",
    "Source",
    "Subject",
    "UnreadableReport",
    "Verdict",
    "Who",
    "adapter_lines",
    "conclusion",
    "error_lines",
    "harmless",
    "harmless_log",
    "is_conclusive",
    "is_green",
    "judgement_in",
    "matrix",
    "note_lines",
    "note_property",
    "notes_in",
    "observed",
    "one_line",
    "read_report",
    "render_failure",
    "report_json",
    "same_json",
    "sender_lines",
    "summary_lines",
    "told_apart_by_nothing",
]
