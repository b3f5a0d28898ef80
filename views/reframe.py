"""The reframing widget. Nothing typed into it is kept, logged, or put into an address."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from data import reframe
from views import htmx, ready
from views.content import content

blueprint = Blueprint("reframe", __name__)


@blueprint.get("/reframe")
@ready.cacheable
def page() -> str:
    """Answer the widget alone."""
    return render_template("reframe/page.html", answer=None)


@blueprint.post("/reframe")
def answer() -> Response:
    """Answer one outcome for ``phrase``, or for the builder's ``happens``, ``feeling`` and ``want``.

    Any body up to the size limit gets 200. It changes nothing on the server, so it needs no token, and
    the cached article can hold both its forms.
    """
    book = content().phrasebook
    form = request.form
    built = ""
    if "happens" in form:
        built = reframe.compose(book, form["happens"], form.get("feeling", ""), form.get("want", ""))
    phrase = built or form.get("phrase", "")
    turn = _number(form.get("turn") or form.get("firmer", ""))
    given = reframe.recheck(book, built) if built else reframe.reframe(book, phrase, turn)
    return htmx.page_or_fragment(
        "reframe/page.html",
        "reframe/_answer.html",
        fragment=htmx.wanted(),
        answer=given,
        built=built,
        built_from={name: form.get(name, "") for name in ("happens", "feeling", "want")},
        phrase=phrase,
        turn=turn,
        firmer="firmer" in form,
        pieces=list(reframe.pieces(phrase, given.marks)),
    )


def _number(text: str) -> int:
    """Return how often another way was asked for; 0 for what is no such number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
