"""What an adapter does itself: the checks judge that work as the client's, so the report says it."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_openrouter_stt.client import MODES, Failure, Feature, NoAnswer
from pytest_openrouter_stt.endpoint import Reply, call_site_of, library_of, module_of
from pytest_openrouter_stt.report import AdapterWork

from .harness import API_KEY
from .recordings import smallest_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, FrameType

    from pytest_openrouter_stt.client import Adapter, Mode, Outcome
    from pytest_openrouter_stt.endpoint import CallSite, WireRequest

    from .context import CheckContext
    from .harness import Harness

_JSON, _BASE64, _WAITS = "writes or reads JSON", "encodes or decodes base64", "waits"
_WORK = {
    **{
        f"{module}.{name}": _JSON
        for module in ("json", "orjson", "ujson")
        for name in ("dump", "dumps", "load", "loads")
    },
    **{f"base64.{way}b64{name}": _BASE64 for way in ("", "standard_") for name in ("decode", "encode")},
    **dict.fromkeys(("binascii.a2b_base64", "binascii.b2a_base64"), _BASE64),
    **dict.fromkeys(("time.sleep", "asyncio.tasks.sleep"), _WAITS),
}
"""Functions whose work is that of a client, and what an adapter does that calls them."""


class AdapterProfiler:
    """Sees what an adapter calls, in the thread in which a call of the client is made.

    Args:
        adapter: Whose calls are looked at.

    Attributes:
        work: What it did that is the work of a client, each with the function that it called and the line.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.work: dict[str, str] = {}
        self._adapter = adapter
        self._calls: defaultdict[CodeType, set[FrameType]] = defaultdict(set)

    def around(self, function: Callable[[], object]) -> object:
        """Run *function* in the calling thread; a profiler of that thread does not see it."""
        before = sys.getprofile()
        sys.setprofile(self._see)
        try:
            return function()
        finally:
            sys.setprofile(before)

    @property
    def most_calls(self) -> tuple[str, int]:
        """The function of the client, or of an HTTP library, that the adapter called most often, and how often."""
        found = [(code.co_qualname, len(frames)) for code, frames in self._calls.items()]
        return max(found, key=lambda pair: pair[1], default=("", 0))

    def _see(self, frame: FrameType, event: str, arg: Any) -> None:  # pragma: no cover - profilers are not traced
        """Take what the interpreter tells: for a function in C with its caller's frame, for others with their own."""
        caller = {"c_call": frame, "call": frame.f_back}.get(event)
        if caller is None or module_of(caller) not in self._adapter.modules:
            return
        if event == "c_call":
            called = f"{getattr(arg, '__module__', '')}.{getattr(arg, '__name__', '')}"
        else:
            called = _name_of(frame)
            self._count(frame)
        if called in _WORK:
            self.work.setdefault(_WORK[called], f"{called.replace('.tasks', '')}, {call_site_of(caller)}")

    def _count(self, frame: FrameType) -> None:  # pragma: no cover - as above
        """Keep *frame*, if it is the client's: as long as it is kept, no other takes its place in memory."""
        module = module_of(frame)
        if self._adapter.is_client(module) or library_of(module):
            self._calls[frame.f_code].add(frame)  # a coroutine goes on in the frame that it began in


def _name_of(frame: FrameType) -> str:  # pragma: no cover - as above
    """Return the name of the function that *frame* runs; the client's clock stands in for functions of `time`."""
    module, name = module_of(frame), frame.f_code.co_name
    if name == "__call__" and module.startswith("pytest_openrouter_stt."):
        real = getattr(frame.f_locals.get("self"), "real", None)
        return f"time.{getattr(real, '__name__', '')}"
    return f"{module}.{name}"


_DONE = (Reply.transcript("a transcript"),)
_REFUSED = (Reply.error(400),)
_UNAVAILABLE = (Reply.error(503), Reply.error(503), *_DONE)


