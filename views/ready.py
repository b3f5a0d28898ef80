"""Cacheable pages as ready bytes: rendered and compressed once, answered before Flask's dispatch.

A view joins with ``@ready.cacheable``. The step below then keeps what it answered, in each encoding,
with every header it set, and answers from that until the site's content changes. Whatever it does not
know exactly (another method, a query, another Host, an error, a cookie) goes on to Flask. Reading
thus leaves no line in the log.
"""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec
from urllib.parse import quote

import brotli
from flask import Flask, Response, make_response
from flask.typing import ResponseReturnValue
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response as WerkzeugResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

P = ParamSpec("P")

PUBLIC = "public, max-age=0, must-revalidate, s-maxage=60"
SHARED = "max-age=0, must-revalidate, s-maxage=60"
# A page kept for ever would be one a visitor could multiply; there are not a tenth as many addresses.
MOST_PAGES = 512
# Below this a compressed answer is no smaller on the wire (one TCP segment).
LEAST_BYTES = 1200
COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/atom+xml", "application/manifest+json",
                "image/svg+xml")  # fmt: skip


def cacheable(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Mark a view whose answer is the same bytes for everyone, so that we and any CDN may keep it."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        response.headers.setdefault("Cache-Control", PUBLIC)
        return response

    return answer


def shared(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Mark a view whose answer a CDN may keep and we do not, since there may be a million of them."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        response.headers.setdefault("Cache-Control", SHARED)
        return response

    return answer


@dataclass(frozen=True)
class Page:
    """One kept answer: its entity tag and, by encoding, its headers and body."""

    etag: str
    unchanged: list[tuple[str, str]]
    answers: dict[str, tuple[list[tuple[str, str]], bytes]]


class Revision(threading.local):
    """The revision of what readers see, as this thread last read it; one connection a thread.

    ``data_version`` tells in microseconds that somebody wrote; only then is the revision read. A commit
    that is under way is waited for: it may be what a publisher has already been told of.
    """

    def __init__(self, path: Path) -> None:
        self.address = f"file:{quote(str(path))}?mode=ro"
        # Opened at the first look: a connection must not be carried over a fork (sqlite.org/howtocorrupt.html).
        self.connection: sqlite3.Connection | None = None
        self.version = self.revision = -1

    def read(self) -> int:
        """Return the revision; the last one known where the database stays locked."""
        try:
            if self.connection is None:
                self.connection = sqlite3.connect(self.address, uri=True, timeout=1, isolation_level=None)
            version = self.connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self.version:
                self.revision = self.connection.execute("SELECT revision FROM site").fetchone()[0]
                self.version = version
        except sqlite3.OperationalError:
            pass
        return self.revision


class Ready:
    """The WSGI step in front of the application."""

    def __init__(self, app: Flask) -> None:
        self.application: WSGIApplication = app.wsgi_app
        self.revision = Revision(Path(app.config["DATABASE"]))
        self.pages: dict[tuple[str, str], tuple[int, Page]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if (method != "GET" and method != "HEAD") or environ.get("QUERY_STRING"):
            return self.application(environ, start_response)
        key = (environ.get("HTTP_HOST", ""), environ["PATH_INFO"])
        # Read before the page is made: what is published meanwhile makes it old, not new.
        revision = self.revision.read()
        made, page = self.pages.get(key, (None, None))
        if page is None or made != revision:
            # Always ask for the body: what is kept answers HEAD too.
            response = Response.from_app(self.application, {**environ, "REQUEST_METHOD": "GET"}, buffered=True)
            page = _page(response, page)
            if page is None:
                return response(environ, start_response)
            if len(self.pages) < MOST_PAGES or key in self.pages:
                self.pages[key] = (revision, page)
        if page.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 NOT MODIFIED", page.unchanged)
            return ()
        headers, body = page.answers[_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))]
        start_response("200 OK", headers)
        return () if method == "HEAD" else (body,)


def _page(response: WerkzeugResponse, last: Page | None) -> Page | None:
    """Return what is to be kept of an answer, or None where it may not be kept.

    ``last`` is what was kept before; where the answer is still the same, so is what is kept.
    """
    if response.status_code != 200 or not response.cache_control.public or "Set-Cookie" in response.headers:
        return None
    body = response.get_data()
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if last is not None and last.etag == etag:
        return last
    response.headers["ETag"] = etag
    response.vary.add("Accept-Encoding")
    bodies = {"identity": body, "gzip": body, "br": body}
    if (response.mimetype or "").startswith(COMPRESSIBLE) and len(body) >= LEAST_BYTES:
        bodies["gzip"] = gzip.compress(body, 9, mtime=0)
        bodies["br"] = brotli.compress(body, quality=11)
    common = [(name, value) for name, value in response.headers if name not in ("Content-Length", "Content-Type")]
    answers = {}
    for encoding, encoded in bodies.items():
        headers = [*common, ("Content-Type", response.content_type or ""), ("Content-Length", str(len(encoded)))]
        if encoded is not body:
            headers.append(("Content-Encoding", encoding))
        answers[encoding] = (headers, encoded)
    return Page(etag, common, answers)


@lru_cache(maxsize=256)
def _encoding(accepted: str) -> str:
    """Choose the encoding for an ``Accept-Encoding`` header; RFC 9110, section 12.5.3."""
    accept = parse_accept_header(accepted)
    quality = {name: accept.quality(name) for name in ("br", "gzip")}
    best = max(quality, key=lambda name: quality[name])
    return best if quality[best] > 0 else "identity"
