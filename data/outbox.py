"""E-mail waiting to be sent: committed with what it tells of, claimed by one sender, tried until it goes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime

from sqlite_utils import Database

from data import postbox, schema

# A sender that died holds its claim this long; longer than `postbox.DEADLINE`, so that no living one loses it.
CLAIM_SECONDS = 3 * postbox.DEADLINE
# From here on mail is late: nobody has tried it, or every try since has failed.
LATE_SECONDS = 60 * 60


@dataclass(frozen=True)
class Mail:
    """One e-mail to Jo. Times are Unix seconds; ``sent`` and ``refused`` are 0 until they happen."""

    id: int
    message_id: str
    about: str
    subject: str
    body: str
    reply_to: str
    created: int
    tries: int
    sent: int
    refused: int
    due: int
    error: str


COLUMNS = "id, message_id, about, subject, body, reply_to, created, tries, sent, refused, due, error"


def add(
    db: Database, *, about: str, subject: str, body: str, host: str, now: int, reply_to: str = "", held: int = 0
) -> None:
    """Put an e-mail in the outbox, within the transaction that stores what it tells of.

    Its Message-ID is made here, so that whatever is sent twice can be told for what it is; ``host`` is
    its right-hand side (RFC 5322, section 3.6.4). With ``held`` it is kept until then, for the digest.
    """
    row = {
        "message_id": f"<{secrets.token_hex(16)}@{host}>",
        "about": about,
        "subject": subject,
        "body": body,
        "reply_to": reply_to,
        "created": now,
        "due": held or now,
        "held": int(bool(held)),
    }
    db.table("outbox").insert(row)


def claim(db: Database, now: int) -> Mail | None:
    """Take the next e-mail that is due, for `CLAIM_SECONDS`; None where there is none."""
    next_due = (
        f"SELECT {COLUMNS} FROM outbox WHERE sent = 0 AND refused = 0 AND held = 0 AND due <= ? AND claimed <= ? "  # noqa: S608
        "ORDER BY due LIMIT 1"
    )
    if db.execute(next_due, [now, now]).fetchone() is None:
        return None  # looked at every few seconds: no need to keep writers waiting for that
    with schema.transaction(db):
        row = db.execute(next_due, [now, now]).fetchone()
        if row is None:
            return None
        query = "UPDATE outbox SET claimed = ?, tries = tries + 1 WHERE id = ?"
        db.execute(query, [now + CLAIM_SECONDS, row[0]])
    return Mail(*row)


def deliver_next(db: Database, box: postbox.Postbox, retry_seconds: Sequence[int], now: int) -> Mail | None:
    """Send the next e-mail that is due, outside any transaction, and write down how it went.

    Sent: its body is dropped. Refused for good, or tried as often as there are ``retry_seconds``: it
    stays, with the reason, for the desk to show. Anything else: it is due again after the next pause.
    Returns the e-mail, or None where none was due.
    """
    mail = claim(db, now)
    if mail is None:
        return None
    values = _tried(mail, box, retry_seconds, now)
    columns = ", ".join(f"{column} = ?" for column in values)
    with schema.transaction(db):  # no row is left where what it tells of was erased meanwhile
        db.execute(f"UPDATE outbox SET claimed = 0, {columns} WHERE id = ?", [*values.values(), mail.id])  # noqa: S608
    if "sent" in values:
        schema.scrub(db)
    return mail


def _tried(mail: Mail, box: postbox.Postbox, retry_seconds: Sequence[int], now: int) -> dict[str, int | str]:
    """Try to send an e-mail; return what to write down of it, by column."""
    try:
        message = _message(mail, box)
        message.as_bytes()
    except (ValueError, MessageError) as error:  # nothing that one mail holds may stop those behind it
        return {"refused": now, "error": f"it could not be made into an e-mail ({type(error).__name__})"}
    try:
        box.send(message)
    except postbox.Refused as error:
        return {"refused": now, "error": str(error)}
    except postbox.NotSent as error:
        is_last = mail.tries >= len(retry_seconds)
        return {"error": str(error), **({"refused": now} if is_last else {"due": now + retry_seconds[mail.tries]})}
    return {"sent": now, "body": "", "reply_to": "", "error": ""}


def held(db: Database, now: int, most: int) -> tuple[tuple[Mail, ...], int]:
    """Return what was held until ``now``, messages first, up to ``most``; and how many there are in all."""
    where = "sent = 0 AND refused = 0 AND held = 1 AND due <= ?"
    query = f"SELECT {COLUMNS} FROM outbox WHERE {where} ORDER BY about LIKE 'comment %', id LIMIT ?"  # noqa: S608
    found = tuple(Mail(*row) for row in db.execute(query, [now, most]).fetchall())
    count = db.execute(f"SELECT count(*) FROM outbox WHERE {where}", [now]).fetchone()[0] if found else 0  # noqa: S608
    return found, int(count)


def drop_held(db: Database, now: int, about: str = "") -> None:
    """Forget what was held until ``now``; or what tells of one thing, which needs no telling any more."""
    if about:
        db.execute("DELETE FROM outbox WHERE about = ? AND held = 1", [about])
    else:
        db.execute("DELETE FROM outbox WHERE sent = 0 AND refused = 0 AND held = 1 AND due <= ?", [now])


def counts(db: Database) -> tuple[int, int, int]:
    """Return how many e-mails wait, how many failed and are not sent (refused ones too), and when the last one went."""
    waiting = db.execute("SELECT count(*) FROM outbox WHERE sent = 0 AND refused = 0").fetchone()[0]
    failing = db.execute("SELECT count(*) FROM outbox WHERE sent = 0 AND error != ''").fetchone()[0]
    return (
        int(waiting),
        int(failing),
        int(db.execute("SELECT coalesce(max(sent), 0) FROM outbox WHERE sent > 0").fetchone()[0]),
    )


def oldest_due(db: Database) -> int:
    """Return since when the mail that waits longest is due, or 0; what was never tried, and what is tried again."""
    query = "SELECT coalesce(min(due), 0) FROM outbox WHERE sent = 0 AND refused = 0"
    return int(db.execute(query).fetchone()[0])


def unsent(db: Database, most: int = 50) -> tuple[Mail, ...]:
    """Return what has failed at least once and is not sent, newest first."""
    query = f"SELECT {COLUMNS} FROM outbox WHERE sent = 0 AND error != '' ORDER BY id DESC LIMIT ?"  # noqa: S608
    return tuple(Mail(*row) for row in db.execute(query, [most]).fetchall())


def is_late(db: Database, now: int) -> bool:
    """Tell whether an e-mail that is not refused has waited `LATE_SECONDS` to be tried, or since its first try."""
    query = "SELECT 1 FROM outbox WHERE sent = 0 AND refused = 0 AND (due <= ? OR (tries > 0 AND created <= ?)) LIMIT 1"
    return db.execute(query, [now - LATE_SECONDS, now - LATE_SECONDS]).fetchone() is not None


def retry_all(db: Database, now: int) -> None:
    """Make due at once whatever could not be sent, what was refused for good too; within a transaction."""
    db.execute("UPDATE outbox SET due = ?, refused = 0, tries = 0 WHERE sent = 0 AND error != ''", [now])


def _message(mail: Mail, box: postbox.Postbox) -> EmailMessage:
    """Build the e-mail; whatever was typed can only ever be in its body or a checked Reply-To."""
    message = EmailMessage()
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(localtime())
    message["From"] = Address("Jo Watson’s site", addr_spec=box.sender)
    message["To"] = Address(addr_spec=box.recipient)
    message["Subject"] = mail.subject
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to it
    message.set_content(mail.body)
    return message
