"""Where a secret is looked for."""

from __future__ import annotations

import pickle
import warnings
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from pytest_openrouter_stt.judging.secrets import ShownText, attributes, carried, configuration, holds, shown

KEY = "sk-or-v1-the-whole-of-a-key"
HEADERS = {"Authorization": f"Bearer {KEY}"}


def places(found: Any) -> set[str]:
    everything: list[ShownText] = list(found)
    return {where for where, text in everything if holds(text, KEY)}


def raised(error: Exception, behind: Exception | None = None, *, suppressed: bool = False) -> Exception:
    try:
        try:
            if behind is not None:
                raise behind
        finally:
            if suppressed:
                raise error from None
            raise error
    except type(error) as caught:
        return caught


class WithAttributes(Exception):
    def __init__(self, **attributes: object) -> None:
        super().__init__("it failed")
        self.__dict__.update(attributes)


@pytest.mark.parametrize("text", [f"a {KEY} b", f"{KEY[:-4]}****", f"****{KEY[4:]}"])
def test_half_a_secret_is_a_secret(text: str) -> None:
    assert holds(text, KEY)


def test_a_masked_secret_is_none() -> None:
    assert not holds(f"{KEY[:8]}…{KEY[-4:]}", KEY)


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (ValueError(KEY), {"its str()", "its repr()", "its args", "its traceback"}),
        (ValueError(1, KEY), {"its str()", "its repr()", "its args", "its traceback"}),
        (UnicodeEncodeError("ascii", KEY, 0, 1, "no"), {"its repr()", "its args"}),
        (WithAttributes(key=KEY), set()),
    ],
    ids=["message", "argument", "args-only", "attribute"],
)
def test_what_an_error_shows(error: Exception, where: set[str]) -> None:
    assert places(shown(error)) == where


def test_an_error_shows_its_notes() -> None:
    error = ValueError("no")
    error.add_note(f"with {KEY}")

    assert places(shown(error)) == {"its notes", "its traceback"}


def test_an_error_shows_those_behind_it() -> None:
    error = raised(WithAttributes(), behind=KeyError(KEY))

    assert "its args of the KeyError behind it" in places(shown(error))


def test_an_error_shows_those_of_its_group() -> None:
    error = ExceptionGroup("two", [ValueError("a"), TypeError(KEY)])

    assert "its str() of the TypeError behind it" in places(shown(error))


def test_what_is_suppressed_is_not_shown() -> None:
    assert places(shown(raised(WithAttributes(), behind=KeyError(KEY), suppressed=True))) == set()


def test_errors_that_are_behind_each_other_come_to_an_end() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert places(shown(first)) == set()


def test_a_failure_that_was_returned_shows_its_text() -> None:
    assert places(shown(SimpleNamespace(error=KEY))) == {"its str()", "its repr()"}


def test_a_text_that_cannot_be_made_shows_nothing() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError(KEY)

    assert places(shown(Silent())) == set()


def test_attributes_show_themselves() -> None:
    error = WithAttributes(headers=HEADERS, request=httpx.Request("POST", "https://a.example", headers=HEADERS))

    assert places(attributes(error)) == {"the repr() of its `headers`"}


def test_attributes_lead_to_what_they_do_not_show() -> None:
    request = httpx.Request("POST", "https://a.example", headers=HEADERS)
    error = WithAttributes(response=httpx.Response(500, request=request))

    assert "its `response.request.headers['authorization']`" in places(carried(error))


@pytest.mark.parametrize("value", [[HEADERS], (HEADERS,), MappingProxyType({"a": HEADERS}), KEY.encode()])
def test_elements_and_items_are_reached(value: object) -> None:
    assert places(carried(WithAttributes(value=value))) - {"its pickle"}


@pytest.mark.parametrize("value", [type("Settings", (), {"key": KEY}), ModuleType("settings")], ids=["type", "module"])
def test_a_search_does_not_go_through_types_and_modules(value: Any) -> None:
    value.key = KEY

    assert places(carried(WithAttributes(settings=value))) == set()


def test_a_pickle_carries_private_attributes() -> None:
    assert places(carried(WithAttributes(_key=KEY))) == {"its pickle"}


def test_what_cannot_be_pickled_carries_nothing_away() -> None:
    error = WithAttributes(_key=KEY, _lock=lambda: None)

    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(error)
    assert places(carried(error)) == set()


def test_a_search_ends() -> None:
    error = WithAttributes(many=[[str(number)] for number in range(10_000)])
    error.itself = error  # type: ignore[attr-defined] # a circle

    assert len(list(carried(error))) < 1000


def test_numbers_do_not_use_up_a_search() -> None:
    error = WithAttributes(first=[*range(10_000)], second=[[KEY]])

    assert "its `second[…][…]`" in places(carried(error))


def test_properties_that_fail_or_warn_are_passed_over() -> None:
    class Awkward(Exception):
        @property
        def failing(self) -> str:
            raise RuntimeError(KEY)

        @property
        def deprecated(self) -> str:
            warnings.warn("do not read this", DeprecationWarning, stacklevel=2)
            return KEY

    assert places(attributes(Awkward())) == {"the repr() of its `deprecated`"}


def test_a_client_may_keep_the_key_but_not_show_it() -> None:
    class Client:
        def __init__(self) -> None:
            self.api_key = KEY
            self._headers = HEADERS
            self.settings = SimpleNamespace(timeout=1)

    client = Client()
    assert places(configuration(client)) == set()
    client.settings = SimpleNamespace(api_key=KEY)
    assert places(configuration(client)) == {"the repr() of its `settings`"}


def test_a_function_has_no_configuration() -> None:
    assert places(configuration(lambda: KEY)) == set()
