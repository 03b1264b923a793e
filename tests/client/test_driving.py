"""Whatever shape a client has, it is found, given its key, called, and how its call ended is told."""

from __future__ import annotations

import asyncio
import functools
import threading
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_openrouter_stt.client import (
    ClientNotFound,
    ClientUnderTest,
    Failure,
    Feature,
    NoAnswer,
    Outcome,
    Target,
    Transcript,
    target_of,
)
from pytest_openrouter_stt.contract import Call, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_openrouter_stt.client import Mode

    Drive = Callable[..., ClientUnderTest]

CONTRACT = load_contract()
CALL = Call(input_audio={"data": "UklGRg==", "format_": "wav"}, model="m")
REQUIRED = {"input_audio", "model"}
ALL = set(CONTRACT.sdk.parameters)


@pytest.fixture
def drive() -> Iterator[Drive]:
    """Put anything under test, and end its threads afterwards."""
    driven: list[ClientUnderTest] = []

    def put(value: object, module: ModuleType | None = None) -> ClientUnderTest:
        target = target_of(value) if module is None else Target("name", "1.2", "package:Client", value, module)
        driven.append(ClientUnderTest(target, CONTRACT, deadline=5, flooded=threading.Event()))
        return driven[-1]

    yield put
    for client in driven:
        client.close()


class Plain:
    def __init__(self, api_key: str = "none") -> None:
        self.key = api_key

    def create_transcription(self, *, input_audio: Any, model: str, language: Any = None) -> str:
        return f"sync {self.key}"

    async def create_transcription_async(self, *, input_audio: Any, model: str, language: Any = None) -> str:
        return f"async {self.key}"


class Sdk:
    def __init__(self, *, api_key: str) -> None:
        self.stt = Plain(api_key)


class Keyless(Plain):
    def __init__(self) -> None:
        super().__init__()


class AnyOptions(Plain):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)


class WithoutSignature(dict[str, Any]):
    """Its constructor does not say what it takes."""

    def create_transcription(self, *, input_audio: Any, model: str) -> str:
        return f"sync {self['api_key']}"


class AsyncTwinOnly:
    def __init__(self, api_key: str) -> None:
        self.key = api_key

    async def create_transcription_async(self, *, input_audio: Any, model: str) -> str:
        return f"async {self.key}"


class AsyncUnderTheSyncName:
    def __init__(self, api_key: str) -> None:
        self.key = api_key

    async def create_transcription(self, *, input_audio: Any, model: str) -> str:
        return f"async {self.key}"


class SyncCallable:
    def __call__(self, *, input_audio: Any, model: str) -> str:
        return "sync none"

    def __len__(self) -> int:
        return 0  # a client that can be called is not to be tested for its truth


class AsyncCallable:
    async def __call__(self, *, input_audio: Any, model: str) -> str:
        return "async none"


def factory(api_key: str) -> Plain:
    return Plain(api_key)


def keyless_factory() -> Plain:
    return Plain()


def function(*, input_audio: Any, model: str, api_key: str) -> str:
    return f"sync {api_key}"


async def async_function(*, input_audio: Any, model: str, api_key: str) -> str:
    return f"async {api_key}"


def keyless_function(input_audio: Any, model: str) -> str:
    return "sync none"


def greedy_function(**arguments: Any) -> str:
    return f"sync {arguments['api_key']}"


BOTH = ("sync", "async")
OPTIONAL = REQUIRED | {"language"}


