"""Messages to Jo: kept before anyone is thanked, read, answered, archived, erased."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from data import schema, text

SHORTEST = 2  # characters
LONGEST = 5000
LONGEST_LINE = 120
A_PAGE = 20

HOW = {"email": "e-mail", "call": "a call", "text": "a text message"}
# The states of a message, in the order of the desk's tabs.
PILES = ("new", "read", "answered", "archived")
CLOSED = ("answered", "archived")


@dataclass(frozen=True)
class Message:
    """A message, as stored. ``address`` is the e-mail address or number that ``how`` needs.

    What is safe is 0 or 1, and 0 where nothing was said: then the least is done.
    """

    id: int
    reference: str
    state: str
    name: str
    how: str
    address: str
    body: str
    safe_email: int
    safe_voicemail: int
    safe_text: int
    times: str
    call_me: str
    notes: str
    created: int
    closed: int

    @property
    def safety(self) -> tuple[str, ...]:
        """What whoever replies must know first, in words; never silent about what was not said."""
        said = []
        if self.how == "email":
            said.append("E-mail is safe" if self.safe_email else "Did not say that e-mail is safe")
        else:
            said.append("Voicemail is safe" if self.safe_voicemail else "Leave no voicemail")
            said.append(
                "Texts are safe"
                if self.safe_text
                else "Send no text"
                if self.how == "call"
                else "Did not say that texts are safe"
            )
        if self.times:
            said.append(f"Safe times: {self.times}")
        if self.call_me:
            said.append(f"Call them: {self.call_me}")
        return tuple(said)


COLUMNS = (
    "id, reference, state, name, how, address, body, safe_email, safe_voicemail, safe_text, times, call_me, notes, "
    "created, closed"
)


def submit(db: Database, *, key: str, reference: str, now: int, **fields: str | int) -> tuple[Message, bool]:
    """Store a message, within a transaction of the caller's; return it, and whether it is new.

    ``key`` is the form's own random key. The same key with the same words is the same message, however
    often it is sent; with other words it is another.
    """
    digest = _digest(fields)
    if known := sent(db, key=key, **fields):
        return known, False
    row = {**fields, "reference": reference, "created": now, "form_key": key, "digest": digest}
    db.table("messages").insert({**row, "reach": text.reach(str(fields["address"]))})
    stored = _one(db, "form_key = ? AND digest = ?", [key, digest])
    assert stored is not None  # noqa: S101 - it was stored in this transaction
    return stored, True


def sent(db: Database, *, key: str, **fields: str | int) -> Message | None:
    """Return the message that was stored from this form with these words, if there is one."""
    return _one(db, "form_key = ? AND digest = ?", [key, _digest(fields)])


def find(db: Database, number: int) -> Message | None:
    """Return a message by its number."""
    return _one(db, "id = ?", [number])


def referred(db: Database, reference: str) -> Message | None:
    """Return a message by the short reference its writer was given."""
    return _one(db, "reference = ?", [reference])


def mark(db: Database, number: int, state: str, now: int) -> None:
    """Put a message on another pile; the retention period runs from when it was closed."""
    closed = now if state in CLOSED else 0
    db.execute("UPDATE messages SET state = ?, closed = ? WHERE id = ?", [state, closed, number])


def note(db: Database, number: int, notes: str) -> None:
    """Keep Jo's own notes on a message."""
    db.execute("UPDATE messages SET notes = ? WHERE id = ?", [notes, number])


def erase(db: Database, number: int) -> None:
    """Delete a message, and the mail that told of it."""
    db.execute("DELETE FROM messages WHERE id = ?", [number])
    schema.forget_mail(db, f"message {number}")
    db.execute("DELETE FROM outbox WHERE about = ?", [f"message {number}"])


def pile(db: Database, state: str, after: int = 0) -> tuple[tuple[Message, ...], bool]:
    """Return a page of one pile, and whether there are more: new ones oldest first, others newest first."""
    sign, order = (">", "ASC") if state == "new" else ("<", "DESC")
    found = _many(
        db,
        f"SELECT {COLUMNS} FROM messages WHERE state = ? AND id {sign} ? ORDER BY id {order} LIMIT {A_PAGE + 1}",  # noqa: S608
        [state, after or (0 if state == "new" else 1 << 62)],
    )
    return found[:A_PAGE], len(found) > A_PAGE


def search(db: Database, words: str, before: int = 0) -> tuple[tuple[Message, ...], bool]:
    """Return a page of the messages that hold all of ``words``, newest first, and whether there are more."""
    found = _many(
        db,
        f"SELECT {COLUMNS} FROM messages WHERE id IN (SELECT rowid FROM messages_words WHERE messages_words MATCH ? "  # noqa: S608
        f"AND rowid < ? ORDER BY rowid DESC LIMIT {A_PAGE + 1}) ORDER BY id DESC",
        [schema.matching(words), before or 1 << 62],
    )
    return found[:A_PAGE], len(found) > A_PAGE


def people(db: Database, address: str, most: int = 200) -> tuple[tuple[Message, ...], ...]:
    """Return the newest messages to be answered at an address or number, those of each person by themselves.

    Two partners may share a telephone: whoever gave another name, or none, is somebody else.
    """
    query = f"SELECT {COLUMNS} FROM messages WHERE reach = ? AND reach != '' ORDER BY id DESC LIMIT ?"  # noqa: S608
    persons: dict[str, list[Message]] = {}
    for message in _many(db, query, [text.reach(address), most]):
        persons.setdefault(message.name.casefold(), []).append(message)
    return tuple(tuple(messages) for messages in persons.values())


def waiting(db: Database) -> int:
    """Return how many messages are new."""
    return schema.tally(db, "messages", "new")


def _digest(fields: Mapping[str, str | int]) -> str:
    return hashlib.sha256("\0".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()).hexdigest()


def _one(db: Database, where: str, values: list[object]) -> Message | None:
    found = _many(db, f"SELECT {COLUMNS} FROM messages WHERE {where}", values)  # noqa: S608
    return found[0] if found else None


def _many(db: Database, query: str, values: list[object]) -> tuple[Message, ...]:
    names = COLUMNS.split(", ")
    return tuple(Message(**dict(zip(names, row, strict=True))) for row in db.execute(query, values).fetchall())
