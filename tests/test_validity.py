"""The HTML of every page, by html-validate from npm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from werkzeug.exceptions import default_exceptions

from tests.conftest import HTMX, link, soup
from tests.serving import ROOT
from tests.test_comments import publish, send
from tests.test_contact import send as write_to_jo
from tests.test_desk import do, token
from views import errors

VALIDATOR = ROOT / ".venv/npm/node_modules/html-validate/bin/html-validate.mjs"
RULES = {
    "root": True,
    "extends": ["html-validate:standard"],
    "rules": {
        "void-style": "off",  # the drawings are SVG
        "long-title": "off",
        "no-trailing-whitespace": "off",
        "tel-non-breaking": "off",  # numbers are kept together by the stylesheet
        "valid-id": ["error", {"relaxed": True}],
        "no-redundant-for": "off",
    },
}


@pytest.fixture
def validate(tmp_path):
    """Return a function that takes named pages and asserts that the validator finds nothing."""
    if not (VALIDATOR.exists() and shutil.which("node")):
        why = "validity tests need node and npm's html-validate"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(f"SKIPPED, NOT TESTED: {why}")

    def run(pages: dict[str, str]) -> None:
        folder = tmp_path / "pages"
        folder.mkdir()
        (folder / ".htmlvalidate.json").write_text(json.dumps(RULES))
        for name, html in pages.items():
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
        result = subprocess.run(
            ["node", VALIDATOR, "--formatter", "text", *sorted(f"{name}.html" for name in pages)],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.stdout + result.stderr == ""

    return run


def fields_of(client, path, **more):
    """Return what a browser would send of a page's form, with more filled in."""
    return {field["name"]: field.get("value", "") for field in soup(client.get(path)).select("main input[name]")} | more


def test_every_page_is_valid(validate, app, client, jo):
    own = send(client, "He hit me. Write to sam@example.org", name="Sam & <co>", nudged="1").headers["Location"]
    send(client, "Another one")
    publish(app, 2)
    sent = write_to_jo(client, how="call", telephone="07700 900123", times="before 3", safe_text="y").headers[
        "Location"
    ]
    do(jo, "/desk/comments/2/reply", body="An answer", key="k")
    pages = {path.strip("/").replace("/", "-") or "article": client.get(path).text for path in (
        "/", "/faq", "/faq/when-should-i-worry", "/reframe", "/comments", "/comments/new", "/contact", "/support",
        "/privacy", "/accessibility", "/comments/2", "/comments/2/reply", "/desk/sign-in", "/no-such-page", own, sent,
    )}  # fmt: skip
    pages |= {path.strip("/").replace("/", "-"): jo.get(path).text for path in (
        "/desk", "/desk/comments/published", "/desk/comments/1", "/desk/messages/new", "/desk/messages/1", "/desk/trail",
        "/desk/comments/declined", "/desk/messages/read", "/desk/erase", "/desk/erase/done", "/desk/status",
        "/desk/search",
    )}  # fmt: skip
    send(client, "A third one", name="Sam")
    pages["desk-found"] = jo.get("/desk/search?q=sam").text
    pages["desk-several"] = jo.get("/desk/comments/waiting?ticked=all").text
    for number, who in enumerate(("Sam", "07700 900123", "")):
        found = jo.post("/desk/erase", data={"csrf_token": token(jo), "who": who})
        pages[f"desk-erase-{number}"] = found.text
    for name, phrase in {
        "reframed": "You need therapy",
        "support": "you hit me",
        "build": "the bins",
        "decline": "",
    }.items():
        pages[f"reframe-{name}"] = client.post("/reframe", data={"phrase": phrase}).text
    pages["comment-again"] = send(client, "", name="Sam").text
    pages["comment-nudge"] = send(client, "write to sam@example.org").text
    pages["contact-again"] = write_to_jo(client, body="", email="x").text
    assert len(pages) == 40
    validate(pages)


def test_every_error_page_and_every_way_in_is_valid(validate, app, client, jo):
    with app.test_request_context("/"):
        pages = {
            f"error-{status}": errors.answer(default_exceptions[status]()).get_data(as_text=True)
            for status in errors.WORDS
        }
    unused = link(app)
    pages["link"] = client.get(unused).text
    client.post(unused)
    pages["link-used"] = client.post(unused).text
    pages["link-asked"] = client.post(
        "/desk/sign-in", data=fields_of(client, "/desk/sign-in", address="jo@jo.example")
    ).text
    pages["address-wrong"] = client.post("/desk/sign-in", data=fields_of(client, "/desk/sign-in", address="jo")).text
    validate(pages)


def test_a_comment_is_valid_in_every_state_for_its_writer_and_at_the_desk(validate, app, client, jo):
    pages = {}
    for number, state in enumerate(("published", "declined", "withdrawn"), 1):
        own = send(client, f"Comment {number}", name="Sam").headers["Location"]
        if state == "withdrawn":
            client.post(f"{own}/withdraw")
        else:
            do(jo, f"/desk/comments/{number}/{'publish' if state == 'published' else 'decline'}")
            pages[f"desk-{state}"] = jo.get(f"/desk/comments/{number}").text
        pages[f"own-{state}"] = client.get(own).text
    write_to_jo(client, body="One")
    for state in ("read", "answered", "archived"):
        do(jo, f"/desk/messages/1/{state}")
        pages[f"desk-{state}"] = jo.get(f"/desk/messages/{state}").text
    pages["desk-empty-answer"] = do(jo, "/desk/comments/2/reply", body="").text
    pages["comments-earlier"] = client.get("/comments?after=1-1").text
    validate(pages)


def test_every_fragment_is_valid(validate, app, client, jo):
    send(client, "One")
    send(client, "Two")
    publish(app, 2)
    fragments = {
        "faq": client.get("/faq/when-should-i-worry/answer"),
        "reframed": client.post("/reframe", data={"phrase": "You need therapy"}, headers=HTMX),
        "comment-form": client.get("/comments/new", headers=HTMX),
        "reply-form": client.get("/comments/2/reply", headers=HTMX),
        "comments-earlier": client.get("/comments/earlier?after=2000000000-9", headers=HTMX),
        "comment-thanks": send(client, "he hit me", HTMX),
        "contact-form": client.get("/contact", headers=HTMX),
        "contact-thanks": write_to_jo(client, HTMX),
        "desk-done": do(jo, "/desk/comments/1/publish", HTMX),
        "desk-moved": do(jo, "/desk/messages/1/answered", HTMX),
        "desk-notes": do(jo, "/desk/messages/1/notes", HTMX, notes="x"),
    }
    frame = '<!doctype html>\n<html lang="en-GB"><head><title>A fragment</title></head><body>%s</body></html>\n'
    validate(
        {name: frame % f"<main><h1>x</h1><h2>x</h2>{response.text}</main>" for name, response in fragments.items()}
    )
