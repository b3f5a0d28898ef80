"""Comments: written, held until Jo publishes them, answered, edited while they wait, withdrawn."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from data import schema, text

SHORTEST = 2  # characters
LONGEST = 4000
LONGEST_NAME = 60
A_PAGE = 20
UNDER_ARTICLE = 10  # the newest; a phone has scrolled far enough by then, and the rest is a tap away
MOST_REPLIES = 10  # under one comment on a page of many; the rest stand on its own page

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
    reply_count: int = 0
    trusted: int = 0
    replies: tuple[Comment, ...] = ()

    @property
    def seen(self) -> str:
        """A mark of these very words, so that what is published is what was read."""
        return hashlib.sha256(f"{self.name}\0{self.body}".encode()).hexdigest()[:16]

    @property
    def key(self) -> str:
        """Where a page that begins after this comment starts."""
        return f"{self.published}-{self.id}"


COLUMNS = "id, parent, state, before, name, body, by_jo, reason, created, published, reply_count, trusted"


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
        "fingerprint": text.fingerprint(body),
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


def is_repeated(db: Database, body: str, number: int = 0) -> bool:
    """Tell whether words were sent before, other than as comment ``number``; not where Jo trusted them."""
    known = db.execute(
        "SELECT trusted FROM comments WHERE fingerprint = ? AND fingerprint != '' AND id != ? "
        "ORDER BY trusted DESC LIMIT 1",
        [text.fingerprint(body), number],
    ).fetchone()
    return known is not None and not known[0]


def edit(db: Database, comment: Comment, name: str, body: str, reason: str = "") -> bool:
    """Change a comment that still waits; return whether it did. With a ``reason`` it is now suspected."""
    query = (
        "UPDATE comments SET name = ?, body = ?, fingerprint = ?, reason = CASE ? WHEN '' THEN reason ELSE ? END, "
        "state = CASE ? WHEN '' THEN state ELSE 'suspected' END WHERE id = ? AND state IN ('waiting', 'suspected')"
    )
    values = [name, body, text.fingerprint(body), reason, reason, reason, comment.id]
    return bool(db.execute(query, values).rowcount)


def withdraw(db: Database, comment: Comment) -> None:
    """Erase a comment's words, those of its replies, which may quote them, and mail of them not yet sent."""
    shown = _visible(db, comment.id)
    both = [comment.id, comment.id]
    for (number,) in db.execute("SELECT id FROM comments WHERE id = ? OR parent = ?", both).fetchall():
        schema.forget_mail(db, f"comment {number}")
    db.execute(
        "UPDATE comments SET before = '', state = 'withdrawn', name = '', body = '', reason = '', fingerprint = '', "
        "digest = hex(randomblob(32)), published = NULL WHERE id = ? OR parent = ?",
        both,
    )
    if shown:
        _changed(db, -shown)


def withdraw_again(db: Database, tokens: Iterable[str]) -> None:
    """Erase, in a database brought back, the comments that were withdrawn since; ``tokens`` as they are kept."""
    for token in tokens:
        comment = _one(db, "token = ?", [token])
        if comment is not None and comment.state != "withdrawn":
            withdraw(db, comment)


def decide(db: Database, comment: Comment, state: str, now: int) -> None:
    """Put a comment in another state, remembering the one it had, and tell readers' pages where it matters."""
    shown = _visible(db, comment.id)
    # The first date stays: a decision taken back does not make an old comment the newest.
    query = (
        "UPDATE comments SET before = state, state = ?, "
        "published = CASE ? WHEN 'published' THEN coalesce(published, ?) ELSE published END WHERE id = ?"
    )
    db.execute(query, [state, state, now, comment.id])
    if change := _visible(db, comment.id) - shown:
        _changed(db, change)


def trust(db: Database, comment: Comment, now: int) -> None:
    """Take a comment for no spam after all, and its words too, wherever they come again."""
    decide(db, comment, "waiting", now)
    db.execute("UPDATE comments SET trusted = 1 WHERE id = ?", [comment.id])


def undo(db: Database, comment: Comment, now: int) -> None:
    """Take the last decision back; taking it back twice changes nothing more."""
    if comment.before:
        decide(db, comment, comment.before, now)
        db.execute(
            "UPDATE comments SET before = '', trusted = trusted AND state != 'suspected' WHERE id = ?", [comment.id]
        )


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


