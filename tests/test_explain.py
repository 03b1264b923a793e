"""Each check can be listed and explained, with no client and without running anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.contract import load_contract
from pytest_openrouter_stt.endpoint import Endpoint, intercept
from pytest_openrouter_stt.judging import example_of, node_ids
from pytest_openrouter_stt.plugin.info_options import excerpt, explained, meant, not_for, section, showable
from pytest_openrouter_stt.suite import AREAS, every_check, repeated_for
from tests.clients.reference import BadRequest, Client
from tests.clients.variants import LeavesRefusalsToTheApi
from tests.running import ISOLATED, REPOSITORY, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_openrouter_stt.judging import Example

CHECKS = {info.requirement.check: info for info in every_check()}
LABELS = ("required", "level", "source", "passes", "fails", "call", "hint", "repeated", "node IDs", "run")


def text_of(wanted: str, width: int = 100, *, verbose: bool = False) -> str:
    return "\n".join(line.text for line in explained(wanted, load_contract(), width, verbose=verbose))


def row(text: str, label: str) -> str:
    """Return what stands in *text* beside *label* and below it."""
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{label:<10}"))
    last = next((number for number in range(first + 1, len(lines)) if lines[number][:1].strip()), len(lines))
    return "\n".join(line[10:] for line in lines[first:last])


def sample_of(check: str) -> Example:
    return example_of(CHECKS[check], repeated_for(CHECKS[check], load_contract()))


@pytest.mark.parametrize("width", [40, 100])
def test_every_check_is_explained(width: int) -> None:
    for check, info in CHECKS.items():
        text = text_of(check, width)

        labels = {line[:10].strip() for line in text.split("\n")[1:]}
        wanted = {label for label in LABELS if label != "repeated" or repeated_for(info, load_contract())}
        assert text.startswith(f"{check}\nrequired  ")
        assert wanted <= labels, check
        assert {"sent", "answered"} & labels, check
        for label, words in (("passes", info.passes), ("fails", info.fails), ("hint", info.requirement.hint)):
            shown = row(text, label)
            assert " ".join(shown.split()) == words
            assert all(len(line) <= width - 10 or " " not in line for line in shown.split("\n"))


def test_what_is_shown_of_one_check() -> None:
    text = text_of("request::test_format_is_renamed")

    assert row(text, "level") == "MUST: a failure fails the run"
    assert row(text, "source").split("\n")[0] == "the page of the Python SDK, sdk.yaml#/renames"
    assert '"/input_audio/format_": "format"' in row(text, "source")
    assert "input_audio={'data': 'UklGRg==', 'format_': 'wav'}," in row(text, "call")
    assert '"format": "wav"' in row(text, "sent")
    assert row(text, "not for").startswith("a client that is behind an adapter")
    assert row(text, "node IDs").split() == [
        f"stt/request::test_format_is_renamed[{mode}]" for mode in ("sync", "async")
    ]
    assert row(text, "run") == "pytest --stt-client=CLIENT 'stt/request::test_format_is_renamed'"


def test_what_is_answered_is_shown() -> None:
    text = text_of("retry::test_retry_after_is_honoured")

    assert 'Retry-After: 7\n{"error":{"code":503' in row(text, "answered")
    assert "\nand then\n200 application/json" in row(text, "answered")


@pytest.mark.parametrize("check", [check for check in CHECKS if not (sample_of(check).served or sample_of(check).sent)])
def test_requests_are_those_that_the_contract_requires(check: str) -> None:
    contract, shown = load_contract(), sample_of(check)
    is_invalid = check.startswith("invalid::")
    head, _, body = row(text_of(check), "sent").removeprefix("nothing, or\n").partition("\n\n")
    endpoint = Endpoint(contract)
    client = LeavesRefusalsToTheApi("the-key") if is_invalid else Client("the-key")

    with intercept(endpoint), pytest.raises(BadRequest) if is_invalid else nullcontext():
        client.create_transcription(**shown.call.kwargs())
    (sent,) = endpoint.requests

    first, *headers = head.split("\n")
    assert json.loads(body) == sent.json()
    assert first == f"{sent.method} {sent.url}"
    assert headers[0] == "Authorization: Bearer <the key>"
    assert all(header == f"{name}: {sent.header(name)}" for header in headers[1:] for name in [header.split(":")[0]])
    assert bool(contract.request.violations(sent.json())) is is_invalid


def test_calls_that_no_request_can_say_are_told_in_words() -> None:
    assert "temperature=float('nan')" in row(text_of("invalid::test_nan_is_not_on_the_wire"), "call")
    assert row(text_of("invalid::test_nan_is_not_on_the_wire"), "sent") == "nothing: JSON has no such number"
    assert 'open("speech.wav", "rb")' in row(text_of("audio::test_files_of_the_caller_stay_open"), "call")


def test_calls_that_need_not_be_valid_are_those_of_checks_about_that() -> None:
    contract = load_contract()
    for check in CHECKS:
        if not check.startswith("invalid::"):
            assert not contract.request.violations(contract.wire_body(sample_of(check).call)), check


def test_places_of_the_contract_are_quoted_or_named() -> None:
    for check, info in CHECKS.items():
        spec = info.requirement.spec
        quoted = excerpt(spec, load_contract())
        assert bool(quoted) is not bool(section(spec)), check
        assert quoted.count("\n") <= 16, check
    assert row(text_of("retry::test_client_errors_are_not_retried"), "source").endswith(
        "RFC 9110, 15.5 (HTTP Semantics: Client Error 4xx)"
    )


def test_clients_that_a_check_is_not_for_are_named_in_words() -> None:
    assert not_for(CHECKS["request::test_method_and_url"]) == ""
    assert not_for(CHECKS["request::test_language_is_verbatim"]) == "a client that takes no `language`."
    assert not_for(CHECKS["request::test_bearer_key"]) == "a client that takes no key."
    assert "has not both" in not_for(CHECKS["errors::test_sync_and_async_agree"])
    assert "argument of the header" in not_for(CHECKS["request::test_app_headers_are_sent"])
    assert "in no other form" in not_for(CHECKS["audio::test_base64_is_exact"])


@pytest.mark.slow
def test_node_ids_are_those_that_pytest_collects(tmp_path: Path) -> None:
    done = run_python(
        tmp_path,
        *("-m", "pytest", *ISOLATED, "--collect-only", "-q", "--stt-client=tests.clients.reference:Client", "stt"),
    )

    collected = {line for line in done.stdout.splitlines() if line.startswith("stt/")}
    contract = load_contract()
    assert collected == {i for info in CHECKS.values() for i in node_ids(info, repeated_for(info, contract))}
    assert set(row(text_of("errors::test_status", verbose=True), "node IDs").split("\n")) <= collected


def test_few_node_ids_are_shown() -> None:
    shown = row(text_of("errors::test_status"), "node IDs").split("\n")

    assert shown[0] == "stt/errors::test_status[sync-400]"
    assert shown[-1] == "… 16 more, which -v shows"


@pytest.mark.parametrize(
    "wanted",
    [
        "request::test_bearer_key",
        "stt/request::test_bearer_key",
        "stt/request::test_bearer_key[sync-usual]",
        "../stt/request::test_bearer_key[sync-usual]",
        "test_bearer_key",
    ],
)
def test_a_check_is_found_as_it_is_pasted(wanted: str) -> None:
    assert text_of(wanted) == text_of("request::test_bearer_key")


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ("errors::test_status[async-429]", "429 application/json"),
        ("network::test_a_fault_is_an_error[sync-timeout]", "no answer: timeout"),
        ("errors::test_status[sync-999]", "400 application/json"),
    ],
    ids=["status", "reply", "unknown"],
)
def test_a_case_is_shown_with_its_own_answer(case: str, answer: str) -> None:
    assert row(text_of(case), "answered").startswith(answer)


@pytest.mark.parametrize("wanted", ["request", "stt/request", "stt/request/"])
def test_each_check_of_an_area_is_told_briefly(wanted: str) -> None:
    text = text_of(wanted)

    found = [check for check in CHECKS if check in text]
    assert found == [check for check in CHECKS if check.startswith("request::")]
    assert text.count("\npasses    ") == text.count("\nfails     ") == len(found)
    assert "\nnode IDs  " not in text


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("", "stt: --stt-explain is ''; give the ID of a check, such as *; --stt-list has them"),
        ("[sync]", "stt: --stt-explain is '[[]sync]'; *"),
        ("request::test_bearer", "* not found: stt/request::test_bearer (did you mean stt/request::test_bearer_key?)"),
        ("test_bearer_kee", "* not found: test_bearer_kee (did you mean request::test_bearer_key*)"),
        ("requests", "* not found: stt/requests (did you mean stt/request?)"),
        ("xyz", "* not found: stt/xyz (there are stt/request, *)"),
    ],
    ids=["empty", "case", "check", "function", "area", "nothing"],
)
def test_what_is_not_found_is_one_clear_error(pytester: pytest.Pytester, wanted: str, message: str) -> None:
    done = pytester.runpytest(f"--stt-explain={wanted}")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(f"ERROR: {message}")
    assert [line for line in done.stderr.lines if line] == done.stderr.lines[:1]


def test_a_function_of_two_areas_is_ambiguous() -> None:
    with pytest.raises(pytest.UsageError, match="test_x is ambiguous; give audio::test_x or retry::test_x"):
        meant("test_x", ["audio::test_x", "retry::test_x", "retry::test_y"])


def test_another_contract_is_told_of(pytester: pytest.Pytester) -> None:
    text = (REPOSITORY / "spec" / "openapi.yaml").read_text("utf-8")
    pytester.path.joinpath("other.yaml").write_text(text.replace("https://openrouter.ai/api/v1", "https://a.example"))

    done = pytester.runpytest("--stt-spec=other.yaml", "--stt-explain=test_method_and_url")

    done.stdout.fnmatch_lines("*POST https://a.example/audio/transcriptions")


def test_a_place_that_another_contract_does_not_have_is_told(pytester: pytest.Pytester) -> None:
    text = (REPOSITORY / "spec" / "openapi.yaml").read_text("utf-8")
    pytester.path.joinpath("other.yaml").write_text(text.replace("InternalServerResponseErrorData", "Renamed"))

    done = pytester.runpytest("--stt-spec=other.yaml", "--stt-explain=errors::test_message_is_kept")

    done.stdout.fnmatch_lines("*(there is no such place in *other.yaml)")


def test_every_check_is_listed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    done = pytester.runpytest("--stt-list")

    assert done.ret == 0
    lines = {line.split()[0]: line for line in done.stdout.lines if "::" in line}
    assert list(lines) == list(CHECKS)
    for check, line in lines.items():
        requirement = CHECKS[check].requirement
        assert line.split(maxsplit=2)[1:] == [str(requirement.level), requirement.text]
    assert [line for line in done.stdout.lines if line in AREAS] == list(AREAS)
    levels = [info.requirement.level for info in CHECKS.values()]
    counts = ", ".join(f"{levels.count(level)} {level}" for level in dict.fromkeys(levels))
    assert done.stdout.lines[-1] == f"{len(CHECKS)} checks: {counts}"


@pytest.mark.parametrize(
    ("arguments", "checks"),
    [
        (["stt"], set(CHECKS)),
        (["stt/errors"], {check for check in CHECKS if check.startswith("errors::")}),
        (["stt/audio", "stt/state"], {check for check in CHECKS if check.startswith(("audio::", "state::"))}),
        (["stt/errors::test_status"], {"errors::test_status"}),
        (["stt/errors::test_status[sync-429]"], {"errors::test_status"}),
    ],
    ids=["all", "area", "areas", "check", "case"],
)
def test_parts_can_be_listed(pytester: pytest.Pytester, arguments: list[str], checks: set[str]) -> None:
    done = pytester.runpytest("--stt-list", *arguments)

    assert done.ret == 0
    assert {line.split()[0] for line in done.stdout.lines if "::" in line} == checks
    done.stdout.fnmatch_lines(f"{len(checks)} check*: *")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("stt/eror", "not found: stt/eror (did you mean stt/errors?)"),
        ("stt/errors::test_statu", "not found: stt/errors::test_statu (did you mean *stt/errors::test_status*)"),
        ("errors", "stt: --stt-list takes no 'errors'; give areas and checks as in stt/errors, or none for all"),
    ],
    ids=["area", "check", "no-part"],
)
def test_what_cannot_be_listed_is_an_error(pytester: pytest.Pytester, argument: str, message: str) -> None:
    done = pytester.runpytest("--stt-list", argument)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(f"ERROR: {message}")


def test_sources_are_listed_when_wanted(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("--stt-list", "-v", "stt/request::test_accept_admits_json")

    done.stdout.fnmatch_lines(["request::test_accept_admits_json  MUST *", "  *http: RFC 9110, 12.5.1"])


@pytest.mark.parametrize(
    ("columns", "longest"), [(40, 40), (120, 120 - len("network::test_a_silent_server_is_given_up") - 10)]
)
def test_requirements_are_cut_to_the_terminal(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, columns: int, longest: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = pytester.runpytest("--stt-list", "stt/network")

    texts = [line.split(maxsplit=2)[2] for line in done.stdout.lines if "::" in line]
    assert max(map(len, texts)) in {longest, longest - 1}
    assert texts[0].endswith("…")


def test_nothing_is_run_and_no_file_is_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("raise AssertionError('it was collected')")
    before = set(pytester.path.rglob("*"))

    for option in ("--stt-list", "--stt-explain=request", "--stt-explain=test_status"):
        done = pytester.runpytest(option, "--stt-client=there_is_no_such_client")
        assert done.ret == 0
        done.stdout.no_fnmatch_line("*test session starts*")

    assert set(pytester.path.rglob("*")) == before


def test_titles_are_bold_where_there_is_colour(pytester: pytest.Pytester) -> None:
    plain = pytester.runpytest("--stt-explain=test_status", "--color=no").stdout
    colourful = pytester.runpytest("--stt-explain=test_status", "--color=yes").stdout

    assert plain.lines[0] == "errors::test_status"
    assert colourful.lines[0] == "\x1b[1merrors::test_status\x1b[0m"


def test_it_works_without_the_terminal_of_pytest(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("-p", "no:terminal", "--stt-list", "stt/network")

    done.stdout.fnmatch_lines("4 checks: *")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "ascii"])
def test_any_terminal_can_show_it(tmp_path: Path, encoding: str) -> None:
    code = "import sys, pytest; sys.exit(max(pytest.main([f'--stt-explain={a}']) for a in sys.argv[1:]))"
    env = {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "COLUMNS": "40"}
    wanted = ("hostile", "errors::test_status", "response::test_text_is_verbatim", "network::test_a_fault_is_an_error")
    done = subprocess.run(
        [sys.executable, "-c", code, *wanted],
        cwd=tmp_path,
        env={**os.environ, **env},
        capture_output=True,
        encoding=encoding,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert ("…" if encoding == "cp1252" else "...") + " 16 more, which -v shows" in done.stdout


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("cp437", "... 3 -> é"), ("ascii", r"... 3 -> \xe9"), ("utf-8", "… 3 → é"), (None, "… 3 → é")],
)
def test_characters_are_replaced_only_where_they_cannot_be_shown(encoding: str | None, shown: str) -> None:
    assert showable("… 3 → é", encoding) == shown


@pytest.mark.slow
def test_whoever_reads_may_stop(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--stt-list"],
            cwd=tmp_path,
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, b"")
