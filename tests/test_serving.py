"""The running server: mail leaves by itself, a kill loses nothing."""

from __future__ import annotations

import asyncio
import email
import email.policy
import http.client
import json
import os
import re
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.serving import Site, free_port, start, stop


class Inputs(HTMLParser):
    """Collects what a browser would send of a form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("name"):
            self.found[values["name"] or ""] = values.get("value") or ""


class Visitor:
    """Somebody with a browser that keeps cookies."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        with self.opener.open(self.site.url + path, timeout=10) as reply:
            return str(reply.read(), "utf-8")

    def send(self, form: str, to: str, **fields: str) -> int:
        """Open a form and send it; return the last status."""
        sent = Inputs(self.get(form)).found | fields
        body = urllib.parse.urlencode(sent).encode()
        try:
            with self.opener.open(self.site.url + to, data=body, timeout=10) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code


class Inbox:
    """Jo's mail server."""

    def __init__(self) -> None:
        self.taken: list[email.message.EmailMessage] = []
        self.begun = threading.Event()
        self.pause = 0.0

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.begun.set()
        await asyncio.sleep(self.pause)
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def wait(self, count: int) -> None:
        """Wait until so many have come."""
        for _ in range(400):
            if len(self.taken) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"{len(self.taken)} of {count} came")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    handler = Inbox()
    handler.port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def site(tmp_path, inbox) -> Iterator[Site]:
    running = start(
        tmp_path,
        SITE_SMTP_HOST="127.0.0.1",
        SITE_SMTP_PORT=str(inbox.port),
        SITE_SMTP_SECURITY="none",
        SITE_MAIL_TO="jo@jo.example",
        SITE_RETRY_SECONDS="1 1 1 1",
    )
    yield running
    stop(running)


def test_one_connection_carries_heads_and_unchanged_pages_without_a_body(site):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(site.url).netloc, timeout=10)

    def ask(method: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection.request(method, "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply, reply.read()

    got, body = ask("GET", Accept_Encoding="br")
    head, nothing = ask("HEAD", Accept_Encoding="br")
    unchanged, no_more = ask("GET", If_None_Match=str(got.headers["ETag"]))
    assert (got.status, head.status, unchanged.status) == (200, 200, 304)
    assert nothing == no_more == b""
    assert int(head.headers["Content-Length"]) == len(body)
    assert ask("GET", Accept_Encoding="br")[1] == body
    connection.close()


def test_a_stop_waits_until_what_is_being_sent_has_been_noted(site, inbox, tmp_path):
    inbox.pause = 1.5
    assert Visitor(site).send("/comments/new", "/comments", body="Sent while stopping") == 200
    inbox.begun.wait(timeout=20)
    stop(site)
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as connection:
        assert connection.execute("SELECT sent > 0, tries FROM outbox").fetchall() == [(1, 1)]
    assert len(inbox.taken) == 1


@pytest.mark.parametrize("everyone", [True, False], ids=["all processes told", "only the first told"])
def test_a_stop_waits_for_who_is_being_answered(site, tmp_path, everyone):
    """A comment that waits for another writer when the stop comes is still kept and thanked."""
    visitor = Visitor(site)
    sent = Inputs(visitor.get("/comments/new")).found | {"body": "Sent while stopping"}
    # As htmx asks, so that the thanks are the answer itself and nothing has to be fetched after it.
    request = urllib.request.Request(
        f"{site.url}/comments", urllib.parse.urlencode(sent).encode(), {"HX-Request": "true"}
    )
    answered: list[int] = []
    with closing(sqlite3.connect(tmp_path / "site.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sending = threading.Thread(target=lambda: answered.append(visitor.opener.open(request, timeout=30).status))
        sending.start()
        time.sleep(1)  # it now waits for its turn to write
        tell = os.killpg if everyone else os.kill
        tell(site.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        other.execute("COMMIT")
    sending.join()
    site.process.wait(timeout=30)
    assert answered == [200]
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as connection:
        assert connection.execute("SELECT body FROM comments").fetchall() == [("Sent while stopping",)]


def test_the_running_site_logs_a_line_for_each_request_and_nothing_else(site, tmp_path):
    Visitor(site).send("/comments/new", "/comments", body="zebra", name="Zebra")
    stop(site)
    lines = [
        line
        for line in (tmp_path / "server.log").read_text().splitlines()
        if not line.startswith(("Serving ", "This is for", "The desk: "))
    ]
    told = [json.loads(line) for line in lines]
    assert ("POST", "comments.create", 303) in [(line["method"], line["route"], line["status"]) for line in told]
    assert "zebra" not in "".join(lines).lower()


def test_the_server_says_what_it_is_and_not_which_version(site, tmp_path):
    with urllib.request.urlopen(f"{site.url}/contact", timeout=10) as reply:
        assert not re.search(r"\d", reply.headers.get("Server", ""))
    assert "docs/production.md" in (tmp_path / "server.log").read_text()


def test_jo_is_mailed_of_a_comment_and_the_link_opens_it(site, inbox):
    reader = Visitor(site)
    assert reader.send("/comments/new", "/comments", body="It helped me to go alone.", name="Sam") == 200
    inbox.wait(1)
    (mail,) = inbox.taken
    assert mail["To"] == "jo@jo.example"
    assert mail["Subject"] == "A comment is waiting"
    assert "It helped me to go alone." in mail.get_content()

    jo = Visitor(site)
    assert jo.send("/desk/sign-in?onwards=/desk/comments/1", "/desk/sign-in", address="jo@jo.example") == 200
    inbox.wait(2)
    link = re.search(rf"{re.escape(site.url)}(/desk/sign-in/\S+)", inbox.taken[1].get_content())
    assert link is not None
    path = link[1]
    assert jo.send(path, path.split("?")[0]) == 200
    assert "It helped me to go alone." in jo.get("/desk/comments/1")


def test_python_stays_on_one_core_a_worker_and_the_rest_of_the_server_does_not(tmp_path):
    every = os.sched_getaffinity(0)
    site = start(tmp_path, workers=2)
    try:
        for _ in range(40):  # each on a connection of its own, so that every worker is asked
            urllib.request.urlopen(f"{site.url}/healthz", timeout=5).close()
        workers = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split()
        threads = [[int(task.name) for task in Path(f"/proc/{worker}/task").iterdir()] for worker in workers]
        allowed = [[os.sched_getaffinity(thread) for thread in each] for each in threads]
    finally:
        stop(site)
    kept = [{core for cores in each if len(cores) == 1 for core in cores} for each in allowed]
    assert [len(cores) for cores in kept] == [1, 1]
    assert len(kept[0] | kept[1]) == min(2, len(every)), "two workers, two cores, where there are two"
    assert all(every in each for each in allowed)
