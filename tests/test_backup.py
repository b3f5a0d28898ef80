"""Copies that can be relied on, bringing one back, and erasing that erases."""

from __future__ import annotations

import datetime
import sqlite3
import stat
import threading
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from data import backup, comments, desk, schema
from tests.serving import start, stop
from tests.test_comments import rows, send
from tests.test_contact import send as write_to_jo

DAY = 24 * 60 * 60


@pytest.fixture
def folder(app) -> Path:
    return Path(app.config["DATABASE"]).parent


def run(app, *args: str):
    return app.test_cli_runner().invoke(args=args)


def test_a_backup_taken_during_writes_is_whole_and_a_site_starts_on_it(app, folder, tmp_path):
    """The drill: back up while comments come in, restore elsewhere, count, serve."""
    stopped = threading.Event()
    sent: list[int] = []

    def write() -> None:
        client = app.test_client()
        while not stopped.is_set():
            sent.append(send(client, f"Comment {len(sent)}").status_code)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(sent) < 5:
            pass
        at_least = len(sent)
        result = run(app, "backup")
    finally:
        stopped.set()
        writer.join()
    assert result.exit_code == 0, result.output
    copy = Path(result.output.strip())
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert set(sent) == {303}
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = connection.execute("SELECT count(*) FROM comments").fetchone()[0]
        assert at_least <= count <= len(sent)
        assert connection.execute("SELECT count(*) FROM outbox").fetchone()[0] == count

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    backup.restore(copy, elsewhere / "site.sqlite3")
    site = start(elsewhere)
    try:
        with urllib.request.urlopen(f"{site.url}/comments", timeout=10) as reply:
            assert reply.status == 200
    finally:
        stop(site)
    with closing(sqlite3.connect(elsewhere / "site.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM comments").fetchone() == (count,)


def test_restoring_brings_back_what_readers_see_at_once(app, client):
    send(client, "Before")
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, 1), "published", 1_700_000_000)
    copy = run(app, "backup").output.strip()
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, 1), "declined", 1_700_000_001)
    assert "Before" not in client.get("/").text
    result = run(app, "restore", copy)
    assert result.exit_code == 0, result.output
    assert "Before" in client.get("/").text


def test_a_damaged_copy_is_refused_and_nothing_is_lost(app, client, tmp_path):
    send(client)
    copy = Path(run(app, "backup").output.strip())
    torn = tmp_path / "torn.sqlite3"
    torn.write_bytes(copy.read_bytes()[:20_000] + b"\0" * 5000)
    (tmp_path / "text.sqlite3").write_text("not a database at all" * 100)
    for path in (torn, tmp_path / "text.sqlite3", tmp_path / "none.sqlite3"):
        result = run(app, "restore", str(path))
        assert result.exit_code == 1
        assert "Error" in result.output
        assert len(rows(app)) == 1


def test_what_was_withdrawn_and_closed_since_a_copy_stays_so(app, client):
    send(client, "Withdrawn since")
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, 1), "published", 1_700_000_000)
        opened = desk.use_link(db, desk.make_link(db, 1_700_000_000), 1_700_000_001)
    copy = run(app, "backup").output.strip()
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        assert desk.is_signed_in(db, opened, 1_700_000_001)
        comments.withdraw(db, comments.find(db, 1))
    assert run(app, "restore", copy).exit_code == 0
    assert rows(app, "SELECT state, body FROM comments") == [("withdrawn", "")]
    assert "Withdrawn since" not in client.get("/").text
    with closing(schema.connect(app.config["DATABASE"])) as db:
        assert not desk.is_signed_in(db, opened, 1_700_000_001)
        assert schema.integrity(db) == "ok"


def test_the_oldest_copy_can_be_brought_back(app, client, folder):
    send(client, "Before")
    oldest = Path(run(app, "backup").output.strip())
    for _ in range(backup.KEEP - 1):
        run(app, "backup")
    send(client, "After")
    result = run(app, "restore", str(oldest))
    assert result.exit_code == 0, result.output
    assert rows(app, "SELECT body FROM comments") == [("Before",)]
    assert oldest.exists()


