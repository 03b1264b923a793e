"""What checks work with: the check decorator, the context, the harness, sequences, secrets."""

from .adapter_inspection import adapter_work, note_adapter
from .checks import (
    USUAL_EXAMPLES,
    Axis,
    CheckInfo,
    Profile,
    axes,
    cases,
    check,
    checks_in,
    info_of,
    node_ids,
    of_case,
    why_not_offered,
)
from .concurrency import Barrier, ConcurrentCalls, DuringCall, barrier_timeout
from .context import CheckContext
from .error_types import (
    SECOND_ANSWER,
    common_base,
    documented_error,
    own_base,
    raised_types,
    reason_of,
    require_family,
    taxonomy,
)
from .harness import API_KEY, TRANSPORTS, Harness, TransportName, smallest_call
from .invalidity import Invalidity, is_converted
from .malformed_replies import MALFORMED_REPLIES, TEXT, MalformedReply, nested
from .recordings import CONTAINERS, EVERY_BYTE, FLAC, LIKE_TEXT, WAV
from .samples import Sample, sample
from .secrets import ShownText, attributes, carried, configuration, holds, logged, recorded, shown
from .sequences import GOOD, CallSequence, baseline, make_call, new_key, numbers_in, text_of
from .stateful import run_stateful

__all__ = [
    "API_KEY",
    "CONTAINERS",
    "EVERY_BYTE",
    "FLAC",
    "GOOD",
    "LIKE_TEXT",
    "MALFORMED_REPLIES",
    "SECOND_ANSWER",
    "TEXT",
    "TRANSPORTS",
    "USUAL_EXAMPLES",
    "WAV",
    "Axis",
    "Barrier",
    "CallSequence",
    "CheckContext",
    "CheckInfo",
    "ConcurrentCalls",
    "DuringCall",
    "Harness",
    "Invalidity",
    "MalformedReply",
    "Profile",
    "Sample",
    "ShownText",
    "TransportName",
    "adapter_work",
    "attributes",
    "axes",
    "barrier_timeout",
    "baseline",
    "carried",
    "cases",
    "check",
    "checks_in",
    "common_base",
    "configuration",
    "documented_error",
    "holds",
    "info_of",
    "is_converted",
    "logged",
    "make_call",
    "nested",
    "new_key",
    "node_ids",
    "note_adapter",
    "numbers_in",
    "of_case",
    "own_base",
    "raised_types",
    "reason_of",
    "recorded",
    "require_family",
    "run_stateful",
    "sample",
    "shown",
    "smallest_call",
    "taxonomy",
    "text_of",
    "why_not_offered",
]