@pytest.mark.parametrize(
    ("value", "modes", "key", "arguments", "spelling"),
    [
        pytest.param(Sdk, BOTH, True, OPTIONAL, "Sdk(api_key=...).stt.create_transcription", id="SDK-shaped"),
        pytest.param(Plain, BOTH, True, OPTIONAL, "Plain(api_key=...).create_transcription", id="class"),
        pytest.param(Keyless, BOTH, False, OPTIONAL, "Keyless().create_transcription", id="class without key"),
        pytest.param(AnyOptions, BOTH, True, OPTIONAL, "AnyOptions(api_key=...).create_transcription", id="any option"),
        pytest.param(
            WithoutSignature,
            ("sync",),
            True,
            REQUIRED,
            "WithoutSignature(api_key=...).create_transcription",
            id="no signature",
        ),
        pytest.param(
            AsyncTwinOnly,
            ("async",),
            True,
            REQUIRED,
            "AsyncTwinOnly(api_key=...).create_transcription_async",
            id="asynchronous twin only",
        ),
        pytest.param(
            AsyncUnderTheSyncName,
            ("async",),
            True,
            REQUIRED,
            "AsyncUnderTheSyncName(api_key=...).create_transcription",
            id="asynchronous under the synchronous name",
        ),
        pytest.param(Plain("own"), BOTH, False, OPTIONAL, "Plain.create_transcription", id="object"),
        pytest.param(SimpleNamespace(stt=Plain("own")), BOTH, False, OPTIONAL, None, id="object with a holder"),
        pytest.param(SyncCallable(), ("sync",), False, REQUIRED, "SyncCallable", id="callable object"),
        pytest.param(AsyncCallable(), ("async",), False, REQUIRED, "AsyncCallable", id="asynchronous callable object"),
        pytest.param(factory, BOTH, True, OPTIONAL, "factory(api_key=...).create_transcription", id="factory"),
        pytest.param(
            keyless_factory, BOTH, False, OPTIONAL, "keyless_factory().create_transcription", id="factory without key"
        ),
        pytest.param(function, ("sync",), True, REQUIRED, "function", id="function"),
        pytest.param(async_function, ("async",), True, REQUIRED, "async_function", id="asynchronous function"),
        pytest.param(keyless_function, ("sync",), False, REQUIRED, "keyless_function", id="function without key"),
        pytest.param(
            greedy_function, ("sync",), True, ALL - {"retries"}, "greedy_function", id="function that takes anything"
        ),
        pytest.param(
            Plain("own").create_transcription, ("sync",), False, OPTIONAL, "create_transcription", id="bound method"
        ),
        pytest.param(
            functools.partial(async_function, api_key="own"), ("async",), False, REQUIRED, None, id="partial function"
        ),
    ],
)
def test_shapes(
    drive: Drive, value: object, modes: tuple[Mode, ...], *, key: bool, arguments: set[str], spelling: str | None
) -> None:
    client = drive(value)
    features = client.features("sk-1") - {"api_key"}
    assert features == {*modes, *arguments}
    assert (Feature.API_KEY in client.features("sk-1")) == key
    for mode in modes:
        outcome = client.call(CALL, mode, "sk-1")
        assert isinstance(outcome, Transcript), outcome
        shown = "sk-1" if key else ("own" if "own" in str(outcome.value) else "none")
        assert outcome.value == f"{mode} {shown}"
    if spelling is not None:
        assert client.spelling("sk-1") == spelling


class TestFeatures:
    def test_those_that_the_client_declares_count(self, drive: Drive) -> None:
        class Declaring(Plain):
            stt_features = (Feature.SYNC, "temperature", "other")

        assert drive(Declaring).features("k") == {"sync", "temperature", "other"}

    def test_those_that_its_module_declares_count(self, drive: Drive) -> None:
        module = ModuleType("package")
        module.stt_features = {"async"}  # type: ignore[attr-defined] # what a client's author writes
        assert drive(Plain, module).features("k") == {"async"}

    def test_those_that_it_declares_beside_are_added_to_what_is_found_or_declared(self, drive: Drive) -> None:
        class Adding(Plain):
            stt_extra_features = {Feature.AUDIO_BYTES}  # noqa: RUF012 - what a client's author writes

        class Both(Adding):
            stt_features = (Feature.SYNC,)

        assert drive(Adding).features("k") == drive(Plain).features("k") | {"audio_bytes"}
        assert drive(Both).features("k") == {"sync", "audio_bytes"}

    def test_the_title_has_the_version(self, drive: Drive) -> None:
        assert drive(Plain, ModuleType("package")).title == "name 1.2"
        assert drive(Plain).title == "Plain"


class TestWhatLeadsNowhere:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            pytest.param(object(), "object has neither create_transcription", id="object"),
            pytest.param(lambda: None, "NoneType has neither", id="factory of nothing"),
            pytest.param(SimpleNamespace(stt=1), "neither", id="holder without operation"),
            pytest.param(lambda token: token, "cannot be constructed", id="factory with an unknown argument"),
        ],
    )
    def test_it_is_said_what_was_looked_for(self, drive: Drive, value: object, shown: str) -> None:
        with pytest.raises(ClientNotFound, match=shown):
            drive(value).features("k")

    def test_a_call_fails_with_it(self, drive: Drive) -> None:
        outcome = drive(object()).call(CALL, "sync", "k")
        assert isinstance(outcome, Failure)
        assert isinstance(outcome.error, ClientNotFound)


class TestOpen:
    def test_the_value_is_the_client_object(self, drive: Drive) -> None:
        outcome = drive(Plain).open("sk-1")
        assert isinstance(outcome, Transcript)
        assert isinstance(outcome.value, Plain)
        assert outcome.value.key == "sk-1"

    def test_what_the_constructor_raises_is_a_failure(self, drive: Drive) -> None:
        def broken(api_key: str) -> None:
            raise SystemExit(api_key)

        outcome = drive(broken).open("sk-1")
        assert isinstance(outcome, Failure)
        assert isinstance(outcome.error, SystemExit)


