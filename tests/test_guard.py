"""What every answer carries and what every request must pass."""

from __future__ import annotations

import pytest

from tests.conftest import HTMX, soup

EVERY = ["/", "/faq", "/reframe", "/support", "/privacy", "/accessibility", "/robots.txt", "/sitemap.xml", "/healthz",
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
        assert policy["object-src"] == "'none'"
        assert policy["require-trusted-types-for"] == "'script'"
    else:
        assert "script-src" not in policy, "what is no page loads nothing at all"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers
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
