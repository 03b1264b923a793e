"""The packaged checks in a stranger's pytest run; each test is a run of its own, most of them in this process."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

import pytest_openrouter_stt
from pytest_openrouter_stt.plugin.mounting import SuiteMount, take_stt_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Break = Callable[[str], None]

PACKAGE = Path(pytest_openrouter_stt.__file__).parent
ERRORS = ["stt/errors::test_status[429]", "stt/errors::test_status[500]", "stt/errors::test_body"]
REQUEST = ["stt/request::test_post", "stt/request::test_path[a/b::c]"]
SUITE = ERRORS + REQUEST
OWN = ["tests/test_a.py::test_one", "tests/test_a.py::test_two", "tests/test_b.py::test_three"]

HOSTILE_REPORT = """
    import pytest

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(collector):
        report = yield
        report.result[:] = [node for node in report.result if node.nodeid != "{}"]
        return report
"""
LIBRARY = {
    "checks_of_ours/__init__.py": "",
    "checks_of_ours/errors.py": """
        import os
        import pytest

        class TestNotCollected:
            def test_method(self): pass

        @pytest.fixture
        def body():
            return {"error": 1}

        @pytest.mark.parametrize("status", [429, 500], ids=str)
        def test_status(status):
            assert str(status) not in os.environ.get("BROKEN", "")

        def test_body(body):
            '''Not a doctest: >>> 1 / 0'''
            assert body == {"error": 1 if "body" not in os.environ.get("BROKEN", "") else 2}

        def helper(): raise AssertionError
    """,
    "checks_of_ours/request.py": """
        import pytest

        @pytest.mark.must
        def test_post(): pass

        @pytest.mark.parametrize("path", ["x"], ids=["a/b::c"])
        def test_path(path): pass
    """,
    "checks_of_ours/broken.py": "import a_module_that_does_not_exist",
    "checks_of_ours/skipped.py": "import pytest\npytest.skip('all of it', allow_module_level=True)",
    "mounter.py": """
        import pytest
        from pytest_openrouter_stt.plugin.mounting import SuiteMount
        from pytest_openrouter_stt.plugin.mounting import Area

        AREAS = [
            Area("errors", "checks_of_ours.errors", ("test_status", "test_body")),
            Area("request", "checks_of_ours.request", ("test_post", "test_path")),
        ]

        def pytest_configure(config):
            config.addinivalue_line("markers", "must: a requirement")
            config.pluginmanager.register(SuiteMount(config, lambda: AREAS), "stt-mount")

        def pytest_report_header(config):
            return config.pluginmanager.get_plugin("stt-mount").header_line
    """,
    "hostile_makeitem.py": """
        def pytest_pycollect_makeitem(collector, name):
            return [] if name == "test_body" else None
    """,
    "skipping_post.py": """
        def pytest_itemcollected(item):
            if "post" in item.name:
                item.add_marker("skip")
    """,
    "hostile_root.py": HOSTILE_REPORT.format("stt"),
    "hostile_area.py": HOSTILE_REPORT.format("stt/request"),
}
PROJECT = {
    "pytest.ini": "[pytest]",
    "tests/test_a.py": """
        import os
        def test_one(): assert "one" not in os.environ.get("BROKEN", "")
        def test_two(): pass
    """,
    "tests/test_b.py": "def test_three(): pass",
}
DROP = """
    def pytest_collection_modifyitems(items):
        items[:] = [item for item in items if "{}" not in item.nodeid]
"""


@dataclass
class Run:
    code: int
    text: str
    verdicts: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)


class Project:
    """A user's project, and ways to run it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.write(PROJECT)

    def write(self, files: dict[str, str]) -> None:
        _write(self.root, files)

    def run(self, *args: str) -> Run:
        fixed = ("-p", "mounter", "-W", "error", "-rA", "--tb=short")
        if "-n" in args:  # workers are given the import path that the first run in this process had
            result = self.pytester.runpytest_subprocess(*fixed, "-p", "xdist", *args)
        else:
            result = self.pytester.runpytest_inprocess(*fixed, *args)
        text = "\n".join(result.outlines + result.errlines)
        pairs = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) (\S+)", text, re.MULTILINE)
        listed = [line for line in result.outlines if re.match(r"\S+::\S+$", line)]
        return Run(int(result.ret), text, {node_id: verdict for verdict, node_id in pairs}, listed)

    def list(self, *args: str) -> list[str]:
        run = self.run("--collect-only", "-q", *args)
        assert run.code == 0, run.text
        return run.listed


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("library")
    _write(root, LIBRARY)
    return root


