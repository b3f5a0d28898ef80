"""The messages at the desk: read, marked, noted, deleted; what is safe stands above every way of replying."""

from __future__ import annotations

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from sqlite_utils import Database

from data import contact, desk, outbox, text
from data.contact import Message
from views import htmx
from views.database import db, scrub, write
from views.desk import around, blueprint, dealt_with, number_in
from views.forms import now


@blueprint.get("/messages/<any(new, read, answered, archived):state>")
def messages(state: str) -> str:
    """Answer one pile of messages; ``done`` names those just moved."""
    return _messages(state)


@blueprint.get("/messages/<int:number>")
def message(number: int) -> str:
    """Answer one message, as the e-mail's link opens it."""
    return render_template("desk/message.html", message=_message(db(), number))


@blueprint.post("/messages/<int:number>/<any(new, read, answered, archived):state>")
def mark(number: int, state: str) -> Response:
    """Put a message on another pile."""
    with write() as open_db:
        before = _message(open_db, number)
        _mark(open_db, number, state)
        after = _message(open_db, number)
    if htmx.wanted():
        undone = "undo" in request.args
        return htmx.fragment("desk/_moved.html", message=after, pile=before.state, undone=undone, **around())
    if "undo" in request.args:  # back where it was
        return make_response(redirect(url_for("desk.messages", state=state), 303))
    return make_response(redirect(url_for("desk.messages", state=before.state, done=number), 303))


@blueprint.post("/messages/several/<any(new, read, answered, archived):state>")
def mark_several(state: str) -> Response:
    """Put every message that was ticked on another pile."""
    to = request.form.get("verb", "")
    ticked = [number_in(given) for given in request.form.getlist("ticked")]
    if to not in contact.PILES or not ticked:
        return make_response(_messages(state, wrong="Tick the messages that it is for"), 422)
    with write() as open_db:
        done = [number for number in ticked if contact.find(open_db, number)]
        for number in done:
            _mark(open_db, number, to)
    return make_response(redirect(url_for("desk.messages", state=state, done=",".join(map(str, done))), 303))


@blueprint.post("/messages/<int:number>/notes")
def notes(number: int) -> Response:
    """Keep Jo's own notes on a message."""
    words = text.clean(request.form.get("notes", ""))
    with write() as open_db:
        _message(open_db, number)
        contact.note(open_db, number, words)
    if htmx.wanted():
        return htmx.fragment("desk/_message.html", message=_message(db(), number), saved=True, **around())
    return make_response(redirect(url_for("desk.message", number=number), 303))


@blueprint.post("/messages/<int:number>/delete")
def delete(number: int) -> Response:
    """Erase a message for good."""
    with write() as open_db:
        found = _message(open_db, number)
        contact.erase(open_db, number)
        desk.note(open_db, "deleted", f"message {number}", now())
    scrub()
    return make_response(redirect(url_for("desk.messages", state=found.state), 303))


def _messages(state: str, wrong: str = "") -> str:
    """Render one pile of messages."""
    found, more = contact.pile(db(), state, number_in(request.args.get("after", "")))
    done = [message for number in dealt_with() if (message := contact.find(db(), number))]
    return render_template(
        "desk/messages.html",
        state=state,
        messages=found,
        more=more,
        done=done,
        ticked="ticked" in request.args,
        wrong=wrong,
    )


def _mark(open_db: Database, number: int, state: str) -> None:
    """Put a message on another pile, and write it down."""
    contact.mark(open_db, number, state, now())
    desk.note(open_db, state, f"message {number}", now())
    outbox.drop_held(open_db, now(), f"message {number}")


def _message(open_db: Database, number: int) -> Message:
    found = contact.find(open_db, number)
    if found is None:
        abort(404)
    return found
