"""Nothing that is asked for by reader or desk costs more the more there is: the plan of every statement says so."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing

import pytest

from data import comments, schema
from tests.test_comments import fields, fill, rows, send
from tests.test_contact import send as write_to_jo
from tests.test_desk import do, token

# Tables with one row, or a few, whatever is written on the site.
SMALL = {"site", "tallies", "sessions", "links"}


@pytest.fixture
def statements(monkeypatch):
    """Every statement that SQLite runs from now on, with its values in place."""
    seen: list[str] = []
    real = schema.connect

    def traced(path):
        db = real(path)
        db.conn.set_trace_callback(seen.append)
        return db

    monkeypatch.setattr(schema, "connect", traced)
    return seen


@pytest.fixture
def filled(app, client):
    """A site on which every kind of thing is kept."""
    first = fill(app, 30)[0]
    fill(app, 15, parent=first, start=100)
    for number in range(25):
        send(client, f"Waiting comment {number}")
    write_to_jo(client, body="A message", how="email", email="sam@example.org")
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, 50), "declined", 1)
    return app


def plan(app, statement: str) -> list[str]:
    with closing(sqlite3.connect(app.config["DATABASE"])) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()]


def assert_nothing_grows(app, statements: list[str]) -> int:
    """Assert that every statement goes by an index, sorts nothing and skips nothing; return how many there were."""
    checked = 0
    for statement in dict.fromkeys(statements):
        if not re.match(r"(SELECT|UPDATE|DELETE|INSERT)\b", statement) or "'main'." in statement:
            continue  # a pragma, the bounds of a transaction, or what FTS5 asks of its own tables
        checked += 1
        assert "OFFSET" not in statement
        for step in plan(app, statement):
            told = f"{step}: {statement}"
            assert "TEMP B-TREE" not in step, told
            scanned = re.match(r"SCAN (\w+)(.*)", step)
            if scanned and scanned[1] not in SMALL:
                bounded = "LIMIT" in statement and ("USING" in scanned[2] or "VIRTUAL TABLE" in scanned[2])
                assert bounded, told
    return checked


@pytest.mark.parametrize(
    "path",
    ["/", "/comments", "/comments?after=1010-11", "/comments/earlier?after=1010-11", "/comments/1", "/comments/1?after=40",
     "/comments/40", "/comments/1/reply", "/comments.atom"],
)  # fmt: skip
def test_what_readers_ask_for(filled, client, statements, path):
    assert client.get(path).status_code in (200, 303)
    assert assert_nothing_grows(filled, statements) >= 1


@pytest.mark.parametrize(
    "path",
    ["/desk", "/desk/comments/published", "/desk/comments/waiting?after=50", "/desk/comments/suspected",
     "/desk/messages/new", "/desk/messages/archived", "/desk/search?q=comment", "/desk/search?q=waiting+comment+7",
     "/desk/search?q=comment&comments=30", "/desk/search?q=sam@example.org", "/desk/trail", "/desk/comments/7"],
)  # fmt: skip
def test_what_the_desk_asks_for(filled, jo, statements, path):
    assert jo.get(path).status_code == 200
    assert assert_nothing_grows(filled, statements) >= 5


def test_what_a_writer_does(filled, client, statements, monkeypatch):
    monkeypatch.setattr("views.forms.EARLIEST", 0)
    filled.config["LIMITS"] = True
    form = fields(client.get("/comments/new")) | {"body": "Words that are long enough to be known again"}
    address = client.post("/comments", data=form).headers["Location"]
    client.post(address, data=fields(client.get(address)) | {"body": "Other words"})
    client.post(f"{address}/withdraw")
    assert assert_nothing_grows(filled, statements) >= 12


def test_what_jo_does(filled, jo, client, statements):
    for verb in ("publish", "undo", "decline"):
        do(jo, "/desk/comments/51/" + verb)
    do(jo, "/desk/comments/52/reply", body="An answer")
    do(jo, "/desk/messages/1/answered")
    jo.post("/desk/erase", data={"csrf_token": token(jo), "who": "sam@example.org"})
    do(jo, "/desk/messages/1/delete")
    assert assert_nothing_grows(filled, statements) >= 30


def test_what_the_sender_looks_for_every_few_seconds(filled, statements):
    from data import outbox

    now = int(time.time())
    with closing(schema.connect(filled.config["DATABASE"])) as db:
        assert outbox.claim(db, now) is not None
        assert not schema.is_scrubbing_due(db)
        outbox.unsent(db)
    assert assert_nothing_grows(filled, statements) >= 4


def test_every_count_is_kept_through_whatever_happens(filled, client, jo):
    address = send(client, "Kept for a while").headers["Location"]
    number = rows(filled, "SELECT max(id) FROM comments")[0][0]
    for verb in ("publish", "undo", "decline", "publish"):
        do(jo, f"/desk/comments/{number}/{verb}")
    client.post(f"{address}/withdraw")
    do(jo, "/desk/messages/1/archived")
    for kind in schema.COUNTED:
        kept = dict(rows(filled, f"SELECT state, count FROM tallies WHERE kind = '{kind}' AND count > 0"))
        assert kept == dict(rows(filled, f"SELECT state, count(*) FROM {kind} GROUP BY state"))
    assert rows(filled, "SELECT published FROM site") == rows(
        filled, "SELECT count(*) FROM comments WHERE state = 'published'"
    )
    wrong = "SELECT id FROM comments AS c WHERE reply_count != (SELECT count(*) FROM comments WHERE parent = c.id AND state = 'published')"
    assert rows(filled, wrong) == []


def test_what_is_erased_from_a_large_index_goes_step_by_step(app, client, monkeypatch):
    """As where there is too much to merge while somebody waits: the rest is gone on with by the sender."""
    from views import sender

    for number in range(40):
        send(client, f"Comment {number} has its own word{number}")
    address = send(client, "zebra words").headers["Location"]
    with closing(schema.connect(app.config["DATABASE"])) as db:
        while not schema.scrub(db):
            pass
    monkeypatch.setattr(schema, "A_STEP", 1)
    monkeypatch.setattr(schema.scrub, "__defaults__", (1,))
    client.post(f"{address}/withdraw")
    with closing(schema.connect(app.config["DATABASE"])) as db:
        assert schema.is_scrubbing_due(db)
        while schema.is_scrubbing_due(db):
            sender.scrub_if_due(app)
    with open(app.config["DATABASE"], "rb") as file:
        assert b"zebra" not in file.read()


def test_a_search_sorts_nothing_and_reads_the_index_backwards(filled):
    steps = plan(
        filled,
        "SELECT rowid FROM comments_words WHERE comments_words MATCH 'a' AND rowid < 9 ORDER BY rowid DESC LIMIT 21",
    )
    assert len(steps) == 1
    assert re.fullmatch(r"SCAN comments_words VIRTUAL TABLE INDEX \S+", steps[0])


def test_the_page_that_is_asked_for_most_goes_by_these_indexes(filled):
    newest = "SELECT id FROM comments INDEXED BY comments_shown WHERE state = 'published' AND parent IS NULL ORDER BY published DESC, id DESC LIMIT 21"
    assert plan(filled, newest) == ["SCAN comments USING INDEX comments_shown"]
    queue = "SELECT * FROM comments WHERE state = 'waiting' AND id > 5 ORDER BY id LIMIT 21"
    (step,) = plan(filled, queue)
    assert step.startswith("SEARCH comments USING INDEX idx_comments_state_id (state=? AND ")
