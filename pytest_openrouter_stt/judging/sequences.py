"""Sequences of calls, each held against the contract, and what a client does right without one."""

from __future__ import annotations

import base64
import itertools
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pytest_openrouter_stt.client import message_of, status_of
from pytest_openrouter_stt.contract import Call, Contract
from pytest_openrouter_stt.endpoint import Fault, Reply
from pytest_openrouter_stt.report import CheckFailed, CheckStopped, CouldNotRun
from pytest_openrouter_stt.strategies import provider_slugs

from .harness import API_KEY
from .recordings import WAV

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from pytest_openrouter_stt.client import ClientUnderTest, Mode
    from pytest_openrouter_stt.report import Observation

    from .context import CheckContext

    Answers = dict[str, Callable[[int], Reply]]

SHAPES = ("full", "plain")
"""The kinds of call: with every argument that the client takes, and with the required ones alone."""

GOOD = "a transcript"
"""The kind of answer that is no error."""

_UNDOCUMENTED = 418
_numbers = itertools.count(1)
_MARK = re.compile(r"\bmark-(\d+)\b")


def new_key() -> str:
    """Return a key that no client has had: whatever is kept under a key, for the whole process, begins anew."""
    return f"{API_KEY}-{next(_numbers)}"


def text_of(number: int) -> str:
    """Return the words that belong to the call of that number, and to no other."""
    return f"words of mark-{number}"


def numbers_in(text: str) -> set[int]:
    """Return the numbers of the calls that *text* belongs to."""
    return {int(number) for number in _MARK.findall(text)}


def make_call(shape: str, number: int, contract: Contract, features: Collection[str]) -> Call:
    """Return a call that has its number in all that is passed."""
    mark = f"mark-{number}"
    audio = {"data": base64.b64encode(WAV + f"audio of {mark}".encode()).decode(), "format_": "wav"}
    call = Call(input_audio=audio, model=f"openai/{mark}")
    if shape == "plain":
        return call
    options = {"prompt": mark, "deep": {"list": [mark, [number]], "empty": {}}}
    slugs = provider_slugs(contract)[:1] if "provider" in features else ()
    more: dict[str, Any] = {
        "language": ("en", "de", "fr")[number % 3],
        "temperature": 1 / (number + 1),
        "provider": {"options": dict.fromkeys(slugs, options)},
        "http_referer": f"https://{mark}.example",
        "x_open_router_title": f"App {mark}",
        "x_open_router_categories": f"cli-agent,{mark}",
    }
    return call.replace(**{name: value for name, value in more.items() if name in features})


def statuses(contract: Contract) -> Answers:
    """Return what answers with an error status, by the name that it has in a report."""
    return {f"a {status}": partial(_refusal, status) for status in (*contract.error_statuses, _UNDOCUMENTED)}


def unreadable() -> Answers:
    """Return what answers with a 200 that is no transcript."""
    return {
        "a 200 without text": lambda number: Reply.json({"words": text_of(number)}),
        "a 200 cut short": lambda number: Reply.raw(f'{{"text": "{text_of(number)}'.encode(), "application/json"),
    }


def faults() -> Answers:
    """Return what breaks the connection."""
    return {f"a fault of the network ({fault.name.lower()})": partial(_fault, fault) for fault in Fault}


def errors(contract: Contract) -> Answers:
    """Return every kind of answer that is an error."""
    return {**statuses(contract), **unreadable(), **faults()}


def _refusal(status: int, number: int) -> Reply:
    return Reply.error(status, f"no {text_of(number)}")


def _fault(fault: Fault, _number: int) -> Reply:
    return Reply.broken(fault)


