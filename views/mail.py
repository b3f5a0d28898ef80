"""What the site writes to Jo; each e-mail goes through the outbox, in the transaction of what it tells of."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app, render_template
from sqlite_utils import Database

from data import outbox
from data.comments import Comment
from data.contact import Message
from data.postbox import Postbox


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
    _add(db, "comment", f"comment {comment.id}", now, comment=comment, hints=hints)


def new_message(db: Database, message: Message, now: int) -> None:
    """Tell Jo of a message; answering goes to its writer only where they said that e-mail is safe."""
    reply_to = message.address if message.how == "email" and message.safe_email else ""
    _add(db, "message", f"message {message.id}", now, reply_to, message=message)


def sign_in(db: Database, token: str, onwards: str, now: int) -> None:
    """Send Jo the link that signs her in."""
    _add(db, "sign_in", "sign-in link", now, token=token, onwards=onwards)


def _add(db: Database, template: str, about: str, now: int, reply_to: str = "", **context: object) -> None:
    """Put an e-mail in the outbox; the first line of its template is its subject."""
    notice = current_app.config["MAIL_CONTENT"] == "notice"
    subject, _, body = render_template(f"email/{template}.txt", notice=notice, **context).partition("\n")
    host = urlsplit(current_app.config["URL"]).hostname or "localhost"
    outbox.add(db, about=about, subject=subject, body=body.strip() + "\n", host=host, now=now, reply_to=reply_to)
