"""Writing to Jo: what works, then every refusal; and what she does with it at the desk."""

from __future__ import annotations

import email
import email.policy
import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import create_app
from data import contact, schema
from tests.conftest import HTMX, link, soup
from tests.test_comments import fields as comment_fields
from tests.test_comments import rows
from tests.test_desk import do
from views import sender

WORDS = "We have been stuck for a year.\n\nCould I come alone?"
WHOLE = {
    "how": "email", "email": "sam@example.org", "safe_email": "y", "times": "weekdays before 3", "call_me": "Sam", "name": "Sam T",
    "body": WORDS,
}  # fmt: skip


def fields(response) -> dict[str, str]:
    """Return what a browser would send of the form."""
    form = soup(response).select_one("form.contact-form")
    sent = {}
    for field in form.select("input[name], textarea"):
        if field.name == "textarea":
            sent[field["name"]] = field.text.removeprefix("\n")
        elif field.get("type") not in ("radio", "checkbox") or field.has_attr("checked"):
            sent[field["name"]] = field.get("value", "")
    return sent


def send(client, headers=None, **more):
    sent = fields(client.get("/contact")) | {"how": "email", "email": "sam@example.org", "body": WORDS} | more
    return client.post("/contact", data=sent, headers=headers)


def mailed(app) -> email.message.EmailMessage:
    """Send what waits into the folder and return the newest mail."""
    sender.deliver_due(app)
    folder = Path(app.config["DATABASE"]).parent / "mail"
    newest = max(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)


def test_a_message_is_stored_whole_and_its_writer_thanked_with_a_reference(client, app):
    response = send(client, **WHOLE)
    assert response.status_code == 303
    reference = re.fullmatch(r"/contact/sent/([A-Z2-7]{8})", response.headers["Location"])[1]
    query = "SELECT reference, state, name, how, address, body, safe_email, safe_voicemail, safe_text, times, call_me FROM messages"
    assert rows(app, query) == [
        (reference, "new", "Sam T", "email", "sam@example.org", WORDS, 1, 0, 0, "weekdays before 3", "Sam")
    ]
    page = client.get(response.headers["Location"])
    assert "Saved" in soup(page).h1.text
    assert reference in page.text
    assert "stuck" not in page.text
    assert "sam@" not in page.text
    assert "Jo has read" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.get("/contact/sent/AAAAAAAA").status_code == 404


def test_with_htmx_the_form_gives_way_to_the_thanks(client, app):
    thanks = soup(send(client, HTMX)).select_one(".thanks")
    assert "Saved. Thank you." in thanks.text
    assert thanks.has_attr("autofocus")
    assert len(rows(app, "SELECT id FROM messages")) == 1


def test_what_is_not_said_to_be_safe_is_not(client, app):
    send(client)
    assert rows(app, "SELECT safe_email, safe_voicemail, safe_text FROM messages") == [(0, 0, 0)]
    mail = mailed(app)
    assert "Did not say that e-mail is safe" in mail.get_content()
    assert mail["Reply-To"] is None


def test_the_mail_to_jo_says_what_is_safe_first_and_replies_only_where_it_is(client, app):
    send(client, **WHOLE)
    mail = mailed(app)
    text = mail.get_content()
    assert mail["Subject"] == "A message is waiting"
    assert mail["Reply-To"] == "sam@example.org"
    assert mail["To"] == "jo@localhost"
    assert "http://127.0.0.1:8000/desk/messages/1" in text
    assert text.index("E-mail is safe") < text.index("Safe times: weekdays before 3") < text.index("Call them: Sam")
    assert text.index("Call them: Sam") < text.index("We have been stuck")
    assert rows(app, "SELECT body, reply_to FROM outbox") == [("", "")], "once sent, the outbox drops it"


def test_a_notice_holds_nothing_of_the_message(settings):
    app = create_app(settings | {"MAIL_CONTENT": "notice"})
    send(app.test_client(), **WHOLE)
    mail = mailed(app)
    for word in ("stuck", "Sam", "example.org", "weekdays"):
        assert word not in mail.get_content()
    assert "/desk/messages/1" in mail.get_content()


