"""Everything that visitors wrote, as files that any other program reads: JSON (RFC 8259) and CSV (RFC 4180)."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sqlite_utils import Database

# What is kept of each, without what only the site itself needs (keys, hashes).
COLUMNS = {
    "comments": ("id", "parent", "state", "name", "body", "by_jo", "reason", "created", "published"),
    "messages": ("id", "reference", "state", "name", "how", "address", "body", "safe_email", "safe_voicemail",
                 "safe_text", "times", "call_me", "notes", "created", "closed"),
    "audit": ("id", "at", "deed", "what"),
}  # fmt: skip
TIMES = {"created", "published", "closed", "at"}
FILES = {"site.json": "application/json", "comments.csv": "text/csv", "messages.csv": "text/csv"}
A_BATCH = 1000  # rows read at once, so that no writer waits for a slow reader

# A spreadsheet takes a cell that begins so for a formula, and would run what a visitor typed (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write(db: Database, name: str, file: IO[bytes]) -> None:
    """Write one of `FILES` into an open file. Raises `KeyError` for another name."""
    if name == "site.json":
        _write_json(db, file)
    else:
        _write_csv(db, {"comments.csv": "comments", "messages.csv": "messages"}[name], file)


def write_all(db: Database, folder: Path) -> tuple[Path, ...]:
    """Write every one of `FILES` into a folder, for its owner only; return the files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name in FILES:
        path = folder / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write(db, name, file)
        written.append(path)
    return tuple(written)


def cell(value: object) -> str:
    """Return a value as a CSV cell that no spreadsheet takes for a formula: one that begins so is quoted with ``'``."""
    words = "" if value is None else str(value)
    return f"'{words}" if words.startswith(_FORMULA) else words


def _write_json(db: Database, file: IO[bytes]) -> None:
    opening = "{"
    for table in COLUMNS:
        file.write(f'{opening}\n"{table}": ['.encode())
        opening = "],"
        joint = "\n"
        for row in _rows(db, table):
            file.write((joint + json.dumps(row, ensure_ascii=False)).encode())
            joint = ",\n"
    file.write(b"]\n}\n")


def _write_csv(db: Database, table: str, file: IO[bytes]) -> None:
    file.write("\ufeff".encode())  # so that spreadsheets know the encoding
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow(COLUMNS[table])
    for row in _rows(db, table):
        lines.writerow([cell(value) for value in row.values()])
    text.detach()


def _rows(db: Database, table: str) -> Iterator[dict[str, object]]:
    """Yield the rows of a table in order, times as RFC 3339 writes them; what was withdrawn has no words to take."""
    columns = COLUMNS[table]
    where = " AND state != 'withdrawn'" if table == "comments" else ""
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE id > ?{where} ORDER BY id LIMIT {A_BATCH}"  # noqa: S608
    last = 0
    while found := db.execute(query, [last]).fetchall():
        for values in found:
            row = dict(zip(columns, values, strict=True))
            yield {name: _time(value) if name in TIMES else value for name, value in row.items()}
        last = found[-1][0]


def _time(seconds: int | None) -> str:
    if not seconds:
        return ""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
