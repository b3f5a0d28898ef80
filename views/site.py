"""What belongs to the whole site: standing pages, and what machines ask for."""

from __future__ import annotations

import datetime
import sqlite3
import time
from contextlib import suppress

from flask import Blueprint, Response, current_app, render_template, url_for

from data import outbox
from views import ready
from views.content import content
from views.database import db

blueprint = Blueprint("site", __name__)

PAGES = (
    "article.page",
    "faq.all_answers",
    "reframe.page",
    "comments.page",
    "contact.page",
    "site.support",
    "site.privacy",
    "site.accessibility",
)


@blueprint.get("/support")
@ready.cacheable
def support() -> str:
    """Answer every help line, by what it is for."""
    return render_template("site/support.html")


@blueprint.get("/privacy")
@ready.cacheable
def privacy() -> str:
    """Answer what is kept, for how long, and who can see it."""
    return render_template("site/privacy.html")


@blueprint.get("/accessibility")
@ready.cacheable
def accessibility() -> str:
    """Answer what was done so that everyone can read the site, and what is known to fall short."""
    return render_template("site/accessibility.html")


@blueprint.get("/robots.txt")
@ready.cacheable
def robots() -> Response:
    """Answer what crawlers may read (RFC 9309)."""
    lines = ("User-agent: *", "Disallow: /desk", f"Sitemap: {current_app.config['URL']}{url_for('site.sitemap')}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@ready.cacheable
def sitemap() -> Response:
    """Answer the addresses of every page worth finding (sitemaps.org, version 0.9)."""
    paths = [url_for(endpoint) for endpoint in PAGES]
    paths += [url_for("faq.page", slug=question.slug) for question in content().questions]
    return Response(render_template("site/sitemap.xml", paths=paths), mimetype="application/xml")


@blueprint.get("/.well-known/security.txt")
def security() -> Response:
    """Answer where to report a weakness (RFC 9116); it must expire, so it is dated afresh each day."""
    today = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expires = (today + datetime.timedelta(days=180)).strftime("%Y-%m-%dT%H:%M:%SZ")
    url = current_app.config["URL"]
    lines = (
        f"Contact: {url}{url_for('contact.page')}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {url}{url_for('site.security')}",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/healthz")
def health() -> tuple[dict[str, bool], int]:
    """Answer whether the site is up, its database can be read, and mail to Jo is leaving.

    503 where the database cannot be read. Late mail is told with 200: taking the site away from its
    readers would not send it.
    """
    database = outgoing = False
    with suppress(sqlite3.Error):
        database = bool(db().execute("SELECT revision FROM site").fetchone())
        outgoing = not outbox.is_late(db(), int(time.time()))
    return {"up": True, "database": database, "outbox": outgoing}, 200 if database else 503