class TestClientObjects:
    def test_one_for_each_key(self, drive: Drive) -> None:
        made: list[str] = []

        def counted(api_key: str) -> Plain:
            made.append(api_key)
            return Plain(api_key)

        client = drive(counted)
        client.open("a")
        for key in ("a", "b", "a", "b"):
            for mode in BOTH:
                assert client.call(CALL, cast("Mode", mode), key) == Transcript(f"{mode} {key}")
        assert client.spelling("a")
        assert made == ["a", "b"]


class TestArguments:
    def test_each_call_gets_copies_of_its_own(self, drive: Drive) -> None:
        def spoil(*, input_audio: dict[str, Any], model: str) -> tuple[str, ...]:
            found = tuple(input_audio)
            input_audio.clear()
            return found

        client = drive(spoil)
        expected = Transcript(("data", "format_"))
        assert [client.call(CALL, "sync", "k") for _ in range(2)] == [expected, expected]

    def test_or_the_very_objects_that_are_given(self, drive: Drive) -> None:
        passed = CALL.kwargs()

        def same(*, input_audio: Any, model: str, retries: Any) -> bool:
            return input_audio is passed["input_audio"]

        assert drive(same).call(CALL, "sync", "k", passed) == Transcript(value=True)
        assert passed == CALL.kwargs(), "nothing is added to the caller's own"

    @pytest.mark.parametrize(
        ("call", "expected"),
        [pytest.param(CALL, None, id="off"), pytest.param(CALL.replace(retries=3), 3, id="unless the call says more")],
    )
    def test_retries_are_off_where_the_client_lets_its_caller_say_so(
        self, drive: Drive, call: Call, expected: object
    ) -> None:
        def echo(*, input_audio: Any, model: str, retries: object = "default") -> list[object]:
            return [retries]

        client = drive(echo)
        assert Feature.RETRY_CONTROL in client.features("k")
        assert client.call(call, "sync", "k") == Transcript([expected])

    def test_nothing_is_said_about_retries_to_a_client_that_takes_anything(self, drive: Drive) -> None:
        assert drive(lambda **arguments: sorted(arguments)).call(CALL, "sync", "k") == Transcript(
            ["api_key", "input_audio", "model"]
        )


class TestAsync:
    def test_all_calls_run_on_one_loop_in_one_thread(self, drive: Drive) -> None:
        async def where(*, input_audio: Any, model: str, api_key: str) -> list[object]:
            await asyncio.sleep(0)
            return [asyncio.get_running_loop(), threading.current_thread()]

        client = drive(where)
        outcomes = [client.call(CALL, "async", key) for key in ("a", "b", "a")]
        first = outcomes[0]
        assert isinstance(first, Transcript)
        assert outcomes == [first] * 3
        loop, thread = cast("list[Any]", first.value)
        assert thread is not threading.current_thread()
        assert not loop.is_closed()
        client.close()
        assert loop.is_closed()
        assert not thread.is_alive()

    def test_synchronous_calls_share_a_thread_without_a_loop(self, drive: Drive) -> None:
        def where(*, input_audio: Any, model: str) -> list[object]:
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            return [threading.current_thread()]

        client = drive(where)
        first, second = (client.call(CALL, "sync", "k") for _ in range(2))
        assert isinstance(first, Transcript)
        assert first == second
        assert first.value != [threading.current_thread()]

    def test_tasks_of_one_call_live_on_in_the_next(self, drive: Drive) -> None:
        tasks: list[asyncio.Task[str]] = []

        async def late() -> str:
            await asyncio.sleep(0)
            return "done"

        async def operation(*, input_audio: Any, model: str) -> str:
            if not tasks:
                tasks.append(asyncio.create_task(late()))
                return "started"
            return await tasks[0]

        client = drive(operation)
        assert [client.call(CALL, "async", "k") for _ in range(2)] == [Transcript("started"), Transcript("done")]

    def test_closing_without_a_call_is_harmless(self, drive: Drive) -> None:
        client = drive(Plain)
        client.close()
        client.close()


