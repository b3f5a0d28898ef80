"""Jo's desk: closed to everyone else, made for one thumb."""

from __future__ import annotations

import hmac
import re
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import generate_csrf, validate_csrf
from sqlite_utils import Database
from wtforms.validators import ValidationError

from data import comments, contact, desk, outbox, reframe, text
from data.comments import Comment
from data.contact import Message
from views import guard, htmx, mail
from views.content import content
from views.database import db, scrub, write
from views.forms import SignInForm, new_key, now

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

# What answers somebody who is not signed in. Everything else here is closed.
OPEN = {"desk.sign_in", "desk.ask_for_link", "desk.confirm", "desk.use_link"}


@blueprint.before_request
def refuse_strangers() -> Response | None:
    """Let nobody but Jo in, and no post without the token of her own page."""
    if request.endpoint in OPEN:
        return None
    if not desk.is_signed_in(db(), session.get("desk", ""), now()):
        if request.method != "GET":
            abort(403)
        return make_response(redirect(url_for("desk.sign_in", onwards=request.path), 303))
    if request.method == "POST":
        try:
            validate_csrf(request.form.get("csrf_token", ""))
        except ValidationError:
            abort(403)
    return None


@blueprint.after_request
def keep_out_of_sight(response: Response) -> Response:
    """Have no search engine list the desk."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.context_processor
def around() -> dict[str, Any]:
    """Give every page of the desk its counts and its token."""
    if request.endpoint in OPEN:
        return {}
    return {
        "token": generate_csrf,
        "waiting": comments.waiting(db()),
        "suspected": comments.waiting(db(), "suspected"),
        "unsent": outbox.unsent(db()),
        "new_messages": contact.waiting(db()),
        "piles": comments.PILES,
        "message_piles": contact.PILES,
        "hints": hints,
        "reply_key": new_key,
    }


# ---- Getting in ----


@blueprint.get("/sign-in")
def sign_in() -> str:
    """Answer the form that takes Jo's address."""
    return render_template("desk/sign_in.html", form=SignInForm(), onwards=_onwards(request.args), asked=False)


@blueprint.post("/sign-in")
def ask_for_link() -> Response:
    """Mail a link where the address is Jo's; answer the same whatever was typed."""
    form = SignInForm()
    onwards = _onwards(request.form)
    if not form.accepted():
        html = render_template("desk/sign_in.html", form=form, onwards=onwards, asked=False)
        return make_response(html, 422)
    with write() as open_db:
        wait = guard.limit(open_db, "sign-in")
        hers = _same(form.address.data.casefold(), (current_app.config["MAIL_TO"] or "").casefold())
        if not wait and hers and not guard.limit(open_db, "sign-in anywhere", everyone=True):
            mail.sign_in(open_db, desk.make_link(open_db, now()), onwards, now())
    if wait:
        response = make_response(
            render_template("desk/sign_in.html", form=form, onwards=onwards, asked=False, wait=wait), 429
        )
        response.headers["Retry-After"] = str(wait)
        return response
    return make_response(render_template("desk/sign_in.html", form=form, onwards=onwards, asked=True))


@blueprint.get("/sign-in/<token>")
def confirm(token: str) -> str:
    """Answer a button: scanners of mail open links, so opening one signs nobody in."""
    return render_template("desk/confirm.html", onwards=_onwards(request.args))


@blueprint.post("/sign-in/<token>")
def use_link(token: str) -> Response:
    """Sign in, once, into a session of its own."""
    with write() as open_db:
        opened = desk.use_link(open_db, token, now())
    if opened is None:
        return make_response(
            render_template("desk/sign_in.html", form=SignInForm(), onwards="", asked=False, old=True), 403
        )
    session.clear()
    session["desk"] = opened
    session.permanent = True
    return make_response(redirect(_onwards(request.form) or url_for("desk.page"), 303))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Close the session here and on the server."""
    with write() as open_db:
        desk.sign_out(open_db, session.get("desk", ""), now())
    session.clear()
    return make_response(redirect(url_for("desk.sign_in"), 303))


# ---- Comments ----


@blueprint.get("")
def page() -> str:
    """Answer what waits: messages before comments, oldest first."""
    new, more_new = contact.pile(db(), "new")
    return _pile("waiting", messages=new, more_new=more_new)


@blueprint.get("/comments/<any(waiting, published, declined, suspected):state>")
def pile(state: str) -> str:
    """Answer one pile of comments; ``done`` names those just dealt with, to be undone."""
    return _pile(state)


@blueprint.get("/comments/<int:number>")
def comment(number: int) -> str:
    """Answer one comment, as the e-mail's link opens it."""
    return render_template("desk/comment.html", comment=_comment(db(), number))


@blueprint.post("/comments/<int:number>/<any(publish, decline, undo, trust):verb>")
def decide(number: int, verb: str) -> Response:
    """Publish or decline a comment, take that back, or say that one was wrongly suspected."""
    with write() as open_db:
        found = _comment(open_db, number)
        if verb == "publish" and request.form.get("seen") != found.seen:
            return _changed(found)
        _decide(open_db, found, verb)
        after = _comment(open_db, number)
    return _done(after, found.state)


