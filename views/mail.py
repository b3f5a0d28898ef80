"""What the site writes to Jo; each e-mail goes through the outbox, in the transaction of what it tells of."""

from __future__ import annotations

import datetime
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app, render_template
from sqlite_utils import Database

from data import outbox
from data.comments import Comment
from data.contact import Message
from data.postbox import Postbox
from views.dates import LONDON

MOST_IN_A_DIGEST = 50  # told of in full; of the rest, how many


def postbox(app: Flask) -> Postbox:
    """Return the postbox that the settings describe."""
    config = app.config
    return Postbox(
        sender=config["MAIL_FROM"] or "site@localhost",
        recipient=config["MAIL_TO"] or "jo@localhost",
        folder=Path(config["DATABASE"]).parent / "mail",
        host=config["SMTP_HOST"],
        port=config["SMTP_PORT"],
        security=config["SMTP_SECURITY"],
        user=config["SMTP_USER"],
        password=config["SMTP_PASSWORD"],
    )


def new_comment(db: Database, comment: Comment, hints: tuple[str, ...], now: int) -> None:
    """Tell Jo of a comment, with the link that opens it at the desk."""
    held = _digest_time(now) if current_app.config["MAIL_DIGEST"] in ("comments", "all") else 0
    _add(db, "comment", f"comment {comment.id}", now, held=held, comment=comment, hints=hints)


def new_message(db: Database, message: Message, now: int) -> None:
    """Tell Jo of a message; answering goes to its writer only where they said that e-mail is safe."""
    reply_to = message.address if message.how == "email" and message.safe_email else ""
    held = _digest_time(now) if current_app.config["MAIL_DIGEST"] == "all" else 0
    _add(db, "message", f"message {message.id}", now, reply_to, held=held, message=message)


def sign_in(db: Database, token: str, onwards: str, now: int) -> None:
    """Send Jo the link that signs her in."""
    _add(db, "sign_in", "sign-in link", now, token=token, onwards=onwards)


def digest(db: Database, now: int) -> None:
    """Put into one e-mail all that was held until now; within a transaction. Nothing where nothing was."""
    found, count = outbox.held(db, now, MOST_IN_A_DIGEST)
    if found:
        _add(db, "digest", "digest", now, mails=found, more=count - len(found))
        outbox.drop_held(db, now)


def _digest_time(now: int) -> int:
    """Return when the next digest goes, in Unix seconds: at the hour set, today or tomorrow, in London."""
    here = datetime.datetime.fromtimestamp(now, LONDON)
    due = here.replace(hour=current_app.config["MAIL_HOUR"], minute=0, second=0, microsecond=0)
    if due <= here:
        due += datetime.timedelta(days=1)  # of the calendar, so that the hour stays when the clocks change
    return int(due.timestamp())


def _add(
    db: Database, template: str, about: str, now: int, reply_to: str = "", held: int = 0, **context: object
) -> None:
    """Put an e-mail in the outbox; the first line of its template is its subject."""
    notice = current_app.config["MAIL_CONTENT"] == "notice"
    subject, _, body = render_template(f"email/{template}.txt", notice=notice, **context).partition("\n")
    host = urlsplit(current_app.config["URL"]).hostname or "localhost"
    body = body.strip() + "\n"
    outbox.add(db, about=about, subject=subject, body=body, host=host, now=now, reply_to=reply_to, held=held)
