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
        ({"name": "𝓙𝓸 𝓦𝓪𝓽𝓼𝓸𝓷"}, "the name looks like yours"),
        (
            {"body": "Write to me instead.\n\n– Jо Wаtson"},
            "it is signed with your name; letters of another alphabet inside a word",
        ),
        ({"name": "cheap.example.com"}, "the name is a web address"),
        ({"body": "http://a.b http://c.d http://e.f", "nudged": "1"}, "many links"),
        ({"body": "see [url=http://a.b]this[/url]", "nudged": "1"}, "links written as code"),
        ({"body": "Log in at your pаypal page"}, "letters of another alphabet inside a word"),
        (
            {"body": "http://a.b http://c.d http://e.f", "nudged": "1", "website": "x"},
            "a field that people do not see was filled in; many links",
        ),
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


def test_what_is_edited_out_is_mailed_to_nobody(client, app):
    address = send(client, "Ring me on 07700 900123", nudged="1").headers["Location"]
    edited = {**fields(client.get(address)), "body": "Ring me some time"}
    assert client.post(address, data=edited).status_code == 303
    ((body,),) = rows(app, "SELECT body FROM outbox")
    assert "Ring me some time" in body
    assert "07700" not in body


def test_a_decision_taken_back_leaves_a_comment_its_date(client, app):
    send(client)
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        for at, state in ((2000, "published"), (4000, "declined")):
            comments.decide(db, comments.find(db, 1), state, at)
        comments.undo(db, comments.find(db, 1), 5000)
    assert rows(app, "SELECT state, published FROM comments") == [("published", 2000)]


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
    assert len(article.select(".comment")) == comments.UNDER_ARTICLE
    assert article.find("a", string="Earlier comments")
    assert "45 comments" in article.text


def fill(app, count, parent=None, start=0):
    """Put published comments, or replies to one, straight into the database; return their numbers."""
    numbers = []
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        for number in range(start, start + count):
            comment, _ = comments.submit(
                db, key=f"k{number}", token=f"t{number}", name="", body=f"Comment {number:02}", now=1, parent=parent
            )
            comments.decide(db, comment, "published", 1000 + number)
            numbers.append(comment.id)
    return numbers


def words(page) -> list[str]:
    return [paragraph.text for paragraph in page.select(".comment p + p")]


def test_earlier_comments_come_over_htmx_as_a_fragment_that_may_be_kept(client, app):
    fill(app, 35)
    link = soup(client.get("/")).find("a", string="Earlier comments")
    seen = []
    while link:
        assert link.find_parent(id="comments-more"), "the link's own place is the target"
        assert link["data-hx-target"] == "#comments-more"
        response = client.get(link["data-hx-get"], headers=HTMX)
        assert "HX-Fragment" in response.headers
        assert "public" in response.headers["Cache-Control"]
        assert "Set-Cookie" not in response.headers
        part = soup(response)
        assert part.ol.has_attr("autofocus"), "focus goes to what came"
        assert words(part) == words(soup(client.get(link["href"]))), "the plain link leads to the same"
        seen += words(part)
        link = part.find("a", string="Earlier comments")
    assert seen == [f"Comment {number:02}" for number in reversed(range(25))]


