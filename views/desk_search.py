"""The desk's search, and erasing what one person wrote."""

from __future__ import annotations

import re

from flask import Response, abort, make_response, redirect, render_template, request, url_for

from data import comments, contact, desk, schema, text
from data.comments import Comment
from data.contact import Message
from views.database import db, scrub, write
from views.desk import blueprint, number_in
from views.forms import now


@blueprint.get("/search")
def search() -> str:
    """Answer the messages and comments that hold every word of ``q``, newest first.

    ``messages`` or ``comments`` names the last one of the page before, and then only those are shown.
    """
    words = text.clean_line(request.args.get("q", ""))[:200]
    before = {kind: number_in(request.args.get(kind, "")) for kind in ("messages", "comments")}
    paging = any(before.values())
    messages: tuple[tuple[Message, ...], bool] = ((), False)
    found: tuple[tuple[Comment, ...], bool] = ((), False)
    if schema.matching(words):
        if before["messages"] or not paging:
            messages = contact.search(db(), words, before["messages"])
        if before["comments"] or not paging:
            found = comments.search(db(), words, before["comments"])
    return render_template("desk/search.html", query=words, found_messages=messages, found_comments=found)


@blueprint.get("/erase")
def erase() -> str:
    """Answer the form that takes how somebody can be found."""
    return render_template("desk/erase.html", who="", wrong="", people=(), found=())


@blueprint.post("/erase")
def find_to_erase() -> Response:
    """Answer what one person may have written, for Jo to choose from. Posted: who it is stands in no address."""
    who = text.clean_line(request.form.get("who", ""))
    return _found(who)


@blueprint.post("/erase/messages")
def erase_messages() -> Response:
    """Erase the messages of one person: those with the name and address of ``message``, up to ``last``."""
    last = number_in(request.form.get("last", ""))
    with write() as open_db:
        named = contact.find(open_db, number_in(request.form.get("message", "")))
        if named is None:
            abort(404)
        person = next((one for one in contact.people(open_db, named.address) if named in one), (named,))
        erased = [message.id for message in person if message.id <= last]
        for number in erased:
            contact.erase(open_db, number)
            desk.note(open_db, "erased", f"message {number}", now())
    scrub()
    return _erased(len(erased))


@blueprint.post("/erase/comments")
def erase_comments() -> Response:
    """Erase the comments that were ticked, as their writers could on their own pages."""
    if not request.form.getlist("ticked"):
        return _found(text.clean_line(request.form.get("who", "")), "Tick the comments that are to be erased")
    with write() as open_db:
        found = [comments.find(open_db, number_in(given)) for given in request.form.getlist("ticked")]
        erased = [comment for comment in found if comment and comment.state != "withdrawn"]
        for comment in erased:
            comments.withdraw(open_db, comment)
            desk.note(open_db, "erased", f"comment {comment.id}", now())
    scrub()
    return _erased(len(erased))


@blueprint.get("/erase/done")
def erased() -> str:
    """Answer that it is gone, and where it may still be for a while."""
    return render_template("desk/erased.html", count=number_in(request.args.get("count", "")))


def _found(who: str, wrong: str = "") -> Response:
    """Answer what one person may have written, and what is wrong: nothing is kept of them, or ``wrong``."""
    people, found = _written_by(who)
    if not people and not found:
        wrong = "Nothing is kept of that" if who else "Write how they can be found"
    html = render_template("desk/erase.html", who=who, wrong=wrong, people=people, found=found)
    return make_response(html, 422 if wrong else 200)


def _written_by(who: str) -> tuple[tuple[tuple[Message, ...], ...], tuple[Comment, ...]]:
    """Return messages, by person, and comments that go by ``who``.

    That is the address of a comment's own page, a message's reference, an e-mail address or telephone
    number, or the name under a comment. Nothing is joined that the person did not join themselves.
    """
    if page := re.search(r"\b[0-9a-f]{32}\b", who):
        comment = comments.mine(db(), page[0])
        return (), (comment,) if comment and comment.state != "withdrawn" else ()
    if message := contact.referred(db(), who.upper()):
        return tuple(person for person in contact.people(db(), message.address) if message in person), ()
    if "@" in who or len(re.sub(r"\D", "", who)) >= 7:
        return contact.people(db(), who), ()
    return (), comments.named(db(), who, comments.A_PAGE)


def _erased(count: int) -> Response:
    return make_response(redirect(url_for("desk.erased", count=count), 303))
