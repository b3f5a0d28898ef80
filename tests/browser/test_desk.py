"""Replies and earlier comments as a reader meets them; several at once, search and erasing on Jo's phone."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import expect

from data import comments, schema
from tests.browser.test_accessible import open_everything, violations
from tests.browser.test_comments import WAYS, sign_in, write

MANY = 30


@pytest.fixture(scope="module")
def many(site):
    """Enough published comments for two pages, the newest with a reply."""
    with closing(schema.connect(site.folder / "site.sqlite3")) as db, schema.transaction(db):
        for number in range(MANY):
            made, _ = comments.submit(
                db, key=f"many{number}", token=f"many{number}", name="Ash", body=f"Number {number} of many", now=1
            )
            comments.decide(db, made, "published", 2_000_000_000 + number)
        reply, _ = comments.submit(db, key="reply", token="reply", name="Kim", body="A reply", now=2, parent=made.id)
        comments.decide(db, reply, "published", 2_000_000_100)
    return made.id


@pytest.mark.parametrize("way", WAYS)
def test_a_reply_opens_where_it_belongs_and_is_published_under_it(visit, site, many, way):
    page = visit("/", way)
    comment = page.locator(".comments-list > li").filter(has=page.locator(f"#comment-{many}"))
    comment.get_by_role("link", name="Reply to Ash").click()
    if way == "no JavaScript":
        page.wait_for_url(f"**/comments/{many}/reply")
        expect(page.locator(f"#comment-{many}")).to_be_visible()
    page.get_by_label("Your reply", exact=True).fill(f"So it was with us, by {way}")
    page.get_by_role("button", name="Send reply to Jo").click()
    expect(
        page.get_by_text("Thank you. Your reply is" if way == "htmx" else "Thank you. Your comment is")
    ).to_be_visible()
    if way == "htmx":
        expect(comment.locator(".thanks")).to_be_focused()
    jo = sign_in(visit, site, way)
    at_desk = jo.locator(".at-desk", has_text=f"So it was with us, by {way}")
    expect(at_desk).to_contain_text(f"In answer to comment {many}")
    at_desk.get_by_role("button", name="Publish", exact=True).click()
    expect(jo.locator(".done", has_text="Published.")).to_be_visible()
    expect(visit("/", way).locator(".comments-list ol", has_text=f"So it was with us, by {way}").first).to_be_visible()


def test_two_replies_can_be_begun_at_once_and_one_that_is_empty_says_so_in_its_place(visit, many):
    page = visit("/comments")
    for number in (0, 1):
        page.get_by_role("link", name="Reply to Ash").first.click()
        expect(page.get_by_label("Your reply", exact=True)).to_have_count(number + 1)
    page.get_by_label("Your reply", exact=True).nth(1).fill("Kept while the other is sent")
    page.get_by_role("button", name="Send reply to Jo").first.click()
    expect(page.locator(".problems")).to_be_focused()
    page.locator(".problems").get_by_role("link", name="Write your reply").click()
    expect(page.get_by_label("Your reply", exact=True).first).to_be_focused()
    expect(page.get_by_label("Your reply", exact=True).nth(1)).to_have_value("Kept while the other is sent")


@pytest.mark.parametrize("way", WAYS)
def test_earlier_comments_come(visit, many, way):
    page = visit("/comments", way)
    expect(page.get_by_text("Number 5 of many")).to_have_count(0)
    page.get_by_role("link", name="Earlier comments").click()
    expect(page.get_by_text("Number 5 of many")).to_be_visible()
    if way == "htmx":
        expect(page.locator(".comments-list").nth(1)).to_be_focused()
        expect(page.get_by_text("Number 29 of many")).to_be_visible()
        assert page.url.endswith("/comments")


@pytest.mark.parametrize("way", WAYS)
def test_several_are_declined_at_once(visit, site, way):
    for number in range(2):
        write(visit("/"), f"Several, {number}, by {way}")
    jo = sign_in(visit, site, way)
    for number in range(2):
        jo.locator(".at-desk", has_text=f"Several, {number}, by {way}").get_by_label("Tick").check()
    jo.get_by_text("Several at once").click()
    jo.get_by_role("button", name="Decline those ticked").click()
    expect(jo.locator(".done", has_text="Declined.")).to_have_count(2)
    jo.locator(".done").first.get_by_role("button", name="Undo").click()
    expect(jo.locator(".at-desk", has_text=f"Several, 0, by {way}").or_(jo.locator(".done").first)).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_what_somebody_wrote_is_found_and_erased(visit, site, way):
    write(visit("/"), f"Zebra words by {way}", f"Zed {way}")
    jo = sign_in(visit, site, way)
    jo.get_by_role("link", name="Search").first.click()
    jo.get_by_label("Words, a name").fill(f"zebra {way}")
    jo.get_by_role("button", name="Search").click()
    expect(jo.locator(".at-desk", has_text=f"Zebra words by {way}")).to_be_visible()
    jo.get_by_role("link", name="Erase what somebody wrote").click()
    jo.get_by_label("How they can be found").fill(f"Zed {way}")
    jo.get_by_role("button", name="Look").click()
    jo.get_by_role("button", name="Erase what is ticked").click()
    expect(jo.get_by_role("heading", level=1)).to_have_text("One is erased")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_new_pages_have_no_violation_and_fit(visit, site, many, width, scheme):
    for number in range(2):
        write(visit("/"), f"To look at, {number}, {width}, {scheme}", "Sam")
    page = sign_in(visit, site, "htmx", color_scheme=scheme, bypass_csp=True, width=width)
    for path in (
        "/comments",
        f"/comments/{many}",
        f"/comments/{many}/reply",
        "/desk/comments/waiting?ticked=all",
        "/desk/search?q=look",
        "/desk/erase",
        "/desk/erase/done?count=2",
        "/desk/status",
        "/desk/trail",
    ):
        page.goto(path)
        assert violations(page) == [], path
        open_everything(page)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto("/desk/erase")
    page.get_by_label("How they can be found").fill("Sam")
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Erase what is ticked").wait_for()
    assert violations(page) == []