@pytest.fixture
def project(pytester: pytest.Pytester, library: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    pytester.syspathinsert(library)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(library), str(PACKAGE.parent)]))
    # Installed plugins would be imported anew for each run, which takes a second.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("BROKEN", raising=False)
    return Project(pytester)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Break:
    return lambda words: monkeypatch.setenv("BROKEN", words)


def assert_passed(run: Run, node_ids: Iterable[str]) -> None:
    assert run.verdicts == dict.fromkeys(node_ids, "PASSED"), run.text
    assert run.code == 0, run.text


# The user's settings and options

SETTINGS: dict[str, tuple[str, list[str]]] = {
    "none": ("", []),
    "testpaths": ("testpaths = tests", []),
    "strict options": ("", ["--strict-markers", "--strict-config"]),
    "import mode": ("", ["--import-mode=importlib"]),
    "doctest": ("", ["--doctest-modules"]),
    "noconftest": ("", ["--noconftest"]),
    "no cache": ("", ["-p", "no:cacheprovider"]),
    "norecursedirs": ("norecursedirs = stt checks_of_ours errors", []),
    "duplicates": ("", ["--keep-duplicates"]),
    "imported tests": ("collect_imported_tests = false", []),
    "ignored": ("", ["--ignore=stt", "--ignore-glob=*errors*"]),
    "newest first": ("", ["--nf"]),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_hides_the_suite_or_the_users_tests(project: Project, name: str) -> None:
    ini, args = SETTINGS[name]
    project.write({"pytest.ini": f"[pytest]\n{ini}\n"})
    assert_passed(project.run(*args), OWN + SUITE)


def test_naming_patterns_hide_neither(project: Project) -> None:
    ini = "[pytest]\npython_files = check_*.py\npython_functions = check_*\npython_classes = Check\n"
    project.write({"pytest.ini": ini, "check_own.py": "def check_it(): pass"})
    assert_passed(project.run(), ["check_own.py::check_it", *SUITE])


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="the setting is new in pytest 9")
def test_strict_mode(project: Project) -> None:
    project.write({"pytest.ini": "[pytest]\nstrict = true\n"})
    assert_passed(project.run(), OWN + SUITE)


def test_random_order_is_complete_and_repeatable(project: Project) -> None:
    first, again, other = (project.list("-p", "pytest_randomly", f"--randomly-seed={seed}") for seed in (1, 1, 5))
    assert first == again
    assert sorted(first) == sorted(other) == sorted(OWN + SUITE)
    assert first != other


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(["-k", "stt"], SUITE, id="k-suite"),
        pytest.param(["-k", "errors and 429"], ERRORS[:1], id="k-area"),
        pytest.param(["-k", "checks_of_ours or library"], [], id="k-path"),
        pytest.param(["-m", "must"], REQUEST[:1], id="m"),
        pytest.param(
            ["--deselect", "stt/errors::test_status", "--deselect", "tests"], ERRORS[2:] + REQUEST, id="deselect"
        ),
        pytest.param(["--deselect", "stt/errors::test_status[429]"], OWN + SUITE[1:], id="deselect-case"),
        pytest.param(["--deselect", "stt"], OWN, id="deselect-suite"),
    ],
)
def test_selecting_options(project: Project, args: list[str], expected: list[str]) -> None:
    run = project.run("--collect-only", "-q", *args)
    assert run.listed == expected
    assert run.code == (pytest.ExitCode.OK if expected else pytest.ExitCode.NO_TESTS_COLLECTED)


def test_collecting_only_runs_nothing_and_prints_ids_that_work(project: Project, broken: Break) -> None:
    broken("429 body one")
    assert project.list() == OWN + SUITE
    assert project.list("stt") == SUITE
    assert project.list(*SUITE) == SUITE
    tree = project.run("--co")
    assert tree.code == 0
    assert "test_status[429]" in tree.text


def test_failures_stop_the_run_when_asked(project: Project, broken: Break) -> None:
    broken("429")
    run = project.run("-x")
    assert (run.code, list(run.verdicts)) == (1, [*OWN, ERRORS[0]])


