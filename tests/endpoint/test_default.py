"""Without a script, the endpoint does what the API does."""

from __future__ import annotations

import base64
import io
import json
import random
import wave
from dataclasses import replace
from typing import Any

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, Reply, WireRequest

CONTRACT = load_contract()
KEY = ("Authorization", "Bearer sk-1")
JSON = ("Content-Type", "application/json")
SAMPLE = "UklGRiQA..."  # as the API's documentation has it


def answer(
    body: Any = None,
    headers: tuple[tuple[str, str], ...] = (KEY, JSON),
    *,
    method: str = "POST",
    url: str = CONTRACT.url,
) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(valid() if body is None else body).encode()
    return Endpoint(CONTRACT).answer(WireRequest(method, url, headers, content))


def valid(data: bytes | str = b"", **more: Any) -> dict[str, Any]:
    text = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    return {"input_audio": {"data": text, "format": "wav"}, "model": "openai/whisper-1", **more}


def wav(seconds: float = 1.0, *, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(bytes(int(seconds * rate) * channels * width))
    return file.getvalue()


def message(reply: Reply, status: int) -> str:
    """Return the message of an error, after a look at everything else."""
    body = json.loads(reply.body)
    assert reply.status == status
    assert body["error"]["code"] == status
    assert not CONTRACT.errors[status].violations(body)
    return str(body["error"]["message"])


def usage(reply: Reply) -> dict[str, Any]:
    body = json.loads(reply.body)
    assert reply.status == 200, body
    assert not CONTRACT.transcript.violations(body)
    found: dict[str, Any] = body["usage"]
    return found


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "url"),
        [
            pytest.param("GET", CONTRACT.url, id="method"),
            pytest.param("POST", CONTRACT.url + "/", id="trailing slash"),
            pytest.param("POST", CONTRACT.base_url + "/chat/completions", id="path"),
        ],
    )
    def test_404(self, method: str, url: str) -> None:
        assert method in message(answer(method=method, url=url), 404)

    def test_a_query_does_not_make_a_404(self) -> None:
        assert answer(url=CONTRACT.url + "?a=1").status == 200

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param((), id="absent"),
            pytest.param((("Authorization", "sk-1"),), id="no scheme"),
            pytest.param((("Authorization", "Basic c2s6"),), id="other scheme"),
            pytest.param((("Authorization", "Bearer "),), id="no token"),
            pytest.param((("X-API-Key", "sk-1"),), id="other header"),
        ],
    )
    def test_401(self, headers: tuple[tuple[str, str], ...]) -> None:
        assert "Bearer" in message(answer(headers=(*headers, JSON)), 401)

    def test_the_key_is_looked_at_before_the_body(self) -> None:
        message(answer(b"", headers=()), 401)

    @pytest.mark.parametrize(
        ("headers", "shown"),
        [
            pytest.param((("Content-Type", "multipart/form-data; boundary=x"),), "multipart/form-data", id="multipart"),
            pytest.param((("Content-Type", "text/plain"),), "text/plain", id="text"),
            pytest.param((), "without a type", id="absent"),
        ],
    )
    def test_400_for_what_is_not_sent_as_json(self, headers: tuple[tuple[str, str], ...], shown: str) -> None:
        assert shown in message(answer(headers=(KEY, *headers)), 400)

    @pytest.mark.parametrize(
        ("body", "shown"),
        [
            pytest.param(b"", "not JSON", id="empty"),
            pytest.param(b'{"model":NaN}', "NaN", id="NaN"),
            pytest.param(b"\xff", "UTF-8", id="not UTF-8"),
            pytest.param(b'{"model":"a","model":"b"}', "'model'", id="duplicate key"),
            pytest.param(b'{"temperature":' + b"1" * 5000 + b"}", "5000 digits", id="huge integer"),
            pytest.param(b"[" * 100_000, "nested", id="deep nesting"),
        ],
    )
    def test_400_for_what_cannot_be_read(self, body: bytes, shown: str) -> None:
        assert shown in message(answer(body), 400)

    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            pytest.param([], ["the body: "], id="no object"),
            pytest.param(None, ["the body: "], id="null"),
            pytest.param({"model": "m"}, ["the body: ", "'input_audio'"], id="missing field"),
            pytest.param(valid() | {"model": None}, ["/model: "], id="wrong type"),
            pytest.param(valid(temperature="0", language=1), ["/temperature: ", "/language: "], id="two violations"),
            pytest.param(
                valid() | {"input_audio": {"data": 1}}, ["/input_audio: ", "/input_audio/data: "], id="nested"
            ),
        ],
    )
    def test_400_names_every_violation(self, body: object, pointers: list[str]) -> None:
        shown = message(answer(json.dumps(body).encode()), 400)
        assert all(pointer in shown for pointer in pointers)
        assert len(shown.split("; ")) == len(CONTRACT.request.violations(body))

    def test_a_message_with_a_lone_surrogate_is_json_all_the_same(self) -> None:
        assert r"\ud800" in message(answer(rb'{"input_audio":{"data":"","format":"x"},"model":["\ud800"]}'), 400)


