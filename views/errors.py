"""Every error a visitor can meet: a whole page, or for htmx a line on the form's status line."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound, SecurityError

from views import database, htmx

# For each status: title, and what the reader can do. Nothing of the fault itself is shown.
WORDS = {
    400: ("That did not reach us whole", "Go back and try once more."),
    403: ("That cannot be done from here", "Open this site’s own page and send it from there."),
    404: ("There is no such page", "The address may be mistyped, or the page may have moved."),
    405: ("That address does not take this kind of request", "Open the article and go on from there."),
    411: ("That did not say how long it is", "Send the form from this site’s own page."),
    413: ("That is longer than we can take", "Go back and shorten it. Your browser may still hold your words."),
    415: ("That is not a kind of form this site has", "Nothing was kept."),
    429: ("That was a lot in a short time", "Wait a few minutes, then try again."),
    500: ("Something went wrong on our side", "Go back: your browser may still hold your words. Try again in a while."),
    503: ("The site is busy for a moment", "Go back: your browser may still hold your words. Try again in a minute."),
}  # fmt: skip


def register(app: Flask) -> None:
    """Answer every fault with one of our own pages."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(sqlite3.OperationalError, unavailable)
    # A number in an address that no row can have, being longer than SQLite's.
    app.register_error_handler(OverflowError, lambda error: answer(NotFound()))
    app.log_exception = log_exception  # type: ignore[method-assign, assignment]


def log_exception(fault: Any) -> None:
    """Log a fault by its route's name: the path may hold the secret address of a page or a sign-in link."""
    current_app.logger.error("Fault in %s [%s]", request.endpoint, request.method, exc_info=fault)


def answer(error: HTTPException) -> Response | HTTPException:
    """Return the page of an HTTP error, with the headers (``Allow``, ``Retry-After``) it came with."""
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, SecurityError):  # an unknown Host: no address of ours can be built for it
        return Response("There is no such site here.\n", status, mimetype="text/plain")
    title, words = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    template = "errors/_status.html" if htmx.wanted() else "errors/page.html"
    html = render_template(template, status=status, title=title, words=words)
    response = Response(html, status, mimetype="text/html")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    if htmx.wanted():
        response.headers["HX-Fragment"] = "true"
        htmx.into_status(response)
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def unavailable(error: sqlite3.OperationalError) -> Response | HTTPException:
    """Answer a database that is locked or has no room with 503; any other fault of it with 500."""
    if database.is_passing(error):
        current_app.logger.warning("The database cannot be used for now (%s)", error.sqlite_errorname)
        return answer(database.Unavailable(retry_after=30))
    log_exception(error)
    return answer(InternalServerError())