def test_stepwise_goes_on_at_the_failed_check(project: Project, broken: Break) -> None:
    broken("500")
    assert project.run("--stepwise").verdicts[ERRORS[1]] == "FAILED"
    broken("")
    assert_passed(project.run("--stepwise"), SUITE[1:])


@pytest.mark.parametrize("failed", [["429", "one"], ["body"], ["one"]], ids="-".join)
def test_last_failed(project: Project, broken: Break, failed: list[str]) -> None:
    ids = {"one": OWN[0], "429": ERRORS[0], "body": ERRORS[2]}
    broken(" ".join(failed))
    project.run()
    broken("")
    again = sorted((ids[word] for word in failed), reverse=True)
    assert project.list("--ff")[: len(again)] == again
    assert_passed(project.run("--lf"), again)


def test_markers_are_those_of_the_functions(project: Project) -> None:
    project.write({"tests/conftest.py": "", "conftest.py": DROP.format("nothing")})
    run = project.run("-m", "must", "--strict-markers")
    assert_passed(run, REQUEST[:1])


def test_fixtures_of_the_root_conftest_apply_and_hooks_for_directories_do_not(project: Project) -> None:
    project.write(
        {
            "conftest.py": """
                import pytest

                @pytest.fixture(autouse=True)
                def root(request): print("root for", request.node.nodeid)

                def pytest_runtest_setup(item): print("hook for", item.nodeid)
                def pytest_pycollect_makeitem(name): return [] if name == "test_body" else None
            """,
            "tests/conftest.py": """
                import pytest

                @pytest.fixture(autouse=True)
                def below(request): print("below for", request.node.nodeid)
            """,
        }
    )
    run = project.run()
    assert_passed(run, OWN + SUITE)
    assert set(re.findall("root for (.*)", run.text)) == {*OWN, *SUITE}
    assert set(re.findall("(?:hook|below) for (.*)", run.text)) == set(OWN)


# Arguments


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(["stt"], SUITE, id="suite"),
        pytest.param(["stt/"], SUITE, id="slash"),
        pytest.param(["stt/errors"], ERRORS, id="area"),
        pytest.param(["stt/errors::test_status"], ERRORS[:2], id="check"),
        pytest.param(["stt/errors::test_status[429]"], ERRORS[:1], id="case"),
        pytest.param(["stt/request::test_path[a/b::c]"], REQUEST[1:], id="odd-case"),
        pytest.param(["stt/request", "stt/errors::test_body"], ERRORS[2:] + REQUEST, id="several"),
        pytest.param(["stt/errors", "stt/errors", "stt/errors::test_body"], ERRORS, id="overlapping"),
        pytest.param(["tests/test_b.py", "stt/errors::test_body"], OWN[2:] + ERRORS[2:], id="mixed"),
        pytest.param(["stt/request", "tests/test_a.py::test_one"], OWN[:1] + REQUEST, id="mixed-ids"),
        pytest.param(["tests/test_a.py"], OWN[:2], id="path"),
        pytest.param(["tests/test_a.py::test_one"], OWN[:1], id="id"),
    ],
)
def test_arguments(project: Project, args: list[str], expected: list[str]) -> None:
    assert project.list(*args) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("stt/nonsense", ["there are stt/errors, stt/request)"]),
        ("stt/erors", ["did you mean stt/errors"]),
        ("stt/err", ["did you mean stt/errors"]),
        ("stt/request::test_path[a", ["stt/request::test_path[a/b::c]"]),
        ("stt/errors::nope", ["stt/errors::test_status, stt/errors::test_body"]),
        ("stt/errors::test_bodi", ["did you mean stt/errors::test_body"]),
        ("stt/errors::test_status[42]", ["stt/errors::test_status[429]"]),
        ("stt/errors::test_body[1]", ["stt/errors::test_body"]),
        ("stt::test_body", ["there are stt/errors, stt/request)"]),
    ],
)
def test_an_unknown_name_is_a_usage_error_that_tells_the_known_ones(
    project: Project, argument: str, expected: list[str]
) -> None:
    run = project.run("tests", argument)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert run.verdicts == {}
    assert f"ERROR: not found: {argument} (" in run.text
    assert all(text in run.text for text in expected)


def test_all_unknown_names_are_told_at_once(project: Project) -> None:
    run = project.run("stt/nope", "stt/errors", "stt/neither")
    assert [name in run.text for name in ("stt/nope (", "stt/errors (", "stt/neither (")] == [True, False, True]


