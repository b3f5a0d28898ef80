"""Comments to fill a site with: twenty readers' words, in their thousands where that many are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from data import schema

NEWEST = 1_780_000_000  # Unix seconds; every site's newest comment is as old, so that its page is the same

WORDS = (
    ("Sam", "I showed this to my husband. He read the part about the disc and the ring twice and said: that is us."),
    ("", "Going on my own felt like giving in at first. Four months later we talk again, in the kitchen, at night."),
    ("Priya", "Thank you for saying that I am not being dramatic. I needed someone to."),
    ("A nurse", "My shifts made couples therapy impossible anyway. One hour by telephone, alone, turned out to be enough to begin with."),
    ("Rhys", "What helped: I stopped asking for therapy and asked for a walk every Sunday instead."),
    ("", "My wife never came. I am still glad that I did."),
    ("Marta", "We argue less since I say “I miss us” where I used to say “you never”."),
    ("Old friend", "Twenty-six years married. Nobody ever told us that one runs after and the other runs away; we thought it was only us."),
    ("", "I was the one who refused. I was afraid of being told, in front of a stranger, that it was all my fault."),
    ("Dee", "The sentence about pressure and distance is on our fridge now."),
    ("Tom", "Not every story ends well. Ours ended, kindly, and the children are all right."),
    ("", "Please write one about families too. My mother and I do exactly this dance."),
    ("Ines", "I read it on the night bus and cried, then wrote to him. He answered within the minute."),
    ("K.", "It took me a year to see that a no to therapy was not a no to me."),
    ("", "He came once, sat on the edge of the chair, and said more than in the whole winter before."),
    ("Jonah", "The three phrases under “say it another way” sound stiff until you use your own words. Then they do work."),
    ("Bea", "For those who wonder: she was right that it felt different when nobody had to win."),
    ("", "I had the help line’s number on a piece of paper in my shoe. If you need it, ring. They were good to me."),
    ("Farid", "Our imam said much the same as this page, which surprised both of us."),
    ("Lou", "Three sessions alone, then he asked what we talk about there. That was the beginning."),
)  # fmt: skip


def fill(path: Path, count: int) -> None:
    """Make a database with so many published comments; the twenty newest are the same whatever the count."""
    schema.upgrade(path)
    with in_bulk(path) as db:
        db.conn.executemany(
            "INSERT INTO comments (state, name, body, created, published, form_key, digest, token) "
            "VALUES ('published', ?, ?, ?, ?, ?, ?, ?)",
            (_row(number) for number in range(count - 1, -1, -1)),
        )


@contextmanager
def in_bulk(path: Path) -> Iterator[Database]:
    """Open an empty database to put comments in: triggers and counts come after the rows, several times as quick.

    Not synced: nobody has been thanked for these.
    """
    with closing(schema.connect(path)) as db:
        db.conn.executescript("PRAGMA synchronous = off; PRAGMA secure_delete = off; PRAGMA cache_size = -200000")
        with schema.transaction(db):
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            yield db
            for statement in (
                "UPDATE comments SET reply_count = (SELECT count(*) FROM comments AS reply WHERE reply.parent = "
                "comments.id AND reply.state = 'published') WHERE id IN (SELECT parent FROM comments)",
                "UPDATE tallies SET count = (SELECT count(*) FROM comments WHERE state = tallies.state) "
                "WHERE kind = 'comments'",
                "UPDATE site SET revision = revision + 1, published = (SELECT count(*) FROM comments AS one "
                "WHERE state = 'published' AND "
                "(parent IS NULL OR (SELECT state FROM comments WHERE id = one.parent) = 'published'))",
                "INSERT INTO comments_words (comments_words) VALUES ('rebuild')",
                *(sql for _, sql in triggers),
            ):
                db.execute(statement)


def _row(number: int) -> tuple[object, ...]:
    """Return the columns of the comment that has so many newer ones; one an hour."""
    name, body = WORDS[number % len(WORDS)]
    written = NEWEST - number * 3600
    return (name, body, written, written + 600, f"key {number}", f"digest {number}", f"token {number}")
