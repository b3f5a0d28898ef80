"""What every answer carries and what every request must pass."""

from __future__ import annotations

import re
import time

import pytest
from flask import abort, request

from app import create_app
from data import throttle
from tests.conftest import HTMX, soup
from tests.serving import ROOT
from tests.test_comments import fields, rows, send
from tests.test_contact import send as write_to_jo
from views import errors

EVERY = ["/", "/faq", "/faq/when-should-i-worry", "/faq/when-should-i-worry/answer", "/comments", "/comments.atom", "/reframe", "/support", "/privacy", "/accessibility", "/robots.txt", "/sitemap.xml", "/healthz",
         "/.well-known/security.txt", "/static/site.css", "/no-such-page"]  # fmt: skip


@pytest.mark.parametrize("path", EVERY)
def test_every_answer_carries_the_policy(client, path):
    response = client.get(path)
    headers = response.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    if response.mimetype == "text/html":
        assert policy["script-src"] == "'self' https://cdn.jsdelivr.net/npm/htmx.org@4.0.1/dist/htmx.min.js"
        assert re.fullmatch(r"'self' 'sha256-[\w+/]{43}='", policy["style-src"])
        assert policy["object-src"] == "'none'"
        assert "Permissions-Policy" in headers
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert policy["require-trusted-types-for"] == "'script'"
    else:
        assert "script-src" not in policy, "what is no page loads nothing at all"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[half"}, 403),
        ({}, 200),
    ],
)
def test_a_post_from_another_site_is_refused(client, headers, status):
    assert client.post("/reframe", data={"phrase": "You need therapy"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", "application/xml"]
)
def test_another_kind_of_body_is_refused_before_it_is_read(client, kind):
    response = client.post("/reframe", data=b'{"phrase": "x"}', content_type=kind)
    assert response.status_code == 415
    assert "Traceback" not in response.text


def test_an_oversize_body_is_refused(client):
    assert client.post("/reframe", data={"phrase": "x" * 65_000}).status_code == 200
    assert client.post("/reframe", data={"phrase": "x" * 66_000}).status_code == 413


def test_a_body_that_does_not_say_its_length_is_refused(client):
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/reframe", headers=headers).status_code == 411


def test_more_fields_than_any_form_has_are_refused(client):
    assert client.post("/reframe", data={f"field{number}": "x" for number in range(51)}).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "POST"])
def test_a_wrong_method_is_405_and_names_the_right_ones(client, method):
    response = client.open("/", method=method)
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_an_unknown_page_is_kind_and_leads_on(client):
    response = client.get("/no-such-page")
    page = soup(response)
    assert response.status_code == 404
    assert page.h1.text == "There is no such page"
    assert page.main.find("a", href="/")
    assert page.find("meta", attrs={"name": "robots"})["content"] == "noindex"


def test_a_fault_shows_nothing_internal(app):
    def fault() -> str:
        raise RuntimeError("the password is swordfish")

    app.add_url_rule("/fault", view_func=fault)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    response = app.test_client().get("/fault")
    assert response.status_code == 500
    assert "swordfish" not in response.text
    assert "RuntimeError" not in response.text
    assert soup(response).h1.text == "Something went wrong on our side"


def test_an_error_goes_to_the_forms_status_line_and_leaves_the_form(client):
    response = client.post("/reframe", data={"phrase": "x" * 66_000}, headers=HTMX)
    assert response.status_code == 413
    assert response.headers["HX-Retarget"] == "find .status"
    assert response.headers["HX-Reswap"] == "innerHTML"
    assert "HX-Fragment" in response.headers
    assert "<" not in response.text


def test_a_forged_forwarded_address_changes_nothing(app):
    seen: list[str | None] = []

    def address() -> str:
        from flask import request

        seen.append(request.remote_addr)
        return ""

    app.add_url_rule("/address", view_func=address)
    app.test_client().get("/address", headers={"X-Forwarded-For": "203.0.113.9"})
    assert seen == ["127.0.0.1"]


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.2"), (2, "203.0.113.1")])
def test_the_address_that_limits_go_by_is_the_one_the_nearest_proxies_told(settings, proxies, seen):
    app = create_app(settings | {"PROXIES": proxies})
    app.add_url_rule("/address", view_func=lambda: request.remote_addr or "")
    headers = {"X-Forwarded-For": "198.51.100.66, 203.0.113.1, 203.0.113.2", "X-Forwarded-Host": "evil.example"}
    assert app.test_client().get("/address", headers=headers).text == seen


