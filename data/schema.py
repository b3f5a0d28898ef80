"""The database: how it is opened, what its tables are, and how an older one is brought up to date."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from data import text

# How long a statement waits for another writer before "database is locked".
BUSY_SECONDS = 10.0

# This process's writers take turns here and wake at once; SQLite, which keeps processes apart, sleeps and looks again.
_turn = threading.RLock()

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
    first = _turn.acquire(timeout=BUSY_SECONDS)
    try:
        db.conn.execute("BEGIN IMMEDIATE")
        yield db
        db.conn.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    finally:
        if first:
            _turn.release()


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


@migrations()
def m007_threads(db: Database) -> None:
    """Readers' replies are counted with what they answer; repeats and what Jo trusts are known again."""
    db.table("comments").add_column("reply_count", int, not_null_default=0)  # of those published
    db.table("comments").add_column("fingerprint", str, not_null_default="")  # of the words, to know repeats
    db.table("comments").add_column("trusted", int, not_null_default=0)  # Jo said that it is no spam
    db.execute("CREATE INDEX comments_fingerprint ON comments (fingerprint, trusted) WHERE fingerprint != ''")
    db.execute(
        "UPDATE comments SET reply_count = (SELECT count(*) FROM comments AS reply WHERE reply.parent = comments.id "
        "AND reply.state = 'published') WHERE id IN (SELECT parent FROM comments WHERE parent IS NOT NULL)"
    )
    for event, when, change in (
        ("INSERT", "new.parent IS NOT NULL", "+ (new.state = 'published')"),
        ("DELETE", "old.parent IS NOT NULL", "- (old.state = 'published')"),
        ("UPDATE OF state", "new.parent IS NOT NULL", "+ (new.state = 'published') - (old.state = 'published')"),
    ):
        row = "old" if event == "DELETE" else "new"
        db.execute(
            f"CREATE TRIGGER comments_replies_{event.split()[0].lower()} AFTER {event} ON comments WHEN {when} "  # noqa: S608
            f"BEGIN UPDATE comments SET reply_count = reply_count {change} WHERE id = {row}.parent; END"
        )


# What is counted as it changes, by state: the desk shows each number on every page.
COUNTED = {
    "comments": ("waiting", "published", "declined", "suspected", "withdrawn"),
    "messages": ("new", "read", "answered", "archived"),
}


@migrations()
def m008_tallies(db: Database) -> None:
    """How many comments and messages are in each state, kept by the database itself."""
    db.table("tallies").create(
        {"kind": str, "state": str, "count": int}, pk=("kind", "state"), not_null={"count"}, strict=True
    )
    for kind, states in COUNTED.items():
        for state in states:
            db.execute(
                f"INSERT INTO tallies SELECT ?, ?, count(*) FROM {kind} WHERE state = ?",  # noqa: S608
                [kind, state, state],
            )
        one = f"UPDATE tallies SET count = count %s 1 WHERE kind = '{kind}' AND state = %s.state;"  # noqa: S608
        more, fewer = one % ("+", "new"), one % ("-", "old")
        for event, steps in (("INSERT", more), ("DELETE", fewer), ("UPDATE OF state", fewer + more)):
            name = f"{kind}_tally_{event.split()[0].lower()}"
            db.execute(f"CREATE TRIGGER {name} AFTER {event} ON {kind} BEGIN {steps} END")


# What the desk's search reads, and in which columns it looks.
SEARCHED = {
    "comments": ("name", "body"),
    "messages": ("name", "address", "call_me", "body", "notes", "reference"),
}


