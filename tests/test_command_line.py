"""``pytest-openrouter-stt drift``: what is said of two documents, and of the checks that look at what has changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.command_line import main
from pytest_openrouter_stt.command_line.drift import Checks, compared
from pytest_openrouter_stt.contract import load_contract
from tests.contract._documents import packaged, post, schemas
from tests.drift._edits import EDITS, Edit
from tests.suite.test_checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_openrouter_stt.command_line.drift import DriftReport

edits = pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")


def written(document: Any, name: str = "new.json") -> str:
    Path(name).write_text(json.dumps(document), "utf-8")
    return name


def with_(change: Callable[[Any], object]) -> Any:
    document = packaged()
    change(document)
    return document


def report_of(edit: Edit) -> DriftReport:
    return compared(load_contract(), load_contract(written(with_(edit.make))))


class TestChecks:
    @edits
    def test_those_that_look_at_a_change_are_named(self, edit: Edit) -> None:
        report = report_of(edit)
        named = {check for checks in report.touched for check in checks}

        assert set(edit.sees) <= named
        assert not named & set(edit.spares)
        if edit.spares == ("*",):
            assert not named

    @edits
    def test_the_table_is_of_checks_that_there_are(self, edit: Edit) -> None:
        assert {*edit.sees, *edit.spares} - {"*"} <= CHECKS.keys()
        assert edit.sees or edit.spares == ("*",)

    def test_each_that_refers_to_the_document_looks_at_something(self) -> None:
        checks = _checks()

        for name, info in CHECKS.items():
            assert bool(checks.looked_at(name)) == _is_of_the_document(info.requirement.spec), name

    def test_a_change_inside_of_alternatives_is_looked_at_too(self) -> None:
        def change(document: Any, length: int) -> None:
            alternatives = [{"$ref": "#/components/schemas/STTInputAudio"}, {"type": "string"}, {"type": "array"}]
            schemas(document)["STTRequest"]["properties"]["input_audio"] = {"anyOf": alternatives}
            schemas(document)["STTInputAudio"]["properties"]["format"]["minLength"] = length

        old, new = (load_contract(written(with_(lambda d, n=n: change(d, n)))) for n in (1, 2))  # type: ignore[misc]
        (checks,) = compared(old, new).touched

        assert "audio::test_format_is_that_of_the_container" in checks

    def test_those_that_are_repeated_for_other_cases_are_named(self) -> None:
        def change(document: Any) -> None:
            post(document)["responses"]["418"] = post(document)["responses"]["400"]
            schemas(document)["STTUsage"]["properties"]["words"] = {"type": "integer"}
            del schemas(document)["STTUsage"]["properties"]["seconds"]

        report = compared(load_contract(), load_contract(written(with_(change))))

        told = list(map(str, report.recounts))
        assert "errors::test_status gains [418]" in told
        assert "response::test_usage_fields_keep_their_value gains [words] and loses [seconds]" in told
        repeated = {name for name, info in CHECKS.items() if info.each in {"error status", "usage field"}}
        assert {recount.check for recount in report.recounts} == repeated

    def test_a_status_that_the_sdk_names_too_is_not_lost(self) -> None:
        report = compared(load_contract(), load_contract(written(with_(lambda d: post(d)["responses"].pop("503")))))

        assert list(report.recounts) == []


@cache
def _checks() -> Checks:
    return Checks(load_contract())


def _is_of_the_document(spec: str) -> bool:
    return spec.startswith("#/") or bool(
        re.match(r"sdk\.yaml#/(errors|default_error|renames|parameters(?!/retries))", spec)
    )


class TestCommand:
    def test_nothing_has_changed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["drift", "packaged", "packaged"]) == 0
        assert capsys.readouterr().out.endswith("\n\nno requirement has changed\n")

    def test_only_wording_has_changed(self, capsys: pytest.CaptureFixture[str]) -> None:
        new = written(with_(lambda d: schemas(d)["STTRequest"].update(description="Another.", title="Other")))

        assert main(["drift", "packaged", new]) == 0
        assert capsys.readouterr().out.endswith("no requirement has changed, and 2 changes of wording only\n")

    def test_a_change_is_told_with_its_meaning_its_place_and_its_checks(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        new = written(with_(lambda d: schemas(d)["STTUsage"].update(required=["cost"])))

        assert main(["drift", "packaged", new]) == 1

        _, first, last = capsys.readouterr().out.split("\n\n")
        change, *about = first.splitlines()
        assert change == "response: `usage.cost` is required now"
        assert about[:2] == [
            "  a client that was wrong may be right now",
            "  at `#/components/schemas/STTUsage/required`",
        ]
        assert about[2].startswith("  checks: response::test_every_valid_response_is_accepted, response::")
        assert last == "1 requirement changed, which 8 checks look at\n"

    def test_a_change_that_no_check_looks_at_is_told_as_such(self, capsys: pytest.CaptureFixture[str]) -> None:
        tenant = {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}
        new = written(with_(lambda d: post(d)["parameters"].append(tenant)))

        assert main(["drift", "packaged", new]) == 1

        out = capsys.readouterr().out
        assert "`header x-tenant` is described now, and required\n" in out
        assert "\n  no check looks at this\n" in out
        assert out.endswith("1 requirement changed, which 0 checks look at; no check looks at 1 of them\n")

    def test_arguments_that_the_sdk_does_not_name_are_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        fields = {"diarize": {"type": "boolean"}, "response_format": {"type": "string"}}
        new = written(with_(lambda d: schemas(d)["STTRequest"]["properties"].update(fields)))

        main(["drift", "packaged", new])

        text = "not named by sdk.yaml, so passed under the name of the field: `diarize`, `response_format`\n"
        assert text in capsys.readouterr().out

    def test_old_and_new_are_files_or_the_packaged_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        def document(name: str) -> Any:
            return with_(lambda d: schemas(d)["STTRequest"]["properties"].update({name: {}}))

        old, new = written(document("old"), "old.json"), written(document("new"), "new.json")

        assert main(["drift", old, new]) == 1
        out = capsys.readouterr().out
        assert "request: the argument `old` is gone\n" in out
        assert "request: new optional argument `new`\n" in out
        assert main(["drift", new, "packaged"]) == 1
        assert "request: the argument `new` is gone\n" in capsys.readouterr().out

    def test_a_narrow_terminal_is_kept_to(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "60")
        new = written(with_(lambda d: schemas(d)["STTRequest"]["properties"].pop("provider")))

        main(["drift", "packaged", new])

        lines = capsys.readouterr().out.splitlines()
        assert all(len(line) <= 60 or " " not in line.strip() for line in lines)

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["packaged", "nowhere.yaml"], "nowhere.yaml: there is no such file. Give the path of an OpenAPI document"),
            (["nowhere.yaml", "packaged"], "nowhere.yaml: there is no such file. "),
            (["packaged", "bad.json"], "bad.json: it is not OpenAPI 3.x (its 'openapi' is None). "),
            (["packaged", "loop.json"], "loop.json: #/paths/~1audio~1transcriptions/post/parameters/1 refers to "),
            (["packaged", "deep.json"], "deep.json: it is nested too deeply. "),
            (
                ["packaged", "packaged", "--markdown=bad.json/x.md"],
                "bad.json/x.md: it cannot be written (",
            ),
        ],
    )
    def test_what_cannot_be_used_is_one_line(
        self, arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        written({}, "bad.json")
        Path("deep.json").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
        loop = {"$ref": "#/components/parameters/Loop"}
        written(
            with_(lambda d: (post(d)["parameters"].append(loop), d["components"].update(parameters={"Loop": loop}))),
            "loop.json",
        )

        assert main(["drift", *arguments]) == 2

        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"pytest-openrouter-stt drift: {problem}")
        assert err.count("\n") == 1

    @pytest.mark.parametrize("arguments", [[], ["drift"], ["drift", "packaged"], ["nothing"]])
    def test_arguments_that_make_no_sense_are_bad_input_too(self, arguments: list[str]) -> None:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2

    @pytest.mark.parametrize("command", [["-m", "pytest_openrouter_stt"], ["script"]])
    def test_it_is_a_command(self, command: list[str]) -> None:
        script = Path(sys.executable).with_name("pytest-openrouter-stt")
        start = [str(script)] if command == ["script"] else [sys.executable, *command]
        done = subprocess.run(
            [*start, "drift", "packaged", "packaged"],
            env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("no requirement has changed\n")


HOSTILE = "a`|<script>\x1b[31m\n# @you *b* [c](http://x) \u202e\ud800&amp;"


class TestHostile:
    @pytest.fixture
    def document(self) -> Any:
        def change(document: Any) -> None:
            fields = schemas(document)["STTRequest"]["properties"]
            fields[HOSTILE] = {"type": "string"}
            fields["language"]["pattern"] = HOSTILE
            fields["language"]["x" * 99_999] = "y" * 99_999
            schemas(document)["STTResponse"]["properties"]["text"]["enum"] = [HOSTILE, "z" * 99_999]
            post(document)["responses"]["418"] = {"description": "", "headers": {HOSTILE: {}}}
            post(document)["parameters"].append({"name": HOSTILE, "in": HOSTILE})
            document["servers"].append({"url": HOSTILE})

        return with_(change)

    def test_a_terminal_gets_text(self, document: Any, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["drift", "packaged", written(document)]) == 1

        out = capsys.readouterr().out
        assert all(line.isprintable() for line in out.splitlines())
        assert "# @you" not in "".join(line for line in out.splitlines() if line.startswith("#"))
        assert len(out) < 20_000

    def test_very_many_changes_are_not_all_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        for kind in ("string", "integer"):
            document = packaged()
            schemas(document)["STTRequest"]["properties"] |= {f"f{i}": {"type": kind} for i in range(900)}
            written(document, f"{kind}.json")

        assert main(["drift", "string.json", "integer.json"]) == 1

        out = capsys.readouterr().out
        assert len(out) < 400_000
        assert out.count(" is integer now (was string)\n") == 200
        assert "\nand 700 changes more, which are not shown\n" in out
        assert "\n900 requirements changed" in out

    def test_markdown_stays_what_it_is(self, document: Any) -> None:
        main(["drift", "packaged", written(document, "n|<b>_*.json"), "--markdown=out.md"])

        text = Path("out.md").read_text("utf-8")
        assert all(line.isprintable() for line in text.splitlines())
        outside = re.sub(r"`[^`\n]+`", "", text)
        assert "`" not in outside
        assert not re.search(r"[<>|@_\[\]]|https?:", outside), outside
        starts = {re.match(r"(## |  - |- |\d+ requirements|$)", line) is not None for line in text.splitlines()}
        assert starts == {True}

    def test_markdown_says_what_the_terminal_does(self, capsys: pytest.CaptureFixture[str]) -> None:
        new = written(with_(lambda d: schemas(d)["STTUsage"].update(required=["cost"])))
        Path("out.md").write_text("of a run before")

        main(["drift", "packaged", new, "--markdown", "out.md"])

        assert capsys.readouterr().out
        first, *lines = Path("out.md").read_text("utf-8").splitlines()
        assert first.startswith("## packaged (")
        assert lines[1:4] == [
            "- **response: `usage.cost` is required now**",
            "  - a client that was wrong may be right now",
            "  - at `#/components/schemas/STTUsage/required`",
        ]
        assert lines[4].startswith("  - checks: `response::test_every_valid_response_is_accepted`, ")
        assert lines[-1] == "1 requirement changed, which 8 checks look at"
