"""Cacheable pages: the same bytes for everyone, compressed, revalidated, and only what is known exactly."""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import brotli
import pytest

from app import create_app
from data import backup, comments, schema
from tests.conftest import soup
from views import ready

PUBLIC = "public, max-age=0, must-revalidate, s-maxage=60"
PAGES = ["/", "/faq", "/faq/when-should-i-worry", "/faq/when-should-i-worry/answer", "/reframe", "/support", "/privacy",
         "/accessibility", "/robots.txt", "/sitemap.xml"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_be_kept_and_asked_for_again(client, path):
    first = client.get(path)
    assert first.headers["Cache-Control"] == PUBLIC
    again = client.get(path)
    assert again.data == first.data
    assert dict(again.headers) == dict(first.headers)
    unchanged = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    assert unchanged.data == b""
    assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert unchanged.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br", "br"), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"), ("br;q=0, gzip", "gzip"), ("gzip;q=1, br;q=0.1", "gzip"),
     ("identity", None), ("", None), ("*", "br"), ("br;q=0, gzip;q=0", None), ("x;q=nonsense", None),
     ("identity, gzip;q=0.5", None), ("br;q=0, *;q=0.5", "gzip"), ("*;q=0", None), ("br" + " " * 400, None)],
)  # fmt: skip
def test_the_encoding_is_the_best_the_reader_takes(client, accepted, encoding):
    plain = client.get("/").data
    response = client.get("/", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert unpack(response.data) == plain
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert "Accept-Encoding" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("form", "status"),
    [("{weak}", 304), ("{strong}", 304), ('"other", {weak}', 304), ('W/"other",{strong}', 304), ("*", 304), (" * ", 304),
     ('"other"', 200), ('W/"other", "more"', 200), ("{bare}", 200), ("", 200)],
)  # fmt: skip
def test_a_page_is_unchanged_for_whoever_names_its_tag(client, form, status):
    weak = client.get("/").headers["ETag"]
    strong = weak.removeprefix("W/")
    asked = form.format(weak=weak, strong=strong, bare=strong.strip('"'))
    for method in ("GET", "HEAD"):
        assert client.open("/", method=method, headers={"If-None-Match": asked}).status_code == status
    assert client.get("/no-such-page", headers={"If-None-Match": "*"}).status_code == 404


def test_head_has_the_headers_and_no_body(client):
    got, head = client.get("/"), client.head("/")
    assert head.data == b""
    assert dict(head.headers) == dict(got.headers)
    assert client.head("/no-such-page").status_code == 404


def test_what_is_not_known_exactly_goes_on_to_flask(client):
    client.get("/")
    assert client.post("/").status_code == 405
    assert client.get("/?from=elsewhere").status_code == 200
    assert client.get("/%2e%2e/app.py").status_code == 404
    assert client.get("/faq//when-should-i-worry").status_code == 404
    assert client.get("/faq/").status_code == 404


def test_an_answer_that_differs_by_reader_is_kept_nowhere(client):
    for _ in range(2):
        response = client.post("/reframe", data={"phrase": "You need therapy"})
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
        assert {"HX-Request", "HX-Request-Type"} <= {name.strip() for name in response.headers["Vary"].split(",")}
    assert client.get("/no-such-page").headers["Cache-Control"] == "no-store"


def test_a_file_is_kept_for_ever_under_its_fingerprint_only(client):
    page = client.get("/no-such-page").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert client.get("/static/site.css").headers["Cache-Control"] == PUBLIC
    assert client.get("/static/site.0123456789.css").status_code == 404
    assert client.get("/static/../app.py").status_code == 404


