"""What is logged: a line of JSON for each request and each fault, with nothing of whoever made the request.

A line says when, how, which route by its name, what came of it and how long it took. No path (it may be
the secret address of a page), no query, body, address, agent or e-mail stands in it. JSON escapes
whatever could begin a line of its own (RFC 8259, section 7).
"""

from __future__ import annotations

import datetime
import json
import logging
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, has_request_context, request

logger = logging.getLogger(__name__)

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
ROOT = Path(__file__).parent.parent


class Lines(logging.Formatter):
    """Formats a record as one line of JSON.

    Of a fault it says the kind and where it passed, and neither locals nor what the fault itself says:
    that may quote what somebody typed.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {"time": when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "level": record.levelname}
        fields = getattr(record, "fields", None)
        line |= fields if fields is not None else {"logger": record.name, "says": record.getMessage()}
        if has_request_context():
            line["request"] = request_id()
        if record.exc_info and record.exc_info[1] is not None:
            line["faults"] = faults(record.exc_info[1])
        return json.dumps(line)


def start() -> None:
    """Have everything logged go to standard error, as the server runs it: one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logger.setLevel(logging.INFO)


def register(app: Flask) -> None:
    """Log every request that Flask answers. First of all, so that it is first to see it and last to leave it."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """Return this request's own name, made here.

    An ``X-Request-Id`` that comes in is not taken: whoever sends it could make two requests look like one,
    or write into the log.
    """
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def faults(error: BaseException) -> list[dict[str, object]]:
    """Return an exception and those it came from, newest first: each its kind and the lines it passed."""
    found: list[dict[str, object]] = []
    known: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in known:
        known.add(id(following))
        where = []
        step = following.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            path = Path(code.co_filename)
            shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
            where.append(f"{shown}:{step.tb_lineno} {code.co_name}")
            step = step.tb_next
        found.append({"kind": f"{type(following).__module__}.{type(following).__qualname__}", "where": where})
        following = following.__cause__ or following.__context__
    return found


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    """Write the line, and tell the reader the request's name, except on a page that many are given."""
    fields = {
        "method": request.method if request.method in METHODS else "other",
        "route": request.endpoint or "none",
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.began) * 1000, 1),
    }
    logger.info("%(method)s %(route)s %(status)s %(ms)s", fields, extra={"fields": fields})
    if response.cache_control.no_store:
        response.headers["X-Request-Id"] = request_id()
    return response