class TestOutcomes:
    """The same in both modes."""

    @pytest.fixture(params=["sync", "async"])
    def ends(self, drive: Drive, request: pytest.FixtureRequest) -> Callable[[object], Outcome]:
        """Drive a client that returns, or raises, what it is told."""

        def make(value: object, *, raised: bool = False) -> Outcome:
            def sync(*, input_audio: Any, model: str) -> object:
                if raised:
                    raise cast("BaseException", value)
                return value

            async def asynchronous(*, input_audio: Any, model: str) -> object:
                return sync(input_audio=input_audio, model=model)

            client = drive(sync if request.param == "sync" else asynchronous)
            outcome = client.call(CALL, request.param, "k")
            assert client.call(CALL, request.param, "k") == outcome, "the thread is as good as before"
            return outcome

        return make

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            pytest.param("text", "text", id="str"),
            pytest.param("", "", id="empty str"),
            pytest.param({"text": "x", "usage": None}, "x", id="dict"),
            pytest.param({"text": ""}, "", id="dict with empty text"),
            pytest.param(SimpleNamespace(text="x"), "x", id="object"),
            pytest.param(SimpleNamespace(text="", error=None), "", id="object with an empty error"),
            pytest.param({"text": "x", "error": "odd"}, "x", id="text beside an error"),
            pytest.param(SimpleNamespace(error=print), None, id="a method called error"),
            pytest.param({}, None, id="dict without text"),
            pytest.param(0, None, id="number"),
        ],
    )
    def test_transcripts(self, ends: Callable[..., Outcome], value: object, text: object) -> None:
        outcome = ends(value)
        assert isinstance(outcome, Transcript)
        assert outcome.value is value
        assert outcome.text == text
        assert outcome.has_usage == (not isinstance(value, str))

    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(ValueError("x"), id="exception"),
            pytest.param(None, id="None"),
            pytest.param({"error": {"code": 400}}, id="dict"),
            pytest.param(SimpleNamespace(error="x", text=None), id="object"),
        ],
    )
    def test_failures_that_are_returned(self, ends: Callable[..., Outcome], value: object) -> None:
        assert ends(value) == Failure(value, returned=True)

    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ValueError("x"), id="Exception"),
            pytest.param(SystemExit(1), id="SystemExit"),
            pytest.param(KeyboardInterrupt(), id="KeyboardInterrupt"),
            pytest.param(asyncio.CancelledError(), id="CancelledError"),
            pytest.param(GeneratorExit(), id="GeneratorExit"),
        ],
    )
    def test_failures_that_are_raised(self, ends: Callable[..., Outcome], error: BaseException) -> None:
        outcome = ends(error, raised=True)
        assert isinstance(outcome, Failure)
        assert type(outcome.error) is type(error)
        assert not outcome.returned

    def test_a_result_that_breaks_when_it_is_read(self, ends: Callable[..., Outcome]) -> None:
        class Unread:
            @property
            def text(self) -> str:
                raise RuntimeError("the response was not read")

            error = usage = text

            def __repr__(self) -> str:
                raise RuntimeError

        outcome = ends(Unread())
        assert isinstance(outcome, Transcript)
        assert (outcome.text, outcome.usage(("cost",))) == (None, None)
        assert "repr() raises RuntimeError" in str(outcome)


class TestUsage:
    Unset = type("Unset", (), {})
    NAMES = ("seconds", "cost")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param({"text": "x", "usage": {"seconds": 0, "cost": None}}, {"seconds": 0}, id="dict"),
            pytest.param(SimpleNamespace(usage=SimpleNamespace(cost=1.5, other=2)), {"cost": 1.5}, id="object"),
            pytest.param({"usage": {}}, {}, id="empty"),
            pytest.param({"usage": None}, None, id="None"),
            pytest.param({}, None, id="absent"),
            pytest.param("text", None, id="text alone"),
            pytest.param({"usage": Unset()}, None, id="unset"),
            pytest.param({"usage": {"seconds": Unset(), "cost": 0}}, {"cost": 0}, id="unset field"),
        ],
    )
    def test_only_what_has_a_value(self, value: object, expected: object) -> None:
        assert Transcript(value).usage(self.NAMES) == expected


class TestShown:
    class Mute(Exception):
        def __str__(self) -> str:
            raise AttributeError("response")

    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [
            pytest.param(Transcript("a"), "a transcript: 'a'", id="transcript"),
            pytest.param(Failure(ValueError("no")), "raised builtins.ValueError: no", id="raised"),
            pytest.param(Failure(None, returned=True), "returned builtins.NoneType: None", id="returned"),
            pytest.param(NoAnswer("it slept", ""), "no answer: it slept", id="no answer"),
        ],
    )
    def test_in_one_line(self, outcome: Outcome, expected: str) -> None:
        assert str(outcome) == expected

    def test_an_error_that_cannot_be_shown(self) -> None:
        assert "Mute: str() raises AttributeError" in str(Failure(self.Mute()))
