"""The article: every word of it, in its order, in its real structure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from data import article
from data.content import ContentError
from tests.conftest import soup

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tests" / "article.txt"


def squeeze(text: str) -> str:
    return re.sub(r"\W+", "", text)


def test_every_line_of_the_source_is_on_the_page_in_its_order(client):
    page = soup(client.get("/"))
    faq = soup(client.get("/faq")).main.text
    words = squeeze(page.main.text)
    at = 0
    lines = [line for line in SOURCE.read_text(encoding="utf-8").splitlines() if line.strip()]
    for line in lines:
        if line.startswith("- jowatson00") or line in ("- May 12", "Comments"):
            continue
        wanted = squeeze(line)
        if wanted in squeeze(faq) and wanted not in words:
            continue  # an answer, which its own address holds
        found = words.find(wanted, at if wanted not in squeeze("5 min read") else 0)
        assert found >= 0, f"missing or out of order: {line}"
        at = max(at, found)
    assert len(lines) > 130


def test_the_one_missing_space_of_the_source_is_put_right(client):
    assert "unwillingness to change. It is often" in client.get("/").text


def test_headings_lists_and_quotes_are_marked_up_as_what_they_are(client):
    page = soup(client.get("/"))
    assert len(page.find_all("h2")) == 13
    phrases = [item.text for item in page.select("#talk ~ .text blockquote li")]
    assert phrases[:3] == ["“You need therapy”", "“You’re the problem”", "“You never communicate properly”"]
    assert len(phrases) == 6
    assert page.select_one(".lede blockquote").text.strip().startswith("If they cared")
    assert page.select_one(".both li").text == "one may pursue connection more strongly"


def test_the_date_has_no_year_because_the_source_gives_none(client):
    page = soup(client.get("/"))
    assert page.find("time")["datetime"] == "05-12"
    assert page.find("time").text == "12 May,"
    data = json.loads(page.find("script", type="application/ld+json").string)
    assert data["@type"] == "Article"
    assert data["author"]["name"] == "Jo Watson"
    assert "datePublished" not in data


def test_the_contents_list_leads_to_sections_of_the_page(client):
    page = soup(client.get("/"))
    links = [link["href"] for link in page.select(".contents a")]
    assert len(links) >= 9
    for link in links:
        assert page.find(id=link.removeprefix("#")).name == "h2"


def test_the_diagram_has_a_text_alternative_that_tells_the_loop(client):
    drawing = soup(client.get("/")).select_one(".diagram svg")
    assert drawing["role"] == "img"
    assert "pursuit feels like pressure" in drawing.find("desc").text
    assert "withdrawal feels like rejection" in drawing.find("desc").text


def test_the_number_can_be_rung(client):
    link = soup(client.get("/")).select_one("a.telephone")
    assert link["href"] == "tel:+447521037092"
    assert "07521037092" in link.text


def test_help_lines_stand_beside_the_worrying_part_and_not_only_one(client):
    section = soup(client.get("/")).select_one("section.concern .signpost")
    numbers = [link["href"] for link in section.select("a[href^=tel]")]
    assert numbers[0] == "tel:999"
    assert len(numbers) >= 4


def test_reading_sets_no_cookie_and_the_page_holds_no_token(client):
    response = client.get("/")
    assert "Set-Cookie" not in response.headers
    assert "csrf" not in response.text


@pytest.mark.parametrize(
    ("before", "after", "line", "what"),
    [
        ("# Partner Refuses Couples Therapy: ", "# Partner Refuses Couples Therapy ", 1, "Title: standfirst"),
        ("- May 12", "- Maytime", 3, "May 12"),
        ("5 min read", "9 min read", 5, "5 minutes"),
        ("{#why contents", "{contents", 28, "{#name}"),
        ("::: reframe", "::: reframing", 172, "no such place"),
        ("::: signature", "::: faq", 1, "signature"),
    ],
)
def test_a_malformed_article_stops_the_start_naming_file_and_line(tmp_path, before, after, line, what):
    text = (ROOT / "data" / "article.md").read_text(encoding="utf-8")
    assert text.count(before) == 1
    path = tmp_path / "article.md"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ContentError, match=re.escape(what)) as error:
        article.load(path)
    assert str(error.value).startswith(f"{path}:{line}: ")


def test_a_missing_or_unreadable_file_is_named(tmp_path):
    with pytest.raises(ContentError, match=r"none\.md:1: cannot be read"):
        article.load(tmp_path / "none.md")
    (tmp_path / "odd.md").write_bytes(b"one\ntwo \xff\n")
    with pytest.raises(ContentError, match=r"odd\.md:2: is not UTF-8"):
        article.load(tmp_path / "odd.md")
