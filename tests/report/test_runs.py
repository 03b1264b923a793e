"""What a run of pytest prints and how it ends, whatever options it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.report.conftest import Shown

KEY = "sk-or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f900-not-a-key"
MUTANT = "--stt-client=tests.clients.mutants"
SMALL = ("stt/errors::test_status[sync-500]", "stt/errors::test_status[async-500]", "stt/errors::test_status[sync-429]")

LEAKY = """
    import logging
    import warnings

    from tests.clients.reference import Client

    class Leaky(Client):
        def read(self, response):
            for spelling in (self.api_key, f"https://host/?key={self.api_key}", repr(vars(self))):
                print("printed", spelling, chr(27) + "[31m" + chr(7) + chr(0x202E))
                logging.getLogger("leaky").warning("logged %s", spelling)
                warnings.warn(f"warned {spelling}", stacklevel=1)
            raise RuntimeError(f"bad key {self.api_key} {chr(27)}[2J{chr(0)}{chr(0xFFFF)}")
"""


def block(output: str, node_id: str) -> str:
    """Return what FAILURES says of one item."""
    after = output.split(f" {node_id} _", 1)[1].split("\n", 1)[1]
    lines = after.split("\n")
    return "\n".join(lines[: next(n for n, line in enumerate(lines) if line.startswith(("___", "===")))])


def test_neither_the_key_nor_a_terminal_escape_gets_through(run: Callable[..., Shown]) -> None:
    options = ("--stt-client=leaky:Leaky", "--showlocals", "-rA", "--stt-level=should", "-o", "junit_logging=all")

    done = run(*options, *SMALL, leaky=LEAKY)

    for shown in (done.output, done.xml):
        assert "printed <the key>" in shown or "printed &lt;the key&gt;" in shown
        assert "logged <the key>" in shown or "logged &lt;the key&gt;" in shown
        assert KEY[:16] not in shown
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(shown)
    assert "UserWarning: warned <the key>" in done
    first = next(ET.fromstring(done.xml).iter("failure"))
    assert (first.text or "").startswith("observed  ")
    assert "\n" not in first.get("message", "")


@pytest.mark.parametrize("style", ["short", "native", "line", "no"])
def test_every_traceback_style(style: str, run: Callable[..., Shown]) -> None:
    done = run(f"{MUTANT}.errors:EmptyTextFor500", f"--tb={style}", *SMALL)

    assert done.exit_code == 1
    assert ("required  " in done) is (style in {"short", "native"})
    assert ("stt/errors::test_status[sync-500]: it returned a transcript" in done) is (style == "line")
    assert "FAILED stt/errors::test_status[sync-500] - it returned a transcript" in done
    assert "not conformant: 1 of 1 MUST checks failed, in 2 of 3 cases" in done


def test_the_terminal_shows_the_same_evidence_once_and_the_xml_each_time(run: Callable[..., Shown]) -> None:
    done = run(f"{MUTANT}.errors:EmptyTextFor500", *SMALL)

    blocks = [block(done.output, node_id) for node_id in SMALL[:2]]
    failures = list(ET.fromstring(done.xml).iter("failure"))
    assert done.exit_code == 1
    assert all("observed  it returned a transcript" in text for text in blocks)
    assert sorted("\ncurl  " in text for text in blocks) == [False, True]
    assert sorted("\nlike      stt/errors::test_status[" in text for text in blocks) == [False, True]
    assert "not conformant: 1 of 1 MUST checks failed, in 2 of 3 cases" in done
    assert sorted(map(str, done.verdicts())) == ["failed", "failed", "passed"]
    assert [failure.get("message") for failure in failures] == ["it returned a transcript, where an error is due"] * 2
    assert all("\ncurl  " in (failure.text or "") for failure in failures)


def test_verbose_shows_all_of_every_failure(run: Callable[..., Shown]) -> None:
    done = run(f"{MUTANT}.errors:EmptyTextFor500", "-v", *SMALL)

    assert all("\ncurl  " in block(done.output, node_id) for node_id in SMALL[:2])


def test_the_short_summary_is_short_in_continuous_integration(
    run: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")

    done = run(f"{MUTANT}.errors:EmptyTextFor500", "--tb=no", *SMALL)

    assert "required" not in done
    assert "FAILED stt/errors::test_status[sync-500] - it returned a transcript, where an error is due\n" in done


@pytest.mark.slow
def test_a_should_failure_is_expected_at_must_and_fails_at_should(run: Callable[..., Shown]) -> None:
    check = "stt/errors::test_headers_are_kept[sync]"
    others = "stt/errors::test_errors_share_a_base[sync]"

    weak = run(f"{MUTANT}.errors:LosesHeaders", "-rx", check, others)
    strict = run(f"{MUTANT}.errors:LosesHeaders", "--stt-level=should", check, others)

    assert weak.exit_code == 0
    assert f"XFAIL {check} - SHOULD: X-Request-Id cannot be read from the error" in weak
    assert "failed SHOULD checks, which do not fail the run" in weak
    assert "conformant: all 1 MUST checks that were judged passed, in 1 case; 1 SHOULD check failed" in weak
    assert weak.verdicts() == ["passed", "failed"]
    assert strict.exit_code == 1
    assert f"FAILED {check} - X-Request-Id" in strict


def test_a_run_without_a_judged_must_check_is_not_green(run: Callable[..., Shown]) -> None:
    done = run("--stt-client=tests.clients.reference:Client", "stt/errors::test_headers_are_kept[sync]")

    assert done.verdicts() == ["passed"]
    assert "no verdict: no MUST check was judged" in done
    assert done.exit_code == 1


def test_could_not_run_is_a_failure_and_says_why_once(run: Callable[..., Shown]) -> None:
    done = run(f"{MUTANT}.request:Multipart", "stt/request", "-k", "format or falsy")

    assert done.exit_code == 1
    assert set(done.verdicts()) == {"could not run"}
    assert (
        "could not run:\n  the body is multipart/form-data, not JSON; see request::test_body_is_one_json_object\n"
        in done
    )
    assert "no verdict: " in done


BROKEN = """
    import pytest

    @pytest.fixture
    def stt_client_under_test():
        api_key = "sk-or-v1-00112233445566778899aabbccddeeff"
        raise RuntimeError("there is no client for " + api_key)
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["here", "n-2"])
def test_a_broken_fixture_shows_its_traceback_once(options: Sequence[str], run: Callable[..., Shown]) -> None:
    done = run("--showlocals", *options, *SMALL, conftest=BROKEN)

    reason = "RuntimeError while the harness of the client was set up: there is no client for <a key>"
    assert done.exit_code == 1
    assert done.output.count("conftest.py:6: RuntimeError") == 1
    assert f"could not run:\n  {reason}\n    errors::test_status (3)\n" in done
    assert "00112233" not in done
    assert "no verdict: 1 of 1 checks could not run" in done


