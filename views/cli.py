"""The site's commands: ``flask serve`` and, for whoever looks after it, the rest."""

from __future__ import annotations

import os

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces

# A page is answered from memory in microseconds; what takes a thread is writing to the disk.
THREADS = 4
WAITING = 1024  # connections the kernel may hold for us


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(serve)


@click.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on (HOST).")
@click.option("--port", envvar="PORT", default=8000, show_default=True, help="Port to listen on (PORT).")
@click.option("--workers", default=1, show_default=True, help="Processes; one is fastest on two cores.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site, as production does; there, put a buffering proxy in front."""
    if "SITE_URL" not in os.environ:
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        os.environ["SITE_URL"] = f"http://{shown}:{port}"
    click.echo(f"Serving {os.environ['SITE_URL']} (Ctrl-C stops)")
    Granian(
        "app:create_app",
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
