"""The questions: all on one page, each on its own, and each answer as the fragment htmx fetches."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from data.faq import Question
from views import htmx, ready
from views.content import content

blueprint = Blueprint("faq", __name__, url_prefix="/faq")


@blueprint.get("")
@ready.cacheable
def all_answers() -> str:
    """Answer the page with every question and its answer."""
    return render_template("faq/all.html")


@blueprint.get("/<slug>")
@ready.cacheable
def page(slug: str) -> str:
    """Answer one question as a page that works alone."""
    return render_template("faq/page.html", question=_question(slug))


@blueprint.get("/<slug>/answer")
@ready.cacheable
def answer(slug: str) -> Response:
    """Answer the text that takes the place of the link under a question."""
    return htmx.fragment("faq/_answer.html", question=_question(slug))


def _question(slug: str) -> Question:
    for question in content().questions:
        if question.slug == slug:
            return question
    abort(404)