@migrations()
def m009_search(db: Database) -> None:
    """An index of the words (FTS5) beside each table, kept by triggers; it holds no copy of the text.

    What is taken out of such an index stays in its file until its parts are merged (sqlite.org/fts5.html),
    so whatever takes words out also notes that a merge is due.
    """
    db.table("site").add_column("unmerged", int, not_null_default=0)  # 1 due, 2 under way
    for table, columns in SEARCHED.items():
        words = f"{table}_words"
        listed = ", ".join(columns)
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
        add = f"INSERT INTO {words} (rowid, {listed}) VALUES (new.id, {new});"  # noqa: S608
        take = (
            f"INSERT INTO {words} ({words}, rowid, {listed}) VALUES ('delete', old.id, {old}); "  # noqa: S608
            "UPDATE site SET unmerged = 1;"
        )
        db.execute(
            f"CREATE VIRTUAL TABLE {words} USING fts5 ({listed}, content = '{table}', content_rowid = 'id', "
            "tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        db.execute(f"INSERT INTO {words} ({words}) VALUES ('rebuild')")  # noqa: S608
        for event, steps in (("INSERT", add), ("DELETE", take), (f"UPDATE OF {listed}", take + add)):
            name = f"{words}_{event.split()[0].lower()}"
            db.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {steps} END")


@migrations()
def m010_outbox_held(db: Database) -> None:
    """Mail held back for the day's digest; what fails and what tells of one thing are found at once."""
    db.table("outbox").add_column("held", int, not_null_default=0)
    db.table("outbox").create_index(["about"])
    db.execute("CREATE INDEX outbox_sent ON outbox (sent) WHERE sent > 0")
    db.execute("CREATE INDEX outbox_unsent ON outbox (id) WHERE sent = 0 AND error != ''")
    db.table("audit").create_index(["at"])


@migrations()
def m011_reach(db: Database) -> None:
    """How somebody is reached, written in one way, so that all their messages can be erased."""
    db.table("messages").add_column("reach", str, not_null_default="")
    for number, address in db.execute("SELECT id, address FROM messages").fetchall():
        db.execute("UPDATE messages SET reach = ? WHERE id = ?", [text.reach(address), number])
    db.table("messages").create_index(["reach"])


@migrations()
def m012_newest(db: Database) -> None:
    """The newest of what is published, replies too, for the feed."""
    db.execute("CREATE INDEX comments_newest ON comments (published, id) WHERE state = 'published'")


A_STEP = 200  # pages of an index that are merged in one transaction, so that no writer waits long
STEPS_AT_ONCE = 3  # while somebody who erases waits: all there is to do among some two thousand comments


def scrub(db: Database, steps: int = STEPS_AT_ONCE) -> bool:
    """After words were erased, see that no file of the database still holds them; return whether none does.

    ``secure_delete`` overwrites them in the tables; the search indexes hold them until merged, which takes
    longer the more there is, and is gone on with by the site's sender where ``steps`` do not suffice; a
    WAL keeps older pages until it is cut. Outside any transaction.
    """
    more = True
    while more and steps > 0:
        more = _merge(db)
        steps -= 1
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not more


def is_scrubbing_due(db: Database) -> bool:
    """Tell whether the search indexes still hold what was erased."""
    return bool(db.execute("SELECT unmerged FROM site").fetchone()[0])


def _merge(db: Database) -> bool:
    """Merge a little of the search indexes; return whether there is more to do."""
    if not is_scrubbing_due(db):
        return False
    with transaction(db):
        stage = db.execute("SELECT unmerged FROM site").fetchone()[0]
        # A negative number begins with all parts of the index, a positive one goes on.
        pages = -A_STEP if stage == 1 else A_STEP
        more = False
        for table in SEARCHED:
            before = db.conn.total_changes
            db.execute(f"INSERT INTO {table}_words ({table}_words, rank) VALUES ('merge', ?)", [pages])  # noqa: S608
            more = more or db.conn.total_changes - before >= 2
        db.execute("UPDATE site SET unmerged = ?", [2 if more else 0])
    return more


def integrity(db: Database) -> str:
    """Return ``ok``, or what is wrong: of the file, and of the search indexes against what they index.

    Takes the longer the more there is.
    """
    (found,) = db.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        return str(found)
    try:
        for table in SEARCHED:
            with transaction(db):  # the check is spelt as a write
                db.execute(f"INSERT INTO {table}_words ({table}_words, rank) VALUES ('integrity-check', 1)")  # noqa: S608
    except sqlite3.OperationalError:
        raise  # locked, or full: nothing is known of the index
    except sqlite3.DatabaseError:
        return f"the search index of {table} does not match"
    for kind, state, count in db.execute("SELECT kind, state, count FROM tallies").fetchall():
        if db.execute(f"SELECT count(*) FROM {kind} WHERE state = ?", [state]).fetchone()[0] != count:  # noqa: S608
            return f"the number of {kind} that are {state} is wrong"
    return "ok"


def forget_mail(db: Database, about: str) -> bool:
    """Drop the mail that tells of something erased, where it has not gone yet; return whether there was any.

    Within a transaction. A digest that waits may quote it among others: it then says only that something waits.
    """
    found = db.execute("DELETE FROM outbox WHERE about = ? AND sent = 0", [about]).rowcount
    db.execute("UPDATE outbox SET body = 'The desk has what waits.' WHERE about = 'digest' AND sent = 0")
    return bool(found)


def cleared(db: Database) -> int:
    """Return when the site last cleared up, in Unix seconds, or 0."""
    return int(db.execute("SELECT cleared FROM site").fetchone()[0])


def newest(db: Database) -> int:
    """Return the time of the newest thing that is kept, in Unix seconds, or 0."""
    times = [
        db.execute(f"SELECT {column} FROM {table} WHERE id = (SELECT max(id) FROM {table})").fetchone()  # noqa: S608
        for table, column in (("comments", "created"), ("messages", "created"), ("audit", "at"), ("outbox", "created"))
    ]
    return max(row[0] if row else 0 for row in times)


def tally(db: Database, kind: str, state: str) -> int:
    """Return how many comments or messages are in a state; a number kept, not counted."""
    return int(db.execute("SELECT count FROM tallies WHERE kind = ? AND state = ?", [kind, state]).fetchone()[0])


def matching(words: str) -> str:
    """Return what somebody typed as a query of the search index: every word must be there, in any order.

    Words joined by a sign (an e-mail address) must stand together. Whatever FTS5 would read as its own
    syntax is quoted away. Empty where nothing could be searched for.
    """
    return " ".join(f'"{word}"' for word in words.replace('"', " ").split() if re.search(r"[^\W_]", word))
