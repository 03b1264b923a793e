"""Pictures of reports for the documents."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import report_json
from tests.report.reports import check, client, of_every_kind

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.browser
def test_pictures_have_the_size_of_their_window_and_are_small(tmp_path: Path) -> None:
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("Chromium is not installed: apt-get install chromium chromium-driver")
    from PIL import Image  # noqa: PLC0415 - is not installed where it is not used

    from tests.gallery import main  # noqa: PLC0415 - as above

    reports = {"failing": of_every_kind(), "fine": client(check("errors::test_status"), exit_code=0)}
    for name, report in reports.items():
        tmp_path.joinpath(f"{name}.json").write_text(json.dumps(report_json(report)), "utf-8")

    main([*(str(tmp_path / f"{name}.json") for name in reports), "--into", str(tmp_path / "gallery")])

    pictures = {}
    for path in tmp_path.glob("gallery/*"):
        with Image.open(path) as picture:
            pictures[path.name] = picture.size
    desktop, phone = (1280, 900), (390, 844)
    assert pictures == {
        "failing.png": desktop,
        "failing-failure.png": desktop,
        "failing-phone.png": phone,
        "fine.png": desktop,
        "fine-phone.png": phone,
        "side-by-side.png": desktop,
        "side-by-side-phone.png": phone,
    }
    assert max(path.stat().st_size for path in tmp_path.glob("gallery/*")) <= 150_000