@blueprint.post("/comments/several/<any(waiting, published, declined, suspected):state>")
def decide_several(state: str) -> Response:
    """Publish or decline every comment that was ticked; one whose words have changed since stays where it is."""
    verb = request.form.get("verb", "")
    ticked = [given.partition("-") for given in request.form.getlist("ticked")]
    if verb not in ("publish", "decline", "trust", "undo") or not ticked:
        return make_response(_pile(state, wrong="Tick the comments that it is for"), 422)
    done: list[int] = []
    kept = 0
    with write() as open_db:
        for number, _, seen in ticked:
            found = comments.find(open_db, number_in(number))
            if found is None or found.state == "withdrawn":
                continue
            if verb == "publish" and seen != found.seen:
                kept += 1
                continue
            _decide(open_db, found, verb)
            done.append(found.id)
    # What was undone stands in the pile again; nothing more need be said of it.
    shown = None if verb == "undo" else ",".join(map(str, done))
    where = url_for("desk.pile", state=state, done=shown, kept=kept or None)
    return make_response(redirect(where, 303))


@blueprint.post("/comments/<int:number>/erase")
def erase_comment(number: int) -> Response:
    """Erase a comment for good, as its writer could on their own page."""
    with write() as open_db:
        found = _comment(open_db, number)
        comments.withdraw(open_db, found)
        desk.note(open_db, "erased", f"comment {number}", now())
    scrub()
    return make_response(redirect(url_for("desk.erased", count=1), 303))


@blueprint.post("/comments/<int:number>/reply")
def reply(number: int) -> Response:
    """Publish Jo's answer, and the comment with it."""
    words = text.clean(request.form.get("body", ""))
    with write() as open_db:
        found = _comment(open_db, number)
        if request.form.get("seen") != found.seen:
            return _changed(found, words)
        if text.is_blank(words) or len(words) > comments.LONGEST:
            problem = "Write your answer" if text.is_blank(words) else f"Shorten it to {comments.LONGEST:,} characters"
            return htmx.page_or_fragment(
                "desk/comment.html", "desk/_comment.html", 422, comment=found, words=words, problem=problem, **around()
            )
        key = request.form.get("key") or new_key()
        comments.answer(open_db, found, key=key, name=content().article.author, body=words, now=now())
        outbox.drop_held(open_db, now(), f"comment {number}")
        after = _comment(open_db, number)
        desk.note(open_db, "answered", f"comment {number}", now())
    return _done(after, found.state)


def hints(comment: Comment) -> tuple[str, ...]:
    """Return what Jo may want to know of a comment: hints, not verdicts."""
    found = [f"contains {what}" for what in text.nudges(comment.body)]
    if not comment.by_jo and text.looks_same(comment.name, content().article.author.split()[0]):
        found.append("has your first name")
    if comment.parent and comment.state == "published":
        answered = comments.find(db(), comment.parent)
        if answered is not None and answered.state != "published":
            found.append("not shown while the comment it answers is not published")
    if comment.reason:
        found.insert(0, f"suspected: {comment.reason}")
    if reframe.danger(content().phrasebook, comment.body):
        found.insert(0, "may need care today")
    return tuple(found)


def _pile(state: str, *, wrong: str = "", messages: tuple[Message, ...] = (), more_new: bool = False) -> str:
    """Render one pile of comments."""
    found, more = comments.pile(db(), state, number_in(request.args.get("after", "")))
    done = [comment for number in dealt_with() if (comment := comments.find(db(), number))]
    return render_template(
        "desk/page.html",
        messages=messages,
        more_new=more_new,
        state=state,
        comments=found,
        more=more,
        done=[comment for comment in done if comment.state != "withdrawn"],
        kept=number_in(request.args.get("kept", "")),
        ticked="ticked" in request.args,
        wrong=wrong,
    )


def _decide(open_db: Database, found: Comment, verb: str) -> None:
    """Do what a button says, and write it down."""
    if verb == "undo":
        comments.undo(open_db, found, now())
    elif verb in ("publish", "decline"):
        state = {"publish": "published", "decline": "declined"}[verb]
        if found.state != state:
            comments.decide(open_db, found, state, now())
    elif found.state == "suspected":
        comments.trust(open_db, found, now())
    after = _comment(open_db, found.id)
    desk.note(open_db, {"undo": "undone", "trust": "not spam"}.get(verb, after.state), f"comment {found.id}", now())
    outbox.drop_held(open_db, now(), f"comment {found.id}")


def _changed(comment: Comment, words: str = "") -> Response:
    """Answer a comment that its writer has changed since Jo read it: nothing is published that she has not seen."""
    return htmx.page_or_fragment(
        "desk/comment.html", "desk/_comment.html", 409, comment=comment, words=words, changed=True, **around()
    )


def _done(comment: Comment, pile_name: str) -> Response:
    """Answer one line in the comment's place, with Undo; without htmx, the pile it came from with that line on top."""
    if htmx.wanted():
        return htmx.fragment("desk/_done.html", fragment=True, comment=comment, pile=pile_name, **around())
    where = pile_name if pile_name in comments.PILES else "waiting"
    return make_response(redirect(url_for("desk.pile", state=where, done=comment.id), 303))


def _comment(open_db: Database, number: int) -> Comment:
    found = comments.find(open_db, number)
    if found is None or found.state == "withdrawn":
        abort(404)
    return found


def number_in(given: str) -> int:
    """Return the number that an address or a field holds, or 0."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def dealt_with() -> list[int]:
    """Return the numbers of what was just dealt with, as ``done`` names them; no more than stand on a page."""
    return [number_in(given) for given in request.args.get("done", "").split(",")[: comments.A_PAGE]]


def _onwards(values: Any) -> str:
    """Return where to go after signing in: a page of the desk, never anywhere else."""
    onwards = str(values.get("onwards", ""))
    # It goes into Jo's mail: an address as ours are, and no words that somebody else would have her read.
    return onwards if re.fullmatch(r"/desk[\w/?=&.-]{0,200}", onwards, re.ASCII) else ""


def _same(given: str, hers: str) -> bool:
    return bool(hers) and hmac.compare_digest(given.encode(), hers.encode())
