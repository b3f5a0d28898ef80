"""Copies of the database, bringing one back, and clearing away what is older than was promised."""

from __future__ import annotations

import datetime
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from data import comments, schema

KEEP = 14  # copies
KEEP_DAYS = 30  # after which a copy may hold words that were long erased
DAY = 24 * 60 * 60  # seconds
MONTH = 365.25 / 12 * DAY
SENT_DAYS = 30  # how long the outbox remembers that a mail was sent


class BackupError(Exception):
    """A copy that cannot be relied on; the message says why."""


def backup(database: Path, folder: Path, now: datetime.datetime, *, pruning: bool = True) -> Path:
    """Copy the database into ``folder`` while the site runs; return the copy, verified.

    The copy is made through SQLite, from one moment: a file copied by other means may lack what is still
    in the WAL, and pass its own checks. Its rows are counted against those of that moment. It is
    readable by its owner only. Older ones are pruned, unless ``pruning`` is off. Raises `BackupError`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = folder / f"site-{now:%Y%m%d-%H%M%S-%f}.sqlite3"
    unfinished = made.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        with closing(schema.connect(database)) as db, closing(sqlite3.connect(unfinished)) as copy:
            db.conn.execute("BEGIN")  # one moment, for counting and for copying
            counted = _count(db.conn)
            db.conn.backup(copy)
            db.conn.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode = delete")
            _check(copy, counted)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(made)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # locked, or full: nothing is wrong with the database
        raise BackupError(f"the database is damaged: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    if pruning:
        prune(folder, now)
    return made


def set_aside(database: Path, folder: Path, now: datetime.datetime) -> Path:
    """Copy a damaged database as it is, for whoever may still save something of it; return the copy."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"damaged-{now:%Y%m%d-%H%M%S-%f}.sqlite3"
    for end in ("", "-journal", "-wal"):  # what may not have reached the file itself
        if (part := Path(f"{database}{end}")).exists():
            aside = Path(f"{kept}{end}")
            aside.touch(mode=0o600)
            shutil.copyfile(part, aside)
    return kept


def prune(folder: Path, now: datetime.datetime) -> None:
    """Delete all but the newest `KEEP` copies, and those older than `KEEP_DAYS`; the very newest always stays."""
    oldest = f"site-{now - datetime.timedelta(days=KEEP_DAYS):%Y%m%d-%H%M%S-%f}.sqlite3"
    copies = sorted(folder.glob("site-*.sqlite3"))
    for copy in copies[:-1]:
        if copy in copies[:-KEEP] or copy.name < oldest:
            copy.unlink()
    for damaged in folder.glob("damaged-*"):
        if damaged.name.removeprefix("damaged-") < oldest.removeprefix("site-"):
            damaged.unlink()


def newest(folder: Path) -> tuple[Path, float] | None:
    """Return the newest copy and when it was made, in Unix seconds; None where there is none."""
    copies = sorted(folder.glob("site-*.sqlite3"))
    return (copies[-1], copies[-1].stat().st_mtime) if copies else None


def restore(copy: Path, database: Path) -> None:
    """Bring a copy back as the database, also while the site runs; raise `BackupError` where it is damaged.

    It goes in through SQLite, which keeps readers and writers out meanwhile, is brought up to date, and
    makes every kept page old. What was withdrawn since stays so, and whoever was signed in signs in anew.
    """
    if not copy.is_file():
        raise BackupError(f"{copy} is not there")
    # Made ready beside the database, so that nobody sees what was withdrawn, not even for a moment.
    with tempfile.TemporaryDirectory(dir=database.parent) as folder:
        ready = Path(folder) / "site.sqlite3"
        with (
            closing(sqlite3.connect(f"file:{quote(str(copy))}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(ready)) as unpacked,
        ):
            try:
                _check(source, _count(source))
            except sqlite3.DatabaseError as error:
                raise BackupError(f"{copy} is not a database ({error})") from error
            source.backup(unpacked)
        schema.upgrade(ready)
        # Opened plainly: `schema.connect` reads what may be the damaged part.
        with (
            closing(sqlite3.connect(database, timeout=schema.BUSY_SECONDS, isolation_level=None)) as target,
            closing(schema.connect(ready)) as db,
        ):
            shown, withdrawn = _revision(target), _withdrawn(target)
            with schema.transaction(db):
                db.execute("DELETE FROM sessions")
                db.execute("DELETE FROM links")
                comments.withdraw_again(db, withdrawn)
                db.execute("UPDATE site SET revision = max(revision, ?) + 1", [shown])
            schema.scrub(db)
            db.conn.backup(target)
    schema.upgrade(database)


def clear(db: Database, months: int, now: int) -> Mapping[str, int]:
    """Erase what has been kept as long as was promised; return how many rows of each table.

    Closed messages, and comments declined, suspected or withdrawn, go ``months`` months after they were
    closed or written, the audit trail likewise; the outbox forgets what was sent after `SENT_DAYS` days.
    """
    old = int(now - months * MONTH)
    erased: dict[str, int] = {}
    with schema.transaction(db):
        db.execute("UPDATE site SET cleared = ?", [now])
        for table, where, values in (
            ("outbox", "sent > 0 AND sent <= ?", [now - SENT_DAYS * DAY]),
            ("outbox", "refused > 0 AND refused <= ?", [old]),
            ("messages", "closed > 0 AND closed <= ?", [old]),
            (
                "comments",
                "parent IS NOT NULL AND state IN ('declined', 'suspected', 'withdrawn') AND created <= ?",
                [old],
            ),
            (
                "comments",
                "state IN ('declined', 'suspected', 'withdrawn') AND created <= ? "
                "AND NOT EXISTS (SELECT 1 FROM comments AS reply WHERE reply.parent = comments.id)",
                [old],
            ),
            ("audit", "at <= ?", [old]),
            ("attempts", "at <= ?", [now - DAY]),
        ):
            gone = db.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount  # noqa: S608
            erased[table] = erased.get(table, 0) + gone
    schema.scrub(db)
    return erased


def is_clearing_due(db: Database, now: int) -> bool:
    """Tell whether a day has gone by since the site last cleared up."""
    return bool(db.execute("SELECT cleared <= ? FROM site", [now - DAY]).fetchone()[0])


def _revision(connection: sqlite3.Connection) -> int:
    try:
        return int(connection.execute("SELECT revision FROM site").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError):
        return 0  # a database so damaged, or so new, that it has none


def _withdrawn(connection: sqlite3.Connection) -> list[str]:
    try:
        return [token for (token,) in connection.execute("SELECT token FROM comments WHERE state = 'withdrawn'")]
    except sqlite3.DatabaseError:
        return []  # a database so damaged, or so new, that it cannot tell


def _count(connection: sqlite3.Connection) -> dict[str, int]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables}  # noqa: S608


def _check(connection: sqlite3.Connection, counted: Mapping[str, int]) -> None:
    (found,) = connection.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        raise BackupError(f"the copy is damaged: {found}")
    if "site" not in counted or _count(connection) != counted:
        raise BackupError("the copy does not hold every row")
