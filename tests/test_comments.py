"""Comments from the first tap to the page: what works, then every refusal."""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from app import create_app
from data import comments, schema
from tests.conftest import HTMX, soup

WORDS = "He said no twice.\n\nI went alone, and it helped."


def fields(response) -> dict[str, str]:
    """Return what a browser would send of the form with the comment's box."""
    form = soup(response).find("textarea", attrs={"name": "body"}).find_parent("form")
    sent = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    sent |= {box["name"]: box.text.removeprefix("\n") for box in form.select("textarea")}
    return sent


def send(client, body=WORDS, headers=None, **more):
    return client.post("/comments", data=fields(client.get("/comments/new")) | {"body": body} | more, headers=headers)


def rows(app, query="SELECT name, body, state FROM comments ORDER BY id"):
    with closing(sqlite3.connect(app.config["DATABASE"])) as connection:
        return connection.execute(query).fetchall()


def publish(app, number=1, now=1_700_000_000):
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, number), "published", now)


def test_a_comment_is_stored_and_its_writer_led_to_a_page_of_their_own(client, app):
    response = send(client, name="Sam")
    assert response.status_code == 303
    assert re.fullmatch(r"/comments/mine/[0-9a-f]{32}", response.headers["Location"])
    assert rows(app) == [("Sam", WORDS, "waiting")]
    page = client.get(response.headers["Location"])
    assert page.status_code == 200
    assert "waiting for Jo" in soup(page).h1.text
    assert fields(page)["body"] == WORDS
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_with_htmx_the_form_gives_way_to_two_sentences(client, app):
    response = send(client, headers=HTMX)
    assert response.status_code == 200
    thanks = soup(response)
    assert "Thank you. Your comment is with Jo." in thanks.text
    assert "It is not public." in thanks.text
    assert "went alone" not in thanks.text
    assert client.get(thanks.find("a", href=re.compile("/comments/mine/"))["href"]).status_code == 200
    assert len(rows(app)) == 1


def test_nothing_appears_before_it_is_published_and_then_it_does_at_once(client, app):
    send(client, name="Sam")
    for path in ("/", "/comments", "/comments.atom"):
        assert "went alone" not in client.get(path).text
    publish(app)
    for path in ("/", "/comments", "/comments.atom"):
        assert "went alone" in client.get(path).text
    shown = soup(client.get("/comments")).select_one("#comment-1")
    assert shown.time.text == "14 November 2023"
    assert [p.text for p in shown.select("p")][1:] == WORDS.split("\n\n")
    assert "One comment" in client.get("/").text


def test_the_name_is_optional(client, app):
    send(client)
    publish(app)
    assert soup(client.get("/")).select_one(".comment .who bdi").text == "A reader"


def test_what_is_typed_is_text_wherever_it_stands(client, app):
    send(client, name="<b>Sam</b>", body="<script>alert(1)</script> {{ 7*7 }} data-hx-get='/x'")
    publish(app)
    for path in ("/", "/comments"):
        page = client.get(path)
        assert "<script>alert" not in page.text
        assert "<b>Sam" not in page.text
        shown = soup(page).select_one("#comment-1")
        assert shown.has_attr("data-hx-ignore")
        assert "{{ 7*7 }}" in shown.text
    entry = ElementTree.fromstring(client.get("/comments.atom").data).find("{*}entry/{*}content")
    assert entry.text.startswith("<script>alert(1)</script>")


