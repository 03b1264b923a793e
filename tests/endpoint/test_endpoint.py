"""The endpoint follows its script, keeps a ledger and never raises."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, Reply, WireRequest

CONTRACT = load_contract()
BODY = b'{"input_audio":{"data":"","format":"wav"},"model":"m"}'
A, B, C = (Reply.transcript(text) for text in "abc")


def request(body: bytes = BODY) -> WireRequest:
    headers = (("Authorization", "Bearer sk-1"), ("Content-Type", "application/json"))
    return WireRequest("POST", CONTRACT.url, headers, body)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint(CONTRACT)


def answers(endpoint: Endpoint, times: int) -> list[Reply]:
    return [endpoint.answer(request()) for _ in range(times)]


class TestScript:
    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            pytest.param((A,), [A, A, A, A], id="one for all"),
            pytest.param((A, B), [A, B, B, B], id="the last one repeats"),
            pytest.param((A, B, A, C), [A, B, A, C], id="as long as it is"),
        ],
    )
    def test_replies_in_their_order(self, endpoint: Endpoint, script: tuple[Reply, ...], expected: list[Reply]) -> None:
        endpoint.reply_with(*script)
        assert answers(endpoint, 4) == expected

    def test_a_function_sees_the_request(self, endpoint: Endpoint) -> None:
        endpoint.reply_with(A, lambda wire: Reply.raw(wire.body, "text/plain"))
        assert endpoint.answer(request(b"1")) == A
        assert [endpoint.answer(request(body)).body for body in (b"2", b"3")] == [b"2", b"3"]

    def test_a_new_script_replaces_the_old_one(self, endpoint: Endpoint) -> None:
        endpoint.reply_with(A, B)
        endpoint.reply_with(C)
        assert answers(endpoint, 2) == [C, C]

    def test_none_at_all_brings_back_the_api(self, endpoint: Endpoint) -> None:
        faithful = answers(endpoint, 1)
        endpoint.reply_with(Reply.error(500))
        endpoint.reply_with()
        assert answers(endpoint, 1) == faithful

    def test_a_function_may_script_what_follows(self, endpoint: Endpoint) -> None:
        def first(_: WireRequest) -> Reply:
            endpoint.reply_with(B)
            return A

        endpoint.reply_with(first)
        assert answers(endpoint, 3) == [A, B, B]

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            pytest.param(KeyError("mine"), KeyError, id="raises"),
            pytest.param(AssertionError("mine"), AssertionError, id="asserts"),
            pytest.param(None, TypeError, id="returns nothing"),
            pytest.param({"text": "a"}, TypeError, id="returns something else"),
        ],
    )
    def test_a_broken_function_is_a_problem_of_the_script_not_of_the_client(
        self, endpoint: Endpoint, value: Any, kind: type[Exception]
    ) -> None:
        def broken(_: WireRequest) -> Any:
            if isinstance(value, Exception):
                raise value
            return value

        faithful = endpoint.answer(request())
        endpoint.reply_with(broken, B)
        assert answers(endpoint, 2) == [faithful, B]
        assert [type(problem) for problem in endpoint.problems] == [kind]


class TestLedger:
    def test_it_has_every_exchange_in_order(self, endpoint: Endpoint) -> None:
        endpoint.reply_with(A, B)
        wires = [request(body) for body in (b"1", b"2")]
        for wire in wires:
            endpoint.answer(wire)
        assert [(line.request, line.reply) for line in endpoint.ledger] == [(wires[0], A), (wires[1], B)]
        assert endpoint.ledger[0].at <= endpoint.ledger[1].at
        assert endpoint.requests == tuple(wires)

    def test_what_was_taken_does_not_change(self, endpoint: Endpoint) -> None:
        before = endpoint.ledger
        endpoint.answer(request())
        assert before == ()

    def test_reset_forgets_everything(self) -> None:
        endpoint = Endpoint(CONTRACT, max_requests=0)
        endpoint.reply_with(lambda _: 1 / 0)  # type: ignore[arg-type, return-value] # raises
        endpoint.answer(request())
        assert endpoint.ledger
        assert endpoint.problems
        assert endpoint.flooded.is_set()
        endpoint.reset()
        assert not endpoint.flooded.is_set()
        assert (endpoint.ledger, endpoint.requests, endpoint.problems) == ((), (), ())
        assert endpoint.answer(request()).status == 200
        assert endpoint.problems == ()

    def test_flooded_is_set_by_one_request_too_many(self) -> None:
        endpoint = Endpoint(CONTRACT, max_requests=3)
        answers(endpoint, 3)
        assert not endpoint.flooded.is_set()
        answers(endpoint, 1)
        assert endpoint.flooded.is_set()
        assert len(endpoint.ledger) == 4, "what comes after is answered and kept too"

    def test_flooded_is_set_only_once(self) -> None:
        class Counted(threading.Event):
            times = 0

            def set(self) -> None:
                self.times += 1
                super().set()

        endpoint = Endpoint(CONTRACT, max_requests=1)
        endpoint.flooded = flooded = Counted()
        answers(endpoint, 5)
        assert flooded.times == 1, "a thread that is interrupted in set() leaves its lock behind"


def test_threads_do_not_lose_or_repeat_anything(endpoint: Endpoint) -> None:
    numbered = [Reply.transcript(str(number)) for number in range(400)]
    endpoint.reply_with(*numbered, C)
    with ThreadPoolExecutor(16) as pool:
        given = list(pool.map(lambda number: endpoint.answer(request(b"%d" % number)), range(400)))
    assert sorted(reply.body for reply in given) == sorted(reply.body for reply in numbered)
    kept = {exchange.request.body: exchange.reply for exchange in endpoint.ledger}
    assert kept == {b"%d" % number: reply for number, reply in enumerate(given)}


def test_threads_each_get_the_answer_to_their_own_request(endpoint: Endpoint) -> None:
    endpoint.reply_with(lambda wire: Reply.raw(wire.body, "text/plain"))
    with ThreadPoolExecutor(16) as pool:
        bodies = [b"%d" % number for number in range(400)]
        assert [reply.body for reply in pool.map(lambda body: endpoint.answer(request(body)), bodies)] == bodies
