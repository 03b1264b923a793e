"""The context of a check: make calls, observe what was sent and how the calls ended, try examples."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pytest_openrouter_stt.client import NoAnswer, Transcript
from pytest_openrouter_stt.endpoint import UNKNOWN, Reply, WireRequest
from pytest_openrouter_stt.report import CheckFailed, CheckStopped, Observation, Sender, could_not_run

from .checks import cases
from .harness import API_KEY, Harness
from .recordings import smallest_call

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from pytest_openrouter_stt.client import ErrorTable, Mode, Outcome
    from pytest_openrouter_stt.contract import Call, Contract
    from pytest_openrouter_stt.report import Note
    from pytest_openrouter_stt.strategies import InvalidCall

    from .invalidity import Invalidity

_ANSWER = Reply.transcript("a transcript", {"seconds": 1.0})


@dataclass(frozen=True)
class CheckContext:
    """One client in its harness, for one check in one mode.

    Attributes:
        harness: The client, the endpoint and the guard.
        mode: Which of the client's operations is used.
        features: What the client offers.
        note: Takes what is worth knowing beside the verdict.
        share: Which part of the examples this case of its check tries: one that is repeated shares them out.
    """

    harness: Harness
    mode: Mode
    features: frozenset[str]
    note: Callable[[Note], None] = lambda _: None
    share: float = 1.0

    @property
    def contract(self) -> Contract:
        """What the client is judged against."""
        return self.harness.contract

    @property
    def smallest(self) -> Call:
        """A valid call with as little in it as a real one has."""
        return smallest_call()

    def call(
        self,
        call: Call,
        *script: Reply,
        mode: Mode | None = None,
        kwargs: dict[str, Any] | None = None,
        retries: bool = False,
    ) -> Observation:
        """Make one call and return what was observed of it.

        Args:
            call: What is passed to the client.
            script: What the endpoint answers; a transcript when left out.
            mode: Another mode than the check's own.
            kwargs: The very objects to pass in place of copies of the call's arguments.
            retries: Whether the client may retry as it does by default; else it is told not to, if it can be told.

        Raises:
            CheckStopped: The call did not end, went past the endpoint, or the client is not driven any more.
        """
        return self.call_with_key(API_KEY, call, *script, mode=mode, kwargs=kwargs, retries=retries)

    def call_with_key(
        self,
        api_key: str,
        call: Call,
        *script: Reply,
        mode: Mode | None = None,
        kwargs: dict[str, Any] | None = None,
        retries: bool = False,
    ) -> Observation:
        """Make one call with a client that has *api_key*; see `call`."""
        used = mode or self.mode
        self.ready(*(script or (_ANSWER,)))
        outcome = self.harness.client.call(call, used, api_key, kwargs, retries=retries)
        if retries and isinstance(outcome, NoAnswer) and self.harness.client.waits_in_real_time:
            raise could_not_run(f"with retries on: {outcome.reason}; in a command, waiting takes real time")
        return self.seen(call, outcome, used)

    def ready(self, *script: Reply | Callable[[WireRequest], Reply]) -> None:
        """Let the endpoint answer with *script* whatever is sent from now on.

        Raises:
            CheckStopped: The client is not driven any more.
        """
        if self.harness.client.exhausted:
            raise could_not_run("the client is not driven any more: too many of its calls did not end")
        self.harness.settle()
        self.harness.endpoint.reset()
        self.harness.endpoint.reply_with(*script)

    def seen(self, call: Call, outcome: Outcome, mode: Mode) -> Observation:
        """Return the observation of a call that was made since `ready`.

        Raises:
            CheckStopped: It did not end, or went past the endpoint.
        """
        harness = self.harness
        seen = Observation(call, mode, outcome, harness.endpoint.ledger, harness.client.clock.waits)
        escaped = harness.escaped()
        if escaped is not None:
            raise CheckStopped(escaped)
        if seen.repeat:
            self.note(seen.repeat)
        if seen.requests and mode not in harness.senders and seen.request.sent_from != UNKNOWN:
            harness.senders[mode] = Sender(mode, str(seen.request.sent_from))
            self.note(harness.senders[mode])
        if isinstance(outcome, NoAnswer):
            failure = CheckFailed(observed=f"the call did not end: {outcome.reason}", observation=seen)
            raise CheckStopped(failure)
        return seen

    def exchange(self, call: Call, *script: Reply, mode: Mode | None = None, retries: bool = False) -> Observation:
        """Return the observation of one call, which is made once for all checks that only look at it.

        A check for which it matters which calls were made before uses `call`.

        Args:
            call: What is passed to the client.
            script: What the endpoint answers; a transcript when left out.
            mode: Another mode than the check's own.
            retries: Whether the client may retry as it does by default.

        Raises:
            CheckStopped: As `call` does.
        """
        key = (_key(call), script, mode or self.mode, retries)
        return self._shared(key, lambda: self.call(call, *script, mode=mode, retries=retries))

    def faithful_exchange(self, call: Call) -> Observation:
        """Return the observation of one call to an endpoint that behaves like the API; see `exchange`.

        Raises:
            CheckStopped: As `call` does.
        """

        def make() -> Observation:
            self.ready()
            return self.seen(call, self.harness.client.call(call, self.mode, API_KEY), self.mode)

        return self._shared((_key(call), "faithful", self.mode), make)

    def _shared(self, key: Hashable, make: Callable[[], Observation]) -> Observation:
        if not self.harness.profile.is_repeatable:
            return make()
        known = self.harness.exchanges.find(key)
        if known is None:
            seen = make()
            self.harness.exchanges.keep(key, seen)
            return seen
        if known.repeat:
            self.note(known.repeat)
        return known

    def reply(self, reply: Reply) -> Observation:
        """Let the smallest call be answered with *reply*; see `exchange`."""
        return self.exchange(self.smallest, reply)

    def any_call(self, judge: Callable[[Call], None]) -> None:
        """Run *judge* on valid calls, and fail with the smallest that it fails on."""
        self.any(self.calls())(judge)

    def any_next_call(self, judge: Callable[[Call, Call], None]) -> None:
        """Run *judge* on valid calls and the ones before them, and fail with the smallest two that it fails on.

        The first of the two has been made; *judge* makes the second.
        """
        count = self.harness.profile.max_examples

        def judge_both(first: Call, second: Call) -> None:
            self.call(first)
            judge(first, second)

        def judge_in_a_row() -> None:
            calls = [call for (call,) in self._drawn((self.calls(),), count)]
            self.call(calls[0])
            for first, second in pairwise(calls):
                with self.harness.profile.example():
                    judge(first, second)

        self._replay(judge_in_a_row, lambda: self._search(judge_both, (self.calls(), self.calls()), count))

    def any(self, *strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], None]:
        """Return a decorator that at once runs its function on values of *strategies*.

        The user's own Hypothesis profile stays as it is: what a verdict depends on is set here. Strategies that are
        the very same objects each time are drawn from once only.
        """
        return lambda judge: self._try(judge, strategies)

    def any_value(
        self, name: str, values: Mapping[str, st.SearchStrategy[Any]], exchange: Callable[[dict[str, Any]], Observation]
    ) -> Callable[[Callable[[Observation, Any], None]], None]:
        """Return a decorator that at once runs its function on exchanges with any value of *name*, and on that value.

        All *values* are first put into the same exchanges, which the checks of the others look at too. What fails
        there is tried alone, since another value may be to blame. A run that is to try more examples than usual tries
        each value alone from the start.

        Args:
            name: What is judged.
            values: The strategies of all that can be in one exchange, by name.
            exchange: Makes the exchange that has these values, and nothing in place of those that are absent.
        """

        def run(judge: Callable[[Observation, Any], None]) -> None:
            def judge_alone(value: object) -> None:
                judge(exchange({name: value}), value)

            if self.harness.profile.is_thorough:
                self._try(judge_alone, (values[name],))
                return
            together = self.strategy(_together, *values.items())
            for (drawn,) in self._drawn((together,), self.harness.profile.max_examples):
                if self._fails(judge, exchange, drawn, name):
                    self._try(judge_alone, (values[name],), [(drawn[name],)])
                    return

        return run

    def _fails(
        self,
        judge: Callable[[Observation, Any], None],
        exchange: Callable[[dict[str, Any]], Observation],
        values: dict[str, Any],
        name: str,
    ) -> bool:
        try:
            with self.harness.profile.example():
                judge(exchange(values), values[name])
        except CheckFailed:
            return True
        except CheckStopped as stopped:
            if isinstance(stopped.cause, CheckFailed):  # the call did not end, and would not end again
                raise
            return True
        return False

    def _try(
        self,
        judge: Callable[..., None],
        strategies: tuple[st.SearchStrategy[Any], ...],
        suspects: Iterable[tuple[Any, ...]] = (),
    ) -> None:
        """Run *judge* on *suspects* and on drawn values; when it fails, look for the smallest that it fails on."""
        count = max(1, round(self.harness.profile.max_examples * self.share))

        def judge_each() -> None:
            for values in (*suspects, *self._drawn(strategies, count)):
                with self.harness.profile.example():
                    judge(*values)

        self._replay(judge_each, lambda: self._search(judge, strategies, count))

    def _replay(self, replay: Callable[[], None], search: Callable[[], None]) -> None:
        """Run *replay*, which tries what was drawn before; when it fails, let *search* find the smallest failure."""
        if not self.harness.profile.is_repeatable:
            search()
            return
        try:
            replay()
        except CheckFailed:
            search()
            raise  # what fails only after other calls, or not every time, has failed all the same

    def _drawn(self, strategies: tuple[st.SearchStrategy[Any], ...], count: int) -> list[tuple[Any, ...]]:
        """Return the examples on which a search that meets no failure tries its function."""
        key = (strategies, count)
        if key not in self.harness.examples:
            drawn: list[tuple[Any, ...]] = []
            self._given(lambda values: drawn.append(values), strategies, count)  # noqa: PLW0108 - Hypothesis wants a function
            self.harness.examples[key] = drawn
        return self.harness.examples[key]

    def _search(self, judge: Callable[..., None], strategies: tuple[st.SearchStrategy[Any], ...], count: int) -> None:
        """Let Hypothesis run *judge*, and look for the smallest values that it fails on."""
        profile = self.harness.profile

        def test(values: tuple[Any, ...]) -> None:
            with profile.example():
                judge(*values)

        self._given(test, strategies, count)

    def _given(
        self, test: Callable[[tuple[Any, ...]], None], strategies: tuple[st.SearchStrategy[Any], ...], count: int
    ) -> None:
        profile = self.harness.profile
        with profile.drawing():
            seed(profile.seed)(self.settings_for(count)(given(st.tuples(*strategies))(test)))()

    def settings_for(self, max_examples: int, **more: Any) -> settings:
        """Return settings on which no profile of the user's has an influence."""
        return settings(
            settings.get_profile("default"),
            max_examples=max_examples,
            database=None,
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=False,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            **more,
        )

    def calls(self) -> st.SearchStrategy[Call]:
        """Return a strategy for valid calls with the arguments that the client takes."""
        return self.harness.calls

    @property
    def wrong_calls(self) -> st.SearchStrategy[InvalidCall]:
        """A strategy for calls with one wrong value in the arguments that the client takes."""
        return self.harness.wrong_calls

    def invalid_calls(self, *kinds: Invalidity) -> list[InvalidCall]:
        """Return the smallest call with each single violation of *kinds* in what the client takes."""
        every = zip(self.harness.every_invalid_call, self.harness.kinds_of_invalid_calls, strict=True)
        return [invalid for invalid, kind in every if kind in kinds]

    def strategy(self, make: Callable[..., st.SearchStrategy[Any]], *arguments: Any) -> st.SearchStrategy[Any]:
        """Return what *make* returns, for the same arguments the very same object: it is drawn from only once."""
        return self.harness.strategy(make, *arguments)

    @property
    def error_table(self) -> ErrorTable:
        """The client's error types by status."""
        return self.harness.client.errors(API_KEY)

    @property
    def client_object(self) -> object:
        """The object that makes the calls."""
        opened = self.harness.client.open(API_KEY)
        assert isinstance(opened, Transcript), "the probe call has made one before"  # noqa: S101
        return opened.value

    @property
    def waits_in_real_time(self) -> bool:
        """Whether the client runs in another process, which the virtual clock cannot reach."""
        return self.harness.client.waits_in_real_time

    def forget(self, *api_keys: str) -> None:
        """Let the next call with each of these keys, or with the usual one, be made by a new client object."""
        for api_key in api_keys or (API_KEY,):
            self.harness.client.forget(api_key)

    def is_closable(self, api_key: str, *, repeatedly: bool = False) -> bool:
        """Whether the client object for *api_key* can be closed, once or repeatedly, and no other object shares it."""
        return self.harness.client.closable(api_key, self.mode, repeatedly=repeatedly)

    def close(self, api_key: str) -> Outcome:
        """Close the client object for *api_key* as its user would, and return how that ended."""
        return self.harness.client.close_one(api_key, self.mode)

    @property
    def usage_fields(self) -> tuple[str, ...]:
        """The names of the usage fields in the contract."""
        return tuple(map(str, cases("usage field", self.contract)[1]))


def _key(call: Call) -> str:
    """Return what tells calls apart, which are equal where one has ``1`` and the other ``True``."""
    return repr(call.arguments)


def _together(*values: tuple[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(dict(values))