@pytest.mark.parametrize("after", ["", "x", "1-", "9" * 40])
def test_earlier_than_no_place_is_a_404(client, after):
    assert client.get("/comments/earlier", query_string={"after": after}).status_code == 404


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
def test_a_reply_is_held_like_any_comment_and_stands_under_what_it_answers(client, app, headers):
    send(client, name="Sam")
    publish(app)
    link = soup(client.get("/")).select_one(".to-reply a")
    assert link.text == "Reply to Sam"
    assert link["href"] == link["data-hx-get"] == "/comments/1/reply"
    form = client.get(link["href"], headers=headers)
    assert ("HX-Fragment" in form.headers) == bool(headers)
    assert form.headers["Cache-Control"] == "no-store"
    asked = soup(form)
    if not headers:
        assert "He said no twice." in asked.select_one("#comment-1").text, "what is answered stands above"
    action = asked.find("form", class_="comment-form")["action"]
    response = client.post(action, data=fields(form) | {"body": "So did I.", "name": "Ash"}, headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert rows(app, "SELECT parent, state, body FROM comments WHERE id = 2") == [(1, "waiting", "So did I.")]
    assert "answers comment 1" in rows(app, "SELECT body FROM outbox WHERE about = 'comment 2'")[0][0]
    assert "So did I." not in client.get("/").text
    publish(app, 2)
    for path in ("/", "/comments", "/comments/1"):
        page = soup(client.get(path))
        assert "So did I." in page.select_one(".comments-list ol #comment-2").text
        assert "One reply" in page.select_one("#comments-form-1").text
    assert "2 comments" in client.get("/").text


def test_two_forms_on_one_page_share_no_id(client, app):
    fill(app, 2)
    parts = "".join(
        client.get(path, headers=HTMX).text for path in ("/comments/new", "/comments/1/reply", "/comments/2/reply")
    )
    ids = [tag["id"] for tag in BeautifulSoup(parts, "html.parser").select("[id]")]
    assert len(ids) == len(set(ids))


def test_a_reply_that_cannot_be_kept_comes_back_with_its_words(client, app):
    fill(app, 1)
    sent = fields(client.get("/comments/1/reply"))
    for headers in ({}, HTMX):
        refused = client.post("/comments/1/reply", data=sent | {"name": "Ash"}, headers=headers)
        assert refused.status_code == 422
        assert soup(refused).select_one(".problems a")["href"] == "#reply-1-body"
        assert fields(refused)["name"] == "Ash"
    assert len(rows(app)) == 1


def test_only_a_published_comment_that_is_no_reply_can_be_answered(client, app):
    (first,) = fill(app, 1)
    (reply,) = fill(app, 1, parent=first, start=1)
    waiting = send(client) and 3
    for number in (reply, waiting, 99):
        assert client.get(f"/comments/{number}/reply").status_code == 404
    sent = fields(client.get("/comments/1/reply")) | {"body": "Written while it was taken down"}
    for number in (reply, waiting, 99):
        refused = client.post(f"/comments/{number}/reply", data=sent)
        assert refused.status_code == 422
        assert "no longer here" in soup(refused).select_one(".problems").text
        assert fields(refused)["body"] == "Written while it was taken down"
    assert len(rows(app)) == 3


def test_the_same_words_in_answer_to_two_comments_are_two(client, app):
    fill(app, 2)
    sent = fields(client.get("/comments/1/reply")) | {"body": "Me too"}
    for number in (1, 2, 1):
        client.post(f"/comments/{number}/reply", data=sent)
    assert rows(app, "SELECT parent FROM comments WHERE body = 'Me too'") == [(1,), (2,)]


def test_many_replies_stand_on_the_comments_own_page_by_key(client, app):
    (first,) = fill(app, 1)
    fill(app, 45, parent=first, start=1)
    listed = soup(client.get("/comments"))
    assert len(listed.select(".comments-list ol .comment")) == comments.MOST_REPLIES
    path = listed.find("a", string="35 more replies")["href"]
    seen = []
    while path:
        page = soup(client.get(path))
        seen += [reply.text for reply in page.select(".comments-list ol .comment p + p")]
        link = page.find("a", string="Later replies")
        path = link["href"] if link else ""
    assert seen == [f"Comment {number:02}" for number in range(11, 46)]
    assert client.get("/comments/1?after=x").status_code == 404


def test_a_comment_has_an_address_that_outlives_the_page_it_stood_on(client, app):
    (first,) = fill(app, 1)
    replies = fill(app, 30, parent=first, start=1)
    page = client.get("/comments/1")
    assert page.headers["Cache-Control"] == "max-age=0, must-revalidate, s-maxage=60"
    assert client.get(f"/comments/{replies[0] - 100}").status_code == 404
    led = client.get(f"/comments/{replies[-1]}").headers["Location"]
    assert led.endswith(f"#comment-{replies[-1]}")
    assert soup(client.get(led)).select_one(f"#comment-{replies[-1]}")
    send(client)
    assert client.get(f"/comments/{replies[-1] + 1}").status_code == 404, "not before it is published"


def test_the_count_is_of_what_readers_see(client, app):
    (first,) = fill(app, 1)
    fill(app, 3, parent=first, start=1)
    for state, seen in (("declined", "There are no comments yet."), ("published", "4 comments")):
        with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
            comments.decide(db, comments.find(db, first), state, 5000)
        assert seen in client.get("/comments").text
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, 2), "declined", 5000)
    assert "3 comments" in client.get("/comments").text
    assert rows(app, "SELECT reply_count FROM comments WHERE id = 1") == [(2,)]


LONG = "My wife would not come, and then one day she asked me how it had been."


def test_words_that_came_before_are_suspected_until_jo_trusts_them(client, app):
    send(client, LONG)
    send(client, LONG.upper().replace("O", "0") + "!!")
    send(client, "Thank you", name="A")
    send(client, "Thank you", name="B")
    assert rows(app, "SELECT state, reason FROM comments") == [
        ("waiting", ""), ("suspected", "the same words were sent before"), ("waiting", ""), ("waiting", "")]  # fmt: skip
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.trust(db, comments.find(db, 2), 5)
    send(client, LONG)
    assert rows(app, "SELECT state FROM comments WHERE id = 5") == [("waiting",)]


def test_words_that_were_withdrawn_are_not_remembered(client, app):
    address = send(client, LONG).headers["Location"]
    client.post(f"{address}/withdraw")
    send(client, LONG)
    assert rows(app, "SELECT state FROM comments WHERE id = 2") == [("waiting",)]


def test_an_edit_is_not_a_repeat_of_itself(client, app):
    address = send(client, LONG).headers["Location"]
    client.post(address, data=fields(client.get(address)) | {"name": "Ash"})
    assert rows(app) == [("Ash", LONG, "waiting")]


def test_what_jo_trusts_is_not_suspected_again_when_it_is_changed(client, app):
    address = send(client, name="Jo Watson").headers["Location"]
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.trust(db, comments.find(db, 1), 5)
    client.post(address, data=fields(client.get(address)) | {"body": "Better words"})
    assert rows(app) == [("Jo Watson", "Better words", "waiting")]


def test_mail_that_has_not_gone_yet_is_withdrawn_with_the_words(client, app):
    address = send(client).headers["Location"]
    client.post(f"{address}/withdraw")
    assert rows(app, "SELECT count(*) FROM outbox") == [(0,)]


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


def test_the_feed_holds_replies_and_says_what_they_answer(client, app):
    first, second = fill(app, 2)
    fill(app, 1, parent=first, start=50)
    fill(app, 1, parent=second, start=60)
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, second), "declined", 5000)
    entries = ElementTree.fromstring(client.get("/comments.atom").data).findall("{*}entry")
    assert [entry.findtext("{*}content") for entry in entries] == ["Comment 50", "Comment 00"]
    (answered,) = entries[0].findall("{http://purl.org/syndication/thread/1.0}in-reply-to")
    assert answered.get("ref") == entries[1].findtext("{*}id")


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


def test_a_change_is_said_to_be_saved_once(client):
    address = send(client).headers["Location"]
    changed = client.post(address, data=fields(client.get(address)) | {"body": "Other words"})
    assert "Saved. This is what Jo will read." in client.get(changed.headers["Location"]).text
    assert "Saved" not in client.get(address).text
