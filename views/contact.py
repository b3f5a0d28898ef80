"""Writing to Jo: kept and put in the outbox together, before anyone is thanked."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from data import contact, reframe, text
from views import guard, htmx, mail
from views.content import content
from views.database import Unavailable, db, write
from views.forms import ContactForm, again, now, token

blueprint = Blueprint("contact", __name__, url_prefix="/contact")

PAGE, PART = "contact/page.html", "contact/_form.html"


@blueprint.get("")
def page() -> Response:
    """Answer the form: on its own page, or as the fragment the article fetches."""
    return htmx.page_or_fragment(PAGE, PART, form=ContactForm(data={"how": "email"}))


@blueprint.post("/draft")
def draft() -> Response:
    """Answer the form with what was being written as a comment. Nothing is kept; other sites' posts are refused."""
    form = ContactForm(formdata=None, data={"how": "email", "body": text.clean(request.form.get("body", ""))})
    form.renew()
    return htmx.page_or_fragment(PAGE, PART, form=form)


@blueprint.post("")
def create() -> Response:
    """Keep a message and its e-mail together, or give the form back with its words."""
    form = ContactForm()
    if not form.accepted():
        return again(PAGE, PART, form)
    fields: dict[str, str | int] = {name: form[name].data for name in ("name", "how", "times", "call_me", "body")}
    fields |= {name: int(form[name].data) for name in ("safe_email", "safe_voicemail", "safe_text")}
    fields["address"] = form.address
    reference = _reference(token(form, *(str(fields[name]) for name in sorted(fields))))
    try:
        with write() as open_db:
            if contact.sent(open_db, key=form.key.data, **fields) is None:
                if wait := guard.limit(open_db, "message"):
                    return again(PAGE, PART, form, wait=wait)
                message, _ = contact.submit(open_db, key=form.key.data, reference=reference, now=now(), **fields)
                mail.new_message(open_db, message, now())
    except Unavailable:
        return again(PAGE, PART, form, down=True)
    lines = reframe.danger(content().phrasebook, form.body.data)
    if htmx.wanted():
        return htmx.fragment("contact/_thanks.html", reference=reference, lines=lines)
    return make_response(redirect(url_for("contact.thanks", reference=reference), 303))


@blueprint.get("/sent/<reference>")
def thanks(reference: str) -> str:
    """Answer that a message is saved; its words are not repeated, for whoever holds the phone next."""
    message = contact.referred(db(), reference)
    if message is None:
        abort(404)
    return render_template(
        "contact/thanks.html", reference=reference, lines=reframe.danger(content().phrasebook, message.body)
    )


def _reference(secret: str) -> str:
    """Return eight letters and digits that can be read out: no 0, 1, 8 or 9 (RFC 4648, base 32)."""
    return base64.b32encode(bytes.fromhex(secret))[:8].decode()
