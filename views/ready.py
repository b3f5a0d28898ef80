"""Cacheable pages as ready bytes: rendered and compressed once, answered before Flask's dispatch.

A view joins with ``@ready.cacheable``. The step below then keeps what it answered, in each encoding,
with every header it set, and answers from that until the site's content changes; each name the site is
asked under (Host) has pages of its own. Whatever it does not know exactly (another method, an error, a
cookie) goes on to Flask; so does a query, of which there are any number, and its answer is compressed but not
kept. Reading thus leaves no line in the log.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec
from urllib.parse import quote

import brotli
from flask import Flask, Response, g, make_response
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header
from werkzeug.test import create_environ, run_wsgi_app

from data import schema

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

P = ParamSpec("P")

PUBLIC = "public, max-age=0, must-revalidate, s-maxage=60"
SHARED = "max-age=0, must-revalidate, s-maxage=60"
# There are not a tenth as many addresses; but a visitor may ask for each under names (Host) without number.
MOST_PAGES = 512
# Below this compressing saves less than it costs to say so.
LEAST_BYTES = 200
COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/atom+xml", "application/manifest+json",
                "image/svg+xml")  # fmt: skip
BEST, BRIEF = {"gzip": 9, "br": 11}, {"gzip": 4, "br": 4}  # 45 ms for the article, once; 1 ms
LONGEST_ACCEPT = 256  # characters; no browser's is half as long, and what is remembered takes room
PATIENCE = 1.0  # seconds to wait for a commit under way, where one before it has to be read


def register(app: Flask) -> None:
    """Put the step in front of the application and of whatever stands before it already."""
    app.wsgi_app = app.extensions["ready"] = Ready(app)  # type: ignore[method-assign]


def warm(app: Flask, paths: Iterable[str]) -> None:
    """Keep pages before anybody asks for them; safe before a fork, since no connection is left open."""
    step: Ready = app.extensions["ready"]
    for path in paths:
        Response.from_app(step, create_environ(path, app.config["URL"]), buffered=True)
    step.revision.close()


def cacheable(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Mark a view whose answer is the same bytes for everyone, so that we and any CDN may keep it.

    Templates see the mark as ``g.cacheable``.
    """

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        g.cacheable = True
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

    tag: str
    unchanged: list[tuple[str, str]]
    answers: dict[str, tuple[list[tuple[str, str]], list[bytes]]]


class Revision:
    """The revision of what readers see, read again only once somebody has written to the database.

    Whether anybody has is told, in a microsecond, by a mark that every commit changes. With the rollback
    journal it is the file's change counter (sqlite.org/fileformat.html, section 1.3.7), read past SQLite
    and its locks: a commit under way has been acknowledged to nobody, and keeps no reader waiting. With a
    WAL, where commits leave the counter alone, it is ``PRAGMA data_version``, which no writer can block.
    """

    def __init__(self, path: Path) -> None:
        self.address = f"file:{quote(str(path))}?mode=ro"
        self.lock = threading.RLock()
        self.known: tuple[object, int] = (None, 0)  # mark and revision; replaced together
        # Opened at the first look: a connection must not be carried over a fork (sqlite.org/howtocorrupt.html).
        self.opened: sqlite3.Connection | None = None
        # Never closed while the site runs: that would drop the locks which SQLite holds on the file (ibid.).
        self.file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.file).atexit = False
        self.mark = self.data_version if schema.journal_mode() == "wal" else self.change_counter

    def read(self) -> int | None:
        """Return the revision; None where it cannot be told, the database being locked or not readable."""
        try:
            mark, revision = self.known
            return revision if self.mark() == mark else self.look()
        except (sqlite3.Error, OSError):
            return None

    def look(self) -> int:
        """Read revision and mark as of one moment: within a transaction, so that no commit comes between."""
        with self.lock:
            connection = self.connection()
            connection.execute("BEGIN")
            try:
                revision = int(connection.execute("SELECT revision FROM site").fetchone()[0])
                self.known = (self.mark(), revision)
            finally:
                connection.execute("ROLLBACK")
        return revision

    def change_counter(self) -> bytes:
        """Return the counter that every commit raises in the header of the file."""
        return os.pread(self.file, 4, 24)

    def data_version(self) -> int:
        """Return what changes on this connection with every commit of another."""
        with self.lock:
            return int(self.connection().execute("PRAGMA data_version").fetchone()[0])

    def connection(self) -> sqlite3.Connection:
        """Return the one lasting connection, which the threads share under the lock."""
        if self.opened is None:
            self.opened = sqlite3.connect(
                self.address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        return self.opened

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        with self.lock:
            if self.opened is not None:
                self.opened.close()
                self.opened = None
                self.known = (None, 0)  # the mark of one connection says nothing to the next


class Ready:
    """The WSGI step in front of the application."""

    def __init__(self, app: Flask) -> None:
        self.application: WSGIApplication = app.wsgi_app
        self.revision = Revision(Path(app.config["DATABASE"]))
        self.pages: dict[tuple[str, str], tuple[int, Page]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method != "GET" and method != "HEAD":
            return self.application(environ, start_response)
        # Read before the page is made: what is published meanwhile makes it old, not new.
        revision = self.revision.read()
        if revision is None:  # something acknowledged may be in it that we cannot see: Flask waits for it, or says so
            return self.application(environ, start_response)
        key = (environ.get("HTTP_HOST", ""), environ["PATH_INFO"])
        query = environ.get("QUERY_STRING")
        made, page = (None, None) if query else self.pages.get(key, (None, None))
        if page is None or made != revision:
            # Always ask for the body: what is kept answers HEAD too.
            given, status, said = run_wsgi_app(self.application, {**environ, "REQUEST_METHOD": "GET"}, buffered=True)
            if not _may_be_kept(status, said):
                start_response(status, said.to_wsgi_list())
                return given if method == "GET" else []
            page = _page(Response(given, status, said), page, BRIEF if query else BEST)
            if not query:
                if len(self.pages) >= MOST_PAGES:
                    self.pages.clear()  # not refused, or whoever came first with false names would keep ours out
                self.pages[key] = (revision, page)
        if (known := environ.get("HTTP_IF_NONE_MATCH")) and (page.tag in known or known.strip() == "*"):
            start_response("304 NOT MODIFIED", page.unchanged)
            return []
        headers, body = page.answers[_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))]
        start_response("200 OK", headers)
        return body if method == "GET" else []  # a list: what is in one piece, granian sends by its shortest way


