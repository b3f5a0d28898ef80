"""Comments: written, held until Jo publishes them, answered, edited while they wait, withdrawn."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

SHORTEST = 2  # characters
LONGEST = 4000
LONGEST_NAME = 60
A_PAGE = 20

# What stands at the desk, in the order of its tabs.
PILES = ("waiting", "published", "declined", "suspected")


@dataclass(frozen=True)
class Comment:
    """A comment or a reply, as stored. Times are Unix seconds."""

    id: int
    parent: int | None
    state: str
    before: str
    name: str
    body: str
    by_jo: int
    reason: str
    created: int
    published: int | None
    replies: tuple[Comment, ...] = ()

    @property
    def seen(self) -> str:
        """A mark of these very words, so that what is published is what was read."""
        return hashlib.sha256(f"{self.name}\0{self.body}".encode()).hexdigest()[:16]

    @property
    def key(self) -> str:
        """Where a page that begins after this comment starts."""
        return f"{self.published}-{self.id}"


COLUMNS = "id, parent, state, before, name, body, by_jo, reason, created, published"


def submit(
    db: Database,
    *,
    key: str,
    token: str,
    name: str,
    body: str,
    now: int,
    reason: str = "",
    parent: int | None = None,
) -> tuple[Comment, bool]:
    """Store a comment that waits for Jo; within a transaction of the caller's.

    ``key`` is the form's own random key and ``token`` the address of the writer's page. The same key with
    the same words is the same comment, however often it is sent; with other words it is another (a form
    brought back by Back). With a ``reason`` it goes to the suspected pile. Returns the comment, and
    whether it is new.
    """
    digest = hashlib.sha256(f"{parent or ''}\0{name}\0{body}".encode()).hexdigest()
    known = _one(db, "form_key = ? AND digest = ?", [key, digest])
    if known:
        return known, False
    row = {
        "parent": parent,
        "state": "suspected" if reason else "waiting",
        "name": name,
        "body": body,
        "reason": reason,
        "created": now,
        "form_key": key,
        "digest": digest,
        "token": _hash(token),
    }
    db.table("comments").insert(row)
    stored = _one(db, "form_key = ? AND digest = ?", [key, digest])
    assert stored is not None  # noqa: S101 - it was stored in this transaction
    return stored, True


def find(db: Database, number: int) -> Comment | None:
    """Return a comment by its number."""
    return _one(db, "id = ?", [number])


def mine(db: Database, token: str) -> Comment | None:
    """Return the comment whose writer's page has this address."""
    return _one(db, "token = ?", [_hash(token)])


def edit(db: Database, comment: Comment, name: str, body: str, reason: str = "") -> bool:
    """Change a comment that still waits; return whether it did. With a ``reason`` it is now suspected."""
    query = (
        "UPDATE comments SET name = ?, body = ?, reason = CASE ? WHEN '' THEN reason ELSE ? END, "
        "state = CASE ? WHEN '' THEN state ELSE 'suspected' END WHERE id = ? AND state IN ('waiting', 'suspected')"
    )
    return bool(db.execute(query, [name, body, reason, reason, reason, comment.id]).rowcount)


def withdraw(db: Database, comment: Comment) -> None:
    """Erase a comment's words, and those of its replies, which may quote them, and show it no more."""
    public = "SELECT count(*) FROM comments WHERE state = 'published' AND (id = ? OR parent = ?)"
    lost = db.execute(public, [comment.id, comment.id]).fetchone()[0]
    db.execute(
        "UPDATE comments SET before = '', state = 'withdrawn', name = '', body = '', reason = '', published = NULL "
        "WHERE id = ? OR parent = ?",
        [comment.id, comment.id],
    )
    if lost:
        _changed(db, -lost)


def decide(db: Database, comment: Comment, state: str, now: int) -> None:
    """Put a comment in another state, remembering the one it had, and tell readers' pages where it matters."""
    published = now if state == "published" else None
    query = "UPDATE comments SET before = state, state = ?, published = ? WHERE id = ?"
    db.execute(query, [state, published, comment.id])
    if change := (state == "published") - (comment.state == "published"):
        _changed(db, change)


