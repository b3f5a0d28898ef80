"""The article, which is the front page."""

from __future__ import annotations

from flask import Blueprint, render_template

from views import ready

blueprint = Blueprint("article", __name__)


@blueprint.get("/")
@ready.cacheable
def page() -> str:
    """Answer the article with everything that stands under it."""
    return render_template("article/page.html")
