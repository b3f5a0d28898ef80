"""Comments: read, written, and looked after by whoever wrote them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response as WerkzeugResponse

from data import comments, reframe, schema, spam, text
from data.comments import Comment
from views import guard, htmx, mail, ready
from views.content import content
from views.database import Unavailable, db, scrub, write
from views.forms import CommentForm, again, now, token

blueprint = Blueprint("comments", __name__)

PAGE, PART = "comments/new.html", "comments/_form.html"


@blueprint.get("/comments")
@ready.cacheable
def page() -> str:
    """Answer a page of published comments, newest first; ``after`` names the last one of the page before."""
    after = _key(request.args.get("after", ""))
    shown, more = comments.shown(db(), after)
    return render_template("comments/page.html", after=after, comments=shown, more=more, count=comments.count(db()))


@blueprint.get("/comments/earlier")
@ready.cacheable
def earlier() -> Response:
    """Answer the comments after the one that ``after`` names, to stand under those already there."""
    after = _key(request.args.get("after", ""))
    if after is None:
        abort(404)
    shown, more = comments.shown(db(), after)
    return htmx.fragment("comments/_earlier.html", comments=shown, more=more)


@blueprint.get("/comments/<int:number>")
@ready.shared
def thread(number: int) -> str | WerkzeugResponse:
    """Answer one published comment with its replies; a reply's own address leads to where it stands."""
    after = request.args.get("after", "")
    found, more = comments.thread(db(), number, _number(after))
    if found is None:
        reply = comments.find(db(), number)
        if reply is None or reply.parent is None or reply.state != "published" or after:
            abort(404)
        where = url_for("comments.thread", number=reply.parent, after=number - 1, _anchor=f"comment-{number}")
        return redirect(where, 303)
    return render_template("comments/thread.html", comment=found, after=after, more=more)


@blueprint.get("/comments.atom")
@ready.cacheable
def feed() -> Response:
    """Answer the newest comments and replies as an Atom feed (RFC 4287, RFC 4685)."""
    return Response(
        render_template("comments/feed.xml", comments=comments.newest(db())), mimetype="application/atom+xml"
    )


@blueprint.get("/comments/new")
def new() -> Response:
    """Answer the form: on its own page, or as the fragment the article fetches."""
    return htmx.page_or_fragment(PAGE, PART, form=CommentForm(), asked=(), answered=None)


@blueprint.post("/comments")
def create() -> Response:
    """Keep a comment for Jo, or give the form back with its words and what to do about it."""
    return _create(CommentForm(), None)


@blueprint.get("/comments/<int:number>/reply")
def new_reply(number: int) -> Response:
    """Answer the form for a reply: on its own page, or as the fragment that opens under the comment."""
    answered, _ = comments.thread(db(), number)
    if answered is None:
        abort(404)
    return htmx.page_or_fragment(PAGE, PART, form=CommentForm(parent=number), asked=(), answered=answered)


@blueprint.post("/comments/<int:number>/reply")
def create_reply(number: int) -> Response:
    """Keep a reply for Jo as any comment is kept."""
    form = CommentForm(parent=number)
    answered, _ = comments.thread(db(), number)
    if answered is None:  # taken down since the form was opened; whoever wrote must not lose their words
        form.accepted()
        form.body.errors = ["The comment you were answering is no longer here, so a reply to it cannot be kept."]
        return _again(form, None)
    return _create(form, answered)