def test_a_damaged_database_is_kept_aside_and_a_copy_brought_back(app, client, folder):
    send(client, "Before")
    copy = run(app, "backup").output.strip()
    database = Path(app.config["DATABASE"])
    whole = database.read_bytes()
    torn = whole[: len(whole) // 2] + b"\xff" * (len(whole) - len(whole) // 2)
    database.write_bytes(torn)
    assert run(app, "backup").exit_code == 1
    result = run(app, "restore", copy)
    assert result.exit_code == 0, result.output
    assert rows(app, "SELECT body FROM comments") == [("Before",)]
    (aside,) = (folder / "backups").glob("damaged-*.sqlite3")
    assert aside.read_bytes() == torn
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_old_copies_make_room(app, folder):
    kept = folder / "backups"
    kept.mkdir()
    now = datetime.datetime.now(datetime.UTC)
    for hours in range(1, 21):
        (kept / f"site-{now - datetime.timedelta(hours=hours):%Y%m%d-%H%M%S-%f}.sqlite3").touch()
    ancient = kept / "site-20200101-000000-000000.sqlite3"
    ancient.touch()
    damaged = [kept / f"damaged-{day}-000000-000000.sqlite3" for day in ("20200101", f"{now:%Y%m%d}")]
    for path in damaged:
        path.touch()
    newest = Path(run(app, "backup").output.strip())
    assert [path.exists() for path in damaged] == [False, True]
    damaged[1].unlink()
    names = sorted(path.name for path in kept.iterdir())
    assert len(names) == backup.KEEP
    assert names[-1] == newest.name


def test_a_copy_goes_with_its_age_but_the_newest_stays(folder):
    now = datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC)
    names = ["site-20260101-000000-000000.sqlite3", "site-20260529-000000-000000.sqlite3"]
    for name in names:
        (folder / name).touch()
    backup.prune(folder, now)
    assert [path.name for path in sorted(folder.glob("site-*.sqlite3"))] == names[1:]


def test_a_copy_that_could_not_be_made_leaves_nothing(app, folder, monkeypatch):
    monkeypatch.setattr(backup, "_check", lambda *_: (_ for _ in ()).throw(backup.BackupError("no")))
    with pytest.raises(backup.BackupError):
        backup.backup(Path(app.config["DATABASE"]), folder / "copies", datetime.datetime.now(datetime.UTC))
    assert not list((folder / "copies").iterdir())


def test_the_secret_is_in_no_copy(app, folder):
    copy = Path(run(app, "backup").output.strip())
    assert app.config["SECRET_KEY"].encode() not in copy.read_bytes()


@pytest.fixture
def old(app, client):
    """A site with something of every kind, all of it thirteen months old."""
    for words in ("zebra waiting", "zebra declined", "zebra published"):
        send(client, words)
    send(client, "zebra suspected", website="x")
    for words in ("zebra new", "zebra answered"):
        write_to_jo(client, body=words)
    long_ago = 1_700_000_000
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        comments.decide(db, comments.find(db, 2), "declined", long_ago)
        comments.decide(db, comments.find(db, 3), "published", long_ago)
        db.execute("UPDATE comments SET created = ?", [long_ago])
        db.execute("UPDATE messages SET created = ?, closed = CASE id WHEN 2 THEN ? ELSE 0 END", [long_ago, long_ago])
        db.execute("UPDATE messages SET state = 'answered' WHERE id = 2")
        db.execute("UPDATE outbox SET sent = ?, body = ''", [long_ago])
    return long_ago


def test_what_was_kept_as_promised_is_erased_and_no_file_holds_it(app, old, folder):
    now = old + 13 * 31 * DAY
    with closing(schema.connect(app.config["DATABASE"])) as db:
        erased = backup.clear(db, 12, now)
    assert erased["comments"] == 2
    assert erased["messages"] == 1
    assert erased["outbox"] == 5
    assert [body for _, body, _ in rows(app)] == ["zebra waiting", "zebra published"]
    assert rows(app, "SELECT body FROM messages") == [("zebra new",)]
    held = b"".join(path.read_bytes() for path in folder.glob("site.sqlite3*"))
    for words in (b"zebra declined", b"zebra suspected", b"zebra answered"):
        assert words not in held


def test_nothing_goes_before_its_time(app, old):
    with closing(schema.connect(app.config["DATABASE"])) as db:
        erased = backup.clear(db, 12, old + 364 * DAY)
    assert erased["comments"] == erased["messages"] == 0
    assert len(rows(app)) == 4


def test_the_running_site_clears_up_once_a_day(app, old):
    from views import sender

    sender.clear_if_due(app)
    assert len(rows(app)) == 2
    with closing(schema.connect(app.config["DATABASE"])) as db:
        cleared = db.execute("SELECT cleared FROM site").fetchone()[0]
        assert not backup.is_clearing_due(db, cleared + DAY - 1)
        assert backup.is_clearing_due(db, cleared + DAY)


def test_purge_says_what_it_erased(app, old):
    result = run(app, "purge")
    assert result.exit_code == 0
    assert "2 of comments" in result.output
    assert "1 of messages" in result.output


def test_withdrawn_words_are_in_no_file_of_the_database(app, client, folder):
    address = send(client, "zebra words", name="Zebra").headers["Location"]
    client.post(f"{address}/withdraw")
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        db.execute("UPDATE outbox SET body = ''")
    assert b"zebra" not in b"".join(path.read_bytes() for path in folder.glob("site.sqlite3*"))


def test_the_privacy_page_says_the_period_that_the_code_keeps(settings):
    from app import create_app

    page = create_app(settings | {"RETENTION_MONTHS": 7}).test_client().get("/privacy").text
    assert "erased after 7 months" in page
    assert "12 months" not in page
