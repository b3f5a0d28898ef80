"""Whatever was typed and published: a real browser shows it as text, runs nothing of it, and fetches nothing for it."""

from __future__ import annotations

from contextlib import closing

import pytest

from data import comments, contact, schema, text
from tests.browser.test_comments import sign_in
from tests.serving import start, stop
from tests.test_hostile import WORDS


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site where everything hostile was published and sent to Jo."""
    running = start(tmp_path_factory.mktemp("hostile"))
    with closing(schema.connect(running.folder / "site.sqlite3")) as db, schema.transaction(db):
        for number, (kind, words) in enumerate(WORDS.items(), 1):
            body, line = text.clean(f"{words[:1500]} {kind}"), text.clean_line(words[:50])
            comments.submit(db, key=kind, token=kind, name=line, body=body, now=1_700_000_000 + number)
            comments.decide(db, comments.find(db, number), "published", 1_700_000_000 + number)
            contact.submit(
                db, key=kind, reference=f"R{number}", now=1_700_000_000, name=line, how="email", address="sam@example.org",
                body=body, safe_email=1, safe_voicemail=0, safe_text=0, times=line, call_me=line,
            )  # fmt: skip
    yield running
    stop(running)


def look(page, path: str) -> str | None:
    """Open a page and do what sets hostile words off: point, focus, scroll; return where the next page is."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto(path)
    page.locator("h1").first.wait_for()
    page.mouse.wheel(0, 20_000)
    for shown in page.locator("bdi:visible").all()[:8]:
        shown.hover(position={"x": 3, "y": 3})  # its middle may lie between two lines
    page.wait_for_timeout(300)
    assert asked == []
    assert page.evaluate("typeof window.zebra") == "undefined"
    assert (
        page.locator(
            "[data-hx-ignore] script, [data-hx-ignore] img, [data-hx-ignore] iframe, [data-hx-ignore] form"
        ).count()
        == 0
    )
    assert (
        page.locator(
            "base, iframe, object, embed, marquee, [onerror], [onload], [onclick], [autofocus=''][onfocus]"
        ).count()
        == 0
    )
    assert page.evaluate("location.pathname") == path.split("?")[0]
    onwards = page.locator("a[href*='after=']").first
    return onwards.get_attribute("href") if onwards.count() else None


def test_readers_are_shown_text_and_nothing_runs(visit):
    page = visit("/")
    look(page, "/")
    path: str | None = "/comments"
    seen = 0
    while path and seen < 4:
        path = look(page, path)
        seen += 1
    assert seen == 4, "there is more than one page of them"


def test_jo_is_shown_text_and_nothing_runs(visit, site):
    page = sign_in(visit, site, "htmx")
    for path in ("/desk", "/desk/messages/new", "/desk/comments/published"):
        look(page, path)