@pytest.mark.parametrize("path", ["/", "/faq", "/faq/when-should-i-worry", "/reframe", "/comments", "/privacy"])
def test_a_cacheable_page_holds_its_stylesheet_and_the_policy_knows_it_by_its_hash(client, path):
    response = client.get(path)
    (style,) = soup(response).find_all("style")
    assert client.get("/static/site.css").text.startswith(style.string[:8000])
    assert not soup(response).find_all("link", rel="stylesheet")
    digest = base64.b64encode(hashlib.sha256(style.string.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in response.headers["Content-Security-Policy"]


def test_what_readers_do_not_fetch_is_what_only_the_desk_uses(client):
    whole, readers = client.get("/static/site.css").text, soup(client.get("/")).style.string
    rules = set(re.findall(r"[^{}]+\{[^{}]*\}", whole)) - set(re.findall(r"[^{}]+\{[^{}]*\}", readers))
    assert rules
    templates = (Path(__file__).parent.parent / "templates").rglob("*.html")
    names = " ".join(re.findall(r'class="([^"]*)"', "".join(t.read_text() for t in templates if "desk" not in str(t))))
    for selector in ",".join(rule.split("{")[0] for rule in rules).split(","):
        assert set(re.findall(r"\.([a-z-]+)", selector)) - set(names.split()), f"readers may need {selector}"


@pytest.mark.parametrize("path", ["/contact", "/comments/new", "/desk/sign-in", "/no-such-page"])
def test_a_page_that_is_never_kept_links_its_stylesheet(client, path):
    page = soup(client.get(path))
    assert not page.find_all("style")
    assert client.get(page.find("link", rel="stylesheet")["href"]).mimetype == "text/css"


def test_nothing_but_the_page_itself_is_waited_for_before_it_is_painted(client):
    head = soup(client.get("/")).head
    assert all(script.has_attr("defer") for script in head.find_all("script", src=True))
    assert not head.find_all("link", rel="preload"), "what is preloaded takes the line from the words"
    assert "font-display:swap" in head.style.string.replace(" ", "")


def test_a_query_that_means_nothing_changes_nothing(client):
    plain = client.get("/")
    asked = client.get("/?from=elsewhere", headers={"Accept-Encoding": "br"})
    assert asked.headers["ETag"] == plain.headers["ETag"]
    assert brotli.decompress(asked.data) == plain.data
    assert client.get("/?x", headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304


def test_the_stylesheet_names_the_font_by_its_fingerprint(client):
    style = client.get("/static/site.css").text
    address = style.split('url("')[1].split('"')[0]
    font = client.get(address)
    assert font.status_code == 200
    assert font.mimetype == "font/woff2"
    assert len(font.data) <= 16_000


@pytest.fixture(params=["delete", "wal"])
def journal(request, monkeypatch) -> str:
    """Either way that the database may be kept."""
    monkeypatch.setattr(schema, "journal_mode", lambda: request.param)
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(ready, "PATIENCE", 0.05)
    return str(request.param)


@contextmanager
def another(settings: dict[str, object]) -> Iterator[sqlite3.Connection]:
    """Open the database as another process of the site does."""
    with closing(schema.connect(Path(str(settings["DATABASE"])))) as db:
        yield db.conn


def publish(settings: dict[str, object], body: str) -> None:
    """Publish a comment as another process of the site does."""
    with closing(schema.connect(Path(str(settings["DATABASE"])))) as db, schema.transaction(db):
        comment, _ = comments.submit(db, key=body, token=body, name="Sam", body=body, now=1_750_000_000)
        comments.decide(db, comment, "published", 1_750_000_000)


def test_what_one_worker_published_is_in_the_next_answer_of_every_other(journal, settings):
    workers = [create_app(settings).test_client() for _ in range(3)]
    for number in range(4):
        for path in ("/", "/comments", "/comments.atom"):
            assert all(f"Words {number}." not in worker.get(path).text for worker in workers)
        publish(settings, f"Words {number}.")
        for path in ("/", "/comments", "/comments.atom"):
            assert all(f"Words {number}." in worker.get(path).text for worker in workers)


def test_who_writes_keeps_no_reader_of_a_kept_page_waiting(journal, settings, client):
    kept = client.get("/")
    with another(settings) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE site SET cleared = 1")
        assert client.get("/").data == kept.data
        other.execute("COMMIT")
    assert client.get("/").headers["ETag"] == kept.headers["ETag"]


def test_no_page_is_older_than_what_was_published_even_while_the_database_is_locked(journal, settings, client):
    assert "Published words." not in client.get("/").text
    publish(settings, "Published words.")
    with another(settings) as other:
        other.execute("BEGIN EXCLUSIVE")
        locked = client.get("/")
        other.execute("ROLLBACK")
    assert locked.status_code == 503 or "Published words." in locked.text
    assert "Published words." in client.get("/").text


def test_what_is_restored_shows_at_once(settings, client):
    path = Path(str(settings["DATABASE"]))
    publish(settings, "Kept words.")
    kept = backup.backup(path, path.parent / "copies", datetime.datetime.now(datetime.UTC))
    publish(settings, "Later words.")
    assert "Later words." in client.get("/").text
    backup.restore(kept, path)
    assert "Later words." not in client.get("/").text
    assert "Kept words." in client.get("/").text


def test_names_without_number_keep_no_page_from_being_kept(client, monkeypatch):
    monkeypatch.setattr(ready, "MOST_PAGES", 3)
    for number in range(10):
        assert client.get("/", headers={"Host": f"name-{number}"}).status_code == 200
        assert client.get("/").status_code == 200


def test_an_asset_under_its_fingerprint_has_no_tag_and_a_page_no_indents(app, client):
    page = client.get("/")
    assert not re.search(r"\n[ \t]", page.text)
    assert page.headers["ETag"]
    (address,) = re.findall(r'src="(/static/site\.\w+\.js)"', page.text)
    assert "ETag" not in client.get(address).headers
    assert client.get("/static/site.js").headers["ETag"]
