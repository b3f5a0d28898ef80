"""The database: how it is opened, what its tables are, and how an older one is brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

# How long a statement waits for another writer before "database is locked".
BUSY_SECONDS = 10.0

migrations = Migrations("site")


def journal_mode() -> str:
    """Return the journal mode that is safe with the SQLite at hand: ``wal`` or ``delete``.

    SQLite 3.7.0 to 3.51.2 can, rarely, lose or corrupt commits when a WAL is reset (fixed in 3.51.3
    and, for the older branches, in 3.50.7 and 3.44.6; sqlite.org/wal.html). There we keep the
    rollback journal.
    """
    version = sqlite3.sqlite_version_info
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    return "wal" if fixed else "delete"


def connect(path: Path) -> Database:
    """Open the database for one request or one piece of work; the caller closes it.

    No transaction is opened implicitly: whoever writes uses `transaction`. Every commit reaches the
    disk before it returns (FULL suffices with a WAL; EXTRA also syncs the folder after the rollback
    journal is gone), and deleted words are overwritten.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.executescript(
        f"PRAGMA foreign_keys = on; PRAGMA secure_delete = on;"
        f"PRAGMA synchronous = {'full' if journal_mode() == 'wal' else 'extra'};"
    )
    return Database(connection, recursive_triggers=False, execute_plugins=False)


@contextmanager
def transaction(db: Database) -> Iterator[Database]:
    """Write: everything in the block is committed together, or nothing is.

    BEGIN IMMEDIATE takes the write lock first, waiting for its turn. A deferred BEGIN, which is what
    ``db.atomic()`` opens, fails at once when it reads first and another writer comes in between.
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.conn.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise


def upgrade(path: Path) -> None:
    """Create the database, or apply what it lacks. Safe for several workers starting at once."""
    with closing(connect(path)) as db:
        path.chmod(0o600)
        db.conn.execute(f"PRAGMA journal_mode = {journal_mode()}")
        if migrations.pending(db):
            with transaction(db):
                migrations.apply(db)


@migrations()
def m001_site(db: Database) -> None:
    """One row about the site: its revision, which every change of what readers see raises by one."""
    db.table("site").create(
        {"id": int, "revision": int}, pk="id", not_null={"revision"}, defaults={"revision": 1}, strict=True
    )
    db.table("site").insert({"id": 1, "revision": 1})
