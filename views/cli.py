"""The site's commands: ``flask serve`` and, for whoever looks after it, the rest."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import Interfaces

from data import desk, schema

# A page is answered from memory in microseconds; what takes a thread is writing to the disk.
THREADS = 4
WAITING = 1024  # connections the kernel may hold for us


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(serve)
    app.cli.add_command(desk_link)


@click.command("desk-link")
@with_appcontext
def desk_link() -> None:
    """Print a link that signs in at the desk, once, within 15 minutes."""
    click.echo(_desk_link(current_app.config["URL"]))


def _desk_link(url: str) -> str:
    with closing(schema.connect(Path(current_app.config["DATABASE"]))) as db, schema.transaction(db):
        return f"{url}/desk/sign-in/{desk.make_link(db, int(time.time()))}"


@click.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on (HOST).")
@click.option("--port", envvar="PORT", default=8000, show_default=True, help="Port to listen on (PORT).")
@click.option("--workers", default=1, show_default=True, help="Processes; one is fastest on two cores.")
@with_appcontext
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site, as production does; there, put a buffering proxy in front."""
    if "SITE_URL" not in os.environ:
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        os.environ["SITE_URL"] = f"http://{shown}:{port}"
    click.echo(f"Serving {os.environ['SITE_URL']} (Ctrl-C stops)")
    if not current_app.config["PRODUCTION"]:
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