def test_an_existing_path_wins(project: Project) -> None:
    project.write({"stt/test_theirs.py": "def test_it(): pass"})
    assert project.list("stt") == ["stt/test_theirs.py::test_it"]
    assert project.list("stt/errors") == ERRORS
    assert project.list() == ["stt/test_theirs.py::test_it", *OWN, *SUITE]


def test_from_a_sub_directory(project: Project, broken: Break) -> None:
    broken("429")
    project.write({"tests/conftest.py": "", "conftest.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root / "tests")
        assert project.list() == OWN + SUITE
        assert project.list("stt/errors", "test_b.py") == OWN[2:] + ERRORS
        printed = [name for name, verdict in project.run().verdicts.items() if verdict == "FAILED"]
        assert printed == ["../" + ERRORS[0]]
        assert project.list(*printed) == ERRORS[:1]
        assert project.list(str(project.root / ERRORS[0])) == ERRORS[:1]


def test_the_printed_summary_can_be_run_again(project: Project, broken: Break) -> None:
    broken("429 body one")
    failed = [name for name, verdict in project.run().verdicts.items() if verdict == "FAILED"]
    broken("")
    assert_passed(project.run(*failed), [OWN[0], ERRORS[0], ERRORS[2]])


def test_the_header_tells_that_the_suite_is_left_out_and_how_to_add_it(project: Project) -> None:
    line = "stt: not run, since paths were given; add the argument 'stt' to run it as well"
    assert line in project.run("tests/test_a.py").text
    for args in ([], ["stt"], ["tests/test_a.py", "stt/errors"]):
        assert "stt: not run" not in project.run("--co", *args).text


# pytest-xdist


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param([], OWN + SUITE, id="all"),
        pytest.param(["--dist=loadfile"], OWN + SUITE, id="loadfile"),
        pytest.param(["tests/test_b.py"], OWN[2:], id="path"),
        pytest.param(["tests/test_b.py", "stt/errors", "--dist=loadgroup"], OWN[2:] + ERRORS, id="mixed"),
    ],
)
def test_distributed(project: Project, args: list[str], expected: list[str]) -> None:
    run = project.run("-n", "2", *args)
    assert_passed(run, expected)
    assert f"{len(expected)} passed" in run.text


def test_distributed_by_testpaths(project: Project) -> None:
    project.write({"pytest.ini": "[pytest]\ntestpaths = tests\n"})
    assert_passed(project.run("-n", "2"), OWN + SUITE)


@pytest.mark.parametrize(("controller", "worker"), [([], ["."]), (["."], [])], ids=["mounted", "left-out"])
def test_workers_go_by_the_decision_of_their_controller(
    project: Project, controller: list[str], worker: list[str]
) -> None:
    node = SimpleNamespace(workerinput={})
    SuiteMount(project.pytester.parseconfig(*controller), list).pytest_configure_node(node)
    config = project.pytester.parseconfig(*worker)
    config.workerinput = node.workerinput  # type: ignore[attr-defined]
    assert take_stt_arguments(config).mounted is (not controller)


def test_distributed_with_an_unknown_name(project: Project) -> None:
    assert project.run("-n", "2", "stt/nonsense").code == pytest.ExitCode.USAGE_ERROR
    run = project.run("-n", "2", "stt/errors::test_status[42]")
    assert run.code != 0
    assert "not found: stt/errors::test_status[42] (did you mean" in run.text


def test_distributed_loss_is_noticed(project: Project) -> None:
    project.write({"conftest.py": DROP.format("test_body")})
    run = project.run("-n", "2")
    assert run.code != 0
    assert "1 of the checks asked for got lost in collection: stt/errors::test_body" in run.text


# Nothing gets lost


@pytest.mark.parametrize("extra", [[], ["--continue-on-collection-errors"], ["--co"], ["-x"], ["stt"]])
@pytest.mark.parametrize(
    ("dropped", "told"),
    [
        ("test_body", ["1 of the checks asked for", "stt/errors::test_body"]),
        ("429", ["1 of the checks asked for", "stt/errors::test_status[429]"]),
        ("stt", ["5 of the checks asked for", *SUITE]),
    ],
)
def test_checks_dropped_silently_fail_the_run(
    project: Project, extra: list[str], dropped: str, told: list[str]
) -> None:
    project.write({"conftest.py": DROP.format(dropped)})
    run = project.run(*extra)
    assert run.code != 0
    assert "without calling the hook pytest_deselected" in run.text
    assert all(text in run.text for text in told)


