"""What every request must pass and every answer must carry."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from sqlite_utils import Database
from werkzeug.middleware.proxy_fix import ProxyFix

from data import throttle

# The one place that names htmx: its file, and the hash a browser checks it against.
HTMX = {
    "src": "https://cdn.jsdelivr.net/npm/htmx.org@4.0.1/dist/htmx.min.js",
    "integrity": "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn",
}

# No nonce, so that a page means the same bytes for everyone; a hash lets in the stylesheet that stands in
# cacheable pages. Trusted Types: only the policy that
# site.js registers for htmx may turn text into markup, and nothing may turn text into a script.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {HTMX['src']}",
        "style-src 'self' {style}",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types site",
    )
)

# What is no page loads nothing; said in fewer bytes, since a first view fetches several.
CLOSED_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What means something for a page only.
PAGE_HEADERS = {
    # Not no-referrer: the forms' own protection may look at the Referer of our own pages.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR = 365 * 24 * 60 * 60  # seconds

MOST_FIELDS = 50


def register(app: Flask, style: str) -> None:
    """Put the checks before every view and the headers on every answer, errors too.

    ``style`` is the hash of the stylesheet that pages may hold.
    """
    app.extensions["policy"] = POLICY.format(style=style)
    app.before_request(refuse_foreign_posts)
    app.before_request(refuse_odd_bodies)
    app.after_request(add_headers)
    app.jinja_env.globals["htmx"] = HTMX
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]


def refuse_foreign_posts() -> None:
    """Refuse a post that another site's page sent, going by what the browser says of it.

    ``Sec-Fetch-Site`` where there is one (Fetch Metadata, W3C), else a foreign ``Origin``. Neither
    can be set by a page's own script.
    """
    if request.method != "POST":
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is None:
        return
    ours = {urlsplit(current_app.config["URL"]).netloc, request.host}
    try:
        theirs = urlsplit(origin).netloc
    except ValueError:  # such as half an IPv6 address
        abort(403)
    if theirs not in ours:
        abort(403)


def refuse_odd_bodies() -> None:
    """Refuse a body that is too large, is no plain form, or has more fields than any form of ours.

    No form here uploads a file, and Flask-WTF faults on some multipart bodies, so this stands before it.
    """
    if (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]:
        abort(413)
    if request.method != "POST":
        return
    if "Transfer-Encoding" in request.headers:  # no browser sends a form so; its size could not be told
        abort(411)
    if request.mimetype != "application/x-www-form-urlencoded" and (request.content_length or request.mimetype):
        abort(415)
    if sum(1 for _ in request.form.items(multi=True)) > MOST_FIELDS:
        abort(413)


def limit(db: Database, bucket: str, *, everyone: bool = False) -> int:
    """Count one attempt of this visitor, or of everyone together, in the caller's transaction.

    Return 0 where it is within the limits of `data.throttle`, else after how many seconds to try again.
    """
    config = current_app.config
    if not config["LIMITS"]:
        return 0
    now = int(time.time())
    who = "everyone" if everyone else throttle.client(config["SECRET_KEY"], request.remote_addr or "", now)
    return throttle.attempt(db, bucket, who, now)


def add_headers(response: Response) -> Response:
    """Add what every answer carries; nothing is kept anywhere unless its view said so."""
    is_page = response.mimetype == "text/html"
    carried = {
        "Content-Security-Policy": current_app.extensions["policy"] if is_page else CLOSED_POLICY,
        **HEADERS,
        **(PAGE_HEADERS if is_page else {}),
        **({"Strict-Transport-Security": f"max-age={2 * YEAR}"} if current_app.config["PRODUCTION"] else {}),
        "Cache-Control": "no-store",
    }
    said = {name.lower() for name, _ in response.headers}
    response.headers.extend({name: value for name, value in carried.items() if name.lower() not in said})
    return response