class CallSequence:
    """A sequence of calls.

    Args:
        stt: What makes them.
        keys: The key of each client that takes part.

    Attributes:
        usual: The names of the headers of a call of each shape, once one went well.
    """

    def __init__(self, stt: CheckContext, *keys: str) -> None:
        self.stt = stt
        self.keys = keys
        self.usual: dict[str, frozenset[str]] = {}
        self._steps: list[str] = []
        self._number = 0
        self._answers = {GOOD: lambda number: Reply.transcript(text_of(number)), **errors(stt.contract)}
        self._types = stt.error_table.by_status

    def begin(self) -> None:
        """Let a failure tell only of the steps from here on."""
        self._steps.clear()

    def call(self, shape: str, kind: str, client: int = 0) -> None:
        """Make the next call.

        Args:
            shape: What is passed.
            kind: What is answered.
            client: Which of the clients makes it.

        Raises:
            CheckFailed: It was not made, or did not end, as the contract has it.
        """
        number = self.next_number()
        call, reply = self.numbered(shape, number), self.answer(kind, number)
        with self.step(f"{self.name(client)} makes a {shape} call: answered with {kind}"):
            self.judge(self.stt.call_with_key(self.keys[client], call, reply), shape, kind, client)

    def next_number(self) -> int:
        """Return the number of the next call."""
        self._number += 1
        return self._number

    def numbered(self, shape: str, number: int) -> Call:
        """Return a call with that number in it."""
        return make_call(shape, number, self.stt.contract, self.stt.features)

    def name(self, client: int) -> str:
        """Return how a client is called in the story of a failure."""
        return f"client {'AB'[client]}" if len(self.keys) > 1 else "the client"

    def answer(self, kind: str, number: int) -> Reply:
        """Return what the call of that number is answered with."""
        return self._answers[kind](number)

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Take a step; its failure tells of all that led to it."""
        self._steps.append(words)
        try:
            yield
        except CheckFailed as failure:
            failure.details = self._story()
            raise
        except CheckStopped as stopped:
            if isinstance(stopped.cause, CheckFailed):
                stopped.cause.details = self._story()
            raise

    def judge(self, seen: Observation, shape: str, kind: str, client: int = 0) -> None:
        """Fail unless a call was made, and ended, as the contract has it."""
        count = len(seen.requests)
        seen.require(count == 1 or (count > 1 and kind != GOOD), f"it made {count} requests for one call")
        self._judge_headers(seen, shape, self.keys[client])
        seen.require_same(self.stt.contract.wire_body(seen.call), self._body(seen), "the body")
        if kind == GOOD:
            _judge_transcript(seen)
        else:
            self._judge_error(seen)
        self.usual.setdefault(shape, _header_names(seen))

    def _body(self, seen: Observation) -> Any:
        try:
            return seen.body
        except CheckStopped:
            if not self.usual:
                raise
            seen.fail("its body is no JSON object, as that of another call was")

    def _judge_headers(self, seen: Observation, shape: str, api_key: str) -> None:
        if "api_key" in self.stt.features:
            seen.require(seen.request.bearer == api_key, "it sent another key than its own")
        wanted = self.stt.contract.wire_headers(seen.call)
        offered = [h for h in self.stt.contract.sdk.in_place("header") if h.name in self.stt.features]
        for parameter in offered:  # in any other, a client may name itself
            name = parameter.wire_name
            sent, due = ", ".join(seen.request.values(name)), wanted.get(name, "")
            seen.require(sent == due, f"{name} is {sent!r}, not {due!r}")
        added = _header_names(seen) - self.usual.get(shape, _header_names(seen))
        seen.require(not added, f"it sent headers that it does not send otherwise: {', '.join(sorted(added))}")

    def _judge_error(self, seen: Observation) -> None:
        error, reply = seen.error(), seen.ledger[0].reply
        number = _number_of(seen)
        foreign = numbers_in(message_of(error)) - {number}
        seen.require(not foreign, f"its message is about another call: {message_of(error)!r}")
        if reply.fault is not None or reply.status == 200:
            return
        wanted = self._types.get(reply.status, object)
        kind = type(error).__qualname__
        seen.require(isinstance(error, wanted), f"a {reply.status} is {kind}, not {wanted.__qualname__}")
        seen.require(status_of(error) in {None, reply.status}, f"the status of a {reply.status} is {status_of(error)}")

    def _story(self) -> str:
        steps = [f"{place}. {words}" for place, words in enumerate(self._steps, 1)]
        return "\n".join(["The steps, of which the last one fails:", *steps])


def _judge_transcript(seen: Observation) -> None:
    text, wanted = seen.transcript().text, text_of(_number_of(seen))
    seen.require(text == wanted, f"the transcript is {text!r}, not {wanted!r}")


def _number_of(seen: Observation) -> int:
    (number,) = numbers_in(seen.call.arguments["model"])
    return number


def _header_names(seen: Observation) -> frozenset[str]:
    return frozenset(name.lower() for name, _ in seen.request.headers)


_KNOWN: WeakKeyDictionary[ClientUnderTest, dict[Mode, Baseline]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Baseline:
    """What a client does as the contract has it, after calls that went well.

    What it does wrong even then is for the check that names it, and is not asked of it in a sequence.

    Attributes:
        shapes: The shapes of calls that it makes well.
        kinds: The kinds of errors that it takes well.
        usual: The names of the headers of a call of each shape.
        aftermath: Each kind of error after which the next call went wrong, with how.
    """

    shapes: tuple[str, ...]
    kinds: tuple[str, ...]
    usual: Mapping[str, frozenset[str]]
    aftermath: Mapping[str, str]

    def sequence(self, stt: CheckContext, *keys: str) -> CallSequence:
        """Return a new sequence of calls, made by clients with these keys."""
        sequence = CallSequence(stt, *keys)
        sequence.usual.update(self.usual)
        return sequence


def baseline(stt: CheckContext) -> Baseline:
    """Return what the client can do in the mode of the check; it is tried once.

    Raises:
        CheckStopped: It makes no call well.
    """
    known = _KNOWN.setdefault(stt.harness.client, {})
    if stt.mode not in known:
        known[stt.mode] = _tried(stt)
    return known[stt.mode]


def _tried(stt: CheckContext) -> Baseline:
    sequence = CallSequence(stt, API_KEY)
    stt.forget()
    shapes = tuple(shape for shape in SHAPES if _failure(sequence, shape, GOOD) is None)
    if not shapes:
        raise CheckStopped(CouldNotRun(reason="no call goes well even alone; see the area request"))
    kinds: list[str] = []
    aftermath: dict[str, str] = {}
    for kind in errors(stt.contract):
        sequence.begin()
        failure = _failure(sequence, shapes[0], kind)
        failure_after = _failure(sequence, shapes[-1], GOOD)
        if failure_after is not None:
            aftermath[kind] = failure_after.observed
            stt.forget()
        elif failure is None:
            kinds.append(kind)
    return Baseline(shapes, tuple(kinds), sequence.usual, aftermath)


def _failure(sequence: CallSequence, shape: str, kind: str) -> CheckFailed | None:
    try:
        sequence.call(shape, kind)
    except CheckFailed as failure:
        return failure
    return None