def shown(db: Database, after: tuple[int, int] | None = None, most: int = A_PAGE) -> tuple[tuple[Comment, ...], bool]:
    """Return up to ``most`` published comments, newest first, with their replies; and whether there are more.

    ``after`` is when the last comment of the page before was published, and its number. Paging by key
    costs the same on the thousandth page as on the first.
    """
    where, values = ("AND (published, id) < (?, ?)", list(after)) if after else ("", [])
    found = _many(
        db,
        # Named, since SQLite, which does not know how few are replies, would else sort them all.
        f"SELECT {COLUMNS} FROM comments INDEXED BY comments_shown "  # noqa: S608
        f"WHERE state = 'published' AND parent IS NULL {where} "
        "ORDER BY published DESC, id DESC LIMIT ?",
        [*values, most + 1],
    )
    page = found[:most]
    with_replies = (
        replace(one, replies=_replies(db, one.id, 0, MOST_REPLIES) if one.reply_count else ()) for one in page
    )
    return tuple(with_replies), len(found) > most


def newest(db: Database) -> tuple[Comment, ...]:
    """Return the newest that readers see, replies among them."""
    return _many(
        db,
        f"SELECT {COLUMNS} FROM comments INDEXED BY comments_newest WHERE state = 'published' AND (parent IS NULL "  # noqa: S608
        "OR (SELECT state FROM comments AS first WHERE first.id = comments.parent) = 'published') "
        f"ORDER BY published DESC, id DESC LIMIT {A_PAGE}",
        [],
    )


def thread(db: Database, number: int, after: int = 0) -> tuple[Comment | None, bool]:
    """Return a published comment with a page of its replies, oldest first; and whether there are more.

    ``after`` is the number of the last reply of the page before. None where no reader may see it, or where
    it is itself a reply.
    """
    found = _one(db, "id = ? AND state = 'published' AND parent IS NULL", [number])
    if found is None:
        return None, False
    replies = _replies(db, number, after, A_PAGE + 1)
    return replace(found, replies=replies[:A_PAGE]), len(replies) > A_PAGE


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


def search(db: Database, words: str, before: int = 0) -> tuple[tuple[Comment, ...], bool]:
    """Return a page of the comments that hold all of ``words``, newest first, and whether there are more.

    ``before`` is the number of the last one of the page before. Whatever state they are in; what was
    withdrawn has no words any more.
    """
    found = _many(
        db,
        f"SELECT {COLUMNS} FROM comments WHERE id IN (SELECT rowid FROM comments_words WHERE comments_words MATCH ? "  # noqa: S608
        f"AND rowid < ? ORDER BY rowid DESC LIMIT {A_PAGE + 1}) ORDER BY id DESC",
        [schema.matching(words), before or 1 << 62],
    )
    return found[:A_PAGE], len(found) > A_PAGE


def named(db: Database, name: str, most: int = 50) -> tuple[Comment, ...]:
    """Return the newest comments under exactly this name, whatever its case; two people may share it."""
    matching = schema.matching(name)
    if not matching:
        return ()
    found = _many(
        db,
        f"SELECT {COLUMNS} FROM comments WHERE id IN (SELECT rowid FROM comments_words WHERE comments_words MATCH ? "  # noqa: S608
        "ORDER BY rowid DESC LIMIT 1000) ORDER BY id DESC",
        [f"name : ({matching})"],
    )
    return tuple(one for one in found if one.name.casefold() == name.casefold() and not one.by_jo)[:most]


def waiting(db: Database, state: str = "waiting") -> int:
    """Return how many comments are in a pile."""
    return schema.tally(db, "comments", state)


def count(db: Database) -> int:
    """Return how many comments are published; a number kept, not counted."""
    return int(db.execute("SELECT published FROM site").fetchone()[0])


def _visible(db: Database, number: int) -> int:
    """Count what readers see of a comment: itself and the replies that are published with it."""
    row = db.execute(
        "SELECT comments.reply_count, comments.parent IS NULL, parent.state = 'published' FROM comments "
        "LEFT JOIN comments AS parent ON parent.id = comments.parent "
        "WHERE comments.id = ? AND comments.state = 'published'",
        [number],
    ).fetchone()
    if row is None:
        return 0
    replies, is_first, stands_under_published = row
    return 1 + int(replies) if is_first else int(stands_under_published)


def _replies(db: Database, number: int, after: int, most: int) -> tuple[Comment, ...]:
    query = f"SELECT {COLUMNS} FROM comments WHERE parent = ? AND state = 'published' AND id > ? ORDER BY id LIMIT ?"  # noqa: S608
    return _many(db, query, [number, after, most])


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
