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


@migrations()
def m002_comments(db: Database) -> None:
    """Comments and their replies; the count of those published is kept with the site."""
    db.table("comments").create(
        {
            "id": int,
            "parent": int,  # the comment this one answers
            "state": str,  # waiting, published, declined, suspected, withdrawn
            "before": str,  # the state an undo goes back to
            "name": str,
            "body": str,
            "by_jo": int,
            "reason": str,  # why it is suspected
            "created": int,  # Unix seconds, as every time here
            "published": int,
            "form_key": str,
            "digest": str,
            "token": str,  # hash of the address of the writer's own page
        },
        pk="id",
        foreign_keys=[("parent", "comments", "id")],
        not_null={"state", "before", "name", "body", "by_jo", "reason", "created", "form_key", "digest", "token"},
        defaults={"state": "waiting", "before": "", "by_jo": 0, "reason": ""},
        strict=True,
    )
    db.table("comments").create_index(["form_key", "digest"], unique=True)
    db.table("comments").create_index(["token"], unique=True)
    db.table("comments").create_index(["state", "id"])
    db.table("comments").create_index(["parent", "state", "id"])
    db.execute("CREATE INDEX comments_shown ON comments (published, id) WHERE state = 'published' AND parent IS NULL")
    db.table("site").add_column("published", int, not_null_default=0)


@migrations()
def m003_desk(db: Database) -> None:
    """How Jo gets in, and what was done there."""
    db.table("links").create(
        {"token": str, "expires": int, "used": int},
        pk="token",
        not_null={"expires", "used"},
        defaults={"used": 0},
        strict=True,
    )
    db.table("sessions").create({"token": str, "expires": int}, pk="token", not_null={"expires"}, strict=True)
    db.table("audit").create(
        {"id": int, "at": int, "deed": str, "what": str}, pk="id", not_null={"at", "deed", "what"}, strict=True
    )


@migrations()
def m004_limits(db: Database) -> None:
    """How often one visitor did one thing lately: a keyed hash, never an address."""
    db.table("attempts").create(
        {"bucket": str, "client": str, "at": int}, not_null={"bucket", "client", "at"}, strict=True
    )
    db.table("attempts").create_index(["bucket", "client", "at"])
    db.table("attempts").create_index(["at"])


@migrations()
def m005_outbox(db: Database) -> None:
    """E-mail waiting to be sent. A row is written with what it tells of, and drops its body once sent."""
    db.table("outbox").create(
        {
            "id": int,
            "message_id": str,
            "about": str,  # what it tells of, such as "comment 12"
            "subject": str,
            "body": str,
            "reply_to": str,
            "created": int,
            "due": int,  # not before this
            "claimed": int,  # until then somebody is sending it
            "tries": int,
            "sent": int,  # when, or 0
            "refused": int,  # when it was refused for good, or 0
            "error": str,  # why the last try failed
        },
        pk="id",
        not_null={"message_id", "about", "subject", "body", "reply_to", "created", "due", "claimed", "tries", "sent",
                  "refused", "error"},
        defaults={"reply_to": "", "claimed": 0, "tries": 0, "sent": 0, "refused": 0, "error": ""},
        strict=True,
    )  # fmt: skip
    db.table("outbox").create_index(["message_id"], unique=True)
    db.execute("CREATE INDEX outbox_due ON outbox (due) WHERE sent = 0 AND refused = 0")


@migrations()
def m006_messages(db: Database) -> None:
    """Messages to Jo, with what is safe in answering them; and when the site last cleared up."""
    db.table("messages").create(
        {
            "id": int,
            "reference": str,  # short, for the writer
            "state": str,  # new, read, answered, archived
            "name": str,
            "how": str,  # email, call, text
            "address": str,
            "body": str,
            "safe_email": int,
            "safe_voicemail": int,
            "safe_text": int,
            "times": str,
            "call_me": str,
            "notes": str,  # Jo's own
            "created": int,
            "closed": int,  # when it was answered or archived, or 0
            "form_key": str,
            "digest": str,
        },
        pk="id",
        not_null={"reference", "state", "name", "how", "address", "body", "safe_email", "safe_voicemail", "safe_text",
                  "times", "call_me", "notes", "created", "closed", "form_key", "digest"},
        defaults={"state": "new", "safe_email": 0, "safe_voicemail": 0, "safe_text": 0, "times": "", "call_me": "",
                  "notes": "", "closed": 0},
        strict=True,
    )  # fmt: skip
    db.table("messages").create_index(["form_key", "digest"], unique=True)
    db.table("messages").create_index(["reference"], unique=True)
    db.table("messages").create_index(["state", "id"])
    db.table("site").add_column("cleared", int, not_null_default=0)


def scrub(db: Database) -> None:
    """After words were erased, see that no file of the database still holds them.

    ``secure_delete`` overwrites them in the database itself; a WAL keeps older pages until it is cut.
    Outside any transaction.
    """
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
