"""The page of a report in a real browser: what can be seen, found, linked and copied, and that nothing else happens."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_openrouter_stt.report import Report, Verdict, html_report
from tests.report.reports import EVIDENCE, HOSTILE, case, check, client, of_every_kind, saying, several

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser import Browser

pytestmark = pytest.mark.browser

ONE, SEVERAL = html_report(of_every_kind()), html_report(several())
_CONTRAST = """
    const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
      const [r, g, b] = numbers(colour).map(channel);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const isClear = (colour) => colour === "transparent" || numbers(colour)[3] === 0;
    const behind = (element) => {
      for (; element; element = element.parentElement) {
        const colour = getComputedStyle(element).backgroundColor;
        if (!isClear(colour)) return colour;
      }
      return "rgb(255, 255, 255)";
    };
    const poor = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let seen = 0;
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!text.data.trim() || !element.checkVisibility() || element.closest("script, .unseen, .skip")) continue;
      const pair = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
      const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
      seen += 1;
      if (contrast < 4.5) poor.add(`${element.outerHTML.slice(0, 80)}: ${contrast.toFixed(2)}`);
    }
    return { seen, poor: [...poor] };
"""
_FOCUSED = """
    const element = document.activeElement;
    const shown = element.matches(".chip input") ? element.nextElementSibling : element;
    const style = getComputedStyle(shown);
    return {
      what: element.id || element.name || element.className || element.tagName.toLowerCase(),
      text: (element.textContent || element.value || "").trim().slice(0, 40),
      outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    };
"""


@pytest.fixture(scope="module")
def any_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests, since starting one takes a second."""
    _need_chromium()
    from tests.browser import opened  # noqa: PLC0415 - what it needs is not installed where it is not used

    with opened(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def browser(any_browser: Browser) -> Iterator[Browser]:
    """A browser on a desktop; whatever a test does, there is nothing in the console."""
    any_browser.resize(1280)
    any_browser.prefer()
    yield any_browser
    assert any_browser.console == []


def _need_chromium() -> None:
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} is not installed: apt-get install chromium chromium-driver")


def _ids(browser: Browser, selector: str = "main .check h3") -> list[str]:
    return [text.replace("failed: ", "") for text in browser.texts(selector)]


def _checks(browser: Browser) -> list[str]:
    headings = browser.texts("main .check > summary > :is(h3, h4, h5)")
    return [text.rpartition(": ")[2] for text in headings]


def test_nothing_is_asked_for(browser: Browser) -> None:
    browser.show(SEVERAL)

    assert browser.run("return performance.getEntriesByType('resource').map((each) => each.name)") == []
    assert browser.run("return document.readyState") == "complete"


def test_filters_work_together(browser: Browser) -> None:
    browser.show(ONE)
    assert browser.texts("output") == ["8 checks"]

    browser.one("label.chip.failed").click()
    assert browser.texts("output") == ["4 of 8 checks"]
    assert browser.texts(".section > h2") == [
        "✗ Failed MUST checks 2",
        "✗ Failed SHOULD checks 1",
        "✗ Failed MAY checks 1",
    ]

    browser.run("arguments[0].click()", browser.all("fieldset")[1].find_element("css selector", "[value=MUST]"))
    assert _checks(browser) == ["request::test_body_is_the_wire_form", "errors::test_status"]

    browser.one("[name=q]").send_keys("mypkg.Transcription")
    assert _checks(browser) == ["errors::test_status"]
    assert browser.texts(".section > h2") == ["✗ Failed MUST checks 1"]
    assert browser.texts("output") == ["1 of 8 checks"]


def test_numbers_of_a_filter_say_what_it_would_leave(browser: Browser) -> None:
    browser.show(ONE, "#?area=audio")

    assert browser.texts("label.chip") == [
        "✗ failed 0",
        "! could not run 2",
        "– not offered 0",
        "✓ passed 0",
        "MUST 2",
        "SHOULD 0",
        "MAY 0",
    ]
    assert "errors (2)" in browser.run(
        "return [...document.querySelectorAll('option')].map((each) => each.textContent)"
    )


def test_a_filtered_view_is_a_link(browser: Browser) -> None:
    browser.show(ONE)
    browser.one("label.chip.failed").click()
    browser.one("[name=q]").send_keys("lost & <found> #1")
    fragment = browser.fragment
    browser.show(ONE, f"#{fragment}")

    assert browser.run("return document.querySelector('[name=q]').value") == "lost & <found> #1"
    assert browser.run("return document.querySelector('[value=failed]').checked") is True
    assert browser.all(".nothing")

    browser.fragment = "?outcome=could-not-run&area=audio&level=MUST"
    browser.wait(lambda: _checks(browser) == ["audio::test_exact", "audio::test_format"])
    browser.fragment = "?area=no-such-area&outcome=nothing"
    browser.wait(lambda: browser.texts("output") == ["8 checks"])


