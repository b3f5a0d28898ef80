"""The real server as a process of its own, for what only a running or a killed one shows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass
class Site:
    """A running site."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start(folder: Path, port: int = 0, workers: int = 1, **environment: str) -> Site:
    """Start the server and wait until it answers."""
    port = port or free_port()
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "serve", "--port", str(port), "--workers", str(workers)],
            cwd=ROOT,
            env={**os.environ, "SITE_DATABASE": str(folder / "site.sqlite3"), "SITE_LIMITS": "off", **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    site = Site(f"http://127.0.0.1:{port}", folder, process)
    for _ in range(400):
        try:
            urllib.request.urlopen(f"{site.url}/healthz", timeout=5).close()
        except OSError:
            assert process.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.025)
        else:
            return site
    raise AssertionError((folder / "server.log").read_text())


def stop(site: Site) -> None:
    """Stop the server and its workers, as a service manager does; nothing where it has ended."""
    if site.process.poll() is not None:
        return
    os.killpg(site.process.pid, signal.SIGTERM)
    try:
        site.process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        kill(site)


def kill(site: Site) -> None:
    """Kill the server and its workers where they stand."""
    os.killpg(site.process.pid, signal.SIGKILL)
    site.process.wait()
