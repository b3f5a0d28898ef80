"""The questions: loading answers for htmx, whole pages for everyone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data import faq
from data.content import ContentError
from tests.conftest import soup

QUESTIONS = faq.load(Path(__file__).parent.parent / "data" / "faq.toml")


def test_each_question_on_the_article_loads_its_answer_and_links_to_its_page(client):
    page = soup(client.get("/"))
    items = page.select("details.question")
    assert [item.h3.text for item in items] == [question.question for question in QUESTIONS]
    for item, question in zip(items, QUESTIONS, strict=True):
        assert item["data-hx-get"] == f"/faq/{question.slug}/answer"
        assert item["data-hx-trigger"] == "intersect once"
        assert item["data-hx-target"] == f"#{question.slug}"
        panel = item.find(id=question.slug)
        assert panel.a["href"] == f"/faq/{question.slug}"
        assert question.answer not in page.text


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_an_answer_is_a_fragment_at_its_own_address_and_a_page_at_the_question(client, question):
    fragment = client.get(f"/faq/{question.slug}/answer")
    assert soup(fragment).text.strip() == question.answer
    assert "HX-Fragment" in fragment.headers
    assert "public" in fragment.headers["Cache-Control"]
    page = soup(client.get(f"/faq/{question.slug}"))
    assert page.h1.text == question.question
    assert question.answer in page.main.text


def test_all_answers_stand_on_one_page_with_their_data(client):
    page = soup(client.get("/faq"))
    data = json.loads(page.find("script", type="application/ld+json").string)
    assert data["@type"] == "FAQPage"
    told = [(entry["name"], entry["acceptedAnswer"]["text"]) for entry in data["mainEntity"]]
    assert told == [(question.question, question.answer) for question in QUESTIONS]
    for question in QUESTIONS:
        assert question.answer in page.main.text


def test_an_unknown_question_is_a_kind_404(client):
    assert client.get("/faq/no-such-question").status_code == 404
    assert client.get("/faq/no-such-question/answer").status_code == 404


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[[question]]\nslug = "a"\nquestion = "Q?"\nanswer = A\n', 4, "is not TOML"),
        ('[[question]]\nslug = "a"\nquestion = "Q?"\n', 2, "slug, question and answer"),
        ('# one\n[[question]]\nslug = "A b"\nquestion = "Q?"\nanswer = "A"\n', 3, "small letters"),
        ('[[question]]\nslug = "a"\nquestion = "Q?"\nanswer = " "\n', 2, "may not be empty"),
        ("# nothing\n", 1, "holds no"),
    ],
)
def test_a_malformed_file_stops_the_start_naming_file_and_line(tmp_path, text, line, what):
    path = tmp_path / "faq.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=what) as error:
        faq.load(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