KNOWN = """
    import pytest

    def pytest_collection_modifyitems(items):
        for item in items:
            item.add_marker(pytest.mark.xfail(reason="we know", strict=True))
"""


def test_a_failure_that_the_project_expects_still_is_one_in_the_table(run: Callable[..., Shown]) -> None:
    done = run(f"{MUTANT}.errors:EmptyTextFor500", "-rx", *SMALL[:2], conftest=KNOWN)

    assert done.exit_code == 0
    assert done.verdicts() == ["failed", "failed"]
    assert f"XFAIL {SMALL[0]} - we know" in done
    assert "not conformant" in done


def test_an_expected_failure_that_passes_is_a_pass_in_the_table(run: Callable[..., Shown]) -> None:
    done = run("--stt-client=tests.clients.reference:Client", SMALL[0], conftest=KNOWN)

    assert done.exit_code == 1
    assert done.verdicts() == ["passed"]


def test_the_users_own_tests_are_left_alone(run: Callable[..., Shown]) -> None:
    own = f"def test_own():\n    print('{KEY}')\n    assert 0, 'mine'\n"

    done = run(f"{MUTANT}.errors:EmptyTextFor500", "test_own.py", SMALL[2], test_own=own)

    assert KEY in done
    assert "FAILED test_own.py::test_own - AssertionError: mine" in done
    assert "conformant: all 1 MUST checks that were judged passed, in 1 case" in done
