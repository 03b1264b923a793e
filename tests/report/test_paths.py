"""Paths in reports: those of the project, and none of the machine."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from pytest_openrouter_stt.report import pathless

PROJECT = Path("/srv/work/project")
STDLIB = sysconfig.get_path("stdlib")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at /srv/work/project/pkg/a.py:3", "at pkg/a.py:3"),
        ("cmd:node '/srv/work/project/a b.mjs'", "cmd:node 'a b.mjs'"),
        ("/opt/x/lib/python3.12/site-packages/pkg/a.py:3 in f", "pkg/a.py:3 in f"),
        ("/usr/lib/python3/dist-packages/pkg/a.py", "pkg/a.py"),
        (r"C:\Users\me\Lib\site-packages\pkg\a.py", r"pkg\a.py"),
        (f"{STDLIB}/json/decoder.py", "<python>/json/decoder.py"),
        (f"{sys.prefix}/bin/x", "<environment>/bin/x" if sys.prefix != sys.base_prefix else "<python>/bin/x"),
        (f"{Path.home()}/.config/x", "~/.config/x"),
        (f"{tempfile.gettempdir()}/abc/x", "<tmp>/abc/x"),
        ("https://host/api/v1", "https://host/api/v1"),
        ("no path", "no path"),
    ],
)
def test_only_paths_of_the_project_are_whole(text: str, shown: str) -> None:
    assert pathless(text, PROJECT) == shown


def test_a_home_that_is_everything_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")

    assert pathless("at /srv/elsewhere/a.py:3", Path("/srv/other")) == "at /srv/elsewhere/a.py:3"


def test_what_is_imported_from_a_folder_is_known_by_where_it_is_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "relative", "/", "/srv/another/src"])

    assert pathless("at /srv/another/src/pkg/a.py:3", PROJECT) == "at pkg/a.py:3"
    assert pathless("at /srv/elsewhere/pkg/a.py:3", PROJECT) == "at /srv/elsewhere/pkg/a.py:3"