def test_an_empty_result_says_so_and_how_to_leave_it(browser: Browser) -> None:
    browser.show(ONE, "#?q=no+such+text+anywhere")
    assert browser.texts(".nothing") == ["No check matches. Clear the filter"]
    assert browser.texts("output") == ["0 of 8 checks"]
    assert _checks(browser) == []

    browser.one(".nothing button").click()

    browser.wait(lambda: browser.texts("output") == ["8 checks"])
    assert not browser.all(".nothing")
    assert browser.fragment == ""


def test_what_is_folded_opens_for_what_was_searched(browser: Browser) -> None:
    browser.show(ONE)
    assert "secrecy::test_key" not in _checks(browser)

    browser.one("[name=q]").send_keys("test_key")
    assert _checks(browser) == ["secrecy::test_key"]

    browser.one("[name=clear]").click()
    browser.wait(lambda: "secrecy::test_key" not in _checks(browser))


def test_numbers_of_the_table_lead_to_their_checks(browser: Browser) -> None:
    browser.show(ONE)

    browser.one("td.failed[data-area=errors][data-level=SHOULD] a").click()

    browser.wait(lambda: _checks(browser) == ["errors::test_headers"])
    assert browser.fragment == "?area=errors&level=SHOULD&outcome=failed"


@pytest.mark.parametrize("fragment", ["secrecy--test_key", "errors--test_status"])
def test_a_link_to_a_check_opens_it(fragment: str, browser: Browser) -> None:
    browser.show(ONE, f"#{fragment}")

    browser.wait(lambda: browser.all(f"#{fragment}"))
    place = browser.run("return arguments[0].getBoundingClientRect().top", browser.one(f"#{fragment}"))
    assert 0 <= place < 900


def test_a_link_to_a_check_goes_before_a_filter_that_hides_it(browser: Browser) -> None:
    browser.show(ONE, "#?area=audio")

    browser.fragment = "secrecy--test_key"

    browser.wait(lambda: browser.all("#secrecy--test_key"))
    assert browser.texts("output") == ["8 checks"]


def test_a_cell_of_the_matrix_leads_to_that_client(browser: Browser) -> None:
    browser.show(SEVERAL)
    row = browser.one("tr[data-area=request]")

    row.find_elements("css selector", "a")[1].click()

    browser.wait(lambda: browser.all("[id='mypkg-Client-1.0-2--request--test_body_is_the_wire_form']"))
    assert browser.fragment == "mypkg-Client-1.0-2--request--test_body_is_the_wire_form"


def test_the_matrix_is_filtered_too(browser: Browser) -> None:
    browser.show(SEVERAL)

    browser.one("[name=q]").send_keys("test_key")

    assert browser.texts(".matrix tbody th") == ["secrecy::test_key MUST"]
    assert browser.texts("output") == ["3 of 18 checks"]


def test_the_first_row_and_column_of_the_matrix_stay(browser: Browser) -> None:
    (judged,) = client(*(check(f"errors::test_{n}", case(f"{n}", Verdict.FAILED, "so")) for n in range(60))).clients
    fine = client(*(check(f"errors::test_{n}") for n in range(60))).clients
    browser.show(html_report(Report((judged, *fine * 12))))

    inside = browser.run(
        "const box = document.querySelector('.matrix'); box.scrollTo(400, 600);"
        "const edge = box.getBoundingClientRect();"
        "const places = [box.querySelector('thead th'), box.querySelector('thead th:nth-child(9)'),"
        "  box.querySelector('tbody tr:nth-child(30) th')].map((each) => each.getBoundingClientRect());"
        "return [box.scrollLeft, box.scrollTop, places[0].top - edge.top, places[0].left - edge.left,"
        "  places[1].top - edge.top, places[2].left - edge.left]"
    )

    assert inside[:2] == [400, 600]
    assert all(abs(distance) <= 2 for distance in inside[2:])


