"""What --stt-client names is found, or it is said what to write."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.client import ClientNotFound, resolve, target_of
from pytest_openrouter_stt.contract import load_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Write = Callable[[str], object]

NAMING = load_contract().sdk
MODULE = "stt_module_of_a_test"  # pytest rewrites it, which is not to be seen


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module that can be imported as `MODULE`."""
    monkeypatch.syspath_prepend(tmp_path)
    yield (tmp_path / f"{MODULE}.py").write_text
    sys.modules.pop(MODULE, None)


def refused(wanted: str) -> ClientNotFound:
    with pytest.raises(ClientNotFound) as caught:
        resolve(wanted, NAMING)
    assert caught.value.wanted == wanted
    assert str(caught.value) == f"client {wanted!r}: {caught.value.problem}. {caught.value.remedy}"
    return caught.value


@pytest.mark.parametrize(
    ("source", "wanted", "attribute"),
    [
        pytest.param("class OpenRouter: pass", "", "OpenRouter", id="SDK-shaped module"),
        pytest.param("stt_client = 1", "", "stt_client", id="module with a client"),
        pytest.param("stt_client = 1\nclass OpenRouter: pass", "", "OpenRouter", id="module with both"),
        pytest.param("def transcribe(): pass", ":transcribe", "transcribe", id="attribute"),
        pytest.param("class A:\n  class B:\n    c = 1", ":A.B.c", "A.B.c", id="nested attribute"),
        pytest.param("def __getattr__(name): return name", ":lazy", "lazy", id="attribute that appears when asked for"),
    ],
)
def test_what_is_named_is_found(write: Write, source: str, wanted: str, attribute: str) -> None:
    write(f"{source}\n__version__ = '1.2'")
    target = resolve(MODULE + wanted, NAMING)
    module = sys.modules[MODULE]
    value: object = module
    for name in attribute.split("."):
        value = getattr(value, name)
    assert target.value == value
    assert (target.name, target.spelled) == (MODULE + wanted, f"{MODULE}:{attribute}")
    assert (target.version, target.module) == ("1.2", module)


def test_an_installed_package_has_the_version_of_its_distribution() -> None:
    assert resolve("httpx:Client", NAMING).version == sys.modules["httpx"].__version__


@pytest.mark.parametrize("source", ["", "__version__ = (1, 2)"], ids=["none", "a tuple"])
def test_a_version_that_is_no_text_is_left_out(write: Write, source: str) -> None:
    write(f"stt_client = 1\n{source}")
    assert resolve(MODULE, NAMING).version == ""


def test_what_a_fixture_gives_needs_no_module() -> None:
    class Client: ...

    for value in (Client, Client()):
        target = target_of(value)
        assert (target.value, target.module, target.version) == (value, None, "")
        assert target.name == target.spelled == Client.__qualname__


@pytest.mark.parametrize("wanted", ["", "x:", ":x", ":", "./client.py", "..x"])
def test_what_is_no_name_is_refused(wanted: str) -> None:
    error = refused(wanted)
    assert "not the name of a module" in error.problem
    assert "'module:attribute'" in error.remedy


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        pytest.param("stt_nonsense", "stt_nonsense", id="module"),
        pytest.param("stt_nonsense.sub:x", "stt_nonsense", id="package"),
        pytest.param("json.stt_nonsense", "json.stt_nonsense", id="submodule"),
    ],
)
def test_a_missing_module_says_where_pytest_looks(wanted: str, missing: str) -> None:
    error = refused(wanted)
    assert repr(missing) in error.problem
    assert "python -m pytest" in error.remedy


def test_a_module_without_a_client_says_what_it_could_have() -> None:
    error = refused("json")
    assert all(name in error.problem for name in ("OpenRouter", "stt_client"))
    assert "json:ATTRIBUTE" in error.remedy


@pytest.mark.parametrize("attribute", ["nope", "first.nope", "nope.first", "first.", "first:x"])
def test_a_missing_attribute_lists_what_there_is(write: Write, attribute: str) -> None:
    write("first = second = _third = 1")
    error = refused(f"{MODULE}:{attribute}")
    assert repr(attribute) in error.problem
    assert error.remedy == "It has: first, second."


def test_a_module_without_anything_says_so(write: Write) -> None:
    write("_private = 1")
    assert "nothing public" in refused(f"{MODULE}:x").remedy


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        pytest.param("1 / 0", "ZeroDivisionError: division by zero", id="error"),
        pytest.param("import stt_nonsense", "ModuleNotFoundError: No module named 'stt_nonsense'", id="dependency"),
        pytest.param("(", "SyntaxError: ", id="syntax"),
        pytest.param("raise SystemExit(3)", "SystemExit: 3", id="exit"),
    ],
)
def test_an_import_that_fails_shows_why(write: Write, source: str, shown: str) -> None:
    write(source)
    error = refused(MODULE)
    assert shown in error.problem
    assert error.__cause__ is not None
    assert "Mend the import" in error.remedy


def test_an_import_may_be_interrupted(write: Write) -> None:
    write("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        resolve(MODULE, NAMING)


@pytest.mark.parametrize("wanted", [MODULE, f"{MODULE}:Client", f"{MODULE}:Client.sub"])
def test_a_part_that_is_imported_late_and_fails_shows_why(write: Write, wanted: str) -> None:
    write(
        "def __getattr__(name):\n  if not name.startswith('_'): raise ImportError(f'no {name}')\n  raise AttributeError"
    )
    assert "ImportError: no " in refused(wanted).problem