def test_sending_twice_stores_once_and_gives_the_same_page(client, app):
    sent = fields(client.get("/comments/new")) | {"body": WORDS}
    first, second = (client.post("/comments", data=sent) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(rows(app)) == 1
    assert rows(app, "SELECT count(*) FROM outbox") == [(1,)]


def test_the_same_form_with_other_words_is_another_comment(client, app):
    sent = fields(client.get("/comments/new"))
    for body in ("First words", "Other words"):
        assert client.post("/comments", data=sent | {"body": body}).status_code == 303
    assert [body for _, body, _ in rows(app)] == ["First words", "Other words"]


@pytest.mark.parametrize(
    ("body", "name", "field", "problem"),
    [
        ("", "", "body", "Write your comment"),
        (" \u2800 ", "", "body", "Write your comment"),
        ("x", "", "body", "Write your comment"),
        ("x" * 4001, "", "body", "so 1 too many"),
        ("Fine words", "n" * 61, "name", "yours has 61"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_its_words(client, app, body, name, field, problem):
    for headers in ({}, HTMX):
        response = send(client, body, headers, name=name)
        assert response.status_code == 422
        page = soup(response)
        summary = page.select_one(".problems")
        assert summary.has_attr("autofocus")
        assert problem in summary.a.text
        assert summary.a["href"] == f"#comment-{field}"
        given = page.find(id=f"comment-{field}")
        assert given["aria-invalid"] == "true"
        assert problem in page.find(id=f"comment-{field}-error").text
        assert f"comment-{field}-error" in given["aria-describedby"].split()
        assert fields(response)["name"] == name
        assert fields(response)["body"] == body.strip(" \u2800") or body.strip() == "\u2800"
        if not headers:
            assert page.title.text.startswith("Error: ")
    assert rows(app) == []


def test_a_stale_token_gives_the_form_back_with_its_words_and_a_fresh_token(client, app):
    sent = fields(client.get("/comments/new")) | {"body": WORDS, "csrf_token": "old", "name": "Sam"}
    response = client.post("/comments", data=sent)
    assert response.status_code == 422
    again = fields(response)
    assert (again["body"], again["name"]) == (WORDS, "Sam")
    assert "send it again" in soup(response).select_one(".problems").text
    assert client.post("/comments", data=again).status_code == 303
    assert len(rows(app)) == 1


def test_a_key_that_is_not_ours_gives_the_form_back_with_a_fresh_one(client, app):
    sent = fields(client.get("/comments/new")) | {"body": WORDS, "key": "made-up"}
    response = client.post("/comments", data=sent)
    assert response.status_code == 422
    assert client.post("/comments", data=fields(response)).status_code == 303
    assert len(rows(app)) == 1


def test_a_browser_that_keeps_no_cookies_can_write(app):
    app.test_client_class = type("Cookieless", (app.test_client_class,), {})
    client = app.test_client(use_cookies=False)
    sent = fields(client.get("/comments/new")) | {"body": WORDS}
    refused = client.post("/comments", data=sent)
    assert refused.status_code == 422, "nothing says the post is from our own page"
    assert fields(refused)["body"] == WORDS
    assert "ring Jo: 07521037092" in soup(refused).select_one(".problems").text
    assert client.post("/comments", data=sent, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert len(rows(app)) == 1


@pytest.mark.parametrize(
    "words", ["Ring me on 07700 900123", "my husband David Jones agrees", "write to sam@example.org"]
)
def test_what_tells_who_somebody_is_is_asked_about_once_and_never_blocked(client, app, words):
    asked = send(client, words)
    assert asked.status_code == 422
    assert "people who know you" in soup(asked).select_one(".problems").text
    assert fields(asked)["body"] == words
    assert rows(app) == []
    assert client.post("/comments", data=fields(asked)).status_code == 303
    assert rows(app) == [("", words, "waiting")]


def test_words_of_danger_are_accepted_and_answered_with_help_lines(client, app):
    response = send(client, "he hit me again last night", HTMX)
    assert soup(response).select_one(".signpost a[href='tel:999']")
    assert len(rows(app)) == 1
    page = client.get(send(client, "i want to kill myself").headers["Location"])
    assert soup(page).select_one(".signpost a[href='tel:116123']")
    assert not soup(send(client, "this helped me", HTMX)).select(".signpost")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"website": "https://spam.example"}, "a field that people do not see was filled in"),
        ({"name": "Jо Wаtson"}, "the name looks like yours"),
        ({"body": "http://a.b http://c.d http://e.f", "nudged": "1"}, "many links"),
    ],
)
def test_a_suspect_is_thanked_alike_and_kept_apart_with_the_reason(client, app, more, reason):
    response = send(client, **more)
    assert response.status_code == 303
    assert "waiting for Jo" in client.get(response.headers["Location"]).text
    assert rows(app, "SELECT state, reason FROM comments") == [("suspected", reason)]
    assert rows(app, "SELECT count(*) FROM outbox") == [(0,)]


class TestLimits:
    """With the limits on."""

    @pytest.fixture
    def settings(self, settings):
        return settings | {"LIMITS": True}

    @pytest.fixture
    def later(self, monkeypatch):
        """Move the clock on, as a reader does who takes their time over the form."""
        ahead = [0.0]
        import time

        real = time.time
        monkeypatch.setattr("time.time", lambda: real() + ahead[0])

        def move(seconds: float) -> None:
            ahead[0] += seconds

        return move

    def sent(self, client, later, body=WORDS, **more):
        form = fields(client.get("/comments/new")) | {"body": body}
        later(10)
        return client.post("/comments", data=form, **more)

    def test_a_form_sent_too_soon_is_asked_for_again_and_then_taken(self, client, app, later):
        response = send(client)
        assert response.status_code == 422
        assert "very quick" in soup(response).select_one(".problems").text
        later(5)
        assert client.post("/comments", data=fields(response)).status_code == 303
        assert len(rows(app)) == 1

    def test_over_the_limit_the_words_come_back_with_when_to_try_again(self, client, app, later):
        for number in range(5):
            assert self.sent(client, later, f"Comment {number}").status_code == 303
        response = self.sent(client, later, "The sixth")
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 600
        assert fields(response)["body"] == "The sixth"
        assert len(rows(app)) == 5
        other = self.sent(client, later, "From elsewhere", environ_base={"REMOTE_ADDR": "203.0.113.7"})
        assert other.status_code == 303
        later(int(response.headers["Retry-After"]))
        assert client.post("/comments", data=fields(response)).status_code == 303

    def test_sending_the_same_again_never_meets_the_limit(self, client, later):
        form = fields(client.get("/comments/new")) | {"body": WORDS}
        later(10)
        assert {client.post("/comments", data=form).status_code for _ in range(8)} == {303}

    def test_no_address_is_kept(self, client, app, later):
        self.sent(client, later, environ_base={"REMOTE_ADDR": "203.0.113.7"})
        for path in Path(app.config["DATABASE"]).parent.rglob("*"):
            assert not path.is_file() or b"203.0.113" not in path.read_bytes()
        assert rows(app, "SELECT count(*) FROM attempts") == [(1,)]
        later(25 * 60 * 60)
        self.sent(client, later, "Tomorrow")
        assert rows(app, "SELECT count(*) FROM attempts") == [(1,)]

    def test_one_household_of_ipv6_is_one_visitor(self, client, later):
        addresses = [f"2001:db8:1:2::{number:x}" for number in range(6)]
        answers = [
            self.sent(client, later, f"C {address}", environ_base={"REMOTE_ADDR": address}).status_code
            for address in addresses
        ]
        assert answers == [303] * 5 + [429]


def test_a_waiting_comment_can_be_changed_by_its_writer(client, app):
    address = send(client, name="Sam").headers["Location"]
    response = client.post(address, data=fields(client.get(address)) | {"body": "Better words", "name": "S"})
    assert response.status_code == 303
    assert rows(app) == [("S", "Better words", "waiting")]
    refused = client.post(address, data=fields(client.get(address)) | {"body": ""})
    assert refused.status_code == 422
    asked = client.post(address, data=fields(client.get(address)) | {"body": "I am at sam@example.org"})
    assert asked.status_code == 422
    assert client.post(address, data=fields(asked)).status_code == 303
    assert rows(app)[0][1] == "I am at sam@example.org"


def test_a_published_comment_can_no_longer_be_changed_even_if_the_form_was_open(client, app):
    address = send(client).headers["Location"]
    sent = fields(client.get(address)) | {"body": "Changed after all"}
    publish(app)
    response = client.post(address, data=sent)
    assert response.status_code == 422
    assert rows(app)[0][1] == WORDS
    assert "published" in soup(client.get(address)).h1.text


@pytest.mark.parametrize("published", [False, True])
def test_withdrawing_erases_the_words_at_once(client, app, published):
    address = send(client, name="Sam").headers["Location"]
    if published:
        publish(app)
        assert "went alone" in client.get("/").text
    response = client.post(f"{address}/withdraw")
    assert response.status_code == 303
    assert rows(app) == [("", "", "withdrawn")]
    assert soup(client.get(address)).h1.text == "Withdrawn"
    for path in ("/", "/comments", "/comments.atom"):
        assert "went alone" not in client.get(path).text
    assert "There are no comments yet." in client.get("/").text
    assert client.post(f"{address}/withdraw").status_code == 303


def test_a_form_sent_again_after_its_words_were_withdrawn_is_a_new_comment(client, app):
    form = fields(client.get("/comments/new")) | {"body": WORDS}
    first = client.post("/comments", data=form).headers["Location"]
    client.post(f"{first}/withdraw")
    second = client.post("/comments", data=form).headers["Location"]
    assert second != first
    assert rows(app) == [("", "", "withdrawn"), ("", WORDS, "waiting")]


def test_an_edit_that_looks_like_spam_is_suspected(client, app):
    address = send(client).headers["Location"]
    client.post(address, data=fields(client.get(address)) | {"name": "J0 Watson"})
    assert rows(app) == [("J0 Watson", WORDS, "suspected")]


def test_a_page_of_ones_own_opens_with_its_address_only(client, app):
    address = send(client).headers["Location"]
    assert client.get("/comments/mine/" + "0" * 32).status_code == 404
    assert client.post("/comments/mine/" + "0" * 32 + "/withdraw").status_code == 404
    token = address.rsplit("/", 1)[1]
    assert token not in str(rows(app, "SELECT * FROM comments"))


def test_comments_are_paged_by_key_newest_first(client, app):
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        for number in range(45):
            comment, _ = comments.submit(
                db, key=f"k{number}", token=f"t{number}", name="", body=f"Comment {number:02}", now=1
            )
            comments.decide(db, comment, "published", 1000 + number // 3)
    seen: list[str] = []
    path = "/comments"
    pages = 0
    while path:
        page = soup(client.get(path))
        seen += [words.text for words in page.select(".comment p + p")]
        link = page.find("a", string="Earlier comments")
        path = link["href"] if link else ""
        pages += 1
    assert pages == 3
    assert seen == [f"Comment {number:02}" for number in reversed(range(45))]
    article = soup(client.get("/"))
    assert len(article.select(".comment")) == comments.A_PAGE
    assert article.find("a", string="Earlier comments")
    assert "45 comments" in article.text


@pytest.mark.parametrize("after", ["x", "1-", "-1", "1-2-3", "9" * 40, "٣-٤"])
def test_a_place_that_is_none_is_a_404(client, after):
    assert client.get("/comments", query_string={"after": after}).status_code == 404


def test_the_feed_is_well_formed_and_absolute(client, app):
    send(client, name="Sam & Co")
    publish(app)
    feed = ElementTree.fromstring(client.get("/comments.atom").data)
    assert feed.findtext("{*}entry/{*}author/{*}name") == "Sam & Co"
    assert feed.findtext("{*}entry/{*}id").startswith("http://127.0.0.1:8000/comments#comment-1")
    assert feed.findtext("{*}updated") == "2023-11-14T22:13:20Z"


def test_jo_is_told_of_a_comment_with_the_link_that_opens_it(client, app):
    send(client, name="Sam", body="ring me: 07700 900123", nudged="1")
    ((about, subject, body),) = rows(app, "SELECT about, subject, body FROM outbox")
    assert about == "comment 1"
    assert subject == "A comment is waiting"
    assert "http://127.0.0.1:8000/desk/comments/1" in body
    assert "contains a telephone number" in body
    assert "ring me: 07700 900123" in body


def test_a_notice_says_only_that_something_waits(settings):
    app = create_app(settings | {"MAIL_CONTENT": "notice"})
    send(app.test_client(), name="Sam")
    ((subject, body),) = rows(app, "SELECT subject, body FROM outbox")
    assert "Sam" not in subject + body
    assert "went alone" not in subject + body
    assert "/desk/comments/1" in body


def test_the_form_is_private_to_its_reader(client):
    response = client.get("/comments/new")
    assert response.headers["Cache-Control"] == "no-store"
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert "SameSite=Lax" in response.headers["Set-Cookie"]
    assert "noindex" in response.text
    assert "Set-Cookie" not in client.get("/").headers
    assert "Set-Cookie" not in client.get("/comments").headers


def test_nothing_typed_is_logged(client, caplog):
    with caplog.at_level(logging.DEBUG):
        address = send(client, name="Zebrafinch", body="zebrafinch words").headers["Location"]
        client.get(address)
    assert "zebrafinch" not in caplog.text.lower()
    assert address not in caplog.text


def test_a_database_that_stays_locked_is_503_with_the_words(client, app, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    sent = fields(client.get("/comments/new")) | {"body": WORDS}
    with closing(sqlite3.connect(app.config["DATABASE"])) as other:
        other.execute("BEGIN EXCLUSIVE")
        response = client.post("/comments", data=sent)
        assert response.status_code == 503
        assert fields(response)["body"] == WORDS
        other.execute("ROLLBACK")
    assert client.post("/comments", data=fields(response)).status_code == 303


def test_eight_writers_at_once_lose_nothing(app):
    start = threading.Barrier(8)
    answers: list[int] = []

    def write(writer: int) -> None:
        client = app.test_client()
        start.wait()
        for number in range(10):
            answers.append(send(client, f"Writer {writer} wrote comment {number}").status_code)

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 80
    assert len({body for _, body, _ in rows(app)}) == 80
    assert rows(app, "SELECT count(*) FROM outbox") == [(80,)]


def test_a_race_of_the_same_form_stores_it_once(app):
    client = app.test_client()
    sent = fields(client.get("/comments/new")) | {"body": WORDS}
    start = threading.Barrier(8)
    places: set[str] = set()

    def write() -> None:
        cookie = client.get_cookie("site")
        own = app.test_client()
        own.set_cookie("site", cookie.value)
        start.wait()
        places.add(own.post("/comments", data=sent).headers["Location"])

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places) == 1
    assert len(rows(app)) == 1


def test_a_page_never_lies_after_a_publish_was_acknowledged(app):
    client = app.test_client()
    for number in range(1, 11):
        send(client, f"Words {number}")
        assert f"Words {number}<" not in client.get("/").text
        publish(app, number, now=1_700_000_000 + number)
        assert f"Words {number}<" in client.get("/").text
    assert BeautifulSoup(client.get("/comments").text, "html.parser").find(id="comment-10")
