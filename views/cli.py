"""The site's commands: ``flask serve`` and, for whoever looks after it, the rest."""

from __future__ import annotations

import ctypes
import datetime
import gc
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from data import backup, desk, export, outbox, postbox, schema
from views import checks, content, logs, ready, sender
from views.dates import moment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# How production serves; `make bench` measures with the same.
SERVER: Mapping[str, Any] = {
    "interface": Interfaces.WSGI,
    "http": HTTPModes.http1,
    "http1_settings": HTTP1Settings(
        # Milliseconds for a request's head, which takes no thread meanwhile; also how long an idle connection is
        # kept: longer than a proxy in front does (nginx: 60 seconds), or a post may meet one just closed.
        header_read_timeout=75_000,
        max_buffer_size=64 * 1024,  # bytes of head; bodies are bounded by the guard, at as many
    ),
    "websockets": False,
    "blocking_threads": 4,  # a page is answered from memory in microseconds; what takes a thread is writing to the disk
    "backlog": 1024,  # connections that the kernel holds for us
    "respawn_failed_workers": True,
    "workers_kill_timeout": postbox.DEADLINE + 5,  # seconds for what is being answered, and for a mail on its way
    "log_level": LogLevels.warning,
}


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(serve)
    for command in (desk_link, mail, backup_now, restore, export_all, purge, doctor):
        app.cli.add_command(command)


@click.command("desk-link")
@with_appcontext
def desk_link() -> None:
    """Print a link that signs in at the desk, once, within 15 minutes."""
    click.echo(_desk_link(current_app.config["URL"]))


def _desk_link(url: str) -> str:
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db, schema.transaction(db):
        return f"{url}/desk/sign-in/{desk.make_link(db, int(time.time()))}"


@click.group()
def mail() -> None:
    """E-mail to Jo that waits in the outbox: what waits, try again, send now."""


@mail.command("list")
@with_appcontext
def list_mail() -> None:
    """Print what waits and what could not be sent, with the reason; no words of it, no address."""
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db:
        waiting, failing, last = outbox.counts(db)
        click.echo(f"{waiting} waiting, {failing} failed, last sent {moment(last) if last else 'never'}")
        for one in outbox.unsent(db):
            next_try = "not tried again by itself" if one.refused else f"next try {moment(one.due)}"
            click.echo(f"{one.about}: {one.error}; {next_try}")


@mail.command()
@with_appcontext
def retry() -> None:
    """Make due at once what could not be sent, what was refused for good too."""
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db, schema.transaction(db):
        _, failing, _ = outbox.counts(db)
        outbox.retry_all(db, int(time.time()))
        desk.note(db, "retried", "e-mail", int(time.time()))
    click.echo(f"{failing} due now")


@mail.command()
@with_appcontext
def deliver() -> None:
    """Send what is due now; for a timer, beside or in place of the site's own sender."""
    click.echo(f"{sender.deliver_due(current_app._get_current_object())} tried")  # type: ignore[attr-defined]


