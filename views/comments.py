"""Comments: read, written, and looked after by whoever wrote them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlite_utils import Database

from data import comments, reframe, schema, text
from data.comments import Comment
from views import guard, htmx, mail, ready
from views.content import content
from views.database import Unavailable, db, write
from views.forms import CommentForm, again, now, token

blueprint = Blueprint("comments", __name__)

MOST_LINKS = 2


@blueprint.get("/comments")
@ready.cacheable
def page() -> str:
    """Answer a page of published comments, newest first; ``after`` names the last one of the page before."""
    after = _key(request.args.get("after", ""))
    shown, more = comments.shown(db(), after)
    return render_template("comments/page.html", after=after, comments=shown, more=more, count=comments.count(db()))


@blueprint.get("/comments.atom")
@ready.cacheable
def feed() -> Response:
    """Answer the newest comments as an Atom feed (RFC 4287)."""
    shown, _ = comments.shown(db())
    return Response(render_template("comments/feed.xml", comments=shown), mimetype="application/atom+xml")


@blueprint.get("/comments/new")
def new() -> Response:
    """Answer the form: on its own page, or as the fragment the article fetches."""
    return htmx.page_or_fragment("comments/new.html", "comments/_form.html", form=CommentForm(), asked=())


@blueprint.post("/comments")
def create() -> Response:
    """Keep a comment for Jo, or give the form back with its words and what to do about it."""
    form = CommentForm()
    if not form.accepted():
        return _again(form)
    asked = text.nudges(form.body.data)
    if asked and not form.nudged.data:
        return _again(form, asked=asked)
    address = token(form, form.name.data, form.body.data)
    try:
        with write() as open_db:
            known = comments.mine(open_db, address)
            if known is not None and known.state == "withdrawn":
                # The same form once more after its words were erased: a new comment, with a key of its own.
                form.renew()
                address = token(form, form.name.data, form.body.data)
                known = None
            if known is None:
                if wait := guard.limit(open_db, "comment"):
                    return _again(form, wait=wait)
                known = _keep(open_db, form, address, asked)
    except Unavailable:
        return _again(form, down=True)
    own_page = url_for("comments.mine", address=address)
    if htmx.wanted():
        return htmx.fragment("comments/_thanks.html", comment=known, address=own_page, lines=_lines(known))
    return make_response(redirect(own_page, 303))


@blueprint.get("/comments/mine/<address>")
def mine(address: str) -> Response:
    """Answer the writer's own page, which only its address opens."""
    comment = _mine(address)
    form = CommentForm(data={"name": comment.name, "body": comment.body})
    return _own_page(comment, address, form)


@blueprint.post("/comments/mine/<address>")
def edit(address: str) -> Response:
    """Change a comment that still waits."""
    comment = _mine(address)
    form = CommentForm()
    if not form.accepted():
        return _own_page(comment, address, form, status=422)
    asked = text.nudges(form.body.data)
    if asked and not form.nudged.data:
        return _own_page(comment, address, form, status=422, asked=asked)
    try:
        with write() as open_db:
            changed = comments.edit(open_db, comment, form.name.data, form.body.data, _suspicion(form))
    except Unavailable:
        return _own_page(comment, address, form, status=503, down=True)
    if not changed:
        form.body.errors = ["Jo has already read this comment, so it can no longer be changed. You can withdraw it."]
        return _own_page(_mine(address), address, form, status=422)
    return make_response(redirect(url_for("comments.mine", address=address), 303))


@blueprint.post("/comments/mine/<address>/withdraw")
def withdraw(address: str) -> Response:
    """Erase a comment at once. Whoever has the page's address may; the guard refuses other sites' posts."""
    with write() as open_db:
        comment = comments.mine(open_db, address)
        if comment is None:
            abort(404)
        comments.withdraw(open_db, comment)
    schema.scrub(db())
    return make_response(redirect(url_for("comments.mine", address=address), 303))


def _keep(open_db: Database, form: CommentForm, address: str, asked: tuple[str, ...]) -> Comment:
    """Store a comment, in Jo's pile or the suspected one, and the e-mail that tells her of it."""
    comment, is_new = comments.submit(
        open_db,
        key=form.key.data,
        token=address,
        name=form.name.data,
        body=form.body.data,
        now=now(),
        reason=_suspicion(form),
    )
    if is_new and comment.state == "waiting":
        mail.new_comment(open_db, comment, _hints(comment, asked), now())
    return comment


def _suspicion(form: CommentForm) -> str:
    """Return why a comment may be spam or a disguise, in words for Jo; or nothing."""
    if form.is_trap_sprung:
        return "a field that people do not see was filled in"
    if text.looks_like(form.name.data, content().article.author):
        return "the name looks like yours"
    if form.body.data.lower().count("http") + form.body.data.lower().count("www.") > MOST_LINKS:
        return "many links"
    return ""


def _hints(comment: Comment, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return what Jo may want to know before she reads a comment: hints, not verdicts."""
    return (*(f"contains {what}" for what in asked), *(["may need care today"] if _lines(comment) else []))


def _lines(comment: Comment) -> str:
    """Return the kind of help lines to show beside a comment that suggests danger, or nothing."""
    return reframe.danger(content().phrasebook, comment.body)


def _again(form: CommentForm, asked: tuple[str, ...] = (), wait: int = 0, down: bool = False) -> Response:
    return again("comments/new.html", "comments/_form.html", form, asked=asked, wait=wait, down=down)


def _own_page(
    comment: Comment,
    address: str,
    form: CommentForm,
    *,
    status: int = 200,
    asked: tuple[str, ...] = (),
    down: bool = False,
) -> Response:
    html = render_template(
        "comments/mine.html", comment=comment, address=address, form=form, asked=asked, down=down, lines=_lines(comment)
    )
    response = make_response(html, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _mine(address: str) -> Comment:
    comment = comments.mine(db(), address)
    if comment is None:
        abort(404)
    return comment


def _key(given: str) -> tuple[int, int] | None:
    """Return the place that an ``after`` names; None for the first page, 404 for what names no place."""
    if not given:
        return None
    published, _, number = given.partition("-")
    if not (published.isascii() and published.isdigit() and number.isascii() and number.isdigit() and len(given) < 30):
        abort(404)
    return int(published), int(number)
