"""The outbox's thread: sends what is due. Started by the server only, never by a command or a test."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from contextlib import closing
from multiprocessing.util import Finalize
from pathlib import Path

from flask import Flask

from data import backup, outbox, postbox, schema
from views import mail

logger = logging.getLogger(__name__)

STEPS = 50  # of clearing the search index at one look
LOOK_SECONDS = 2  # how often to look for what is due: somebody waits for a sign-in link


def start(app: Flask) -> None:
    """Start the thread. A process that is asked to stop waits until what is being sent has been noted."""
    asked = threading.Event()
    thread = threading.Thread(target=_run, args=[app, asked], name="outbox", daemon=True)

    def finish() -> None:
        asked.set()
        thread.join(timeout=postbox.DEADLINE)

    thread.start()
    # Not atexit: the server's workers are processes of multiprocessing, which end without it.
    Finalize(None, finish, exitpriority=0)


def deliver_due(app: Flask, asked: threading.Event | None = None) -> int:
    """Send everything that is due now, the day's digest too, or until ``asked`` to stop; return how many were tried.

    Raises `sqlite3.Error`.
    """
    box = mail.postbox(app)
    pauses = [int(seconds) for seconds in app.config["RETRY_SECONDS"].split()]
    tried = 0
    with closing(schema.connect(Path(app.config["DATABASE"]))) as db:
        now = int(time.time())
        if outbox.held(db, now, 1)[0]:  # looked at first, so that no writer is kept waiting for nothing
            with app.app_context(), schema.transaction(db):
                mail.digest(db, now)
            schema.scrub(db)
        while not (asked and asked.is_set()) and outbox.deliver_next(db, box, pauses, int(time.time())):
            tried += 1
    return tried


def clear_if_due(app: Flask) -> None:
    """Once a day, erase what has been kept as long as was promised. Raises `sqlite3.Error`."""
    now = int(time.time())
    with closing(schema.connect(Path(app.config["DATABASE"]))) as db:
        if backup.is_clearing_due(db, now):
            backup.clear(db, app.config["RETENTION_MONTHS"], now)
            backup.prune(Path(app.config["DATABASE"]).parent / "backups", datetime.datetime.now(datetime.UTC))


def scrub_if_due(app: Flask) -> None:
    """Go on with clearing what was erased out of the search index. Raises `sqlite3.Error`."""
    with closing(schema.connect(Path(app.config["DATABASE"]))) as db:
        if schema.is_scrubbing_due(db):
            schema.scrub(db, STEPS)


def _run(app: Flask, asked: threading.Event) -> None:
    while not asked.is_set():
        try:
            deliver_due(app, asked)
            clear_if_due(app)
            scrub_if_due(app)
        except Exception as error:  # whatever it was, the rows are still there and the next look may do
            logger.warning("the outbox could not be worked through (%s)", type(error).__name__)
        asked.wait(LOOK_SECONDS)