@click.command("backup")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def backup_now(folder: Path | None) -> None:
    """Copy the database into FOLDER (by default "backups" beside it), verified; safe while the site runs."""
    database = Path(current_app.config["DATABASE"])
    try:
        click.echo(backup.backup(database, folder or database.parent / "backups", datetime.datetime.now(datetime.UTC)))
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("copy", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def restore(copy: Path) -> None:
    """Bring back COPY, a file that `flask backup` made; the present database is copied first."""
    database = Path(current_app.config["DATABASE"])
    folder, now = database.parent / "backups", datetime.datetime.now(datetime.UTC)
    try:
        try:  # pruning might take the very copy that is wanted back
            before = backup.backup(database, folder, now, pruning=False)
        except backup.BackupError:
            before = backup.set_aside(database, folder, now)
        click.echo(f"What was there is in {before}")
        backup.restore(copy, database)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{copy} is back")


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def export_all(folder: Path) -> None:
    """Write everything that visitors wrote into FOLDER: site.json, comments.csv and messages.csv.

    The files are readable by their owner only, and replace those of an earlier export. In the CSV files a cell
    that a spreadsheet would take for a formula begins with a quotation mark.
    """
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db:
        try:
            for path in export.write_all(db, folder):
                click.echo(path)
        except OSError as error:
            raise click.ClickException(f"{folder} cannot be written to: {error.strerror}") from error
        with schema.transaction(db):
            desk.note(db, "exported", "by command", int(time.time()))


@click.command()
@with_appcontext
def purge() -> None:
    """Erase what has been kept as long as was promised (SITE_RETENTION_MONTHS); the running site does it daily.

    Waits until the search index, too, holds nothing of what was erased.
    """
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db:
        erased = backup.clear(db, current_app.config["RETENTION_MONTHS"], int(time.time()))
        while not schema.scrub(db):
            pass
    click.echo(", ".join(f"{count} of {table}" for table, count in erased.items()))


@click.command()
@with_appcontext
def doctor() -> None:
    """Look whether the site is well: settings, permissions, mail, disk, backup, clock, database.

    Reads the database through and greets the mail server, without sending anything. Ends with 1 where
    something needs mending, so that a timer can tell of it.
    """
    found = checks.run(current_app._get_current_object(), thorough=True)  # type: ignore[attr-defined]
    for check in found:
        click.echo(f"{check.state:5}{check.what + ':':15}{check.words}")
    if any(check.state == "bad" for check in found):
        raise SystemExit(1)


@click.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on (HOST).")
@click.option("--port", envvar="PORT", default=8000, show_default=True, help="Port to listen on (PORT).")
@click.option("--workers", default=1, show_default=True, help="Processes; one is fastest on two cores.")
@with_appcontext
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site, as production does; there, put a buffering proxy in front."""
    try:  # the server itself would share the port with another, and each would answer half
        socket.create_server((host, port)).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if "SITE_URL" not in os.environ:
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        os.environ["SITE_URL"] = app.config["URL"] = f"http://{shown}:{port}"
    click.echo(f"Serving {app.config['URL']} (Ctrl-C stops)")
    if not app.config["PRODUCTION"]:
        click.echo("This is for trying it out: docs/production.md says what must stand in front of it for real")
        click.echo(f"The desk:  {_desk_link(app.config['URL'])} (once, within 15 minutes)")
    server = Granian("app:served", factory=True, address=host, port=port, workers=workers, **SERVER)
    server.serve(target_loader=_shared(app) if sys.platform == "linux" else None)


def _shared(app: Flask) -> Callable[[str], WSGIApplication]:
    """Return what gives a worker this very application, all read and compiled, to share by forking.

    Two workers then start sooner, and take 10 MB less than if each read everything itself, until both have
    answered many phrases. Each has a core for its Python, counted from the last: the first have the interrupts.
    """
    multiprocessing.set_start_method("fork", force=True)  # no longer the default from Python 3.14 on
    content.compile_rules(app)
    ready.warm(app, ["/"])
    with suppress(AttributeError):  # glibc only: what reading has left unused goes back, or each worker would hold it
        ctypes.CDLL(None).malloc_trim(0)
    gc.freeze()  # what is there is not looked through again: that would write to every page that is shared
    started = multiprocessing.Value("i", 0)
    cores = sorted(os.sched_getaffinity(0), reverse=True)

    def load(target: str) -> WSGIApplication:
        logs.start()
        sender.start(app)
        with started.get_lock():
            core = cores[started.value % len(cores)]
            started.value += 1
        return _on_one_core(app, core)

    return load


def _on_one_core(app: WSGIApplication, core: int) -> WSGIApplication:
    """Return the application with every thread that comes to it kept on one core.

    Only one of them runs Python at a time. Left to the kernel, the interpreter changes cores between requests
    and finds nothing in their caches, which costs a form half as much again; what the server does besides, in
    threads of its own, has all the cores still.
    """
    thread = threading.local()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not hasattr(thread, "placed"):
            thread.placed = True
            with suppress(OSError):  # the core may have been taken from us since; then all is as it was
                os.sched_setaffinity(0, {core})
        return app(environ, start_response)

    return answer
