"""An error's type by status, and what it kept of the reply."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest
import requests

from pytest_openrouter_stt.client import (
    ClientUnderTest,
    ErrorTable,
    Target,
    headers_of,
    kept,
    message_of,
    status_of,
)
from pytest_openrouter_stt.contract import load_contract

CONTRACT = load_contract()
NAMES = CONTRACT.sdk.errors
DEFAULT = CONTRACT.sdk.default_error


def table(value: object, module: ModuleType | None = None) -> ErrorTable:
    target = Target("client", "", "package:Client", value, module)
    return ClientUnderTest(target, CONTRACT, deadline=1, flooded=threading.Event()).errors("k")


def operation(*, input_audio: Any, model: str) -> str:
    return ""


def package(**attributes: object) -> ModuleType:
    module = ModuleType("package")
    vars(module).update(attributes)
    return module


class TestTable:
    class Base(Exception): ...

    class Unauthorized(Base): ...

    def test_a_client_declares_it(self) -> None:
        class Client:
            create_transcription = staticmethod(operation)
            stt_errors = MappingProxyType(
                {401: self.Unauthorized, "402": ValueError, HTTPStatus.NOT_FOUND: KeyError, "default": self.Base}
            )

        found = table(Client, package(stt_errors={400: OSError}))
        assert found.origin == "declared"
        assert found.by_status == {401: self.Unauthorized, 402: ValueError, 404: KeyError}
        assert found.default is self.Base
        assert found.missing == {}

    def test_or_its_module_does(self) -> None:
        found = table(operation, package(stt_errors=MappingProxyType({401: self.Unauthorized})))
        assert (found.origin, found.by_status, found.default) == ("declared", {401: self.Unauthorized}, None)

    @pytest.mark.parametrize("place", ["errors", "root"])
    def test_or_it_has_the_names_of_the_page(self, place: str) -> None:
        types = {name: type(name, (Exception,), {}) for name in (*NAMES.values(), DEFAULT)}
        found = table(operation, package(errors=package(**types)) if place == "errors" else package(**types))
        assert found.origin == "names"
        assert found.by_status == {status: types[name] for status, name in NAMES.items()}
        assert found.default is types[DEFAULT]
        assert found.missing == {}

    def test_the_module_of_errors_goes_before_the_root(self) -> None:
        inner, outer = (type(DEFAULT, (Exception,), {}) for _ in range(2))
        found = table(operation, package(errors=package(**{DEFAULT: inner}), **{DEFAULT: outer}))
        assert found.default is inner

    def test_names_that_it_lacks_are_missing(self) -> None:
        has = {NAMES[400]: ValueError, NAMES[401]: "no type", DEFAULT: self.Base}
        found = table(operation, package(**has))
        assert found.by_status == {400: ValueError}
        assert found.missing == {status: name for status, name in NAMES.items() if status != 400}

    @pytest.mark.parametrize(
        "module",
        [
            pytest.param(None, id="no module"),
            pytest.param(package(), id="no names"),
            pytest.param(package(**{NAMES[400]: ValueError}), id="no default"),
            pytest.param(package(stt_errors=[400]), id="no mapping declared"),
        ],
    )
    def test_else_it_is_inferred(self, module: ModuleType | None) -> None:
        assert table(operation, module) == ErrorTable("inferred", {}, None, {})

    def test_the_official_sdk_has_the_names(self) -> None:
        sdk = pytest.importorskip("openrouter")
        found = table(operation, sdk)
        assert found.origin == "names"
        assert not found.missing


BODY = {"error": {"code": 429, "message": "slow down", "metadata": {"a": [1]}}, "user_id": "u"}
TEXT = json.dumps(BODY)


class ApiError(Exception):
    """An exception with whatever attributes a client gives it."""

    def __init__(self, text: str = "", **attributes: Any) -> None:
        super().__init__(text)
        vars(self).update(attributes)


def sdk_error() -> ApiError:
    response = httpx.Response(429, headers={"Retry-After": "1"}, text=TEXT)
    data = SimpleNamespace(error=SimpleNamespace(**BODY["error"]), user_id="u")  # type: ignore[arg-type] # a dict
    return ApiError(
        "slow down", status_code=429, message="slow down", headers=response.headers, body=TEXT, data=data,
        raw_response=response,
    )  # fmt: skip


def requests_error() -> requests.HTTPError:
    response = requests.Response()
    response.status_code = 429
    response.headers["Retry-After"] = "1"
    response._content = TEXT.encode()  # noqa: SLF001 - there is no other way to make one
    return requests.HTTPError("429: slow down", response=response)


def httpx_error() -> httpx.HTTPStatusError:
    request = httpx.Request("POST", CONTRACT.url)
    response = httpx.Response(429, headers={"Retry-After": "1"}, json=BODY, request=request)
    return httpx.HTTPStatusError("429: slow down", request=request, response=response)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(sdk_error(), id="SDK"),
        pytest.param(requests_error(), id="requests"),
        pytest.param(httpx_error(), id="httpx"),
        pytest.param(ApiError("slow down", status=429, headers={"RETRY-AFTER": "1"}, body=TEXT.encode()), id="bytes"),
        pytest.param({"status": 429, "message": "slow down", "headers": {"Retry-After": 1}, **BODY}, id="dict"),
        pytest.param(
            SimpleNamespace(http_status=429, headers={"retry-after": "1"}, message="slow down", **BODY), id="object"
        ),
    ],
)
def test_every_shape_of_an_error_is_read(error: object) -> None:
    assert status_of(error) == 429
    assert "slow down" in message_of(error)
    assert (headers_of(error) or {})["retry-after"] == "1"
    assert kept(error, "error", "code") == 429
    assert kept(error, "error", "metadata") == {"a": [1]}
    assert kept(error, "user_id") == "u"
    assert kept(error, "error", "nothing") is None


class TestStatus:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            pytest.param(ApiError(code=404), 404, id="code"),
            pytest.param(ApiError(status=HTTPStatus.NOT_FOUND), 404, id="enum"),
            pytest.param(ApiError(status_code="404", status=500), 500, id="text is no status"),
            pytest.param(ApiError(status=True, code=404), 404, id="a truth value is no status"),
            pytest.param(ApiError(response={"status": 404}), 404, id="response as dict"),
            pytest.param(ApiError(response=None, raw_response=SimpleNamespace(status=404)), 404, id="raw response"),
            pytest.param(ApiError(code=1, response=SimpleNamespace(status_code=404)), 404, id="code of the body"),
            pytest.param(ApiError(), None, id="none"),
            pytest.param(None, None, id="no error"),
        ],
    )
    def test_it_is_a_number_wherever_it_stands(self, error: object, status: int | None) -> None:
        found = status_of(error)
        assert found == status
        assert type(found) is type(status)


class TestMessage:
    @pytest.mark.parametrize(
        ("error", "shown"),
        [
            pytest.param(ApiError("no"), "no", id="text"),
            pytest.param(ApiError("no", message="no"), "no", id="the same twice"),
            pytest.param(ApiError("error 400", message="no"), "error 400 no", id="message adds"),
            pytest.param(ApiError("no", message={"a": 1}), "no", id="message is no text"),
            pytest.param(None, "None", id="nothing"),
        ],
    )
    def test_it_is_what_a_user_sees(self, error: object, shown: str) -> None:
        assert message_of(error) == shown

    def test_an_error_that_cannot_be_shown(self) -> None:
        class Mute(ApiError):
            def __str__(self) -> str:
                return str(self.response)  # type: ignore[attr-defined] # that is what is wrong with it

        shown = message_of(Mute(message="slow down"))
        assert shown.endswith("Mute: str() raises AttributeError> slow down")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(ApiError(), None, id="none"),
        pytest.param(ApiError(headers=[("A", "1")]), None, id="no mapping"),
        pytest.param(ApiError(headers={}), {}, id="empty"),
        pytest.param(ApiError(headers=None, response=SimpleNamespace(headers={"X-A": 1})), {"x-a": "1"}, id="response"),
    ],
)
def test_headers(error: object, expected: object) -> None:
    assert headers_of(error) == expected


CODE_3 = '{"error":{"code":3}}'


class TestKept:
    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            pytest.param(ApiError(data={"error": {"code": 1}}, error={"code": 2}, body=CODE_3), 1, id="data"),
            pytest.param(ApiError(error={"code": 2}, body=CODE_3), 2, id="itself"),
            pytest.param(ApiError(error=SimpleNamespace(code=2)), 2, id="itself as object"),
            pytest.param(ApiError(error="text", body=CODE_3), 3, id="body"),
            pytest.param(ApiError(body={"error": {"code": 3}}), 3, id="body that is parsed"),
            pytest.param(ApiError(response=SimpleNamespace(text='{"error":{"code":4}}')), 4, id="response"),
            pytest.param(ApiError(data={"error": {"code": 0}}), 0, id="zero"),
            pytest.param(ApiError(data={"error": None}, body="<html>"), None, id="no JSON"),
            pytest.param(ApiError(body=b"\xff\xfe\xfd"), None, id="no text"),
            pytest.param(ApiError(body="[" * 100_000), None, id="deep nesting"),
            pytest.param(ApiError(body='{"error":' + "1" * 5000 + "}"), None, id="huge integer"),
            pytest.param(ApiError(response=httpx.Response(400, stream=httpx.ByteStream(b""))), None, id="unread"),
            pytest.param(ApiError(), None, id="nothing"),
        ],
    )
    def test_the_best_source_counts(self, error: object, expected: object) -> None:
        assert kept(error, "error", "code") == expected
