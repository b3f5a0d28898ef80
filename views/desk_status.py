"""How the site is: its checks, what was done at the desk, and taking everything away."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import IO

from flask import (
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)

from data import backup, desk, export, outbox
from views import checks
from views.database import db, write
from views.desk import blueprint, number_in
from views.forms import now


@blueprint.get("/status")
def status() -> str:
    """Answer how the site is, from the same checks as ``flask doctor``."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return render_template(
        "desk/status.html",
        checks=checks.run(app, thorough=False),
        sessions=desk.sessions(db(), now()),
        files=export.FILES,
    )


@blueprint.get("/trail")
def trail() -> str:
    """Answer what was done at the desk, newest first; ``before`` names the last line of the page before."""
    deeds, more = desk.trail(db(), number_in(request.args.get("before", "")))
    return render_template("desk/trail.html", deeds=deeds, more=more)


@blueprint.post("/mail/retry")
def retry() -> Response:
    """Have everything that could not be e-mailed tried again now."""
    with write() as open_db:
        outbox.retry_all(open_db, now())
        desk.note(open_db, "retried", "e-mail", now())
    return make_response(redirect(url_for("desk.page"), 303))


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """Close every session on every device, and every link that was sent and not used."""
    with write() as open_db:
        desk.sign_out_everywhere(open_db, now())
    session.clear()
    return make_response(redirect(url_for("desk.sign_in"), 303))


@blueprint.post("/export/<name>")
def take_away(name: str) -> Response:
    """Answer everything that is kept, as a file to keep elsewhere."""
    if name not in export.FILES:
        abort(404)
    # Beside the database, since it holds the same words; it has no name and is gone once sent.
    file = tempfile.TemporaryFile("w+b", dir=Path(current_app.config["DATABASE"]).parent)  # noqa: SIM115
    export.write(db(), name, file)
    file.seek(0)
    with write() as open_db:
        desk.note(open_db, "exported", name, now())
    return _download(file, export.FILES[name], name)


@blueprint.post("/backup")
def take_backup() -> Response:
    """Make a backup, and answer it as a file."""
    database = Path(current_app.config["DATABASE"])
    try:
        copy = backup.backup(database, database.parent / "backups", datetime.datetime.now(datetime.UTC))
    except backup.BackupError:
        abort(503)
    with write() as open_db:
        desk.note(open_db, "backed up", copy.name, now())
    return _download(copy, "application/vnd.sqlite3", copy.name)


def _download(file: IO[bytes] | Path, mimetype: str, name: str) -> Response:
    """Answer a file that the browser saves under ``name`` and keeps nowhere else."""
    response = send_file(file, mimetype=mimetype, as_attachment=True, download_name=name, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response
