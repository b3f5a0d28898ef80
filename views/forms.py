"""The forms, and what every public form shares: its key, its honeypot, its protection, its words back."""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import current_app, request, session
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, TimestampSigner
from wtforms import EmailField, HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError

from data import comments, text

EARLIEST = 3  # seconds from opening a form to sending it; no person is quicker


def now() -> int:
    """Return the time as the database keeps it, in Unix seconds."""
    return int(time.time())


class SiteForm(FlaskForm):  # type: ignore[misc]
    """A public form.

    ``key`` is random, signed and timed: it makes sending twice store once, and tells when the form was
    opened. ``website`` is the honeypot: no person sees it. The CSRF token lives as long as the session;
    a reader whose browser keeps no cookies passes on its word that the post comes from our own page.
    """

    NAME = "form"  # begins the ids of its fields, so that two forms can stand on one page

    key = HiddenField()
    website = StringField("Leave this empty", render_kw={"autocomplete": "off", "tabindex": "-1"})

    def __init__(self, **kwargs: Any) -> None:
        sent = request.method == "POST"
        cookieless = sent and not session and request.headers.get("Sec-Fetch-Site") == "same-origin"
        super().__init__(meta={"csrf": not cookieless}, **kwargs)
        self.early = False
        for field in self:
            field.id = f"{self.NAME}-{field.name}"
        if not sent:
            self.key.data = new_key()

    @property
    def stale(self) -> bool:
        """Whether the token or the key was not ours, or no longer: the words come back with fresh ones."""
        return "csrf_token" in self.errors or "key" in self.errors

    @property
    def is_trap_sprung(self) -> bool:
        """Whether the field that no person sees was filled in."""
        return bool(self.website.data)

    def validate_key(self, field: HiddenField) -> None:
        """Refuse a key that was not signed here; ask again where the form was sent too soon."""
        try:
            _, opened = _signer().unsign(field.data or "", return_timestamp=True)
        except BadSignature:
            field.data = new_key()
            raise ValidationError("stale") from None
        if current_app.config["LIMITS"] and time.time() - opened.timestamp() < EARLIEST:
            self.early = True

    def accepted(self) -> bool:
        """Tell whether the form was sent and holds what it must; where not, it is ready to be shown again."""
        valid = bool(self.validate_on_submit())
        return valid and not self.early

    def problems(self) -> list[tuple[str, str]]:
        """Return what is wrong, for the summary: the field's id, or none, and what to do about it."""
        shown = [field for field in self if field.name not in ("csrf_token", "key")]
        found = [(field.id, str(error)) for field in shown for error in field.errors]
        if self.stale:
            found.insert(0, ("", "The form had been open too long to be sure it was yours. Please send it again."))
        elif self.early and not found:
            found.append(("", "That was very quick, so we ask once more: please send it again."))
        return found


class CommentForm(SiteForm):
    """A comment, or a change to one that waits."""

    NAME = "comment"

    name = StringField("Name to show with your comment", filters=[lambda value: text.clean_line(value or "")])
    body = TextAreaField("Your comment", filters=[lambda value: text.clean(value or "")])
    nudged = HiddenField()

    def validate_name(self, field: StringField) -> None:
        """Refuse a name too long to stand on one line."""
        if len(field.data) > comments.LONGEST_NAME:
            raise ValidationError(
                f"Use a name of {comments.LONGEST_NAME} characters or fewer; yours has {len(field.data)}"
            )

    def validate_body(self, field: TextAreaField) -> None:
        """Refuse a comment with nothing to read, or too much."""
        length = len(field.data)
        if text.is_blank(field.data) or length < comments.SHORTEST:
            raise ValidationError("Write your comment")
        if over := max(length - comments.LONGEST, 0):
            most = f"{comments.LONGEST:,} characters"
            raise ValidationError(f"Shorten your comment to {most}; it has {length:,}, so {over:,} too many")


class SignInForm(SiteForm):
    """Jo's address."""

    NAME = "sign-in"

    address = EmailField("Your e-mail address", filters=[lambda value: text.clean_line(value or "")])


def new_key() -> str:
    """Return a form's own random key, signed with the time."""
    return str(_signer().sign(secrets.token_urlsafe(12)), "ascii")


def _signer() -> TimestampSigner:
    return TimestampSigner(current_app.config["SECRET_KEY"], salt="form")