@pytest.mark.parametrize(
    "more",
    [
        {"name": "Sam\r\nBcc: everyone@example.org"},
        {"body": "x\r\n.\r\nMAIL FROM:<evil@example.org>"},
        {"call_me": "a\nSubject: hello", "times": "\r\n\r\nb"},
        {"name": "=?utf-8?q?x?=", "body": "From me\n\nFrom you"},
        {"name": '"quoted" <x@y.example>, "b" <c@d.example>', "body": "😀 İ \u202eabc"},
    ],
)
def test_whatever_is_typed_the_headers_are_ours(client, app, more):
    assert send(client, safe_email="y", **more).status_code == 303
    mail = mailed(app)
    assert mail["To"] == "jo@localhost"
    assert mail["Subject"] == "A message is waiting"
    assert mail["Reply-To"] == "sam@example.org"
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        "Message-ID", "Date", "From", "To", "Subject", "Reply-To", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["call", "text"])
def test_only_the_detail_that_is_needed_is_kept(client, app, how):
    assert send(client, how=how, telephone="07700 900 123", safe_voicemail="y").status_code == 303
    assert rows(app, "SELECT how, address, safe_voicemail FROM messages") == [(how, "07700 900 123", 1)]
    assert "sam@example.org" not in str(rows(app, "SELECT * FROM messages"))


