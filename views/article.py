"""The article, which is the front page."""

from __future__ import annotations

from flask import Blueprint, render_template

from data import comments
from views import ready
from views.database import db

blueprint = Blueprint("article", __name__)


@blueprint.get("/")
@ready.cacheable
def page() -> str:
    """Answer the article with everything that stands under it."""
    shown, more = comments.shown(db(), most=comments.UNDER_ARTICLE)
    return render_template("article/page.html", comments=shown, more=more, count=comments.count(db()))
