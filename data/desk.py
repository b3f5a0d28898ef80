"""How Jo gets in, and what was done at the desk: sign-in links, sessions, the audit trail."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlite_utils import Database

LINK_SECONDS = 15 * 60
SESSION_SECONDS = 30 * 24 * 60 * 60


@dataclass(frozen=True)
class Deed:
    """One line of the audit trail."""

    id: int
    at: int
    deed: str
    what: str


def make_link(db: Database, now: int) -> str:
    """Return the token of a new sign-in link; only its hash is kept."""
    db.execute("DELETE FROM links WHERE expires <= ?", [now])
    token = secrets.token_urlsafe(24)
    db.execute("INSERT INTO links (token, expires) VALUES (?, ?)", [_hash(token), now + LINK_SECONDS])
    return token


def use_link(db: Database, token: str, now: int) -> str | None:
    """Use a link, once; return the token of the session it opens, or None where it is old, used or wrong."""
    query = "UPDATE links SET used = 1 WHERE token = ? AND used = 0 AND expires > ?"
    if not db.execute(query, [_hash(token), now]).rowcount:
        return None
    db.execute("DELETE FROM sessions WHERE expires <= ?", [now])
    session = secrets.token_urlsafe(24)
    db.execute("INSERT INTO sessions (token, expires) VALUES (?, ?)", [_hash(session), now + SESSION_SECONDS])
    note(db, "signed in", "", now)
    return session


def is_signed_in(db: Database, session: str, now: int) -> bool:
    """Tell whether a session is open."""
    query = "SELECT 1 FROM sessions WHERE token = ? AND expires > ?"
    return db.execute(query, [_hash(session), now]).fetchone() is not None


def sign_out(db: Database, session: str, now: int) -> None:
    """Close a session."""
    db.execute("DELETE FROM sessions WHERE token = ?", [_hash(session)])
    note(db, "signed out", "", now)


def sign_out_everywhere(db: Database, now: int) -> None:
    """Close every session, and let no link that was sent open another."""
    db.execute("DELETE FROM sessions")
    db.execute("DELETE FROM links")
    note(db, "signed out everywhere", "", now)


def sessions(db: Database, now: int) -> int:
    """Return on how many devices the desk is open."""
    return int(db.execute("SELECT count(*) FROM sessions WHERE expires > ?", [now]).fetchone()[0])


def note(db: Database, deed: str, what: str, now: int) -> None:
    """Write a line of the audit trail: what was done to what, such as "published", "comment 12"."""
    db.execute("INSERT INTO audit (at, deed, what) VALUES (?, ?, ?)", [now, deed, what])


def trail(db: Database, before: int = 0, most: int = 100) -> tuple[tuple[Deed, ...], bool]:
    """Return a page of the audit trail, newest first, and whether there is more.

    ``before`` is the number of the last line of the page before.
    """
    query = "SELECT id, at, deed, what FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?"
    found = tuple(Deed(*row) for row in db.execute(query, [before or 1 << 62, most + 1]).fetchall())
    return found[:most], len(found) > most


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