@pytest.mark.parametrize(("label", "number"), [("call", 0), ("curl", 1)])
def test_a_call_is_copied_as_it_is(label: str, number: int, browser: Browser) -> None:
    browser.show(ONE, "#errors--test_status")

    browser.wait(lambda: browser.all("#errors--test_status .code button"))
    button = browser.all("#errors--test_status .code button")[number]
    button.click()
    browser.wait(lambda: button.text == "copied")
    browser.run("document.body.append(document.createElement('textarea')); document.querySelector('textarea').focus()")
    browser.press("v", control=True)

    assert button.get_attribute("aria-label") == f"copy: {label}"
    assert browser.run("return document.querySelector('textarea').value") == dict(EVIDENCE)[label]


def test_all_can_be_opened_and_closed(browser: Browser) -> None:
    browser.show(ONE)

    browser.one("[name=expand]").click()
    assert len(browser.all(".body")) == 8

    browser.one("[name=expand]").click()
    assert not browser.all(".body")


@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), "<script>document.title='owned'</script>" * 9000], ids=[*HOSTILE, "long"]
)
def test_text_of_others_does_nothing(text: str, browser: Browser) -> None:
    count = "return document.querySelectorAll(':not(code):not(wbr)').length"
    browser.show(html_report(saying("harmless")))
    before = browser.run(count)
    page = html_report(saying(text))

    browser.show(page)
    browser.one("[name=expand]").click()

    assert browser.run(count) == before
    assert browser.run("return document.querySelectorAll('img, h1 ~ h1, style ~ style, script ~ script').length") == 0
    assert "owned" not in browser.title.partition(":")[0] or "<" in browser.title
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)[:100]
    assert visible in browser.run("return document.querySelector('pre.prose').textContent")


@pytest.mark.parametrize("page", [ONE, SEVERAL, html_report(saying("w" * 3000))], ids=["one", "several", "long-words"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_but_boxes_scrolls_sideways(width: int, page: str, browser: Browser) -> None:
    browser.resize(width)
    browser.show(page)
    browser.one("[name=expand]").click()

    assert browser.run("return document.documentElement.scrollWidth") == width
    boxes = "[...document.querySelectorAll('body *')].filter((each) => !each.closest('pre, .matrix, .unseen, .skip'))"
    beyond = (
        f"return {boxes}.filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML)"
    )
    assert browser.run(beyond) == []


@pytest.mark.parametrize("page", [ONE, SEVERAL], ids=["one", "several"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough(scheme: str, page: str, browser: Browser) -> None:
    browser.prefer(scheme)
    browser.show(page)
    browser.one("[name=expand]").click()

    found: dict[str, Any] = browser.run(_CONTRAST)

    assert found["poor"] == []
    assert found["seen"] > 100


def test_it_is_dark_where_that_is_preferred(browser: Browser) -> None:
    brightness = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    browser.show(ONE)
    assert min(browser.run(brightness)) > 200

    browser.prefer("dark")

    assert max(browser.run(brightness)) < 60


def test_the_keyboard_goes_from_top_to_bottom_and_can_be_followed(browser: Browser) -> None:
    browser.show(ONE)
    seen = []
    for _ in range(60):
        browser.press("TAB")
        seen.append(browser.run(_FOCUSED))

    names = list(dict.fromkeys(each["what"] for each in seen))
    wanted = ["skip", "a", "q", "area", "expand", "outcome", "level", "summary"]
    assert [name for name in names if name in wanted] == wanted
    assert [each for each in seen if each["what"] != "body" and not each["outline"]] == []


def test_the_keyboard_opens_a_check(browser: Browser) -> None:
    browser.show(ONE)
    browser.run("document.querySelector('.check summary').focus()")

    browser.press("ENTER")

    assert browser.all("#request--test_body_is_the_wire_form")


def test_on_paper_everything_is_open_and_filters_are_gone(browser: Browser) -> None:
    bodies = "[...document.querySelectorAll('.body')]"
    folded = f"return {bodies}.filter((each) => !each.checkVisibility({{contentVisibilityAuto: true}})).length"
    browser.show(ONE)
    assert browser.run(folded) == 6

    browser.prefer(media="print")

    browser.wait(lambda: browser.run(folded) == 0)
    assert not browser.all("#filters")


def test_it_reads_without_javascript(tmp_path: Any) -> None:
    _need_chromium()
    from tests.browser import opened  # noqa: PLC0415 - as above

    with opened(tmp_path, javascript=False) as browser:
        browser.show(ONE, "#secrecy--test_key")

        assert not browser.all("#filters")
        assert not browser.all("button")
        assert browser.texts("h1") == ["mypkg:Client 1.0"]
        assert browser.all("#secrecy--test_key")
        browser.all(".check summary")[0].click()
        assert browser.all("#request--test_body_is_the_wire_form")
        assert browser.console == []