class TestTranscripts:
    @pytest.mark.parametrize(
        ("audio", "seconds"),
        [
            pytest.param(wav(1.5), 1.5, id="mono"),
            pytest.param(wav(0.25, rate=44100, channels=2, width=3), 0.25, id="stereo of 24 bits"),
            pytest.param(wav(0), 0, id="no samples"),
        ],
    )
    def test_a_wav_lasts_as_long_as_it_does(self, audio: bytes, seconds: float) -> None:
        found = usage(answer(valid(audio)))
        assert found["seconds"] == seconds
        assert found["total_tokens"] == found["input_tokens"] + found["output_tokens"]
        assert (found["input_tokens"] > 0) == (found["cost"] > 0) == (seconds > 0)

    def test_more_audio_has_more_tokens_and_costs_more(self) -> None:
        short, long = (usage(answer(valid(wav(seconds)))) for seconds in (1, 3))
        assert long["input_tokens"] == 3 * short["input_tokens"]
        assert long["cost"] == pytest.approx(3 * short["cost"])

    def test_a_streamed_wav_lasts_as_long_as_its_samples(self) -> None:
        streamed = bytearray(wav(1))
        streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"  # what ffmpeg writes into a pipe
        assert usage(answer(valid(bytes(streamed))))["seconds"] == 1

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"ID3" + bytes(16_000), id="mp3"),
            pytest.param(b"", id="nothing"),
            pytest.param(wav()[:30], id="truncated header"),
            pytest.param(SAMPLE, id="the documentation's sample"),
            pytest.param("A", id="impossible base64"),
            pytest.param("data:audio/wav;base64,UklGRg==", id="data URI"),
            pytest.param("ü\ud800", id="not ASCII"),
        ],
    )
    def test_everything_else_has_a_guessed_duration(self, data: bytes | str) -> None:
        found = usage(answer(valid(data)))
        assert (found["seconds"] > 0) == bool(data)

    def test_no_header_is_too_broken(self) -> None:
        chosen, audio = random.Random(0), wav(0.01)
        for _ in range(500):
            broken = bytearray(audio)
            for _ in range(3):
                broken[chosen.randrange(44)] = chosen.choice((0, 1, 128, 255))
            assert 0 <= usage(answer(valid(bytes(broken))))["seconds"] <= len(audio)

    def test_the_text_tells_what_arrived(self) -> None:
        body = valid(bytes(7))
        body["input_audio"]["format"] = "flac"
        assert json.loads(answer(body).body)["text"] == "Transcript of 7 bytes of flac audio."

    def test_a_body_with_everything_is_accepted(self) -> None:
        provider = {"options": {"azure": {"a": [None, {"b": 1}]}}}
        assert usage(answer(valid(language="en", temperature=0, provider=provider)))

    def test_the_path_may_have_another_server_in_front(self) -> None:
        moved = replace(CONTRACT, base_url="http://127.0.0.1:9/proxy")
        body = json.dumps(valid()).encode()
        assert Endpoint(CONTRACT).answer(WireRequest("POST", moved.url, (KEY, JSON), body)).status == 200
