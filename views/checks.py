"""Whether the site is well: one list of checks, for ``flask doctor`` and for the desk's status page."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
import tomllib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlite_utils import Database

from data import backup, outbox, postbox, schema
from views import mail
from views.dates import moment

MEGABYTE = 1000 * 1000
LEAST_FREE = 200 * MEGABYTE
# Reading a database through takes more than a second for each 100 MB; the desk does not wait longer than half of one.
READ_THROUGH = 50 * MEGABYTE
HOUR = 60 * 60  # seconds
DAY = 24 * HOUR


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is (good, look, bad), and in words."""

    what: str
    state: str
    words: str


def run(app: Flask, *, thorough: bool) -> list[Check]:
    """Look at everything; where ``thorough``, also at what takes long or needs the network."""
    with closing(schema.connect(Path(app.config["DATABASE"]))) as db:
        return [Check(what, *look(app, db, thorough)) for what, look in CHECKS.items()]


def version(app: Flask) -> str:
    """Return the site's version, as ``pyproject.toml`` says."""
    try:
        with (Path(app.root_path) / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"


def _settings(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    config = app.config
    unset = {"MAIL_TO": "there is no address for your e-mail", "SMTP_HOST": "there is no server for sending e-mail"}
    open_ends = [f"{words} (SITE_{name})" for name, words in unset.items() if not config[name]]
    if not config["LIMITS"]:
        open_ends.append("visitors may send as often as they like (SITE_LIMITS is off)")
    if not config["PRODUCTION"]:
        open_ends.append("this is a trial, not the real site (SITE_URL is not https)")
    return ("look", "; ".join(open_ends)) if open_ends else ("good", "All is set")


def _permissions(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    database = Path(app.config["DATABASE"])
    folder = database.parent
    private = [database, folder / "secret", folder / "backups", folder / "mail", *folder.glob("backups/*")]
    wide = [path.name for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    if wide:
        return "bad", f"Others who use the server can read {', '.join(wide)}"
    if not os.access(folder, os.W_OK):
        return "bad", "The site cannot write to its own folder"
    return "good", "Only the site can read its files"


def _mail(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    waiting, failing, last = outbox.counts(db)
    words = f"Last sent {moment(last)}" if last else "None sent yet"
    words += f"; {waiting} waiting" if waiting else "; none waiting"
    for one in outbox.unsent(db, 1):
        return "bad", f"{words}; {failing} could not be sent: {one.error}"
    if thorough:
        try:
            mail.postbox(app).probe()
        except postbox.NotSent as error:
            return "bad", f"{words}; {error}"
        words += "; the server takes mail" if app.config["SMTP_HOST"] else "; written to a folder"
    if (oldest := outbox.oldest_due(db)) and oldest < time.time() - HOUR:
        return "bad", f"{words}; due since {moment(oldest)}, so it is not being sent"
    return "good", words


def _disk(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    database = Path(app.config["DATABASE"])
    free = shutil.disk_usage(database.parent).free
    words = f"{_size(free)} free"
    if free < LEAST_FREE:
        return "bad", words
    # A restore and a backup each need the database's size once more.
    return ("look" if free < 3 * database.stat().st_size else "good"), words


def _backup(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    newest = backup.newest(Path(app.config["DATABASE"]).parent / "backups")
    if newest is None:
        return "look", "None yet. Whoever looks after the server sets it to run each day (flask backup)"
    copy, made = newest
    words = f"Last one {moment(int(made))}, {_size(copy.stat().st_size)}"
    return ("bad", f"{words}: too old") if made < time.time() - 2 * DAY else ("good", words)


def _clock(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    now = int(time.time())
    newest = schema.newest(db)
    if newest > now + 60:
        return "bad", f"It is {moment(now)} here, yet something was kept at {moment(newest)}"
    return "good", f"It is {moment(now)}"


def _database(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    size = Path(app.config["DATABASE"]).stat().st_size
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    words = f"{_size(size)} (SQLite {sqlite3.sqlite_version}, journal: {mode})"
    if mode != schema.journal_mode():
        return "bad", f"{words}: this SQLite is safe with the other mode only; restart the site"
    if size > READ_THROUGH and not thorough:
        return "good", f"{words}; too large to read through here (flask doctor does)"
    found = schema.integrity(db)
    return ("good", f"Whole, {words}") if found == "ok" else ("bad", f"{words}: {found}")


def _clearing(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    cleared = schema.cleared(db)
    if not cleared:
        return "look", "Not yet; the site does it once a day (flask purge does it now)"
    words = f"Last done {moment(cleared)}"
    if cleared < time.time() - 2 * DAY:
        return "bad", f"{words}: too long ago"
    return "good", words + ("; the search index is still being cleared" if schema.is_scrubbing_due(db) else "")


def _version(app: Flask, db: Database, thorough: bool) -> tuple[str, str]:
    return "good", version(app)


CHECKS: dict[str, Callable[[Flask, Database, bool], tuple[str, str]]] = {
    "Settings": _settings,
    "Permissions": _permissions,
    "Mail": _mail,
    "Disk": _disk,
    "Backup": _backup,
    "Clock": _clock,
    "Database": _database,
    "Clearing away": _clearing,
    "Version": _version,
}


def _size(count: int) -> str:
    return f"{count / MEGABYTE:,.0f} MB" if count >= 10 * MEGABYTE else f"{count / MEGABYTE:,.1f} MB"
