"""Takes the pictures of docs/looking-after.md from a running desk: `.venv/bin/python -m tests.browser.pictures`.

Everybody in them is made up.
"""

from __future__ import annotations

import re
import tempfile
import time
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from data import comments, contact, schema
from tests.browser.conftest import CHROMIUM, LOCAL_HTMX, QUIET
from tests.serving import ROOT, start, stop
from views.guard import HTMX

PHONE = {"width": 390, "height": 720}


def fill(path: Path) -> None:
    """Put a message and two comments into the database."""
    now = int(time.time()) - 3600
    with closing(schema.connect(path)) as db, schema.transaction(db):
        contact.submit(
            db, key="a", reference="K7RWMZQD", now=now, name="Sam", how="email", address="sam@example.org",
            body="We have been stuck for a year and he will not come.\n\nCould I come alone first?", safe_email=1,
            safe_voicemail=0, safe_text=0, times="weekdays before 3", call_me="",
        )  # fmt: skip
        comments.submit(
            db, key="b", token="b", name="Robin", now=now,
            body="“No” turned out to mean “I am afraid of what you will say there”. It took us a long walk to find out.",
        )  # fmt: skip
        comments.submit(
            db, key="c", token="c", name="", now=now,
            body="Going on my own was the best thing I did. My sister Anna Whitfield told me to, and I am glad.",
        )  # fmt: skip


def take(page: Page, name: str) -> None:
    """Save what the phone shows."""
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "docs" / f"{name}.png", scale="css")


def main() -> None:
    """Start a site in a folder of its own and go through it as Jo does."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = start(Path(folder))
        try:
            fill(site.folder / "site.sqlite3")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_page(viewport=PHONE, base_url=site.url)
            page.route(HTMX["src"], lambda route: route.fulfill(
                body=LOCAL_HTMX.read_bytes(), content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"}
            ))  # fmt: skip
            page.goto("/desk/sign-in")
            page.get_by_label("Your e-mail address").fill("jo@example.org")
            take(page, "desk-sign-in")
            log = (site.folder / "server.log").read_text()
            link = re.search(r"/desk/sign-in/\S+", log)
            page.goto(link[0] if link else "")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/desk")
            take(page, "desk-waiting")
            page.goto("/desk/comments/1")
            take(page, "desk-comment")
            page.goto("/desk/comments/waiting")
            page.get_by_role("button", name="Publish").first.click()
            page.get_by_role("button", name="Undo").scroll_into_view_if_needed()
            take(page, "desk-undo")
            browser.close()
        finally:
            stop(site)


if __name__ == "__main__":
    main()
