"""What a visitor or Jo can ask for. `register` puts the rooms' helpers and views into the application."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask, url_for

from views import (
    article,
    assets,
    cli,
    comments,
    contact,
    content,
    database,
    dates,
    desk,
    desk_messages,  # noqa: F401 - adds to the desk's blueprint, as do the next two
    desk_search,  # noqa: F401
    desk_status,  # noqa: F401
    errors,
    faq,
    guard,
    logs,
    ready,
    reframe,
    site,
)


def register(app: Flask) -> None:
    """Register helpers first, then the blueprints in reading order."""
    # An address is written in one way; no redirect is ever built from the Host header.
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    logs.register(app)
    guard.register(app, style=assets.register(app))
    ready.register(app)
    errors.register(app)
    database.register(app)
    dates.register(app)
    cli.register(app)
    app.context_processor(lambda: {"content": content.content(), "site_url": app.config["URL"]})
    app.jinja_env.globals["url_for"] = address
    for room in (article, faq, reframe, comments, contact, desk, site):
        app.register_blueprint(room.blueprint)


def address(endpoint: str, **values: Any) -> str:
    """Return what `flask.url_for` does; where nothing is filled in, a page asks for it a dozen times, so it is kept."""
    return url_for(endpoint, **values) if values else _fixed(endpoint)


@cache
def _fixed(endpoint: str) -> str:
    return url_for(endpoint)
