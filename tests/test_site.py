"""What belongs to the whole site."""

from __future__ import annotations

import datetime
import re
import sqlite3
import time
from contextlib import closing
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from data import outbox, schema
from tests.conftest import soup

PAGES = ["/", "/faq", "/faq/when-should-i-worry", "/reframe", "/comments", "/support", "/privacy", "/accessibility"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_what_it_is_to_those_who_share_it(client, path):
    page = soup(client.get(path))
    assert page.find("link", rel="canonical")["href"] == f"http://127.0.0.1:8000{path}"
    told = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}
    assert told["og:url"] == f"http://127.0.0.1:8000{path}"
    assert told["og:image"] == "http://127.0.0.1:8000/static/og.png"
    assert told["og:title"]
    assert told["og:description"]


def test_absolute_addresses_never_come_from_the_host_header(client):
    response = client.get("/", headers={"Host": "evil.example"})
    assert "evil.example" not in response.text
    assert "evil.example" not in str(response.headers)


@pytest.mark.parametrize("path", [*PAGES, "/no-such-page"])
def test_leaving_works_on_every_page_without_javascript(client, path):
    link = soup(client.get(path)).select_one("header a[data-leave]")
    assert link["href"] == "https://www.bbc.co.uk/weather"
    assert {"nofollow", "noreferrer"} <= set(link["rel"])


@pytest.mark.parametrize("path", PAGES)
def test_our_own_script_stands_before_htmx_which_is_pinned(client, path):
    scripts = [tag for tag in soup(client.get(path)).find_all("script") if tag.get("src")]
    own, htmx = scripts
    assert own["src"].startswith("/static/site.")
    assert htmx["src"].endswith("htmx.org@4.0.1/dist/htmx.min.js")
    assert htmx["integrity"].startswith("sha384-")
    assert htmx["crossorigin"] == "anonymous"
    assert own.has_attr("defer")
    assert htmx.has_attr("defer")


def test_nothing_is_loaded_from_elsewhere_but_htmx(client):
    page = soup(client.get("/"))
    loaded = [
        tag.get("src") or tag.get("href") for tag in page.select("script[src], img, link:not([rel=canonical]), source")
    ]
    assert [address for address in loaded if not address.startswith("/")] == [
        "https://cdn.jsdelivr.net/npm/htmx.org@4.0.1/dist/htmx.min.js"
    ]


def test_the_sitemap_lists_pages_that_answer(client):
    tree = ElementTree.fromstring(client.get("/sitemap.xml").data)
    addresses = [node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(addresses) >= 11
    for address in addresses:
        path = address.removeprefix("http://127.0.0.1:8000")
        assert client.get(path).status_code == 200


def test_robots_may_read_everything_but_the_desk(client):
    lines = client.get("/robots.txt").text.splitlines()
    assert lines == ["User-agent: *", "Disallow: /desk", "Sitemap: http://127.0.0.1:8000/sitemap.xml"]


def test_security_txt_names_a_contact_and_has_not_expired(client):
    fields = dict(line.split(": ", 1) for line in client.get("/.well-known/security.txt").text.splitlines())
    expires = datetime.datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%S%z")
    left = expires - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=30) < left < datetime.timedelta(days=365)
    assert fields["Contact"].startswith("http://127.0.0.1:8000/")


def test_health_tells_up_and_database_apart(client, app):
    assert client.get("/healthz").json == {"up": True, "database": True, "outbox": True}
    connection = sqlite3.connect(app.config["DATABASE"])
    connection.execute("DROP TABLE site")
    connection.close()
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json == {"up": True, "database": False, "outbox": False}


@pytest.mark.parametrize(
    ("due", "tries", "created", "refused", "on_time"),
    [
        (-10, 0, -10, 0, True),
        (-3600, 0, -3600, 0, False),  # nobody looks
        (300, 3, -3600, 0, False),  # looked, and failing ever since
        (300, 1, -60, 0, True),
        (80_000, 0, -7200, 0, True),  # meant for later
        (-7200, 5, -7200, 1, True),  # refused for good: the desk tells Jo
    ],
)
def test_health_tells_of_mail_that_does_not_leave(client, app, due, tries, created, refused, on_time):
    now = int(time.time())
    with closing(schema.connect(app.config["DATABASE"])) as db, schema.transaction(db):
        outbox.add(db, about="message 1", subject="s", body="zebra", host="jo.example", now=now)
        db.execute(
            "UPDATE outbox SET due = ?, tries = ?, created = ?, refused = ?",
            [now + due, tries, now + created, refused],
        )
    response = client.get("/healthz")
    assert response.status_code == 200, "readers are not sent away for that"
    assert response.json == {"up": True, "database": True, "outbox": on_time}


def test_internal_links_lead_somewhere(client):
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        response = client.get(path)
        assert response.status_code == 200, path
        page = BeautifulSoup(response.text, "html.parser")
        for link in page.find_all("a", href=re.compile(r"^[/#]")):
            target, _, anchor = link["href"].partition("#")
            if anchor:
                other = page if not target else BeautifulSoup(client.get(target).text, "html.parser")
                assert other.find(id=anchor), f"{path} links to {link['href']}"
            if target and target not in seen:
                waiting.append(target)
    assert len(seen) >= 11
