"""The page of a report: what is on it, in which order, and that nothing of it is more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pytest_openrouter_stt.report import Report, Verdict, Who, html_report
from tests.report.pages import read
from tests.report.reports import EVIDENCE, HOSTILE, case, check, client, large, of_every_kind, saying, several

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.report.pages import Element

PAGES: dict[str, Callable[[], Report]] = {
    "one": of_every_kind,
    "several": several,
    "passed": lambda: client(check("errors::test_status")),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Element:
    """A page of each kind."""
    return read(html_report(PAGES[request.param]()))


def test_nothing_is_loaded_from_anywhere(page: Element) -> None:
    style = page.one("style").text

    assert [
        element for element in page.within() if {"src", "srcset", "data", "poster", "action"} & {*element.attributes}
    ] == []
    assert [link.attributes["href"] for link in page.all("link")] == ["data:,"]
    assert all((link.attributes["href"] or "").startswith("#") for link in page.all("a"))
    assert not re.search(r"url\(|@import|https?:", style)


def test_the_policy_admits_the_one_style_and_the_one_script_and_nothing_else(page: Element) -> None:
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"] or ""

    def digest(name: str) -> str:
        return base64.b64encode(hashlib.sha256(page.one(name).text.encode()).digest()).decode()

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == f"'sha256-{digest('style')}'"
    assert rules["script-src"] == f"'sha256-{digest('script')}'"
    assert "unsafe" not in policy
    assert [
        name for element in page.within() for name in element.attributes if name == "style" or name[:2] == "on"
    ] == []


def test_it_can_be_read_by_machines_and_with_a_screen_reader(page: Element) -> None:
    levels = [int(element.name[1]) for element in page.within() if re.fullmatch("h[1-6]", element.name)]

    assert page.one("html").attributes["lang"] == "en"
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert page.one("title").text
    assert len(page.all("main")) == 1
    for table in page.all("table"):
        assert all("scope" in head.attributes for head in table.all("th"))


def test_every_link_has_a_target_and_every_id_is_there_once(page: Element) -> None:
    ids = [element.attributes["id"] for element in page.within() if "id" in element.attributes]
    targets = [(link.attributes["href"] or "")[1:] for link in page.all("a")]

    assert len(ids) == len({*ids})
    assert {*targets} <= {*ids}
    assert targets


def test_what_an_author_needs_first_comes_first() -> None:
    text = read(html_report(of_every_kind())).one("body").words

    order = [
        "mypkg:Client 1.0",
        "✗ not conformant 2 of 3 MUST checks failed, in 4 of 7 cases; 2 of 8 checks could not run",
        "Mend first request::test_body_is_the_wire_form, without which 2 checks could not run: changed on the way",
        "Cases by area and level",
        "Failed MUST checks 2",
        "Failed SHOULD checks 1",
        "Failed MAY checks 1",
        "Could not run 2",
        "Not offered 1",
        "Passed 1",
        "Errors by status",
        "Possibly billed twice",
        "Where requests are sent from",
        "Circumstances",
        "hostile::test_depth",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_a_check_has_an_anchor_and_says_all_that_is_known_of_it() -> None:
    page = read(html_report(of_every_kind()))
    shown = next(each for each in page.all("details", class_="check") if each.all(id="errors--test_status"))

    assert shown.one("h3").words == "failed: errors::test_status"
    assert shown.one("summary").words.endswith("MUST 3 of 4 cases It is so. it returned None")
    assert "the page of the Python SDK: sdk.yaml#/errors" in shown.words
    assert "hint Look at status." in shown.words
    assert "pytest --stt-client=mypkg:Client --stt-seed=7 --stt-max-examples=20 stt/errors::test_status" in shown.words
    assert "explain pytest --stt-explain errors::test_status" in shown.words
    assert shown.attributes["data-area"] == "errors"
    assert shown.attributes["data-level"] == "MUST"
    assert shown.attributes["data-outcome"] == "failed"


def test_a_check_is_run_again_as_it_was_run() -> None:
    failed = check("errors::test_status", case("sync-500", Verdict.FAILED, "so"))
    (judged,) = client(failed).clients
    of_fixture = replace(failed.cases[0], result=replace(failed.cases[0].result, client=""))
    about = replace(judged.circumstances, spec="my spec.yaml", max_examples=500)
    other = replace(judged, checks=(replace(failed, cases=(of_fixture,)),), circumstances=about)

    text = read(html_report(Report((other,)))).one("main").words

    options = "'--stt-spec=my spec.yaml' --stt-seed=7 --stt-max-examples=500"
    assert f"run again pytest {options} stt/errors::test_status explain" in text


def test_cases_with_the_same_evidence_are_shown_once() -> None:
    page = read(html_report(of_every_kind()))
    (body,) = (each for each in page.all("div") if each.attributes.get("id") == "errors--test_status")

    groups = [group.one("h4").words for group in body.all("section", class_="cases")]
    evidence = [[label.text.strip() for label in group.all("dt")] for group in body.all("section", class_="cases")]

    assert groups == ["✗ failed sync-500, async-500", "✗ failed sync-503", "✓ passed sync-429"]
    assert evidence == [[label for label, _ in EVIDENCE], ["replied"], []]


def test_times_are_no_reason_to_show_the_same_evidence_twice() -> None:
    rows = [(("sent", f"1. POST x → 500\n2. after {wait} s POST x → 500"), ("waited", f"{wait} s")) for wait in (1, 2)]
    failed = [case(str(n), Verdict.FAILED, "it retried", evidence=each) for n, each in enumerate(rows)]
    page = read(html_report(client(check("retry::test_end", *failed))))

    assert len(page.all("section", class_="cases")) == 1


def test_the_lines_of_a_diff_are_told_apart_by_more_than_colour() -> None:
    diff = read(html_report(of_every_kind())).one("pre", class_="diff")

    assert [line.text for line in diff.all("del")] == ['-     "format": ""']
    assert [line.text for line in diff.all("ins")] == ['+     "format_": ""']
    assert diff.all("span")[0].text == "- required  + observed"


def test_numbers_are_those_of_the_cases() -> None:
    table = read(html_report(of_every_kind())).one("table", class_="counts")
    rows = {row.one("th").words: [cell.words for cell in row.all("td")] for row in table.one("tbody").all("tr")}

    assert [head.words for head in table.all("th") if head.attributes["scope"] == "colgroup"] == [
        "MUST",
        "SHOULD",
        "MAY",
        "any level",
    ]
    assert rows["errors"] == ["1", "3", "·", "1", "·", "·", "·", "·"]
    assert rows["audio"] == ["·", "·", "·", "·", "·", "·", "·", "2"]
    assert rows["all"] == ["3", "4", "·", "1", "·", "1", "1", "2"]


def test_reasons_that_checks_share_are_said_once() -> None:
    page = read(html_report(of_every_kind()))
    (group,) = (each for each in page.all("div", class_="group") if "audio::" in each.text)

    assert group.one("h3", class_="reason").words.startswith("the audio is changed on the way")
    assert len(group.all("details")) == 2
    assert group.words.count("the audio is changed on the way") == 1


def test_passed_checks_are_folded_away() -> None:
    page = read(html_report(of_every_kind()))
    folded = page.one("details", class_="section")

    assert folded.one("h2").words == "✓ Passed 1"
    assert "open" not in folded.attributes
    assert folded.all(id="secrecy--test_key")


def test_a_run_that_did_not_end_says_so() -> None:
    page = read(html_report(client(check("errors::test_status"), unfinished="3 of 9 cases were not run", exit_code=2)))

    assert page.one("p", class_="verdict").words == "! no verdict 3 of 9 cases were not run"
    assert "The run did not come to its end: 3 of 9 cases were not run." in page.one("ul", class_="remarks").words
    assert "exit code was 2" in page.one("ul", class_="remarks").words


def test_known_failures_are_called_known() -> None:
    known = case("sync", Verdict.FAILED, "it is lost", known="reported as #12")
    page = read(html_report(client(check("errors::test_status", known), check("errors::test_body"), exit_code=0)))

    assert "all of them known" in page.one("p", class_="verdict").words
    assert "not held against the run: all of 1 check" in page.one("ul", class_="remarks").words
    assert "The run passes the gate" in page.one("ul", class_="remarks").words
    assert "known reported as #12" in page.one(id="errors--test_status").words
    assert len(page.one(class_="check", **{"data-outcome": "failed"}).one("summary").all(class_="tag")) == 1


def test_errors_that_cannot_be_told_apart_are_named() -> None:
    text = read(html_report(of_every_kind())).one("main").words

    assert "400 mypkg.errors.BadRequest ✓ yes ✗ no no" in text
    assert "Cannot be told apart by their type: 500, 503 (mypkg.errors.Server)" in text
    assert "errors::test_status 504 1 2" in text
    assert "requests are sent by httpx, called from mypkg/http.py:12 in send" in text
    assert "the adapter stt_adapter does itself what is then not judged of mypkg: retries, stt_adapter.py:7" in text


def test_circumstances() -> None:
    text = read(html_report(of_every_kind())).one("main").words

    assert "began 2026-11-21 18:20:00 UTC, and took 1 min 1 s" in text
    assert "packaged, revision 0123456789ab" in text
    assert "20 of each property, from seed 7 on" in text
    assert "endpoint respx" in text
    assert "python 3.11.7" in text


def test_several_clients_begin_side_by_side() -> None:
    page = read(html_report(several()))
    differing, agreeing = page.all("div", class_="matrix")
    rows = {row.one("th").words: [cell.words for cell in row.all("td")] for row in differing.one("tbody").all("tr")}

    assert page.one("h1").text == "3 clients side by side"
    assert [head.words for head in differing.one("thead").all("th")] == [
        "check",
        "mypkg:Client 1.0 (1)",
        "mypkg:Client 1.0 (2)",
        "other 2",
    ]
    assert rows["errors::test_status MUST"] == ["✗ failed 3 of 4", "did not run", "did not run"]
    assert rows["audio::test_exact MUST"] == ["! could not run", "✓ passed", "✓ passed"]
    assert [row.one("th").words for row in agreeing.one("tbody").all("tr")] == [
        "state::test_loop SHOULD",
        "secrecy::test_key MUST",
    ]
    folded = page.all("details", class_="section")[0]
    assert folded.one("summary").words == "Where they agree 2 2 passed or not offered"
    assert "open" not in folded.attributes


def test_a_cell_leads_to_the_check_of_that_client() -> None:
    page = read(html_report(several()))
    row = next(row for row in page.all("tr") if "audio::test_exact" in row.text)
    articles = page.all("article")

    links = [(link.attributes["href"] or "")[1:] for link in row.all("a")]

    assert links == [
        "mypkg-Client-1.0-1--audio--test_exact",
        "mypkg-Client-1.0-2--audio--test_exact",
        "other-2--audio--test_exact",
    ]
    assert all(article.all(id=link) for article, link in zip(articles, links, strict=True))


def test_names_that_look_alike_in_an_anchor_are_kept_apart() -> None:
    (judged,) = client(check("errors::test_status")).clients
    titles = ["a b", "a-b", "a/b", "a-b-2", "ä", "日本"]
    page = read(html_report(Report(tuple(replace(judged, who=Who("x", "", title)) for title in titles))))

    ids = [element.attributes["id"] for element in page.within() if "id" in element.attributes]

    assert len(ids) == len({*ids})
    assert len(page.all("article")) == len(titles)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_text_of_others_is_text(text: str) -> None:
    plain = html_report(saying("harmless"))
    page = html_report(saying(text))

    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    elements = [
        [each.name for each in read(text).within() if each.name not in {"code", "wbr"}] for text in (plain, page)
    ]
    assert elements[0] == elements[1]
    assert page.encode("utf-8")
    shown = read(page)
    assert visible in shown.all("pre", class_="prose")[0].text
    assert visible.replace("`", "") in shown.one(class_="seen").text.replace("`", "")
    assert visible in shown.one("title").text
    assert visible in (shown.one(class_="check").attributes["data-area"] or "")


def test_a_long_text_is_cut_and_its_length_said() -> None:
    text = "<b>" + "x" * 2**20
    evidence = (("replied", text), ("diff", f"- required  + observed\n+ {text}"), ("call", text))
    page = html_report(client(check("errors::test_status", case("sync", Verdict.FAILED, text, evidence=evidence))))

    assert len(page) < 200_000
    assert "… (1,048,579 characters)" in read(page).all("pre", class_="prose")[0].text


def test_a_large_report_stays_small() -> None:
    report = large()

    assert sum(len(each.cases) for each in report.clients[0].checks) >= 750
    assert len(html_report(report).encode()) < 1_000_000