def _may_be_kept(status: str, headers: Headers) -> bool:
    return status.startswith("200 ") and "public" in headers.get("Cache-Control", "") and "Set-Cookie" not in headers


def _page(response: Response, last: Page | None, effort: Mapping[str, int]) -> Page:
    """Return what is to be kept of an answer.

    ``last`` is what was kept before; where the answer is still the same, so is what is kept. ``effort`` is
    how hard to compress.
    """
    body = response.get_data()
    if response.mimetype == "text/html":
        body = re.sub(rb"\n\s+", b"\n", body)  # the templates' indents, which say nothing to a reader
    # Weak, since the same tag stands for every encoding; asked for with or without the W/ (RFC 9110, 13.1.2).
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if last is not None and last.tag == tag:
        return last
    if not response.cache_control.immutable:  # what never changes is never asked for again
        response.headers["ETag"] = f"W/{tag}"
    response.vary.add("Accept-Encoding")
    bodies = {"identity": body, "gzip": body, "br": body}
    if (response.mimetype or "").startswith(COMPRESSIBLE) and len(body) >= LEAST_BYTES:
        bodies["gzip"] = gzip.compress(body, effort["gzip"], mtime=0)
        bodies["br"] = brotli.compress(body, quality=effort["br"], lgwin=18)
    common = [(name, value) for name, value in response.headers if name not in ("Content-Length", "Content-Type")]
    answers = {}
    for encoding, encoded in bodies.items():
        headers = [*common, ("Content-Type", response.content_type or ""), ("Content-Length", str(len(encoded)))]
        if encoded is not body:
            headers.append(("Content-Encoding", encoding))
        answers[encoding] = (headers, [encoded])
    return Page(tag, common, answers)


def _encoding(accepted: str) -> str:
    """Choose the encoding for an ``Accept-Encoding`` header."""
    return _preferred(accepted) if len(accepted) <= LONGEST_ACCEPT else "identity"


@lru_cache(maxsize=256)
def _preferred(accepted: str) -> str:
    """Choose what is liked best, and of what is liked as well the smallest; RFC 9110, section 12.5.3."""
    accept = parse_accept_header(accepted)
    quality = {name: accept.quality(name) for name in ("br", "gzip")}
    best = max(quality, key=lambda name: quality[name])
    plain = max((value for name, value in accept if name == "identity"), default=0)
    return best if quality[best] > 0 and quality[best] >= plain else "identity"