def test_checks_that_were_not_asked_for_may_be_dropped(project: Project) -> None:
    project.write({"conftest.py": DROP.format("errors")})
    assert_passed(project.run("stt/request"), REQUEST)


def test_checks_dropped_openly_are_not_lost(project: Project) -> None:
    report = "        config.hook.pytest_deselected(items=[i for i in items if 'body' in i.nodeid])\n"
    hook = DROP.format("body").replace("(items):\n", "(items, config):\n" + report)
    project.write({"conftest.py": hook})
    assert_passed(project.run(), OWN + ERRORS[:2] + REQUEST)


@pytest.mark.parametrize(
    ("plugin", "told"),
    [
        ("hostile_makeitem", "differ in: test_body"),
        ("hostile_root", "lost in collection: stt/errors::test_status, stt/errors::test_body"),
        ("hostile_area", "lost in collection: stt/request::test_post, stt/request::test_path"),
    ],
)
def test_a_plugin_that_drops_what_is_collected_fails_the_run(project: Project, plugin: str, told: str) -> None:
    for args in ([], ["-n", "2"]):
        run = project.run("-p", plugin, *args)
        assert run.code != 0
        assert told in run.text


@pytest.mark.parametrize(
    ("area", "told"),
    [
        ('"gone", "checks_of_ours.gone", ("test_x",)', "No module named 'checks_of_ours.gone'"),
        ('"gone", "no_such_package.gone", ("test_x",)', "No module named 'no_such_package'"),
        ('"broken", "checks_of_ours.broken", ("test_x",)', "No module named 'a_module_that_does_not_exist'"),
        ('"skipped", "checks_of_ours.skipped", ("test_x",)', "lost in collection: stt/skipped::test_x"),
        ('"more", "checks_of_ours.request", ("test_post", "test_path", "test_x")', "differ in: test_x"),
        ('"fewer", "checks_of_ours.request", ("test_post",)', "differ in: test_path"),
    ],
)
def test_an_area_that_is_not_as_shipped_fails_the_run(project: Project, area: str, told: str) -> None:
    conftest = f"import mounter\nmounter.AREAS.append(mounter.Area({area}))"
    project.write({"conftest.py": conftest})
    run = project.run()
    assert run.code == pytest.ExitCode.INTERRUPTED
    assert run.verdicts.get(OWN[0]) is None
    assert told in run.text
    assert ("lost in collection" in run.text) == ("lost in collection" in told)
    assert all(project.run("--continue-on-collection-errors").verdicts[check] == "PASSED" for check in SUITE)


def test_only_what_was_asked_for_is_missed(project: Project) -> None:
    run = project.run("-p", "hostile_root", "stt/errors::test_status[429]")
    assert run.code != 0
    assert "1 of the checks asked for got lost in collection: stt/errors::test_status\n" in run.text


# What is printed and written


def test_assertions_are_explained(project: Project, broken: Break) -> None:
    broken("429")
    assert "assert '429' not in '429'" in project.run("stt").text


def test_an_area_that_is_imported_already_gives_no_warning(project: Project) -> None:
    project.write({"conftest.py": "import checks_of_ours.errors"})
    assert_passed(project.run("stt"), SUITE)


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_junit_xml_is_the_same_on_every_machine(project: Project, broken: Break, family: str) -> None:
    broken("429")
    project.run("stt", "--junitxml=out.xml", "-o", f"junit_family={family}")
    cases = list(ET.parse(project.root / "out.xml").iter("testcase"))  # the run above wrote it
    names = [f"{case.get('classname')}::{case.get('name')}" for case in cases]
    assert names == [check.replace("/", ".", 1) for check in SUITE]
    assert {case.get("file") for case in cases} == ({"stt/errors", "stt/request"} if family == "xunit1" else {None})


def test_headings_and_places_are_node_ids(project: Project, broken: Break, library: Path) -> None:
    broken("429")
    run = project.run("-p", "skipping_post", "-vv", "--tb=no")
    assert f" {ERRORS[0]} FAILED" not in run.text
    assert re.search(rf"^{re.escape(ERRORS[0])} FAILED", run.text, re.MULTILINE)
    assert re.search(r"^SKIPPED \[1\] stt/request:\d+: ", run.text, re.MULTILINE)
    assert library.name not in run.text
    assert f"_ {ERRORS[0]} _" in project.run().text