ERRORS = [400, 403, 404, 405, 411, 413, 415, 422, 429, 500, 503]


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_is_a_page_of_ours_and_a_line_for_htmx(app, status):
    app.add_url_rule("/error", view_func=lambda: abort(status))
    client = app.test_client()
    page = client.get("/error")
    assert page.status_code == status
    assert soup(page).h1.text
    assert soup(page).find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert "require-trusted-types-for" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    line = client.get("/error", headers=HTMX)
    assert line.status_code == status
    assert line.headers["HX-Retarget"] == "find .status"
    assert "<" not in line.text
    assert {status for status in ERRORS if status not in errors.WORDS} <= {422}


def test_debugging_cannot_be_switched_on_from_the_environment(settings, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = create_app(settings)
    assert not app.debug
    app.add_url_rule("/fault", view_func=lambda: 1 // 0)
    answer = app.test_client().get("/fault")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text


@pytest.fixture
def production(settings, monkeypatch):
    monkeypatch.setattr("views.forms.EARLIEST", 0)
    settings |= {"URL": "https://jo.example", "MAIL_TO": "jo@jo.example", "SMTP_HOST": "localhost", "LIMITS": True}
    return create_app(settings).test_client()


def test_in_production_every_cookie_is_for_this_host_over_tls_and_out_of_scripts_reach(production):
    cookie = production.get("/contact", base_url="https://jo.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-site=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_reader_whose_browser_sends_no_referer_can_write_over_tls(production):
    """Flask-WTF would refuse it (WTF_CSRF_SSL_STRICT)."""
    sent = fields(production.get("/comments/new", base_url="https://jo.example")) | {"body": "Words"}
    assert production.post("/comments", data=sent, base_url="https://jo.example").status_code == 303


def test_a_form_may_stay_open_for_weeks(app, client, monkeypatch):
    sent = fields(client.get("/comments/new")) | {"body": "Words"}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 25 * 24 * 60 * 60)
    assert client.post("/comments", data=sent).status_code == 303


@pytest.mark.parametrize(
    "path", ["/contact", "/comments/new", "/desk/sign-in", "/desk/sign-in/made-up", "/desk", "/no-such-page"]
)
def test_what_is_for_one_reader_is_kept_nowhere(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_thank_you_is_kept_nowhere_and_its_title_and_page_tell_nothing(client):
    thanks = client.get(write_to_jo(client, body="zebra words").headers["Location"])
    mine = client.get(send(client, "zebra words").headers["Location"])
    for page in (thanks, mine):
        assert page.headers["Cache-Control"] == "no-store"
        assert "zebra" not in soup(page).title.text.lower()
    assert "zebra" not in thanks.text


def test_no_draft_is_kept_in_the_browser():
    script = (ROOT / "static/site.js").read_text(encoding="utf-8")
    for store in ("localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches."):
        assert store not in script


def test_a_sign_in_link_leads_to_this_site_whatever_host_asked_for_it(settings):
    app = create_app(settings | {"MAIL_TO": "jo@jo.example"})
    client = app.test_client()
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    page = soup(client.get("/desk/sign-in", headers=evil))
    sent = {field["name"]: field.get("value", "") for field in page.select("form input[name]")}
    client.post("/desk/sign-in", data=sent | {"address": "jo@jo.example"}, headers=evil)
    ((body,),) = rows(app, "SELECT body FROM outbox")
    assert "http://127.0.0.1:8000/desk/sign-in/" in body
    assert "evil" not in body


def test_ipv4_visitors_are_told_apart_however_their_address_is_written():
    names = {
        throttle.client("secret", address, 0)
        for address in ("::ffff:192.0.2.1", "::ffff:192.0.2.2", "2001:db8::1", "2001:db8::2")
    }
    assert len(names) == 3
    assert throttle.client("secret", "::ffff:192.0.2.1", 0) == throttle.client("secret", "192.0.2.1", 0)
