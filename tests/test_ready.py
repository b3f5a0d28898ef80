"""Cacheable pages: the same bytes for everyone, compressed, revalidated, and only what is known exactly."""

from __future__ import annotations

import gzip

import brotli
import pytest

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
     ("identity", None), ("", None), ("*", "br"), ("br;q=0, gzip;q=0", None), ("x;q=nonsense", None)],
)  # fmt: skip
def test_the_encoding_is_the_best_the_reader_takes(client, accepted, encoding):
    plain = client.get("/").data
    response = client.get("/", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert unpack(response.data) == plain
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert "Accept-Encoding" in response.headers["Vary"]


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
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert client.get("/static/site.css").headers["Cache-Control"] == PUBLIC
    assert client.get("/static/site.0123456789.css").status_code == 404
    assert client.get("/static/../app.py").status_code == 404


def test_the_stylesheet_names_the_font_by_its_fingerprint(client):
    style = client.get("/static/site.css").text
    address = style.split('url("')[1].split('"')[0]
    assert f'href="{address}" as="font"' in client.get("/").text
    font = client.get(address)
    assert font.status_code == 200
    assert font.mimetype == "font/woff2"
    assert len(font.data) <= 16_000