def undo(db: Database, comment: Comment, now: int) -> None:
    """Take the last decision back; taking it back twice changes nothing more."""
    if comment.before:
        decide(db, comment, comment.before, now)
        db.execute("UPDATE comments SET before = '' WHERE id = ?", [comment.id])


def answer(db: Database, comment: Comment, *, key: str, name: str, body: str, now: int) -> None:
    """Publish Jo's answer to a comment, and the comment with it where it was not yet published."""
    if comment.state != "published":
        decide(db, comment, "published", now)
    parent = comment.parent or comment.id
    # No page of its own needs an address. It is not made from the key: a form brought back by Back has the same.
    token = secrets.token_hex(16)
    reply, new = submit(db, key=key, token=token, name=name, body=body, now=now, parent=parent)
    if new:
        db.execute("UPDATE comments SET by_jo = 1 WHERE id = ?", [reply.id])
        decide(db, reply, "published", now)


def shown(db: Database, after: tuple[int, int] | None = None) -> tuple[tuple[Comment, ...], bool]:
    """Return a page of published comments, newest first, with their replies; and whether there are more.

    ``after`` is when the last comment of the page before was published, and its number. Paging by key
    costs the same on the thousandth page as on the first.
    """
    where, values = ("AND (published, id) < (?, ?)", list(after)) if after else ("", [])
    found = _many(
        db,
        f"SELECT {COLUMNS} FROM comments WHERE state = 'published' AND parent IS NULL {where} "  # noqa: S608
        f"ORDER BY published DESC, id DESC LIMIT {A_PAGE + 1}",
        values,
    )
    page = found[:A_PAGE]
    replies: dict[int, list[Comment]] = {comment.id: [] for comment in page}
    marks = ", ".join("?" for _ in page)
    for reply in _many(
        db,
        f"SELECT {COLUMNS} FROM comments WHERE parent IN ({marks}) AND state = 'published' ORDER BY id",  # noqa: S608
        list(replies),
    ):
        replies[reply.parent or 0].append(reply)
    return tuple(replace(comment, replies=tuple(replies[comment.id])) for comment in page), len(found) > A_PAGE


def pile(db: Database, state: str, after: int = 0) -> tuple[tuple[Comment, ...], bool]:
    """Return a page of one pile of the desk, and whether there are more.

    What waits stands oldest first; what is done, newest first. ``after`` is the number of the last one
    of the page before.
    """
    oldest_first = state in ("waiting", "suspected")
    sign, order = (">", "ASC") if oldest_first else ("<", "DESC")
    found = _many(
        db,
        f"SELECT {COLUMNS} FROM comments WHERE state = ? AND id {sign} ? ORDER BY id {order} LIMIT {A_PAGE + 1}",  # noqa: S608
        [state, after or (0 if oldest_first else 1 << 62)],
    )
    return found[:A_PAGE], len(found) > A_PAGE


def waiting(db: Database, state: str = "waiting", most: int = 1000) -> int:
    """Count a pile, up to ``most``: what waits is what one person can read."""
    query = "SELECT count(*) FROM (SELECT 1 FROM comments WHERE state = ? LIMIT ?)"
    return int(db.execute(query, [state, most]).fetchone()[0])


def count(db: Database) -> int:
    """Return how many comments are published; a number kept, not counted."""
    return int(db.execute("SELECT published FROM site").fetchone()[0])


def _changed(db: Database, count: int) -> None:
    """Raise the site's revision, so that kept pages are made anew, and add to the count of published ones."""
    db.execute("UPDATE site SET revision = revision + 1, published = published + ?", [count])


def _one(db: Database, where: str, values: list[object]) -> Comment | None:
    found = _many(db, f"SELECT {COLUMNS} FROM comments WHERE {where}", values)  # noqa: S608
    return found[0] if found else None


def _many(db: Database, query: str, values: list[Any]) -> tuple[Comment, ...]:
    names = COLUMNS.split(", ")
    return tuple(Comment(**dict(zip(names, row, strict=True))) for row in db.execute(query, values).fetchall())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
