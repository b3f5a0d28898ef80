"""The log: what each line says, and above all what no line ever holds."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from contextlib import closing

import pytest

from data import desk, schema
from tests.conftest import HTMX, soup
from tests.test_comments import send
from tests.test_contact import send as write_to_jo
from views import logs


@pytest.fixture
def log(app):
    """Everything logged, as the server would write it; call it for the lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Lines())
    root = logging.getLogger()
    root.addHandler(handler)
    logs.logger.setLevel(logging.INFO)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    logs.logger.setLevel(logging.NOTSET)


def test_a_line_says_when_how_which_route_what_came_of_it_and_how_long_it_took(client, log):
    client.get("/contact")
    (line,) = log()
    assert set(line) == {"time", "level", "method", "route", "status", "ms", "request"}
    assert (line["method"], line["route"], line["status"], line["level"]) == ("GET", "contact.page", 200, "INFO")
    assert line["time"].endswith("Z")
    assert line["ms"] >= 0


def test_every_request_has_a_name_of_its_own_that_its_answer_tells(client, log):
    told = [client.get("/contact", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] for _ in range(3)]
    assert told == [line["request"] for line in log()]
    assert len(set(told)) == 3
    assert "mine" not in told


@pytest.mark.parametrize("path", ["/", "/faq", "/comments", "/static/site.css"])
def test_a_page_that_many_are_given_tells_no_name(client, path):
    assert "X-Request-Id" not in client.get(path).headers


def test_whatever_is_sent_no_line_holds_it(app, client, log):
    """Everything a visitor sends says zebra; no line does. Nor an address, nor the secret path of a page."""
    client.environ_base |= {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "zebra/1.0", "HTTP_REFERER": "/zebra"}
    own_page = send(client, "zebra words", name="Zebra").headers["Location"]
    client.get(own_page)
    client.post(own_page, data={"body": "zebra"})
    client.post(f"{own_page}/withdraw", data={"zebra": "zebra"})
    send(client, "zebra", headers=HTMX)
    write_to_jo(client, body="zebra words", email="zebra@example.org", call_me="Zebra")
    client.post("/reframe?zebra=zebra", data={"phrase": "zebra"})
    client.get("/comments?after=zebra")
    client.get("/zebra/zebra%0d%0azebra")
    client.open("/zebra", method="ZEBRA")
    client.post("/reframe", data="zebra", content_type="zebra/zebra")
    client.post("/reframe", data={"phrase": "zebra"}, headers={"Origin": "https://zebra.example"})
    client.get("/contact", headers={"X-Forwarded-For": "203.0.113.77", "X-Request-Id": "zebra"})
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        link = desk.make_link(db, 2_000_000_000)
    client.get(f"/desk/sign-in/{link}")
    lines = log()
    assert len(lines) > 14
    told = json.dumps(lines).lower()
    for secret in ("zebra", "203.0.113", own_page.rsplit("/", 1)[1], link, "example"):
        assert secret.lower() not in told
    assert {"none", "comments.mine", "desk.confirm", "reframe.answer"} <= {line["route"] for line in lines}
    assert "other" in {line["method"] for line in lines}


def test_a_fault_is_told_by_its_kind_and_where_it_passed_without_what_it_quotes(app, log):
    def fault() -> str:
        words = "zebra"
        try:
            return str(int(words))
        except ValueError as error:
            raise RuntimeError(f"could not count {words}\r\nlevel=forged") from error

    app.add_url_rule("/fault/<path:words>", view_func=fault, endpoint="fault", defaults={})
    app.view_functions["fault"] = lambda words: fault()
    answer = app.test_client().get("/fault/zebra")
    assert answer.status_code == 500
    told, line = log()
    assert told["level"] == "ERROR"
    assert told["says"] == "Fault in fault [GET]"
    assert [fault["kind"] for fault in told["faults"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert any("tests/test_logs.py" in step and step.endswith(" fault") for step in told["faults"][0]["where"])
    assert told["request"] == line["request"] == answer.headers["X-Request-Id"]
    assert "zebra" not in json.dumps([told, line])
    assert "forged" not in json.dumps([told, line])


def test_a_fault_of_the_database_is_told_too(app, client, log):
    with closing(sqlite3.connect(app.config["DATABASE"])) as connection:
        connection.execute("DROP TABLE messages")
    sent = soup(client.get("/contact"))
    key = sent.find("input", attrs={"name": "key"})["value"]
    token = sent.find("input", attrs={"name": "csrf_token"})["value"]
    data = {"key": key, "csrf_token": token, "how": "email", "email": "sam@example.org", "body": "zebra"}
    assert client.post("/contact", data=data).status_code == 500
    told = [line for line in log() if line["level"] == "ERROR"]
    assert [line["faults"][0]["kind"] for line in told] == ["sqlite3.OperationalError"]
    assert "zebra" not in json.dumps(told)


def test_a_record_of_anybody_elses_is_one_line_too():
    record = logging.LogRecord("other", logging.WARNING, "", 1, "first\r\nsecond\u2028third", None, None)
    line = logs.Lines().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["says"] == "first\r\nsecond\u2028third"