@pytest.mark.parametrize(
    ("more", "field", "problem"),
    [
        ({"body": ""}, "body", "Write your message"),
        ({"body": "x" * 5001}, "body", "so 1 too many"),
        ({"email": ""}, "email", "Enter an e-mail address"),
        ({"email": "sam@"}, "email", "Enter an e-mail address"),
        ({"email": "a@b.example, c@d.example"}, "email", "Enter an e-mail address"),
        ({"how": "call", "telephone": "soon"}, "telephone", "Enter a telephone number"),
        ({"how": "text", "telephone": ""}, "telephone", "Enter a telephone number"),
        ({"how": "pigeon"}, "how", "Choose how Jo should reply"),
        ({"name": "n" * 121}, "name", "this has 121"),
        ({"times": "n" * 121}, "times", "this has 121"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_its_words(client, app, more, field, problem):
    for headers in ({}, HTMX):
        response = send(client, headers, **more)
        assert response.status_code == 422
        page = soup(response)
        assert problem in page.select_one(".problems a").text
        assert page.find(id=page.select_one(".problems a")["href"].removeprefix("#"))
        assert problem in page.find(id=f"contact-{field}-error").text
        if "body" not in more:
            assert fields(response)["body"] == WORDS
    assert rows(app, "SELECT id FROM messages") == []
    assert rows(app, "SELECT id FROM outbox") == []


def test_sending_twice_stores_and_mails_once(client, app):
    sent = fields(client.get("/contact")) | WHOLE
    first, second = (client.post("/contact", data=sent) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(rows(app, "SELECT id FROM messages")) == 1
    assert len(rows(app, "SELECT id FROM outbox")) == 1
    other = client.post("/contact", data=sent | {"body": "Other words"})
    assert other.headers["Location"] != first.headers["Location"]
    assert len(rows(app, "SELECT id FROM messages")) == 2


def test_a_stale_token_a_limit_and_a_fault_all_give_the_words_back(settings, monkeypatch):
    app = create_app(settings | {"LIMITS": True})
    monkeypatch.setattr("views.forms.EARLIEST", 0)
    client = app.test_client()
    stale = send(client, csrf_token="old")
    assert stale.status_code == 422
    assert fields(stale)["body"] == WORDS
    assert client.post("/contact", data=fields(stale)).status_code == 303
    for number in range(4):
        assert send(client, body=f"Message {number}").status_code == 303
    limited = send(client, body="The sixth")
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 0
    assert fields(limited)["body"] == "The sixth"
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(app.config["DATABASE"])) as other:
        other.execute("BEGIN EXCLUSIVE")
        down = send(client, body="While locked")
        other.execute("ROLLBACK")
    assert down.status_code == 503
    assert fields(down)["body"] == "While locked"
    assert fields(down)["email"] == "sam@example.org"


def test_a_draft_of_a_comment_can_be_sent_privately_instead(client, app):
    form = soup(client.get("/comments/new")).select_one("form")
    button = form.find("button", attrs={"formaction": True})
    assert button["formaction"] == button["data-hx-post"] == "/contact/draft"
    sent = comment_fields(client.get("/comments/new")) | {"body": "Meant for Jo alone"}
    for headers in ({}, HTMX):
        response = client.post("/contact/draft", data=sent, headers=headers)
        assert response.status_code == 200
        assert fields(response)["body"] == "Meant for Jo alone"
        assert client.post("/contact", data=fields(response) | {"email": "sam@example.org"}).status_code == 303
    assert rows(app) == []
    assert {body for (body,) in rows(app, "SELECT body FROM messages")} == {"Meant for Jo alone"}
    assert client.post("/contact/draft", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_page_says_what_happens_next_and_promises_no_more(settings):
    plain = soup(create_app(settings).test_client().get("/contact")).main.text
    assert "not for emergencies" in plain
    assert "The site itself never writes to you." in plain
    assert "usually replies" not in plain
    timed = create_app(settings | {"REPLY_TIME": "within two working days"}).test_client()
    assert "She usually replies within two working days." in timed.get("/contact").text
    away = create_app(settings | {"AWAY": True, "REPLY_TIME": "soon"}).test_client().get("/contact").text
    assert "away at the moment" in away
    assert "usually replies" not in away


def test_all_details_are_there_without_css_and_the_article_fetches_the_form(client):
    form = soup(client.get("/contact")).select_one("form.contact-form")
    assert form.find(id="contact-email")
    assert form.find(id="contact-telephone")
    assert not form.select("[required], [maxlength], [placeholder]")
    link = soup(client.get("/")).select_one(".write a")
    assert link["href"] == link["data-hx-get"] == "/contact"


def test_danger_is_answered_with_help_lines_too(client):
    response = send(client, HTMX, body="my husband hits me and i am scared of him")
    assert soup(response).select_one(".signpost a[href='tel:999']")


def test_nothing_of_a_message_is_logged(client, app, caplog):
    with caplog.at_level(logging.DEBUG):
        send(client, body="zebrafinch", name="Zebrafinch", email="zebrafinch@example.org")
        sender.deliver_due(app)
    assert "zebrafinch" not in caplog.text.lower()


# ---- At the desk ----


def test_messages_stand_before_comments_with_what_is_safe_above_every_way(client, app, jo):
    client.post("/comments", data=comment_fields(client.get("/comments/new")) | {"body": "A comment"})
    send(client, **WHOLE)
    send(client, how="call", telephone="(07700) 900-123", body="Ring me")
    page = soup(jo.get("/desk"))
    assert page.h1.text.strip() == "2 messages, one comment waiting"
    items = page.select(".at-desk")
    assert [item["id"] for item in items] == ["desk-message-1", "desk-message-2", "desk-comment-1"]
    for item in items[:2]:
        text = str(item)
        assert text.index('class="safety"') < text.index('class="ways"')
    assert items[0].select_one(".ways a")["href"] == "mailto:sam%40example.org?subject=Your%20message"
    assert items[1].select_one(".ways a")["href"] == "tel:07700900123"
    assert [way.text for way in items[1].select(".ways a")] == ["Call"], "no text where texts are not safe"
    assert "Leave no voicemail" in items[1].select_one(".safety").text


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "no JavaScript"])
def test_a_message_moves_from_pile_to_pile_and_back(client, app, jo, headers):
    send(client)
    response = do(jo, "/desk/messages/1/answered", headers)
    line = soup(response if headers else jo.get(response.headers["Location"])).select_one(".done")
    assert "Answered." in line.text
    assert "stuck" in jo.get("/desk/messages/answered").text
    assert rows(app, "SELECT closed > 0 FROM messages") == [(1,)]
    do(jo, line.form["action"], headers)
    assert rows(app, "SELECT state, closed FROM messages") == [("new", 0)]


def test_notes_are_hers_and_deleting_erases_everything(client, app, jo):
    send(client, body="zebrafinch words")
    do(jo, "/desk/messages/1/notes", notes="Rang on Monday")
    assert "Rang on Monday" in jo.get("/desk/messages/1").text
    assert do(jo, "/desk/messages/1/delete").status_code == 303
    assert jo.get("/desk/messages/1").status_code == 404
    assert rows(app, "SELECT id FROM messages") == rows(app, "SELECT id FROM outbox WHERE about = 'message 1'") == []
    for path in Path(app.config["DATABASE"]).parent.glob("site.sqlite3*"):
        assert b"zebrafinch" not in path.read_bytes()
        assert b"Rang on Monday" not in path.read_bytes()


def test_what_could_not_be_mailed_is_said_on_top_and_can_be_tried_again(client, app, jo):
    send(client)
    connection = sqlite3.connect(app.config["DATABASE"])
    connection.execute("UPDATE outbox SET error = 'the server answered 550', refused = 5")
    connection.commit()
    connection.close()
    told = soup(jo.get("/desk")).select_one(".problems")
    assert "Message 1: the server answered 550. It will not be tried again by itself." in " ".join(told.text.split())
    do(jo, "/desk/mail/retry")
    sender.deliver_due(app)
    assert rows(app, "SELECT sent > 0 FROM outbox") == [(1,)]
    assert not soup(jo.get("/desk")).select(".problems")


def test_two_messages_are_never_connected(client, app, jo):
    for number in range(2):
        send(client, body=f"Message {number}")
    assert "Message 0" not in jo.get("/desk/messages/2").text
    assert not [name for name in contact.COLUMNS.split(", ") if "client" in name or name == "ip"]


def test_the_mails_link_leads_to_the_message_after_signing_in(client, app):
    send(client)
    assert client.get("/desk/messages/1").headers["Location"] == "/desk/sign-in?onwards=/desk/messages/1"
    assert client.post(link(app), data={"onwards": "/desk/messages/1"}).headers["Location"] == "/desk/messages/1"
