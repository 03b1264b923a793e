"""A call keeps what the user passes, and the contract says what becomes of it on the wire."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_openrouter_stt.contract import MISSING, Call, load_contract

from ._documents import json_values, packaged, same_json, schemas

AUDIO = {"data": "UklGRg==", "format_": "wav"}
SLUGS = list(schemas(packaged())["ProviderOptions"]["properties"])


def call(**more: Any) -> Call:
    return Call(input_audio=AUDIO, model="openai/whisper-1", **more)


def body(**more: Any) -> dict[str, Any]:
    return {"input_audio": {"data": "UklGRg==", "format": "wav"}, "model": "openai/whisper-1", **more}


def nested() -> dict[str, Any]:
    return {"options": {"azure": {"a": [{"b": 1}]}}}


class TestCall:
    def test_it_shares_nothing_with_the_objects_it_was_made_of(self) -> None:
        provider = nested()
        made = call(provider=provider)
        provider["options"]["azure"]["a"].append(2)
        assert made.kwargs()["provider"] == nested()

    def test_its_arguments_are_read_only_at_every_depth(self) -> None:
        made: Any = call(provider=nested())
        options = made.arguments["provider"]["options"]
        for target, key in ((made.arguments, "model"), (options, "azure"), (options["azure"]["a"][0], "b")):
            with pytest.raises(TypeError, match="does not support item assignment"):
                target[key] = None
        with pytest.raises(AttributeError, match="append"):
            options["azure"]["a"].append(1)
        with pytest.raises(FrozenInstanceError):
            made.arguments = {}

    def test_each_kwargs_is_a_fresh_plain_copy(self) -> None:
        made = call(provider=nested())
        first = made.kwargs()
        assert same_json(first, {"input_audio": AUDIO, "model": "openai/whisper-1", "provider": nested()})
        first["provider"]["options"]["azure"]["a"].clear()
        first.pop("model")
        assert same_json(made.kwargs()["provider"], nested())
        assert made.kwargs()["model"] == "openai/whisper-1"

    def test_missing_is_left_out_and_none_is_kept(self) -> None:
        assert Call(model=MISSING, language=None).kwargs() == {"language": None}
        assert Call(language=None) != Call()
        assert Call(model=MISSING) == Call()

    def test_missing_is_falsy_and_says_its_name(self) -> None:
        assert not MISSING
        assert repr(MISSING) == "MISSING"

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            pytest.param({"model": "b"}, {"model": "b", "language": "en"}, id="in place"),
            pytest.param({"temperature": 0}, {"model": "a", "language": "en", "temperature": 0}, id="beside"),
            pytest.param({"language": MISSING}, {"model": "a"}, id="out"),
            pytest.param({"language": None}, {"model": "a", "language": None}, id="none is a value"),
            pytest.param({}, {"model": "a", "language": "en"}, id="nothing"),
        ],
    )
    def test_replace_makes_another_call(self, change: dict[str, Any], expected: dict[str, Any]) -> None:
        made = Call(model="a", language="en")
        assert made.replace(**change).kwargs() == expected
        assert made.kwargs() == {"model": "a", "language": "en"}

    def test_replace_keeps_nested_arguments_equal(self) -> None:
        assert call(provider=nested()).replace() == call(provider=nested())

    def test_its_repr_is_python_to_paste(self) -> None:
        made = call(provider=nested(), language=None)
        assert eval(repr(made), {"Call": Call}) == made
        assert repr(Call(model="a", temperature=0)) == "Call(model='a', temperature=0)"

    def test_an_argument_may_have_any_name(self) -> None:
        assert Call(self=1).replace(self=2).kwargs() == {"self": 2}

    def test_values_that_json_cannot_carry_are_kept(self) -> None:
        audio = b"RIFF"
        assert Call(input_audio=audio).kwargs()["input_audio"] is audio
        assert repr(Call(temperature=float("nan"))) == "Call(temperature=nan)"


class TestWireBody:
    @pytest.mark.parametrize("key", ["format_", "format"])
    def test_the_format_goes_under_its_wire_name(self, key: str) -> None:
        made = Call(input_audio={"data": "UklGRg==", key: "wav"}, model="openai/whisper-1")
        assert same_json(load_contract().wire_body(made), body())

    @pytest.mark.parametrize("name", ["language", "provider", "temperature"])
    @pytest.mark.parametrize("value", [None, MISSING], ids=["none", "omitted"])
    def test_what_is_not_given_is_absent(self, name: str, value: object) -> None:
        assert same_json(load_contract().wire_body(call(**{name: value})), body())

    @pytest.mark.parametrize(
        "given",
        [{"temperature": 0}, {"temperature": 0.0}, {"temperature": -0.0}, {"language": ""}, {"provider": {}}],
        ids=str,
    )
    def test_falsy_values_are_kept(self, given: dict[str, Any]) -> None:
        assert same_json(load_contract().wire_body(call(**given)), body(**given))

    def test_it_is_a_fresh_plain_copy(self) -> None:
        made = call(provider=nested())
        load_contract().wire_body(made)["provider"]["options"].clear()
        assert same_json(load_contract().wire_body(made), body(provider=nested()))

    @given(provider=st.fixed_dictionaries({"options": st.dictionaries(st.sampled_from(SLUGS), json_values())}))
    def test_provider_options_are_verbatim(self, provider: dict[str, Any]) -> None:
        sent = load_contract().wire_body(call(provider=provider))
        assert same_json(sent, body(provider=provider))
        assert not load_contract().wire_headers(call(provider=provider))

    @pytest.mark.parametrize(
        "options",
        [
            pytest.param({slug: {"format_": slug} for slug in SLUGS}, id="every slug"),
            pytest.param({"unknown-slug": {"input_audio": {"format_": "wav"}}}, id="renamed elsewhere only"),
            pytest.param({"azure": {"a": None, "b": [], "c": {}, "d": 10**30, "e": "\0ä😀"}}, id="odd values"),
            pytest.param({"azure": json.loads('{"a":' * 150 + "[]" + "}" * 150)}, id="deep"),
        ],
    )
    def test_no_provider_option_is_renamed_or_dropped(self, options: dict[str, Any]) -> None:
        provider = {"options": options}
        assert same_json(load_contract().wire_body(call(provider=provider)), body(provider=provider))

    @given(audio=st.dictionaries(st.text().filter(lambda key: key != "format_"), json_values()))
    def test_only_the_format_is_renamed(self, audio: dict[str, Any]) -> None:
        sent = load_contract().wire_body(Call(input_audio=audio))
        assert same_json(sent, {"input_audio": audio})

    @pytest.mark.parametrize("audio", ["UklGRg==", [], 5, {}, {"format_": None}], ids=repr)
    def test_an_invalid_audio_is_not_repaired(self, audio: Any) -> None:
        expected = {"format": None} if audio == {"format_": None} else audio
        assert same_json(load_contract().wire_body(Call(input_audio=audio)), {"input_audio": expected})

    def test_what_is_not_of_the_body_is_not_in_it(self) -> None:
        made = call(http_referer="https://a.example", x_open_router_title="t", retries=None)
        assert same_json(load_contract().wire_body(made), body())
        assert same_json(load_contract().wire_body(call(retries={"strategy": "none"})), body())


class TestWireHeaders:
    def test_each_goes_under_its_wire_name(self) -> None:
        made = call(http_referer="https://a.example", x_open_router_title="Tïtle", x_open_router_categories="a,b")
        assert load_contract().wire_headers(made) == {
            "HTTP-Referer": "https://a.example",
            "X-OpenRouter-Title": "Tïtle",
            "X-OpenRouter-Categories": "a,b",
        }

    @pytest.mark.parametrize("value", [None, MISSING], ids=["none", "omitted"])
    def test_what_is_not_given_is_absent(self, value: object) -> None:
        assert load_contract().wire_headers(call(http_referer=value, x_open_router_title="t")) == {
            "X-OpenRouter-Title": "t"
        }

    def test_an_empty_one_is_kept(self) -> None:
        assert load_contract().wire_headers(call(http_referer="")) == {"HTTP-Referer": ""}
