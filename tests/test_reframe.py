"""The reframing widget from outside: one outcome for anything, nothing kept of it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import reframe
from data.content import ContentError
from tests.conftest import HTMX, soup

PATH = Path(__file__).parent.parent / "data" / "reframe.toml"
BOOK = reframe.load(PATH)
LINES = [
    "I miss feeling close to you",
    "I don’t want us to keep feeling stuck",
    "I think we might need some support together",
]


def outcome(response):
    (element,) = soup(response).select("[data-outcome]")
    return element


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
@pytest.mark.parametrize("phrase", ["You need therapy", "you're the problem", "YOU NEVER COMMUNICATE PROPERLY!!"])
def test_the_articles_phrases_get_the_articles_three_lines(client, phrase, headers):
    response = client.post("/reframe", data={"phrase": phrase}, headers=headers)
    answer = outcome(response)
    assert answer["data-outcome"] == "reframed"
    assert [line.text for line in answer.select("[data-move]")] == LINES
    assert [line["data-move"] for line in answer.select("[data-move]")] == ["longing", "us", "invitation"]
    assert "This shifts the focus away from blame and towards connection." in answer.text
    assert ("<html" in response.text) == (not headers)


def test_the_article_holds_both_forms_and_its_phrases_as_chips(client):
    page = soup(client.get("/"))
    forms = page.select(".reframe form")
    assert [button["value"] for button in forms[0].select("button[name=phrase]")] == list(BOOK.chips)
    assert forms[1].find("textarea")["name"] == "phrase"
    assert not forms[1].find("textarea").has_attr("maxlength")
    for form in forms:
        assert form["data-hx-target"] == "#reframe-answer"
        assert form["data-hx-sync"] == "this:drop"
        assert form.select_one(".status[role=status]")
    assert page.find(id="reframe-said")["role"] == "status"


def test_one_short_line_is_announced_and_the_region_stays(client):
    response = client.post("/reframe", data={"phrase": "You need therapy"}, headers=HTMX)
    (said,) = soup(response).select("[role=status]#reframe-said")
    assert said["data-hx-swap-oob"] == "innerHTML"
    assert len(said.text.split()) < 10


@pytest.mark.parametrize(
    ("phrase", "danger"),
    [
        ("You hit me", "harm"), ("stop hitting me", "harm"), ("I'm scared of you", "harm"), ("You smashed my phone", "harm"),
        ("You won't let me see my sister", "control"), ("Send me your location so I can check", "control"),
        ("I want to kill myself", "crisis"), ("I don't want to be here any more", "crisis"),
        ("you hit the kids", "child"), ("I keep picturing hurting the baby", "crisis"),
    ],
)  # fmt: skip
def test_plain_danger_gets_help_lines_and_no_suggestion(client, phrase, danger):
    response = client.post("/reframe", data={"phrase": phrase}, headers=HTMX)
    answer = outcome(response)
    assert answer["data-outcome"] == "support"
    assert not answer.select("[data-move], mark, [data-copy]")
    assert answer.find("a")["data-leave"] == "", "leaving comes first"
    assert BOOK.messages[danger] in answer.text
    assert answer.select_one("a[href='tel:999']")
    assert len(answer.select(".lines li")) == 4
    assert phrase not in response.text, "the phrase is not shown back"
    (box,) = soup(response).select("textarea#reframe-phrase")
    assert box["data-hx-swap-oob"] == "outerHTML"
    assert box.text.strip() == ""
    page = soup(client.post("/reframe", data={"phrase": phrase}))
    assert page.find(id="reframe-phrase").text.strip() == ""
    assert phrase not in page.text


def test_own_words_get_the_builder_and_stay_in_the_box(client):
    page = soup(client.post("/reframe", data={"phrase": "the bins again"}))
    assert page.find(id="reframe-phrase").text.strip() == "the bins again"
    builder = page.select_one("[data-outcome=build] form.builder")
    assert {field["name"] for field in builder.select("input, select")} == {"happens", "feeling", "want"}
    assert [option.text for option in builder.select("option")] == list(BOOK.feelings)


def test_the_builder_puts_the_three_together(client):
    given = {"happens": "When the dishes are left.", "feeling": "worn out", "want": "I'd like us to take turns"}
    answer = outcome(client.post("/reframe", data=given, headers=HTMX))
    assert answer["data-outcome"] == "build"
    assert "When the dishes are left, I feel worn out. I’d like us to take turns." in answer.select_one(".say").text
    assert answer.find(id="build-happens")["value"] == given["happens"], "what was typed is still there"


def test_danger_in_the_builder_is_met_as_danger(client):
    given = {"happens": "you hit me", "feeling": "hurt", "want": "it to stop"}
    assert outcome(client.post("/reframe", data=given))["data-outcome"] == "support"


@pytest.mark.parametrize("phrase", ["", "   ", "😀", "http://a.example", "<b>x</b>", "x" * 400])
def test_what_is_no_phrase_is_declined_kindly_with_200(client, phrase):
    response = client.post("/reframe", data={"phrase": phrase})
    assert response.status_code == 200
    assert outcome(response)["data-outcome"] == "decline"


def test_a_body_without_the_field_still_gets_one_outcome(client):
    assert outcome(client.post("/reframe", data={"other": "x"}))["data-outcome"] == "decline"
    assert outcome(client.post("/reframe"))["data-outcome"] == "decline"


def test_typed_markup_is_text(client):
    response = client.post("/reframe", data={"phrase": '<img src=x onerror=alert(1)> "{{ 7*7 }}" you need therapy'})
    assert "<img src=x" not in response.text
    assert soup(response).find(id="reframe-phrase").text.strip().startswith("<img src=x")


def test_nothing_typed_is_kept_or_logged(client, app, caplog):
    sentinel = "zebrafinch"
    with caplog.at_level(logging.DEBUG):
        response = client.post("/reframe", data={"phrase": f"you {sentinel} never listen"})
    assert sentinel not in caplog.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    for path in Path(app.config["DATABASE"]).parent.iterdir():
        assert sentinel.encode() not in path.read_bytes()


@given(st.text(max_size=400), st.integers(0, 5))
def test_any_text_at_all_gets_one_outcome_and_the_same_again(phrase, turn):
    answer = reframe.reframe(BOOK, phrase, turn)
    assert answer.outcome in reframe.OUTCOMES
    assert reframe.reframe(BOOK, phrase, turn) == answer
    assert "".join(text for text, _ in reframe.pieces(phrase, answer.marks)) == phrase


@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=200))
def test_the_builder_takes_any_text(happens, feeling, want):
    built = reframe.compose(BOOK, happens, feeling, want)
    assert feeling in BOOK.feelings or f"I feel {feeling}." not in built
    assert "  " not in built


def test_pieces_cut_the_phrase_at_its_marks():
    marks = (reframe.Mark(4, 9, "a verdict"),)
    assert list(reframe.pieces("you never listen", marks)) == [("you ", None), ("never", marks[0]), (" listen", None)]


def test_a_malformed_phrasebook_stops_the_start_naming_the_file(tmp_path):
    path = tmp_path / "reframe.toml"
    path.write_text(PATH.read_text(encoding="utf-8").replace("quiet =", "loud ="), encoding="utf-8")
    with pytest.raises(ContentError, match=r"reframe\.toml:\d+: lacks 'quiet'"):
        reframe.load(path)