def _create(form: CommentForm, answered: Comment | None) -> Response:
    if not form.accepted():
        return _again(form, answered)
    asked = text.nudges(form.body.data)
    if asked and not form.nudged.data:
        return _again(form, answered, asked=asked)
    address = _address(form)
    lines = _lines(form.body.data)
    try:
        with write() as open_db:
            known = comments.mine(open_db, address)
            if known is not None and known.state == "withdrawn":
                # The same form once more after its words were erased: a new comment, with a key of its own.
                form.renew()
                address = _address(form)
                known = None
            if known is None:
                if wait := guard.limit(open_db, "comment"):
                    return _again(form, answered, wait=wait)
                known = _keep(open_db, form, address, asked, lines)
    except Unavailable:
        return _again(form, answered, down=True)
    own_page = url_for("comments.mine", address=address)
    if htmx.wanted():
        return htmx.fragment("comments/_thanks.html", comment=known, address=own_page, lines=lines)
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
            reason = "" if comment.trusted else _suspicion(open_db, form, comment.id)
            changed = comments.edit(open_db, comment, form.name.data, form.body.data, reason)
            if changed and schema.forget_mail(open_db, f"comment {comment.id}"):  # Jo is told what it says now
                newer = _mine(address)
                mail.new_comment(open_db, newer, _hints(newer, asked, _lines(newer.body)), now())
    except Unavailable:
        return _own_page(comment, address, form, status=503, down=True)
    if not changed:
        form.body.errors = ["Jo has already read this comment, so it can no longer be changed. You can withdraw it."]
        return _own_page(_mine(address), address, form, status=422)
    return make_response(redirect(url_for("comments.mine", address=address, saved=1), 303))


@blueprint.post("/comments/mine/<address>/withdraw")
def withdraw(address: str) -> Response:
    """Erase a comment at once. Whoever has the page's address may; the guard refuses other sites' posts."""
    with write() as open_db:
        comment = comments.mine(open_db, address)
        if comment is None:
            abort(404)
        comments.withdraw(open_db, comment)
    scrub()
    return make_response(redirect(url_for("comments.mine", address=address), 303))


def _keep(open_db: Database, form: CommentForm, address: str, asked: tuple[str, ...], lines: str) -> Comment:
    """Store a comment, in Jo's pile or the suspected one, and the e-mail that tells her of it."""
    comment, is_new = comments.submit(
        open_db,
        key=form.key.data,
        token=address,
        name=form.name.data,
        body=form.body.data,
        now=now(),
        reason=_suspicion(open_db, form),
        parent=form.parent or None,
    )
    if is_new and comment.state == "waiting":
        mail.new_comment(open_db, comment, _hints(comment, asked, lines), now())
    return comment


def _suspicion(open_db: Database, form: CommentForm, number: int = 0) -> str:
    """Return why a comment may be spam or a disguise, in words for Jo; or nothing."""
    reasons = list(spam.reasons(form.name.data, form.body.data, content().article.author))
    if comments.is_repeated(open_db, form.body.data, number):
        reasons.append("the same words were sent before")
    if form.is_trap_sprung:
        reasons.insert(0, "a field that people do not see was filled in")
    return "; ".join(reasons)


def _hints(comment: Comment, asked: tuple[str, ...], lines: str) -> tuple[str, ...]:
    """Return what Jo may want to know before she reads a comment: hints, not verdicts."""
    return (
        *([f"answers comment {comment.parent}"] if comment.parent else []),
        *(f"contains {what}" for what in asked),
        *(["may need care today"] if lines else []),
    )


def _lines(words: str) -> str:
    """Return the kind of help lines to show beside words that suggest danger, or nothing."""
    return reframe.danger(content().phrasebook, words)


def _again(
    form: CommentForm, answered: Comment | None, asked: tuple[str, ...] = (), wait: int = 0, down: bool = False
) -> Response:
    return again(PAGE, PART, form, answered=answered, asked=asked, wait=wait, down=down)


def _address(form: CommentForm) -> str:
    """Return the address of the writer's own page, the same for the same words from the same form."""
    return token(form, *([str(form.parent)] if form.parent else []), form.name.data, form.body.data)


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
        "comments/mine.html",
        comment=comment,
        address=address,
        form=form,
        asked=asked,
        down=down,
        lines=_lines(comment.body),
        saved=request.method == "GET" and "saved" in request.args,
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


def _number(given: str) -> int:
    """Return the number that an ``after`` names; 0 where there is none, 404 for what is no number."""
    if not given:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        abort(404)
    return int(given)
