"""How the site is, at the desk and by command; taking everything away; the day's digest; the audit trail."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from app import create_app
from data import export, schema
from tests.conftest import link, soup
from tests.test_comments import publish, rows, send
from tests.test_contact import send as write_to_jo
from tests.test_desk import do, token
from tests.test_outbox import smtp  # noqa: F401 - a fixture
from views import checks, sender


def run(app, *args: str):
    return app.test_cli_runner().invoke(args=args)


@pytest.fixture
def folder(app) -> Path:
    return Path(app.config["DATABASE"]).parent


def execute(app, statement, *values):
    with closing(sqlite3.connect(app.config["DATABASE"])) as connection:
        connection.execute(statement, values)
        connection.commit()


# ---- Checks ----


def found(app, what, thorough=True):
    return {check.what: check for check in checks.run(app, thorough=thorough)}[what]


def test_the_status_page_and_the_doctor_say_the_same(app, jo):
    shown = [term.contents[0].strip() for term in soup(jo.get("/desk/status")).select("dt")]
    printed = [line[5:].split(":")[0].strip() for line in run(app, "doctor").output.splitlines()]
    assert shown == printed == list(checks.CHECKS)


def test_a_site_that_is_well_is_told_so(app, folder):
    run(app, "backup")
    run(app, "purge")
    result = run(app, "doctor")
    assert result.exit_code == 0, result.output
    assert "Whole" in result.output
    assert "bad" not in result.output


def wide(app, folder):
    Path(app.config["DATABASE"]).chmod(0o644)


def old_backup(app, folder):
    run(app, "backup")
    (copy,) = (folder / "backups").iterdir()
    long_ago = time.time() - 3 * 86400
    import os

    os.utime(copy, (long_ago, long_ago))


def from_the_future(app, folder):
    send(app.test_client())
    execute(app, "UPDATE comments SET created = ?", int(time.time()) + 3600)


def failing_mail(app, folder):
    send(app.test_client())
    execute(app, "UPDATE outbox SET error = 'the server answered 550', refused = 1")


def nobody_sends(app, folder):
    send(app.test_client())
    execute(app, "UPDATE outbox SET due = ?", int(time.time()) - 7200)


def not_cleared(app, folder):
    execute(app, "UPDATE site SET cleared = ?", int(time.time()) - 3 * 86400)


def wrong_tally(app, folder):
    send(app.test_client())
    execute(app, "UPDATE tallies SET count = 7 WHERE kind = 'comments' AND state = 'waiting'")


def wrong_index(app, folder):
    send(app.test_client())
    execute(
        app, "INSERT INTO comments_words (comments_words, rowid, name, body) VALUES ('delete', 1, '', 'went alone')"
    )


@pytest.mark.parametrize(
    ("harm", "what", "words"),
    [
        (wide, "Permissions", "can read site.sqlite3"),
        (old_backup, "Backup", "too old"),
        (from_the_future, "Clock", "yet something was kept at"),
        (failing_mail, "Mail", "1 could not be sent: the server answered 550"),
        (nobody_sends, "Mail", "it is not being sent"),
        (not_cleared, "Clearing away", "too long ago"),
        (wrong_tally, "Database", "the number of comments that are waiting is wrong"),
        (wrong_index, "Database", "the search index of comments does not match"),
    ],
)
def test_each_thing_that_needs_mending_is_said_and_ends_the_doctor_with_1(app, folder, jo, harm, what, words):
    harm(app, folder)
    assert words in found(app, what).words
    assert run(app, "doctor").exit_code == 1
    line = soup(jo.get("/desk/status")).select_one(".checks .bad")
    assert line.dt.contents[0].strip() == what
    assert words in line.dd.text


def test_the_doctor_greets_the_mail_server_and_sends_nothing(settings, smtp):  # noqa: F811
    app = create_app(settings | {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp.port, "SMTP_SECURITY": "none"})
    assert "the server takes mail" in found(app, "Mail").words
    assert smtp.taken == []


def test_a_mail_server_that_is_not_there_is_said_by_the_doctor_only(settings):
    app = create_app(settings | {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": 1, "SMTP_SECURITY": "none"})
    assert found(app, "Mail").state == "bad"
    assert found(app, "Mail", thorough=False).state == "good", "the page waits for no network"


@pytest.mark.parametrize("command", ["export", "purge", "mail", "doctor", "mail list", "mail retry", "mail deliver"])
def test_every_command_says_what_it_is_for(app, command):
    told = run(app, *command.split(), "--help").output
    assert len(told.split("\n\n")[1].strip()) > 30


def test_mail_that_failed_is_listed_and_retried_by_command(app, folder):
    failing_mail(app, folder)
    listed = run(app, "mail", "list").output
    assert "1 failed" in listed
    assert "comment 1: the server answered 550; not tried again by itself" in listed
    assert "went alone" not in listed
    assert run(app, "mail", "retry").output == "1 due now\n"
    assert run(app, "mail", "deliver").output == "1 tried\n"
    assert "0 waiting, 0 failed" in run(app, "mail", "list").output


# ---- Taking everything away ----


@pytest.mark.parametrize("begins", ["=1+1", "+44 7700", "-1", "@SUM(A1)", "\tx", "＝1"])
def test_a_cell_that_would_be_a_formula_is_quoted(begins):
    assert export.cell(begins) == f"'{begins}"


@pytest.mark.parametrize(("value", "cell"), [("a=b", "a=b"), (None, ""), (7, "7"), ("", "")])
def test_any_other_cell_is_as_it_was(value, cell):
    assert export.cell(value) == cell


def test_everything_comes_as_json_and_csv(app, jo, client):
    send(client, '=HYPERLINK("http://evil")\n\n"quoted", and — dashes', name="@Sam", nudged="1")
    withdrawn = send(client, "zebra").headers["Location"]
    client.post(f"{withdrawn}/withdraw")
    write_to_jo(client, body="Ring me", how="call", telephone="+44 7700 900123")
    publish(app)
    taken = {}
    for form in soup(jo.get("/desk/status")).select("form[action^='/desk/export/']"):
        response = jo.post(form["action"], data={"csrf_token": form.input["value"]}, buffered=True)
        name = form["action"].rsplit("/", 1)[1]
        assert f"filename={name}" in response.headers["Content-Disposition"]
        assert response.headers["Cache-Control"] == "no-store"
        taken[name] = response.data.decode("utf-8-sig")
    everything = json.loads(taken["site.json"])
    (comment,) = everything["comments"]
    assert comment["body"] == '=HYPERLINK("http://evil")\n\n"quoted", and — dashes'
    assert comment["published"] == "2023-11-14T22:13:20Z"
    assert everything["messages"][0]["address"] == "+44 7700 900123"
    assert not {"token", "digest", "form_key", "fingerprint"} & set(comment)
    (comment,) = csv.DictReader(io.StringIO(taken["comments.csv"], newline=""))
    assert comment["body"] == '\'=HYPERLINK("http://evil")\n\n"quoted", and — dashes'
    assert comment["name"] == "'@Sam"
    (message,) = csv.DictReader(io.StringIO(taken["messages.csv"], newline=""))
    assert message["address"] == "'+44 7700 900123"
    assert rows(app, "SELECT what FROM audit WHERE deed = 'exported'") == [(name,) for name in export.FILES]


def test_the_command_writes_the_same_for_its_owner_only(app, client, tmp_path):
    send(client)
    for _ in range(2):  # the second replaces the first
        result = run(app, "export", str(tmp_path / "taken"))
        assert result.exit_code == 0, result.output
    files = sorted((tmp_path / "taken").iterdir())
    assert [path.name for path in files] == sorted(export.FILES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert "went alone" in (tmp_path / "taken" / "comments.csv").read_text(encoding="utf-8-sig")


def test_an_export_that_cannot_be_written_says_so(app, tmp_path):
    (tmp_path / "file").touch()
    assert run(app, "export", str(tmp_path / "file")).exit_code == 2
    assert "cannot be written to" in run(app, "export", str(tmp_path / "file" / "below")).output


def test_no_other_file_is_given_and_none_without_her_token(app, jo):
    assert jo.post("/desk/export/site.sqlite3", data={"csrf_token": token(jo)}).status_code == 404
    assert jo.post("/desk/export/site.json").status_code == 403


def test_a_backup_can_be_downloaded(app, jo, client, tmp_path):
    send(client)
    response = jo.post("/desk/backup", data={"csrf_token": token(jo)}, buffered=True)
    (tmp_path / "copy.sqlite3").write_bytes(response.data)
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        assert copy.execute("SELECT count(*) FROM comments").fetchone() == (1,)


# ---- Sessions, trail ----


def test_signing_out_everywhere_closes_every_session_and_every_link(app, jo):
    other = app.test_client()
    other.post(link(app))
    unused = link(app)
    assert "2 devices" in jo.get("/desk/status").text
    jo.post("/desk/sign-out-everywhere", data={"csrf_token": token(jo)})
    assert jo.get("/desk").status_code == other.get("/desk").status_code == 303
    assert app.test_client().post(unused).status_code == 403
    assert app.test_client().post(link(app)).status_code == 303, "a new link opens it again"


def test_the_trail_is_paged_by_key(app, jo):
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        db.execute("DELETE FROM audit")
        for number in range(230):
            db.execute("INSERT INTO audit (at, deed, what) VALUES (1, 'published', ?)", [f"comment {number}"])
    seen, path = [], "/desk/trail"
    while path:
        page = soup(jo.get(path))
        seen += [line.text.rsplit(" ", 1)[1] for line in page.select("main .lines li")]
        more = page.find("a", string="What was done before")
        path = more["href"] if more else ""
    assert seen == [str(number) for number in reversed(range(230))]


# ---- The day's digest ----


class TestDigest:
    @pytest.fixture
    def settings(self, settings, request):
        return settings | {"MAIL_DIGEST": getattr(request, "param", "all"), "MAIL_HOUR": 8}

    @pytest.fixture
    def tomorrow(self, monkeypatch):
        real = time.time

        def come() -> None:
            monkeypatch.setattr("time.time", lambda: real() + 86400)

        return come

    def mails(self, folder) -> list[email.message.EmailMessage]:
        files = sorted((folder / "mail").glob("*.eml")) if (folder / "mail").exists() else []
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]

    def test_all_that_came_in_is_told_in_one_mail_messages_first(self, app, client, folder, tomorrow):
        send(client, "The first comment", name="Sam")
        write_to_jo(client, body="A message", how="email", email="sam@example.org", safe_email="y")
        send(client, "The second comment")
        assert sender.deliver_due(app) == 0
        assert self.mails(folder) == []
        tomorrow()
        assert sender.deliver_due(app) == 1
        (mail,) = self.mails(folder)
        body = mail.get_content()
        assert mail["Subject"] == "3 things are waiting"
        assert mail["Reply-To"] is None
        assert body.index("A message\n") < body.index("The first comment") < body.index("The second comment")
        assert "/desk/comments/1" in body
        assert rows(app, "SELECT about, sent > 0, body FROM outbox") == [("digest", 1, "")]
        assert sender.deliver_due(app) == 0, "once"

    def test_nothing_is_sent_where_nothing_came(self, app, folder, tomorrow):
        tomorrow()
        assert sender.deliver_due(app) == 0
        assert self.mails(folder) == []

    def test_a_sign_in_link_never_waits(self, app, client, folder):
        from tests.test_desk import ask

        app.config["MAIL_TO"] = "jo@jo.example"
        ask(client, "jo@jo.example")
        assert sender.deliver_due(app) == 1

    def test_what_was_dealt_with_or_withdrawn_is_not_told(self, app, client, jo, folder, tomorrow):
        address = send(client, "zebra withdrawn").headers["Location"]
        send(client, "zebra published")
        write_to_jo(client, body="zebra read")
        write_to_jo(client, body="zebra deleted")
        client.post(f"{address}/withdraw")
        do(jo, "/desk/comments/2/publish")
        do(jo, "/desk/messages/1/read")
        do(jo, "/desk/messages/2/delete")
        tomorrow()
        assert sender.deliver_due(app) == 0

    def test_what_is_erased_is_not_in_a_digest_that_cannot_be_sent(self, app, client, folder, tomorrow):
        address = send(client, "zebra words").headers["Location"]
        tomorrow()
        (folder / "mail").touch()  # a file where the folder would be
        assert sender.deliver_due(app) == 1
        assert "zebra" in rows(app, "SELECT body FROM outbox")[0][0]
        client.post(f"{address}/withdraw")
        assert b"zebra" not in b"".join(path.read_bytes() for path in folder.glob("site.sqlite3*"))

    def test_of_a_flood_the_first_are_told_and_the_rest_counted(self, app, client, folder, tomorrow):
        with app.test_request_context(), closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
            from data import comments
            from views import mail

            for number in range(60):
                made, _ = comments.submit(db, key=f"k{number}", token=f"t{number}", name="", body=f"n{number}", now=1)
                mail.new_comment(db, made, (), int(time.time()))
        tomorrow()
        sender.deliver_due(app)
        (told,) = self.mails(folder)
        assert told["Subject"] == "60 things are waiting"
        assert "And 10 more." in told.get_content()

    @pytest.mark.parametrize("settings", ["comments"], indirect=True)
    def test_messages_can_come_at_once_while_comments_wait(self, app, client, folder):
        send(client)
        write_to_jo(client, body="At once")
        assert sender.deliver_due(app) == 1
        assert "At once" in self.mails(folder)[0].get_content()

    def test_the_hour_is_londons_whatever_the_season(self, app):
        from views.mail import _digest_time

        with app.app_context():
            assert time.gmtime(_digest_time(1_783_000_000)).tm_hour == 7  # July
            assert time.gmtime(_digest_time(1_768_000_000)).tm_hour == 8  # January
            assert 0 < _digest_time(1_783_000_000) - 1_783_000_000 <= 86400


@pytest.mark.parametrize(("name", "value"), [("MAIL_DIGEST", "weekly"), ("MAIL_HOUR", 24)])
def test_a_digest_that_cannot_be_refuses_the_start(settings, name, value):
    from views.settings import SettingsError

    with pytest.raises(SettingsError, match=f"SITE_{name}"):
        create_app(settings | {name: value})


def test_a_large_database_is_read_through_by_the_doctor_only(app, jo, monkeypatch):
    monkeypatch.setattr(checks, "READ_THROUGH", 1000)
    wrong_tally(app, None)
    assert "too large to read through here" in jo.get("/desk/status").text
    assert found(app, "Database").state == "bad"


def test_a_disk_that_is_nearly_full_is_said(app, monkeypatch):
    monkeypatch.setattr(checks, "LEAST_FREE", 1 << 62)
    assert found(app, "Disk").state == "bad"


def test_an_index_not_yet_cleared_is_said(app):
    run(app, "purge")
    execute(app, "UPDATE site SET unmerged = 1")
    assert "still being cleared" in found(app, "Clearing away").words
