"""The site's commands: ``flask serve`` and, for whoever looks after it, the rest."""

from __future__ import annotations

import datetime
import os
import socket
import time
from contextlib import closing
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import Interfaces

from data import backup, desk, schema
from views import sender

# A page is answered from memory in microseconds; what takes a thread is writing to the disk.
THREADS = 4
WAITING = 1024  # connections the kernel may hold for us


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(serve)
    for command in (desk_link, mail, backup_now, restore, purge):
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
    """E-mail to Jo that waits in the outbox."""


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
    try:
        before = backup.backup(database, database.parent / "backups", datetime.datetime.now(datetime.UTC))
        click.echo(f"What was there is in {before}")
        backup.restore(copy, database)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{copy} is back")


@click.command()
@with_appcontext
def purge() -> None:
    """Erase what has been kept as long as was promised; the running site does it daily."""
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db:
        erased = backup.clear(db, current_app.config["RETENTION_MONTHS"], int(time.time()))
    click.echo(", ".join(f"{count} of {table}" for table, count in erased.items()))


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
    if "SITE_URL" not in os.environ:
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        os.environ["SITE_URL"] = f"http://{shown}:{port}"
    click.echo(f"Serving {os.environ['SITE_URL']} (Ctrl-C stops)")
    if not current_app.config["PRODUCTION"]:
        click.echo("This is for trying it out: docs/production.md says what must stand in front of it for real")
        click.echo(f"The desk:  {_desk_link(os.environ['SITE_URL'])} (once, within 15 minutes)")
    Granian(
        "app:served",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=THREADS,
        backlog=WAITING,
        respawn_failed_workers=True,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()
