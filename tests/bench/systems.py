"""What is measured: nginx with the page as a static file, Flask saying hello, and the site itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.bench import machine
from tests.serving import ROOT, free_port

NGINX = """
daemon off; {user}
worker_processes auto;
pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; types {{ }}
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} reuseport; root {folder}; index page.br;
    default_type "text/html; charset=utf-8";
{headers}
  }}
}}
"""

HELLO = """
from flask import Flask, render_template
from flask_wtf import FlaskForm
from jinja2 import DictLoader
from wtforms import HiddenField, StringField, TextAreaField

class Form(FlaskForm):
    key, nudged, website = HiddenField(), HiddenField(), StringField("Leave empty")
    name, body = StringField("Name"), TextAreaField("Comment")

page = (
    "<form method=post>{{ form.hidden_tag() }} {{ form.website.label }} {{ form.website }} {{ form.name.label }} "
    "{{ form.name }} {{ form.body.label }} {{ form.body }} <button>Send</button></form>"
)
app = Flask("hello")
app.secret_key = "measured, not kept"
app.jinja_loader = DictLoader({"form.html": page})
app.add_url_rule("/", view_func=lambda: "hello")
app.add_url_rule("/comments/new", "form", lambda: render_template("form.html", form=Form()))
"""


@dataclass
class System:
    """A system that runs and answers."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    start_seconds: float

    def stop(self) -> None:
        """Stop it."""
        machine.stop(self.process)


def site(folder: Path, workers: int = 1, **settings: str) -> System:
    """Run the site as production does, on the database in ``folder``."""
    port = free_port()
    environment = {
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SITE_DATABASE": str(folder / "site.sqlite3"),
        "SITE_LIMITS": "off",
        **settings,
    }
    command = ["-m", "flask", "--app", "app", "serve", "--port", str(port), "--workers", str(workers)]
    return _run(
        f"the site, {workers} worker{'s' * (workers > 1)}", port, [sys.executable, *command], folder, environment
    )


def hello(folder: Path) -> System:
    """Run a Flask application that says hello and has a bare form, under the same server with the same settings."""
    port = free_port()
    (folder / "hello.py").write_text(HELLO)
    code = (
        "from granian import Granian; from views.cli import SERVER; "
        f"Granian('hello:app', address='127.0.0.1', port={port}, workers=1, **SERVER).serve()"
    )
    return _run("bare Flask, hello", port, [sys.executable, "-c", code], folder, {"PYTHONPATH": f"{ROOT}:{folder}"})


def nginx(folder: Path, like: System) -> System:
    """Run nginx with the article of a running site as a file, in the same encoding and with the same headers."""
    port = free_port()
    request = urllib.request.Request(like.url, headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        (folder / "page.br").write_bytes(reply.read())
        ours = {"content-type", "content-length", "date", "server", "etag", "connection"}
        kept = [(name, value) for name, value in reply.getheaders() if name.lower() not in ours]
    folder.chmod(0o755)
    headers = "\n".join(f"    add_header {name} {_quoted(value)};" for name, value in kept)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, headers=headers, user=user))
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return _run("nginx, static brotli", port, command, folder, {})


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "\\'") + "'"


def _run(name: str, port: int, command: list[str], folder: Path, environment: dict[str, str]) -> System:
    """Start a command and wait for its first 200; the output goes to a file in its folder."""
    url = f"http://127.0.0.1:{port}/"
    log = folder / "output.log"
    begun = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    while time.monotonic() - begun < 20:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return System(name, url, process, time.monotonic() - begun)
        except urllib.error.HTTPError as error:
            machine.stop(process)
            raise RuntimeError(f"{name} answers {error.code}: {log.read_text()[-2000:]}") from error
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.005)
    machine.stop(process)
    raise RuntimeError(f"{name} did not start: {log.read_text()[-2000:]}")
