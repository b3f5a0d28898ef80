"""Jo's desk: closed to everyone else, and what she does there."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from app import create_app
from data import desk as desk_data
from data import schema
from tests.conftest import HTMX, link, soup
from tests.test_comments import fields, rows, send
from views.desk import OPEN

JO = "jo@jo.example"


@pytest.fixture
def settings(settings):
    return settings | {"MAIL_TO": JO}


def token(client, path="/desk") -> str:
    return soup(client.get(path)).find("input", attrs={"name": "csrf_token"})["value"]


def do(client, path, headers=None, **more):
    """Post what the form with this address holds, as a tap on its button would."""
    item = re.match(r"/desk/comments/\d+", path)
    page = soup(client.get(item[0] if item else "/desk"))
    hidden = {field["name"]: field["value"] for field in page.select(f"form[action='{path}'] input[type=hidden]")}
    return client.post(path, data={"csrf_token": token(client)} | hidden | more, headers=headers)


def test_every_address_of_the_desk_is_closed_but_those_that_let_her_in(app, client):
    closed = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/desk") or rule.endpoint in OPEN:
            continue
        examples = {
            "number": "1",
            "verb": "publish",
            "name": "site.json",
            "state": "new" if "messages" in rule.rule else "waiting",
        }
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found, known=examples: known[found[1]], rule.rule)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            response = client.open(path, method=method)
            if method == "GET":
                assert response.status_code == 303, path
                assert response.headers["Location"].startswith("/desk/sign-in")
            else:
                assert response.status_code == 403, path
            closed += 1
    assert closed >= 6
    assert {"desk.sign_in", "desk.ask_for_link", "desk.confirm", "desk.use_link"} == OPEN


def test_a_link_signs_in_once_and_only_by_its_button(app, client):
    path = link(app)
    shown = client.get(path)
    assert soup(shown).find("button").text == "Sign in"
    assert client.get("/desk").status_code == 303, "opening the link signs nobody in: scanners do"
    response = client.post(path)
    assert response.headers["Location"] == "/desk"
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert client.get("/desk").status_code == 200
    assert app.test_client().post(path).status_code == 403


def test_an_old_or_made_up_link_signs_nobody_in(app, client, monkeypatch):
    path = link(app)
    import time

    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + 15 * 60 + 1)
    assert client.post(path).status_code == 403
    assert client.post("/desk/sign-in/made-up").status_code == 403
    assert client.get("/desk").status_code == 303


def test_the_session_is_made_new_and_ends_on_the_server(app, client):
    client.get("/comments/new")
    before = client.get_cookie("site").value
    client.post(link(app))
    cookie = client.get_cookie("site").value
    assert cookie != before
    assert do(client, "/desk/sign-out").status_code == 303
    client.set_cookie("site", cookie)
    assert client.get("/desk").status_code == 303, "a copy of the cookie opens nothing any more"


def test_what_is_kept_of_links_and_sessions_is_only_a_hash(app, jo):
    kept = str(rows(app, "SELECT * FROM links")) + str(rows(app, "SELECT * FROM sessions"))
    assert re.search(r"'[0-9a-f]{64}'", kept)
    assert link(app).rsplit("/", 1)[1] not in str(rows(app, "SELECT * FROM links"))


def ask(client, address, **more):
    form = soup(client.get("/desk/sign-in")).select_one("main form")
    sent = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    return client.post("/desk/sign-in", data=sent | {"address": address} | more)


def test_whatever_address_is_typed_the_answer_is_the_same_and_only_hers_gets_a_link(app):
    hers, another = (ask(app.test_client(), address) for address in (JO.upper(), "someone@else.example"))
    assert hers.status_code == another.status_code == 200
    assert hers.text == another.text
    ((about, body),) = rows(app, "SELECT about, body FROM outbox")
    assert about == "sign-in link"
    path = urlsplit(re.search(r"http://127\.0\.0\.1:8000/\S+", body)[0]).path
    assert app.test_client().post(path).status_code == 303


def test_links_are_limited_for_each_visitor_and_for_the_day(settings, monkeypatch):
    app = create_app(settings | {"LIMITS": True})
    monkeypatch.setattr("views.forms.EARLIEST", 0)
    client = app.test_client()
    assert [ask(client, JO).status_code for _ in range(6)] == [200] * 5 + [429]
    for number in range(30):
        other = app.test_client()
        other.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        assert ask(other, JO).status_code == 200
    assert rows(app, "SELECT count(*) FROM outbox") == [(20,)]
    first = rows(app, "SELECT body FROM outbox LIMIT 1")[0][0]
    assert client.post(urlsplit(re.search(r"http\S+", first)[0]).path).status_code == 303, (
        "a link sent is never locked out"
    )


def test_she_goes_on_to_the_comment_that_the_mail_named(app, client):
    send(client)
    response = client.get("/desk/comments/1")
    assert response.headers["Location"] == "/desk/sign-in?onwards=/desk/comments/1"
    form = soup(client.get(response.headers["Location"])).select_one("main form")
    assert form.find("input", attrs={"name": "onwards"})["value"] == "/desk/comments/1"
    ask(client, JO, onwards="/desk/comments/1")
    body = rows(app, "SELECT body FROM outbox WHERE about = 'sign-in link'")[0][0]
    place = urlsplit(re.search(r"http\S+", body)[0])
    confirm = soup(client.get(f"{place.path}?{place.query}"))
    sent = {field["name"]: field["value"] for field in confirm.select("main input[name]")}
    assert client.post(place.path, data=sent).headers["Location"] == "/desk/comments/1"
    assert "went alone" in client.get("/desk/comments/1").text


@pytest.mark.parametrize(
    "onwards",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/comments",
        "/desk\\@x",
        "/desk Your account is locked",
        "/desk\u2028Go to https://evil.example",
        "",
    ],
)
def test_after_signing_in_nobody_is_led_off_the_desk(app, client, onwards):
    assert client.post(link(app), data={"onwards": onwards}).headers["Location"] == "/desk"


def test_a_post_without_the_desks_own_token_is_refused_hard(app, jo, client):
    send(client)
    assert jo.post("/desk/comments/1/publish").status_code == 403
    assert jo.post("/desk/comments/1/publish", data={"csrf_token": "made-up"}).status_code == 403
    assert rows(app, "SELECT state FROM comments") == [("waiting",)]


def test_what_waits_stands_on_the_first_line_oldest_first(app, jo, client):
    assert soup(jo.get("/desk")).h1.text.strip() == "Nothing is waiting."
    for number in range(3):
        send(client, f"Comment {number}", name=f"Reader {number}")
    page = soup(jo.get("/desk"))
    assert page.h1.text.strip() == "3 comments waiting"
    assert [name.text for name in page.select(".at-desk .who bdi")] == ["Reader 0", "Reader 1", "Reader 2"]
    assert page.select_one(".tabs a[aria-current]").text == "Comments (3)"


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
def test_publish_shows_it_to_readers_and_undo_takes_it_back(app, jo, client, headers):
    send(client)
    response = do(jo, "/desk/comments/1/publish", headers)
    answer = soup(response if headers else jo.get(response.headers["Location"]))
    assert answer.select_one("#desk-waiting").text.strip() == "Nothing is waiting."
    line = answer.select_one(".done")
    assert "Published." in line.text
    undo = line.select_one("form")["action"]
    assert undo == "/desk/comments/1/undo"
    assert line.find("button").has_attr("autofocus")
    assert "went alone" in client.get("/").text
    undone = do(jo, undo, headers)
    assert undone.status_code == (200 if headers else 303)
    assert "went alone" not in client.get("/").text
    assert rows(app, "SELECT state FROM comments") == [("waiting",)]
    assert rows(app, "SELECT published FROM site") == [(0,)]


def test_decline_sets_it_aside_and_the_writer_is_told_on_their_page(app, jo, client):
    address = send(client).headers["Location"]
    do(jo, "/desk/comments/1/decline")
    assert "went alone" in jo.get("/desk/comments/declined").text
    assert "went alone" not in client.get("/").text
    assert "not published" in client.get(address).text
    do(jo, "/desk/comments/1/publish")
    assert "went alone" in client.get("/").text


def test_publishing_twice_counts_once(app, jo, client):
    send(client)
    for _ in range(2):
        do(jo, "/desk/comments/1/publish")
    assert rows(app, "SELECT published FROM site") == [(1,)]
    assert rows(app, "SELECT before FROM comments") == [("waiting",)]


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
def test_an_answer_is_published_with_the_comment_and_carries_a_badge(app, jo, client, headers):
    send(client, name="Sam")
    form = soup(jo.get("/desk/comments/1")).find("textarea").find_parent("form")
    sent = {field["name"]: field["value"] for field in form.select("input[name]")} | {
        "body": "Thank you for telling us."
    }
    for _ in range(2):  # a double tap
        assert jo.post(form["action"], data=sent, headers=headers).status_code == (200 if headers else 303)
    answers = soup(client.get("/")).select(".comments-list ol .comment")
    assert len(answers) == 1
    assert answers[0].select_one(".badge").text == "the author"
    assert "Jo Watson" in answers[0].select_one(".who").text
    assert "Thank you for telling us." in answers[0].text
    assert rows(app, "SELECT published FROM site") == [(2,)]


def test_an_answer_from_a_form_brought_back_by_back_is_another_and_the_same_one_is_not(app, jo, client):
    send(client, "Words")
    page = soup(jo.get("/desk/comments/1")).find("form", action="/desk/comments/1/reply")
    sent = {field["name"]: field["value"] for field in page.select("input")}
    for body in ("First", "First", "Second"):
        assert jo.post("/desk/comments/1/reply", data=sent | {"body": body}).status_code == 303
    assert rows(app, "SELECT body FROM comments WHERE by_jo = 1") == [("First",), ("Second",)]


def test_an_empty_answer_comes_back_and_publishes_nothing(app, jo, client):
    send(client)
    response = do(jo, "/desk/comments/1/reply", body=" ")
    assert response.status_code == 422
    assert "Write your answer" in response.text
    assert rows(app, "SELECT state FROM comments") == [("waiting",)]


def test_withdrawing_takes_the_answer_that_may_quote_it_along(app, jo, client):
    address = send(client).headers["Location"]
    do(jo, "/desk/comments/1/reply", body="You said you went alone.", key="k")
    client.post(f"{address}/withdraw")
    assert "went alone" not in client.get("/").text
    assert rows(app, "SELECT published FROM site") == [(0,)]
    assert jo.get("/desk/comments/1").status_code == 404


def test_suspects_have_their_own_pile_with_the_reason_and_can_be_trusted(app, jo, client):
    send(client, website="x")
    assert "Suspected (1)" in soup(jo.get("/desk")).text
    page = jo.get("/desk/comments/suspected")
    assert "a field that people do not see was filled in" in page.text
    do(jo, "/desk/comments/1/trust")
    assert rows(app, "SELECT state FROM comments") == [("waiting",)]


def test_hints_are_shown_not_verdicts(app, jo, client):
    send(client, "he hit me. ring 07700 900123", nudged="1")
    page = soup(jo.get("/desk")).select_one(".at-desk")
    assert [hint.text for hint in page.select("div > .hint")] == ["May need care today", "Contains a telephone number"]


@pytest.mark.parametrize(("name", "hints"), [("J0", ["Has your first name"]), ("Joanna", []), ("", [])])
def test_a_reader_with_her_first_name_is_pointed_out(app, jo, client, name, hints):
    send(client, name=name)
    assert [hint.text for hint in soup(jo.get("/desk")).select(".at-desk div > .hint")] == hints


def test_her_words_stand_as_text_at_the_desk_too(app, jo, client):
    send(client, "<script>alert(1)</script>", name="<i>x</i>")
    page = jo.get("/desk")
    assert "<script>alert" not in page.text
    assert soup(page).select_one(".at-desk [data-hx-ignore]")


def test_everything_done_is_in_the_trail(app, jo, client):
    send(client)
    do(jo, "/desk/comments/1/publish")
    do(jo, "/desk/comments/1/undo")
    lines = [line.text.split(": ", 1)[1] for line in soup(jo.get("/desk/trail")).select(".lines li")]
    assert lines == ["undone, comment 1", "published, comment 1", "signed in"]


def test_the_desk_is_never_kept_or_listed(jo):
    for path in ("/desk", "/desk/sign-in", "/desk/trail"):
        response = jo.get(path)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in jo.get("/").headers, "a lasting session puts no cookie on kept pages"
    assert "Set-Cookie" not in jo.get("/comments?after=1-1").headers


def test_a_pile_is_paged_by_key(app, jo):
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        from data import comments

        for number in range(25):
            comments.submit(db, key=f"k{number}", token=f"t{number}", name="", body=f"Comment {number:02}", now=1)
    page = soup(jo.get("/desk"))
    assert page.h1.text.strip() == "25 comments waiting"
    assert len(page.select(".at-desk")) == 20
    more = soup(jo.get(page.find("a", string="More of these")["href"]))
    assert len(more.select(".at-desk")) == 5


def test_mail_that_does_not_go_is_said_on_top(app, jo):
    with closing(sqlite3.connect(app.config["DATABASE"])) as connection:
        connection.execute(
            "INSERT INTO outbox (message_id, about, subject, body, created, due, error) "
            "VALUES ('<x@y>', 'comment 7', 's', 'b', 1, 1700000000, 'the server answered 451')"
        )
        connection.commit()
    told = soup(jo.get("/desk")).select_one(".problems").text
    assert "Comment 7" in told
    assert "the server answered 451" in told
    assert "14 November 2023" in told


def test_expired_sessions_open_nothing(app):
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        made = desk_data.make_link(db, 1000)
        opened = desk_data.use_link(db, made, 1001)
        assert desk_data.is_signed_in(db, opened, 1001 + 30 * 24 * 60 * 60 - 1)
        assert not desk_data.is_signed_in(db, opened, 1001 + 30 * 24 * 60 * 60)
        assert not desk_data.is_signed_in(db, "", 1001)


def test_the_form_helper_reads_what_a_browser_would_send(client):
    assert set(fields(client.get("/comments/new"))) == {"csrf_token", "key", "website", "nudged", "name", "body"}


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
@pytest.mark.parametrize("verb", ["publish", "reply"])
def test_what_its_writer_changed_since_she_read_it_is_not_published(app, jo, client, headers, verb):
    address = send(client).headers["Location"]
    form = soup(jo.get("/desk/comments/1")).select_one(f"form[action='/desk/comments/1/{verb}']")
    seen = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    client.post(address, data=fields(client.get(address)) | {"body": "Quite other words, zebra."})
    response = jo.post(form["action"], data=seen | {"body": "Thank you for this."}, headers=headers)
    assert response.status_code == 409
    assert "zebra" in response.text, "she reads what it says now"
    assert ("Thank you for this." in response.text) == (verb == "reply"), "her answer comes back with it"
    assert rows(app, "SELECT state FROM comments") == [("waiting",)]


def test_a_number_that_no_row_can_have_is_not_found(jo):
    assert jo.get("/desk/comments/99999999999999999999").status_code == 404


def test_undoing_twice_changes_nothing_more(app, jo, client):
    send(client)
    do(jo, "/desk/comments/1/publish")
    for _ in range(2):
        jo.post("/desk/comments/1/undo", data={"csrf_token": token(jo)})
    assert rows(app, "SELECT state FROM comments") == [("waiting",)]


@pytest.mark.parametrize("pile", ["waiting", "published"])
def test_what_cannot_be_taken_back_asks_for_a_second_tap(jo, client, pile):
    send(client)
    if pile == "published":
        do(jo, "/desk/comments/1/publish")
    form = soup(jo.get("/desk/comments/1")).select_one("form[action='/desk/comments/1/erase']")
    assert form.find_parent("details", class_="certain").summary.text == "Erase it for good"
    erased = do(jo, "/desk/comments/1/erase")
    assert erased.status_code == 303
    assert "erased" in soup(jo.get(erased.headers["Location"])).h1.text.lower()


def test_an_answer_whose_comment_was_taken_down_is_said_to_be_hidden(app, jo, client):
    send(client)
    do(jo, "/desk/comments/1/reply", body="An answer")
    do(jo, "/desk/comments/1/undo")
    assert "Not shown while the comment it answers is not published" in jo.get("/desk/comments/published").text
    assert "An answer" not in client.get("/comments").text


def test_what_is_done_changes_the_numbers_in_the_tabs(app, jo, client):
    send(client, "One")
    send(client, "Two")
    assert soup(jo.get("/desk")).find(id="desk-held").text == " (2)"
    part = soup(do(jo, "/desk/comments/1/decline", HTMX))
    assert part.find(id="desk-held")["data-hx-swap-oob"] == "innerHTML"
    assert part.find(id="desk-held").text == " (1)"
    assert part.find(id="desk-suspected").text == part.find(id="desk-new").text == ""
