"""From verdicts to what a person reads."""

from ._badge import badge
from ._comparison import Change, ClientComparison, Comparison, Kind, compare
from ._comparison_lines import comparison_lines
from ._comparison_markdown import comparison_markdown
from ._example import call_text, json_text, replies_text, wire_text
from ._failure import SOURCES, Rendered, Subject, observed, render_failure
from ._failure_text import Crash, FailureText
from ._json_diff import same_json
from ._judgement import CheckFailed, CheckStopped, CouldNotRun, Observation, judgement_in
from ._known import (
    KnownFailure,
    KnownFailures,
    UnusableKnownFailures,
    known_failures_text,
    read_known_failures,
)
from ._markdown import markdown_report
from ._matrix import Cell, Matrix, Row, matrix
from ._matrix_lines import matrix_lines
from ._merging import merged, read_reports
from ._note_lines import adapter_lines, error_lines, note_lines, sender_lines, told_apart_by_nothing
from ._notes import AdapterWork, ErrorRow, Note, Repeat, Sender, Served, Who, note_property, notes_in
from ._paths import pathless
from ._report import Case, CheckReport, Circumstances, ClientReport, Report
from ._report_json import UnreadableReport, read_report, report_json
from ._result import Level, Requirement, Result, Source, Verdict
from ._summary import Conformance, conclusion, is_conclusive, is_gating, is_green, summary_lines
from ._text import counted, harmless, harmless_log, one_line
from ._writing import as_json, write_file
from .html import html_report

__all__ = [
    "SOURCES",
    "AdapterWork",
    "Case",
    "Cell",
    "Change",
    "CheckFailed",
    "CheckReport",
    "CheckStopped",
    "Circumstances",
    "ClientComparison",
    "ClientReport",
    "Comparison",
    "Conformance",
    "CouldNotRun",
    "Crash",
    "ErrorRow",
    "FailureText",
    "Kind",
    "KnownFailure",
    "KnownFailures",
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
    "UnusableKnownFailures",
    "Verdict",
    "Who",
    "adapter_lines",
    "as_json",
    "badge",
    "call_text",
    "compare",
    "comparison_lines",
    "comparison_markdown",
    "conclusion",
    "counted",
    "error_lines",
    "harmless",
    "harmless_log",
    "html_report",
    "is_conclusive",
    "is_gating",
    "is_green",
    "json_text",
    "judgement_in",
    "known_failures_text",
    "markdown_report",
    "matrix",
    "matrix_lines",
    "merged",
    "note_lines",
    "note_property",
    "notes_in",
    "observed",
    "one_line",
    "pathless",
    "read_known_failures",
    "read_report",
    "read_reports",
    "render_failure",
    "replies_text",
    "report_json",
    "same_json",
    "sender_lines",
    "summary_lines",
    "told_apart_by_nothing",
    "wire_text",
    "write_file",
]
