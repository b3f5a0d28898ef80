"""This request's connection to the database, and the one way to write through it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask, current_app, g
from sqlite_utils import Database
from werkzeug.exceptions import ServiceUnavailable

from data import schema

# A full disk shows as FULL, as a fault of reading and writing, or as a file that cannot be opened.
PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
           sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}  # fmt: skip


def register(app: Flask) -> None:
    """Close the connection at the end of every request."""
    app.teardown_appcontext(lambda error: g.pop("db").conn.close() if "db" in g else None)


def db() -> Database:
    """Return this request's connection, opening it at the first call."""
    if "db" not in g:
        g.db = schema.connect(Path(current_app.config["DATABASE"]))
    return g.db  # type: ignore[no-any-return]


class Unavailable(ServiceUnavailable):
    """The database is locked or has no room, for now: 503. A view that holds words gives them back."""


@contextmanager
def write() -> Iterator[Database]:
    """Write through this request's connection: committed together at the end of the block, or not at all.

    Raises `Unavailable` where the database stays locked or the disk is full.
    """
    try:
        with schema.transaction(db()) as open_db:
            yield open_db
    except sqlite3.OperationalError as error:
        if not is_passing(error):
            raise
        raise Unavailable(retry_after=30) from error


def is_passing(error: sqlite3.OperationalError) -> bool:
    """Tell whether a fault of the database may be gone in a while: locked, busy, full, or not writable."""
    return error.sqlite_errorcode & 0xFF in PASSING


def scrub() -> None:
    """See that no file holds what was just erased; where that cannot be done now, the sender goes on with it."""
    with suppress(sqlite3.OperationalError):
        schema.scrub(db())
