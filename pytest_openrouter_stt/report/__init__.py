"""From verdicts to what a person reads."""

from ._failure import Subject, render_failure
from ._json_diff import same_json
from ._judgement import CheckFailed, CheckStopped, CouldNotRun, Observation
from ._result import Level, Requirement, Result, Source, Verdict
from ._summary import conclusion, is_conclusive, summary_lines
from ._text import harmless

__all__ = [
    "CheckFailed",
    "CheckStopped",
    "CouldNotRun",
    "Level",
    "Observation",
    "Requirement",
    "Result",
    "Source",
    "Subject",
    "Verdict",
    "conclusion",
    "harmless",
    "is_conclusive",
    "render_failure",
    "same_json",
    "summary_lines",
]
