"""This request's connection to the database, and the one way to write through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app, g
from sqlite_utils import Database

from data import schema


def register(app: Flask) -> None:
    """Close the connection at the end of every request."""
    app.teardown_appcontext(lambda error: g.pop("db").conn.close() if "db" in g else None)


def db() -> Database:
    """Return this request's connection, opening it at the first call."""
    if "db" not in g:
        g.db = schema.connect(Path(current_app.config["DATABASE"]))
    return g.db  # type: ignore[no-any-return]


@contextmanager
def write() -> Iterator[Database]:
    """Write through this request's connection: committed together at the end of the block, or not at all."""
    with schema.transaction(db()) as open_db:
        yield open_db