@dataclass(frozen=True)
class _Trial:
    """A call that was watched.

    Attributes:
        requests: What it sent.
        outcome: How it ended.
        profiler: What the adapter called meanwhile.
    """

    requests: tuple[WireRequest, ...]
    outcome: Outcome
    profiler: AdapterProfiler


def note_adapter(stt: CheckContext) -> None:
    """Note down what the adapter does itself, if the client is one; once in each process of a run."""
    if not stt.harness.is_examined:
        stt.harness.is_examined = True
        work = adapter_work(stt.harness)
        if work is not None:
            stt.note(work)


def adapter_work(harness: Harness) -> AdapterWork | None:
    """Return what the adapter in *harness* does itself; ``None`` when it is no adapter. The harness has to be open."""
    adapter = harness.client.adapter(API_KEY)
    if adapter is None:
        return None
    features = harness.client.features(API_KEY)
    seen = [work for mode in MODES if Feature(mode) in features for work in _seen(harness, adapter, mode)]
    return AdapterWork(adapter.name, adapter.package, tuple(dict.fromkeys((*adapter.work, *seen))))


def _seen(harness: Harness, adapter: Adapter, mode: Mode) -> Iterator[str]:
    """Yield what is seen of an adapter when a call goes well, is refused, and fails for a while."""
    trials = list(_trials(harness, adapter, mode))
    for trial in trials:
        yield from _sending(trial, adapter)
        yield from (f"{work} ({where})" for work, where in trial.profiler.work.items())
        yield from _erring(trial.outcome, adapter)
    yield from _repeating(trials)


def _trials(harness: Harness, adapter: Adapter, mode: Mode) -> Iterator[_Trial]:
    for script in (_DONE, _REFUSED, _UNAVAILABLE):
        trial = _profiled(harness, adapter, mode, script)
        yield trial
        if isinstance(trial.outcome, NoAnswer):  # each costs the deadline, and after three there are no checks
            return


def _profiled(harness: Harness, adapter: Adapter, mode: Mode, script: tuple[Reply, ...]) -> _Trial:
    profiler = AdapterProfiler(adapter)
    harness.endpoint.reset()
    harness.endpoint.reply_with(*script)
    outcome = harness.client.call_within(profiler.around, smallest_call(), mode, API_KEY)
    requests = harness.endpoint.requests
    harness.endpoint.reset()
    harness.guard.take_egress_attempts()  # a check would take them for its own
    return _Trial(requests, outcome, profiler)


def _sending(trial: _Trial, adapter: Adapter) -> Iterator[str]:
    for origin in dict.fromkeys(request.sent_from for request in trial.requests):
        if origin.steps and origin.steps[0].module in adapter.modules:
            yield f"sends requests ({origin})"
        elif origin.is_whole and not any(adapter.is_client(step.module) for step in origin.steps):
            yield f"goes past {adapter.package} (requests are sent by {origin})"


def _repeating(trials: Sequence[_Trial]) -> Iterator[str]:
    counts = [trial.profiler.most_calls for trial in trials if trial.profiler.most_calls[1] <= len(trial.requests)]
    called, times = max(counts, key=lambda pair: pair[1], default=("", 0))
    if times > 1:
        yield f"repeats what fails ({called}, {times} times for one call)"


def _erring(outcome: Outcome, adapter: Adapter) -> Iterator[str]:
    if not isinstance(outcome, Failure):
        return
    kind = type(outcome.error)
    step = _raised_at(outcome.error)
    if outcome.returned and kind.__module__ in adapter.modules:
        yield f"returns errors of its own ({kind.__qualname__})"
    elif step is not None and step.module in adapter.modules and not outcome.returned:
        yield f"raises errors ({kind.__qualname__}, {step})"


def _raised_at(error: object) -> CallSite | None:
    """Return the line that *error* was raised at; ``None`` for what was not raised."""
    trace = error.__traceback__ if isinstance(error, BaseException) else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else replace(call_site_of(trace.tb_frame), line=trace.tb_lineno)
