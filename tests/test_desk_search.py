"""Finding at the desk, doing several things at once, and erasing what one person wrote."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from data import comments, contact, schema
from tests.conftest import soup
from tests.test_comments import WORDS, fields, rows, send
from tests.test_contact import send as write_to_jo
from tests.test_desk import do, token

SAM = {"how": "email", "email": "sam@example.org"}


def names(page) -> list[str]:
    return [name.text for name in page.select(".at-desk .who bdi")]


def found(jo, words):
    return soup(jo.get("/desk/search", query_string={"q": words}))


def test_search_finds_messages_and_comments_newest_first_in_every_pile(app, jo, client):
    send(client, "He refuses to come", name="First")
    send(client, "She refused twice", name="Second")
    send(client, "Something else", name="Third")
    write_to_jo(client, body="My husband refuses.", name="Fourth", **SAM)
    do(jo, "/desk/comments/1/decline")
    page = found(jo, "refuse")
    assert names(page) == ["Fourth", "Second", "First"]
    assert [heading.text for heading in page.select("h2")] == ["Messages", "Comments"]
    assert not page.select("details[open]"), "what was searched for is no answer"
    assert not any(box.text.strip() for box in page.select("textarea"))
    assert "Declined" in page.select_one("#desk-comment-1 > .hint").text


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("café", ["A"]),
        ("CAFE sunday", ["A"]),
        ("sunday cafe", ["A"]),
        ("cafe tuesday", []),
        ('"caf', []),
        ("cafe OR", []),
        ("sam@example.org", ["B"]),
        ("example", ["B"]),
        ("cafe*", ["A"]),
        ("name:cafe", []),
        ("-", []),
        ("()", []),
        ("NEAR(", []),
        ("", []),
        ("میں", ["C"]),
    ],
)
def test_what_is_typed_is_words_never_syntax(app, jo, client, words, who):
    send(client, "We met in a café on Sunday", name="A")
    write_to_jo(client, body="Hello", name="B", **SAM)
    send(client, "میں تم سے", name="C")
    assert names(found(jo, words)) == who


def test_search_is_paged_by_key(app, jo):
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        for number in range(45):
            comments.submit(db, key=f"k{number}", token=f"t{number}", name=f"{number}", body="again and again", now=1)
    page = found(jo, "again")
    seen = names(page)
    while link := page.find("a", string="Earlier comments"):
        page = soup(jo.get(link["href"]))
        seen += names(page)
    assert seen == [str(number) for number in reversed(range(45))]


def test_what_is_erased_changed_or_withdrawn_is_found_no_more(app, jo, client):
    address = send(client, "zebra one").headers["Location"]
    assert names(found(jo, "zebra"))
    client.post(f"{address}/withdraw")
    assert not names(found(jo, "zebra"))
    write_to_jo(client, body="zebra two", **SAM)
    do(jo, "/desk/messages/1/delete")
    assert not names(found(jo, "zebra"))


def test_an_older_database_finds_what_it_held(app, jo, client):
    """As an upgrade finds it: rows without an index or tallies."""
    send(client, "zebra one")
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        for name in ("comments_words", "messages_words"):
            db.execute(f"DROP TABLE {name}")
        triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f"DROP TRIGGER {name}")
        for statement in (
            "DROP TABLE tallies",
            "DROP INDEX comments_fingerprint",
            "DROP INDEX comments_newest",
            "DROP INDEX outbox_unsent",
            "DROP INDEX idx_outbox_about",
            "DROP INDEX outbox_sent",
            "DROP INDEX idx_audit_at",
            "DROP INDEX idx_messages_reach",
            "ALTER TABLE comments DROP COLUMN reply_count",
            "ALTER TABLE comments DROP COLUMN fingerprint",
            "ALTER TABLE comments DROP COLUMN trusted",
            "ALTER TABLE site DROP COLUMN unmerged",
            "ALTER TABLE outbox DROP COLUMN held",
            "ALTER TABLE messages DROP COLUMN reach",
            "DELETE FROM _sqlite_migrations WHERE name >= 'm007'",
            "INSERT INTO messages (id, reference, state, name, how, address, body, created, form_key, digest) "
            "VALUES (1, 'AAAABBBB', 'new', 'Sam', 'call', '+44 7700 900123', 'zebra two', 1, 'k', 'd')",
        ):
            db.execute(statement)
    schema.upgrade(Path(app.config["DATABASE"]))
    assert len(names(found(jo, "zebra"))) == 2
    assert soup(jo.get("/desk")).h1.text.strip() == "One message, one comment waiting"
    with closing(schema.connect(app.config["DATABASE"])) as db:
        assert schema.integrity(db) == "ok"
        assert len(contact.people(db, "07700 900123")) == 1


def tick(jo, path, verb, *numbers, **more):
    """Post what the one form for several would, with these boxes ticked."""
    page = soup(jo.get(path))
    form = page.select_one("#desk-several")
    values = [box["value"] for box in page.select("input[form=desk-several]") if box["value"].split("-")[0] in numbers]
    assert form.find("button", value=verb), "there is a button for it"
    sent = {"csrf_token": form.find("input")["value"], "verb": verb, "ticked": values}
    return jo.post(form["action"], data=sent | more)


def test_several_comments_are_published_at_once_each_with_its_undo(app, jo, client):
    for number in range(3):
        send(client, f"Comment {number}")
    response = tick(jo, "/desk", "publish", "1", "3")
    assert response.status_code == 303
    page = soup(jo.get(response.headers["Location"]))
    assert [line.find("form")["action"] for line in page.select("div.done")] == [
        "/desk/comments/1/undo",
        "/desk/comments/3/undo",
    ]
    assert [state for _, _, state in rows(app)] == ["published", "waiting", "published"]
    assert "2 comments" in client.get("/").text
    assert rows(app, "SELECT what FROM audit WHERE deed = 'published'") == [("comment 1",), ("comment 3",)]
    assert len(page.select(".done [autofocus]")) == 1, "one Undo is in focus, not each"
    everything = page.select_one("form.done")
    assert everything.button.text == "Undo all 2"
    sent = [(field["name"], field["value"]) for field in everything.select("input, button")]
    response = jo.post(everything["action"], data=MultiDict(sent))
    assert [state for _, _, state in rows(app)] == ["waiting"] * 3
    assert "Undo all" not in jo.get(response.headers["Location"]).text


def test_what_was_changed_since_stays_and_that_is_said(app, jo, client):
    addresses = [send(client, f"Comment {number}").headers["Location"] for number in range(2)]
    page = soup(jo.get("/desk"))
    sent = {
        "csrf_token": token(jo),
        "verb": "publish",
        "ticked": [box["value"] for box in page.select("input[name=ticked]")],
    }
    client.post(addresses[0], data=fields(client.get(addresses[0])) | {"body": "Other words"})
    response = jo.post("/desk/comments/several/waiting", data=sent)
    assert [state for _, _, state in rows(app)] == ["waiting", "published"]
    assert "One was changed by its writer" in jo.get(response.headers["Location"]).text


def test_suspects_are_cleared_at_once(app, jo, client):
    for number in range(2):
        send(client, f"Comment {number}", website="x")
    tick(jo, "/desk/comments/suspected", "trust", "1", "2")
    assert [state for _, _, state in rows(app)] == ["waiting", "waiting"]


def test_all_on_a_page_are_ticked_by_a_link(app, jo, client):
    for number in range(2):
        send(client, f"Comment {number}")
    link = soup(jo.get("/desk")).find("a", string="Tick all on this page")
    assert len(soup(jo.get(link["href"])).select("input[name=ticked][checked]")) == 2


def test_messages_are_marked_at_once(app, jo, client):
    for number in range(3):
        write_to_jo(client, body=f"Message {number}", **SAM)
    response = tick(jo, "/desk/messages/new", "answered", "1", "2")
    assert len(soup(jo.get(response.headers["Location"])).select(".done")) == 2
    assert rows(app, "SELECT state FROM messages") == [("answered",), ("answered",), ("new",)]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/desk/comments/several/waiting", {"verb": "publish"}),
        ("/desk/comments/several/waiting", {"verb": "burn", "ticked": "1-x"}),
        ("/desk/messages/several/new", {"verb": "read"}),
        ("/desk/messages/several/new", {"verb": "burn", "ticked": "1"}),
    ],
)
def test_nothing_ticked_or_no_such_verb_is_said_and_changes_nothing(app, jo, client, path, more):
    for number in range(2):
        send(client, f"Comment {number}")
        write_to_jo(client, body=f"Message {number}", **SAM)
    response = jo.post(path, data={"csrf_token": token(jo)} | more)
    assert response.status_code == 422
    assert "Tick the" in soup(response).select_one(".problems").text
    assert not soup(response).select("[aria-invalid], .at-desk details[open]"), "no answer was meant"
    assert {state for _, _, state in rows(app)} == {"waiting"}
    assert jo.post(path, data={"csrf_token": token(jo), "verb": "decline", "ticked": ["x", "99-y"]}).status_code in (
        303,
        422,
    )


def look(jo, who):
    return jo.post("/desk/erase", data={"csrf_token": token(jo, "/desk/erase"), "who": who})


def press(jo, form, **more):
    sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    return jo.post(form["action"], data=sent | more)


def test_the_messages_of_two_partners_on_one_telephone_are_never_joined(app, jo, client):
    for body, name in (("his first", "Alex"), ("hers", "Kim"), ("his second", "ALEX")):
        write_to_jo(client, body=body, name=name, how="call", telephone="07700 900123")
    write_to_jo(client, body="somebody else", name="Alex", how="call", telephone="07700 900999")
    page = soup(look(jo, "+44 7700 900123"))
    people = {section.h2.text: section.form for section in page.select("section.at-desk")}
    assert set(people) == {"ALEX", "Kim"}
    assert "Kim" not in people["ALEX"].find_parent("section").text
    write_to_jo(client, body="sent meanwhile", name="Alex", how="call", telephone="07700900123")
    response = press(jo, people["ALEX"])
    assert response.status_code == 303
    assert "2 are erased" in soup(jo.get(response.headers["Location"])).h1.text
    assert rows(app, "SELECT body FROM messages") == [("hers",), ("somebody else",), ("sent meanwhile",)]
    assert rows(app, "SELECT count(*) FROM outbox") == [(3,)], "the mail that told of them is gone too"


def test_a_reference_finds_one_persons_messages_only(app, jo, client):
    for body, name in (("hers", "Kim"), ("his", "Alex")):
        write_to_jo(client, body=body, name=name, **SAM)
    reference = rows(app, "SELECT reference FROM messages WHERE name = 'Kim'")[0][0]
    page = soup(look(jo, reference.lower()))
    assert [section.h2.text for section in page.select("section.at-desk")] == ["Kim"]


def test_erasing_leaves_the_words_in_no_file(app, jo, client):
    write_to_jo(client, body="zebra words", name="Zebrafinch", **SAM)
    press(jo, soup(look(jo, "SAM@example.org")).select_one("section form"))
    folder = Path(app.config["DATABASE"]).parent
    held = b"".join(path.read_bytes() for path in folder.glob("site.sqlite3*")).lower()
    assert b"zebra" not in held
    assert b"sam@example" not in held


def test_comments_are_erased_by_name_only_where_ticked(app, jo, client):
    for body, name in (("first", "Sam"), ("second", "sam"), ("third", "Sam Smith"), ("fourth", "Kim")):
        send(client, body, name=name)
    page = soup(look(jo, "Sam"))
    boxes = page.select("input[name=ticked]")
    assert [box["value"] for box in boxes] == ["2", "1"]
    assert not any(box.has_attr("checked") for box in boxes), "two readers may share a name"
    press(jo, boxes[0].find_parent("form"), ticked="1")
    assert [body for _, body, _ in rows(app)] == ["", "second", "third", "fourth"]


def test_a_comment_is_erased_by_its_writers_own_page(app, jo, client):
    address = send(client).headers["Location"]
    page = soup(look(jo, f"http://127.0.0.1:8000{address}"))
    (box,) = page.select("input[name=ticked]")
    assert box.has_attr("checked")
    press(jo, box.find_parent("form"), ticked=box["value"])
    assert rows(app) == [("", "", "withdrawn")]
    assert soup(client.get(address)).h1.text == "Withdrawn"


@pytest.mark.parametrize("who", ["", "nobody@example.org", "07700 900000", "Nobody", "0" * 32, "AAAA2222", "***"])
def test_who_is_not_found_is_said(app, jo, client, who):
    send(client, name="Sam")
    response = look(jo, who)
    assert response.status_code == 422
    assert soup(response).select_one(".problems")
    assert soup(response).select_one("#desk-who")["value"] == who


def test_nothing_ticked_erases_nothing(app, jo, client):
    send(client, name="Sam")
    sent = {"csrf_token": token(jo)}
    response = jo.post("/desk/erase/comments", data=sent | {"who": "Sam"})
    assert response.status_code == 422
    assert "Tick the comments that are to be erased" in response.text
    assert WORDS in soup(response).select_one(".choice label").text, "what was found is still there"
    assert jo.post("/desk/erase/messages", data=sent | {"message": "99"}).status_code == 404
    assert rows(app)[0][1] == WORDS


def test_a_comment_is_erased_from_where_it_stands(app, jo, client):
    send(client)
    do(jo, "/desk/comments/1/publish")
    assert do(jo, "/desk/comments/1/erase").status_code == 303
    assert rows(app) == [("", "", "withdrawn")]
    assert "went alone" not in client.get("/").text
    assert ("erased", "comment 1") in rows(app, "SELECT deed, what FROM audit")
