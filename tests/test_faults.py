"""What may go wrong around the site, with real processes: mail servers that misbehave, kills, a full disk."""

from __future__ import annotations

import email
import http.client
import os
import random
import resource
import socket
import sqlite3
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from data import outbox, postbox, schema
from tests.serving import Site, free_port, kill, start, stop
from tests.test_comments import rows
from tests.test_serving import Inbox, Visitor, inbox  # noqa: F401 - inbox is a fixture

# ---- Mail servers ----


class RawServer:
    """A server that does what `talk` says with each connection."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.talk = talk
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, suppress(OSError):
                    self.talk(connection)

    def close(self) -> None:
        self.listener.close()


def hang(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    """Send a greeting that never ends, a byte at a time, so that no read of it ever times out."""
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


def drop_after_data(taken: list[bytes]) -> Callable[[socket.socket], None]:
    """Take the mail and drop the line before saying so."""

    def talk(connection: socket.socket) -> None:
        file = connection.makefile("rb")
        connection.sendall(b"220 ready\r\n")
        for line in file:
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go on\r\n")
                mail = b""
                while not mail.endswith(b"\r\n.\r\n"):
                    mail += file.readline()
                taken.append(mail)
                return
            connection.sendall(b"250 ok\r\n")

    return talk


@pytest.fixture
def db(app):
    with closing(schema.connect(app.config["DATABASE"])) as connection:
        with schema.transaction(connection):
            outbox.add(connection, about="message 1", subject="A message", body="zebra", host="jo.example", now=1000)
        yield connection


def box(port: int, folder: Path, **more: object) -> postbox.Postbox:
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "deadline": 1.0} | more
    return postbox.Postbox("site@jo.example", "jo@jo.example", folder, **settings)  # type: ignore[arg-type]


def outcome(app) -> tuple[object, ...]:
    return rows(app, "SELECT sent, refused, due, tries, error, body FROM outbox")[0]


@pytest.mark.parametrize("talk", [hang, drip], ids=["hanging", "dripping"])
def test_a_server_that_never_finishes_is_given_up_at_the_deadline(db, app, tmp_path, talk):
    server = RawServer(talk)
    outbox.deliver_next(db, box(server.port, tmp_path), [60], 1000)
    server.close()
    assert outcome(app) == (0, 0, 1060, 1, "the server could not be used (no answer in time)", "zebra")


def test_nobody_waits_to_write_while_a_mail_server_does_not_answer(db, app, tmp_path):
    asked = threading.Event()
    answered = threading.Event()

    def keep_waiting(connection: socket.socket) -> None:
        asked.set()
        answered.wait(20)

    server = RawServer(keep_waiting)

    def send() -> None:
        with closing(schema.connect(app.config["DATABASE"])) as own:
            outbox.deliver_next(own, box(server.port, tmp_path, deadline=20.0), [60], 1000)

    sending = threading.Thread(target=send)
    sending.start()
    assert asked.wait(20)
    db.execute("PRAGMA busy_timeout = 0")
    with schema.transaction(db):
        db.execute("UPDATE site SET revision = revision + 1")
    answered.set()
    sending.join()
    server.close()


def test_a_line_dropped_after_data_repeats_the_mail_with_the_same_id_and_no_other_way(db, app, tmp_path):
    taken: list[bytes] = []
    server = RawServer(drop_after_data(taken))
    outbox.deliver_next(db, box(server.port, tmp_path), [60, 60], 1000)
    assert outcome(app)[:4] == (0, 0, 1060, 1)
    outbox.deliver_next(db, box(server.port, tmp_path), [60, 60], 1060)
    server.close()
    assert len({email.message_from_bytes(mail)["Message-ID"] for mail in taken}) == 1
    assert len(taken) == 2


def test_a_server_that_refuses_tls_gets_nothing(db, app, tmp_path):
    taken: list[bytes] = []
    server = RawServer(drop_after_data(taken))
    outbox.deliver_next(db, box(server.port, tmp_path, security="starttls"), [60], 1000)
    server.close()
    assert taken == []
    assert outcome(app)[:4] == (0, 0, 1060, 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_with_a_made_up_certificate_gets_nothing(db, app, tmp_path, security):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        if security == "starttls":
            file = connection.makefile("rb")
            connection.sendall(b"220 ready\r\n")
            file.readline()
            connection.sendall(b"250-jo\r\n250 STARTTLS\r\n")
            file.readline()
            connection.sendall(b"220 go on\r\n")
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(b"220 ready\r\n")
            heard.append(secured.recv(100))

    server = RawServer(talk)
    outbox.deliver_next(db, box(server.port, tmp_path, security=security, deadline=5.0), [60], 1000)
    server.close()
    assert heard == []
    assert outcome(app)[:4] == (0, 0, 1060, 1)
    assert "SSLCertVerificationError" in str(outcome(app)[4])


def test_a_wrong_login_may_be_mended_so_it_is_tried_again(db, app, tmp_path):
    def refuse(server, session, envelope, mechanism, data):
        return AuthResult(success=False, handled=False)

    port = free_port()
    controller = Controller(Inbox(), hostname="127.0.0.1", port=port, authenticator=refuse, auth_require_tls=False)
    controller.start()
    outbox.deliver_next(db, box(port, tmp_path, user="jo", password="zebra-secret"), [60], 1000)
    controller.stop()
    sent, refused, due, tries, error, _ = outcome(app)
    assert (sent, refused, due, tries) == (0, 0, 1060, 1)
    assert error == "the server answered 535"
    assert "zebra" not in str(error)


def test_after_the_last_pause_it_is_shown_and_tried_no_more(db, app, tmp_path):
    down = box(free_port(), tmp_path)
    now = 1000
    for pause in (60, 300):
        outbox.deliver_next(db, down, [60, 300], now)
        now += pause
    outbox.deliver_next(db, down, [60, 300], now)
    assert outcome(app)[:2] == (0, now)
    assert outbox.deliver_next(db, down, [60, 300], now + 10**6) is None
    assert outbox.unsent(db)[0].about == "message 1"


def test_two_senders_never_send_one_twice(app, tmp_path):
    jos = Inbox()
    port = free_port()
    controller = Controller(jos, hostname="127.0.0.1", port=port)
    controller.start()
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        for number in range(40):
            outbox.add(db, about=f"message {number}", subject="s", body="b", host="jo.example", now=1000)

    def work() -> None:
        with closing(schema.connect(app.config["DATABASE"])) as own:
            while outbox.deliver_next(own, box(port, tmp_path, deadline=30.0), [60], 1000):
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    controller.stop()
    ids = Counter(str(mail["Message-ID"]) for mail in jos.taken)
    assert len(ids) == 40
    assert set(ids.values()) == {1}


# ---- Kills ----


def post(site: Site, number: str) -> bool:
    """Send a comment and a message as one visitor would; return whether both were acknowledged."""
    visitor = Visitor(site)
    comment = visitor.send("/comments/new", "/comments", body=f"comment {number}") == 200
    message = (
        visitor.send("/contact", "/contact", body=f"message {number}", how="email", email="sam@example.org") == 200
    )
    return comment and message


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_doubled(tmp_path, inbox, kills):  # noqa: F811
    chance = random.Random(kills)
    port = free_port()
    settings = {
        "SITE_SMTP_HOST": "127.0.0.1", "SITE_SMTP_PORT": str(inbox.port), "SITE_SMTP_SECURITY": "none",
        "SITE_MAIL_TO": "jo@jo.example", "SITE_RETRY_SECONDS": "1 1 1 1 1 1",
    }  # fmt: skip
    acknowledged: list[str] = []
    running = threading.Event()
    running.set()
    site = start(tmp_path, port, **settings)

    def visit(name: int) -> None:
        number = 0
        while running.is_set():
            number += 1
            with suppress(OSError, http.client.HTTPException):
                if post(site, f"{name}-{number}"):
                    acknowledged.append(f"{name}-{number}")

    visitors = [threading.Thread(target=visit, args=[name]) for name in range(4)]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.3, 1.2))
            kill(site)
            site.process = start(tmp_path, port, **settings).process
        time.sleep(0.5)
    finally:
        running.clear()
        for visitor in visitors:
            visitor.join()
    database = tmp_path / "site.sqlite3"
    with closing(schema.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = Counter(body for (body,) in db.execute("SELECT body FROM comments UNION ALL SELECT body FROM messages"))
        with schema.transaction(db):  # what a killed sender had claimed need not be waited for
            db.execute("UPDATE outbox SET claimed = 0, due = 0 WHERE sent = 0")
        waiting = 1
        for _ in range(3000):
            waiting = db.execute("SELECT count(*) FROM outbox WHERE sent = 0").fetchone()[0]
            if not waiting:
                break
            time.sleep(0.05)
    stop(site)
    assert waiting == 0
    assert len(acknowledged) > kills
    for number in acknowledged:
        assert kept[f"comment {number}"] == 1
        assert kept[f"message {number}"] == 1
    assert set(kept.values()) == {1}
    mailed = "\n".join(mail.get_content() for mail in inbox.taken).replace("\r\n", "\n")
    ids = Counter(str(mail["Message-ID"]) for mail in inbox.taken)
    for body in kept:
        assert f"{body}\n" in mailed
    assert ids.total() - len(ids) <= kills, "a repeat only where a kill fell between sending and marking"
    assert len(ids) == len(kept)


# ---- A full disk ----


def limit_files(site: Site, size: int) -> None:
    """Let no process of the site make a file longer than this, as a full disk would."""
    group = [site.process.pid, *_children(site.process.pid)]
    for process in group:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = status.read_text().rsplit(")", 1)[1].split()
            if int(words[1]) == parent:
                found += [int(status.parent.name), *_children(int(status.parent.name))]
    return found


def test_a_full_disk_is_503_with_the_words_and_passes_by_itself(tmp_path):
    site = start(tmp_path)
    try:
        visitor = Visitor(site)
        assert visitor.send("/comments/new", "/comments", body="Before it was full") == 200
        limit_files(site, os.path.getsize(tmp_path / "site.sqlite3") // 4)
        words = "x" * 3900
        assert visitor.send("/comments/new", "/comments", body=words) == 503
        assert visitor.send("/contact", "/contact", body=words, how="email", email="sam@example.org") == 503
        assert "Partner Refuses" in visitor.get("/"), "reading goes on"
        limit_files(site, resource.RLIM_INFINITY)
        assert visitor.send("/comments/new", "/comments", body=words) == 200
    finally:
        stop(site)
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM comments").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (0,)
