"""The database: how it is opened, written to and brought up to date."""

from __future__ import annotations

import multiprocessing
import re
import sqlite3
from contextlib import closing

import pytest

from data import schema


def test_the_tables_are_these_and_no_others(app):
    with closing(schema.connect(app.config["DATABASE"])) as db:
        names = set(db.table_names())
        index = {name for name in names if re.match(r"(comments|messages)_words", name)}  # FTS5's own
        assert len(index) == 2 * 5
        assert names - index == {
            "_sqlite_migrations",
            "site",
            "comments",
            "links",
            "sessions",
            "audit",
            "attempts",
            "outbox",
            "messages",
            "tallies",
        }
        assert all(db[name].strict for name in names - index if not name.startswith("_"))


def test_every_commit_reaches_the_disk_and_deleted_words_are_overwritten(app):
    with closing(schema.connect(app.config["DATABASE"])) as db:
        pragma = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in
                  ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")}  # fmt: skip
    assert pragma["journal_mode"] == schema.journal_mode()
    assert pragma["synchronous"] == {"wal": 2, "delete": 3}[schema.journal_mode()]
    assert (pragma["secure_delete"], pragma["foreign_keys"], pragma["busy_timeout"]) == (1, 1, 10_000)


@pytest.mark.parametrize(
    ("version", "mode"),
    [((3, 40, 1), "delete"), ((3, 51, 2), "delete"), ((3, 51, 3), "wal"), ((3, 50, 7), "wal"), ((3, 44, 6), "wal"),
     ((3, 45, 0), "delete"), ((3, 53, 0), "wal")],
)  # fmt: skip
def test_a_wal_is_used_only_where_its_reset_is_mended(monkeypatch, version, mode):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert schema.journal_mode() == mode


def test_a_block_that_fails_writes_nothing(app):
    def fail(db):
        with schema.transaction(db):
            db.execute("UPDATE site SET revision = 99")
            raise ZeroDivisionError

    with closing(schema.connect(app.config["DATABASE"])) as db:
        with pytest.raises(ZeroDivisionError):
            fail(db)
        assert db.execute("SELECT revision FROM site").fetchone() == (1,)
        with schema.transaction(db):
            db.execute("UPDATE site SET revision = 2")
        assert not db.conn.in_transaction
    with closing(schema.connect(app.config["DATABASE"])) as db:
        assert db.execute("SELECT revision FROM site").fetchone() == (2,)


def test_workers_that_upgrade_at_once_all_start(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=schema.upgrade, args=(tmp_path / "site.sqlite3",)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with closing(schema.connect(tmp_path / "site.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM site").fetchone() == (1,)
