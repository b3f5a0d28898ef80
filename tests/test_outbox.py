"""E-mail to Jo: into a folder or over real SMTP, tried until it goes."""

from __future__ import annotations

import email
import email.policy
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from data import outbox, postbox, schema
from tests.test_comments import rows, send
from views import mail, sender

PAUSES = [60, 300]


class Server:
    """An SMTP server that answers DATA with the next of its answers."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.taken: list[bytes] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.taken.append(envelope.content)
        return answer


@pytest.fixture
def smtp(request):
    server = Server(*getattr(request, "param", ()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def db(app):
    with closing(schema.connect(app.config["DATABASE"])) as connection:
        yield connection


@pytest.fixture
def box(app, smtp) -> postbox.Postbox:
    return postbox.Postbox(
        "site@jo.example", "jo@jo.example", Path(app.config["DATABASE"]).parent / "mail", "127.0.0.1", smtp.port, "none"
    )


def add(db, about="comment 1", body="Hello – Jo", reply_to=""):
    with schema.transaction(db):
        outbox.add(
            db, about=about, subject="A comment is waiting", body=body, host="jo.example", now=1000, reply_to=reply_to
        )


def test_mail_goes_to_the_server_and_its_body_is_dropped(db, box, smtp, app):
    add(db, reply_to="sam@example.org")
    assert outbox.deliver_next(db, box, PAUSES, 1000).about == "comment 1"
    (raw,) = smtp.taken
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["To"] == "jo@jo.example"
    assert message["Subject"] == "A comment is waiting"
    assert message["Reply-To"] == "sam@example.org"
    assert message["Message-ID"].endswith("@jo.example>")
    assert message.get_content().strip() == "Hello – Jo"
    assert rows(app, "SELECT sent, body, reply_to, error FROM outbox") == [(1000, "", "", "")]
    assert outbox.deliver_next(db, box, PAUSES, 9999) is None


@pytest.mark.parametrize("smtp", [("451 later", "451 later")], indirect=True)
def test_a_passing_failure_is_tried_again_after_growing_pauses_with_the_same_id(db, box, smtp, app):
    add(db)
    outbox.deliver_next(db, box, PAUSES, 1000)
    assert rows(app, "SELECT due, tries, error FROM outbox") == [(1060, 1, "the server answered 451")]
    assert outbox.deliver_next(db, box, PAUSES, 1059) is None
    outbox.deliver_next(db, box, PAUSES, 1060)
    assert rows(app, "SELECT due, tries FROM outbox") == [(1360, 2)]
    made = rows(app, "SELECT message_id FROM outbox")[0][0]
    outbox.deliver_next(db, box, PAUSES, 1360)
    assert email.message_from_bytes(smtp.taken[0])["Message-ID"] == made
    assert rows(app, "SELECT sent FROM outbox") == [(1360,)]


@pytest.mark.parametrize("smtp", [("550 no such user",)], indirect=True)
def test_a_refusal_for_good_is_kept_and_shown_not_tried_again(db, box, smtp, app):
    add(db)
    outbox.deliver_next(db, box, PAUSES, 1000)
    assert rows(app, "SELECT refused, body FROM outbox") == [(1000, "Hello – Jo")]
    assert outbox.deliver_next(db, box, PAUSES, 99999) is None
    assert outbox.unsent(db)[0].error == "the server answered 550"


def test_a_password_that_cannot_be_sent_loses_no_mail(db, app, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        Server(), hostname="127.0.0.1", port=port, auth_require_tls=False,
        authenticator=lambda *given: AuthResult(success=True),
    )  # fmt: skip
    controller.start()
    try:
        add(db)
        box = postbox.Postbox("a@b.example", "c@d.example", tmp_path, "127.0.0.1", port, "none", "jo", "pässword")
        outbox.deliver_next(db, box, PAUSES, 1000)
    finally:
        controller.stop()
    assert rows(app, "SELECT refused, due FROM outbox") == [(0, 1060)]
    assert "letters" in outbox.unsent(db)[0].error


def test_a_server_that_is_down_is_a_passing_failure(db, app, tmp_path):
    add(db)
    down = postbox.Postbox("a@b.example", "c@d.example", tmp_path, "127.0.0.1", 9, "none")
    outbox.deliver_next(db, down, PAUSES, 1000)
    ((due, error),) = rows(app, "SELECT due, error FROM outbox")
    assert due == 1060
    assert error == "the server could not be used (ConnectionRefusedError)"


def test_a_claim_keeps_others_off_until_it_is_old(db):
    add(db)
    assert outbox.claim(db, 1000) is not None
    assert outbox.claim(db, 1000) is None
    assert outbox.claim(db, 1000 + outbox.CLAIM_SECONDS) is not None


def test_with_no_server_mail_is_written_to_a_folder_for_its_owner_only(client, app):
    send(client, name="Sam")
    assert sender.deliver_due(app) == 1
    (path,) = (Path(app.config["DATABASE"]).parent / "mail").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert "/desk/comments/1" in message.get_content()
    assert mail.postbox(app).recipient == "jo@localhost"
    assert sender.deliver_due(app) == 0


def test_a_comment_that_is_not_stored_leaves_no_mail_and_the_other_way_round(client, app):
    connection = sqlite3.connect(app.config["DATABASE"])
    connection.execute("CREATE TRIGGER fault BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END")
    connection.close()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert send(client).status_code == 500
    assert rows(app) == []
    assert rows(app, "SELECT count(*) FROM outbox") == [(0,)]
