"""The forms, and what every public form shares: its key, its honeypot, its protection, its words back."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import Any

from flask import Response, current_app, request, session
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, TimestampSigner
from wtforms import BooleanField, EmailField, HiddenField, RadioField, StringField, TelField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from data import comments, contact, text
from views import htmx
from views.content import content

EARLIEST = 3  # seconds from opening a form to sending it; no person is quicker


def now() -> int:
    """Return the time as the database keeps it, in Unix seconds."""
    return int(time.time())


def _line(value: str | None) -> str:
    return text.clean_line(value or "")


def _text(value: str | None) -> str:
    return text.clean(value or "")


def _check_length(words: str, shortest: int, longest: int, what: str) -> None:
    """Refuse words of which nothing would be seen, too few or too many, saying by how many."""
    if text.is_blank(words) or len(words) < shortest:
        raise ValidationError(f"Write your {what}")
    if over := max(len(words) - longest, 0):
        most = f"{longest:,} characters"
        raise ValidationError(f"Shorten your {what} to {most}; it has {len(words):,}, so {over:,} too many")


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
        self.is_cookieless = sent and not session
        is_own = self.is_cookieless and request.headers.get("Sec-Fetch-Site") == "same-origin"
        super().__init__(meta={"csrf": not is_own}, **kwargs)
        self.early = False
        for field in self:
            field.id = f"{self.NAME}-{field.name}"
        if not sent:
            self.renew()

    def renew(self) -> None:
        """Give the form a key of its own."""
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
        if self.stale and self.is_cookieless:  # sending again will not help a browser that keeps none and tells nothing
            telephone = content().article.telephone
            said = f"Your browser kept no cookie of ours, so we cannot be sure it was you. Or ring Jo: {telephone}."
            found.insert(0, ("", f"Please send it again. {said}"))
        elif self.stale:
            found.insert(0, ("", "The form had been open too long to be sure it was yours. Please send it again."))
        elif self.early and not found:
            found.append(("", "That was very quick, so we ask once more: please send it again."))
        return found


class CommentForm(SiteForm):
    """A comment, a reply to the one numbered ``parent``, or a change to one that waits."""

    NAME = "comment"

    name = StringField("Name to show with your comment", filters=[_line])
    body = TextAreaField("Your comment", filters=[_text])
    nudged = HiddenField()

    def __init__(self, parent: int = 0, **kwargs: Any) -> None:
        self.parent = parent
        if parent:  # several replies can be begun on one page
            self.NAME = f"reply-{parent}"
        super().__init__(**kwargs)
        if parent:
            self.name.label.text = "Name to show with your reply"
            self.body.label.text = "Your reply"

    def validate_name(self, field: StringField) -> None:
        """Refuse a name too long to stand on one line."""
        if len(field.data) > comments.LONGEST_NAME:
            raise ValidationError(
                f"Use a name of {comments.LONGEST_NAME} characters or fewer; yours has {len(field.data)}"
            )

    def validate_body(self, field: TextAreaField) -> None:
        """Refuse a comment with nothing to read, or too much."""
        _check_length(field.data, comments.SHORTEST, comments.LONGEST, "reply" if self.parent else "comment")


class SignInForm(SiteForm):
    """Jo's address."""

    NAME = "sign-in"

    address = EmailField("Your e-mail address", filters=[_line])


class ContactForm(SiteForm):
    """A message to Jo, and what is safe in answering it. What is not said counts as not safe."""

    NAME = "contact"

    body = TextAreaField("Your message", filters=[_text])
    how = RadioField(
        "How should Jo reply?",
        choices=[
            SelectChoice("email", "By e-mail"),
            SelectChoice("call", "By a call"),
            SelectChoice("text", "By text message"),
        ],
    )
    email = EmailField("Your e-mail address", filters=[_line])
    safe_email = BooleanField("It is safe to e-mail me there")
    telephone = TelField("Your telephone number", filters=[_line])
    safe_voicemail = BooleanField("It is safe to leave a voicemail")
    safe_text = BooleanField("It is safe to send a text")
    times = StringField("When is it safe to ring or write?", filters=[_line])
    call_me = StringField("What name should Jo use for you?", filters=[_line])
    name = StringField("Your name, if you like", filters=[_line])

    def validate_how(self, field: RadioField) -> None:
        """Refuse a way that the form does not have."""
        if field.data not in contact.HOW:
            field.errors = []
            raise StopValidation("Choose how Jo should reply")

    def validate_email(self, field: EmailField) -> None:
        """Refuse an address that mail cannot go to, where mail is wanted (RFC 5321, by email-validator)."""
        if self.how.data != "email":
            return
        from email_validator import EmailNotValidError, validate_email  # its tables take long to read

        try:
            # Mail servers that take letters beyond ASCII before the @ are still few (RFC 6531).
            given = validate_email(field.data, check_deliverability=False, allow_smtputf8=False)
            field.data = given.ascii_email or given.normalized
        except EmailNotValidError:
            raise ValidationError("Enter an e-mail address, like name@example.com") from None

    def validate_telephone(self, field: TelField) -> None:
        """Refuse what cannot be rung, where a call or a text is wanted (up to 15 digits, ITU-T E.164)."""
        if self.how.data == "email":
            return
        digits = re.sub(r"[\s().-]", "", field.data)
        if not re.fullmatch(r"\+?[0-9]{7,15}", digits):
            raise ValidationError("Enter a telephone number, like 07700 900123")

    def validate_body(self, field: TextAreaField) -> None:
        """Refuse a message with nothing to read, or too much."""
        _check_length(field.data, contact.SHORTEST, contact.LONGEST, "message")

    def validate_name(self, field: StringField) -> None:
        """Refuse what does not fit on a line."""
        if len(field.data) > contact.LONGEST_LINE:
            raise ValidationError(f"Use {contact.LONGEST_LINE} characters or fewer; this has {len(field.data)}")

    validate_times = validate_call_me = validate_name

    @property
    def address(self) -> str:
        """The one detail that the chosen way needs."""
        return str(self.email.data if self.how.data == "email" else self.telephone.data)


def again(page: str, part: str, form: SiteForm, *, wait: int = 0, down: bool = False, **context: Any) -> Response:
    """Give a form back with its words: what is wrong, how long to wait, or that nothing can be kept."""
    status = 503 if down else 429 if wait else 422
    response = htmx.page_or_fragment(page, part, status, form=form, wait=wait, down=down, **context)
    if wait or down:
        response.headers["Retry-After"] = str(wait or 30)
    return response


def token(form: SiteForm, *words: str) -> str:
    """Return a secret made from a form's key and its words, so that sending twice finds the same."""
    what = "\0".join((form.key.data, *words))
    return hmac.digest(current_app.config["SECRET_KEY"].encode(), what.encode(), hashlib.sha256).hex()[:32]


def new_key() -> str:
    """Return a form's own random key, signed with the time."""
    return str(_signer().sign(secrets.token_urlsafe(12)), "ascii")


def _signer() -> TimestampSigner:
    return TimestampSigner(current_app.config["SECRET_KEY"], salt="form")
