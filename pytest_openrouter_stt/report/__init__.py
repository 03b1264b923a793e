"""From verdicts to what a person reads."""

from ._failure import Rendered, Subject, observed, render_failure
from ._failure_text import Crash, FailureText
from ._json_diff import same_json
from ._judgement import CheckFailed, CheckStopped, CouldNotRun, Observation, judgement_in
from ._result import Level, Requirement, Result, Source, Verdict
from ._summary import conclusion, is_conclusive, is_green, summary_lines
from ._text import harmless, harmless_log, one_line

__all__ = [
    "CheckFailed",
    "CheckStopped",
    "CouldNotRun",
    "Crash",
    "FailureText",
    "Level",
    "Observation",
    "Rendered",
    "Requirement",
    "Result",
    "Source",
    "Subject",
    "Verdict",
    "conclusion",
    "harmless",
    "harmless_log",
    "is_conclusive",
    "is_green",
    "judgement_in",
    "observed",
    "one_line",
    "render_failure",
    "same_json",
    "summary_lines",
]
