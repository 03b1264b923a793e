"""Pictures of reports for the documents: ``python -m tests.gallery REPORT.json... --into docs/gallery``.

Of each report the beginning, its first failure and the beginning on a telephone, called after its file; of several
reports also all their clients side by side. A picture is as large as its window, so that pages can rely on it.
"""

from __future__ import annotations

import argparse
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image

from pytest_openrouter_stt.report import Report, html_report, read_report
from tests.browser import CHROMIUM, DRIVER, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.browser import Browser

_MAX_BYTES = 150_000
_COLOURS = (256, 64)
_FIRST_FAILURE = """
    const failed = document.querySelector("main .check[data-outcome=failed]");
    if (failed) { failed.open = true; failed.scrollIntoView(); }
    return failed !== null;
"""


@dataclass(frozen=True)
class View:
    """How a picture is taken.

    Attributes:
        suffix: What its name ends in.
        width: Of the window, in CSS pixels.
        height: The same.
        scheme: Which colours are preferred.
        of_failure: Whether it shows the first failure instead of the beginning.
    """

    suffix: str
    width: int
    height: int
    scheme: str
    of_failure: bool = False


VIEWS = (
    View("", 1280, 900, "light"),
    View("-failure", 1280, 900, "light", of_failure=True),
    View("-phone", 390, 844, "dark"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT.json", help="what --stt-report wrote")
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where the pictures are put")
    options = parser.parse_args(arguments)
    if not (CHROMIUM and DRIVER):
        parser.error("it needs Chromium: apt-get install chromium chromium-driver")
    options.into.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, opened(Path(folder)) as browser:
        for name, page, views in _pages(options.reports):
            for file, picture in _pictures(browser, name, page, views):
                options.into.joinpath(file).write_bytes(picture)
                sys.stdout.write(f"{options.into / file}: {len(picture) / 1000:.0f} kB\n")
    return 0


def _pages(files: Sequence[Path]) -> Iterator[tuple[str, str, tuple[View, ...]]]:
    """Yield for each page its name, its HTML and the views that there are of it."""
    reports = {file.stem: read_report(file) for file in files}
    for name, report in reports.items():
        yield name, html_report(report), VIEWS
    if len(reports) > 1:
        together = Report(tuple(client for report in reports.values() for client in report.clients))
        yield "side-by-side", html_report(together), tuple(view for view in VIEWS if not view.of_failure)


def _pictures(browser: Browser, name: str, page: str, views: Sequence[View]) -> Iterator[tuple[str, bytes]]:
    for view in views:
        browser.resize(view.width, view.height)
        browser.prefer(view.scheme)
        browser.show(page)
        if view.of_failure and not browser.run(_FIRST_FAILURE):
            continue
        yield f"{name}{view.suffix}.png", _small(browser.picture())


def _small(picture: bytes) -> bytes:
    """Return *picture* in fewer bytes: as it is, or else with fewer colours.

    Raises:
        ValueError: That is not enough.
    """
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    fewer = (whole.quantize(number, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE) for number in _COLOURS)
    for image in (whole, *fewer):
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True)
        if len(file.getvalue()) <= _MAX_BYTES:
            return file.getvalue()
    raise ValueError(f"a picture still has more than {_MAX_BYTES:,} bytes; make its window smaller")


if __name__ == "__main__":
    sys.exit(main())
