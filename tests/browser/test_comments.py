"""A reader leaves a comment on a phone; Jo publishes it from hers; it stands under the article."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.serving import ROOT, Site

WAYS = ["htmx", "no JavaScript"]


def desk_link(site: Site) -> str:
    """Return the path of a sign-in link, as the command prints it."""
    printed = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "desk-link"],
        cwd=ROOT,
        env={**os.environ, "SITE_DATABASE": str(site.folder / "site.sqlite3"), "SITE_URL": site.url},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return urlsplit(printed).path


def write(page: Page, words: str, name: str = "") -> None:
    """Open the form from the article and send a comment."""
    page.get_by_role("link", name="Leave a comment").click()
    page.get_by_label("Name to show").fill(name)
    page.get_by_label("Your comment", exact=True).fill(words)
    page.get_by_role("button", name="Send comment to Jo").click()


def sign_in(visit, site: Site, way: str, **options: object) -> Page:
    page = visit(desk_link(site), way, **options)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk")
    return page


@pytest.mark.parametrize("way", WAYS)
def test_from_the_article_to_the_desk_and_back(visit, site, way):
    words = f"It helped me to go alone, said by {way}"
    reader = visit("/", way)
    write(reader, words, "Sam")
    if way == "htmx":
        expect(reader.get_by_text("Thank you. Your comment is with Jo.")).to_be_visible()
        expect(reader.locator(".thanks")).to_be_focused()
        assert reader.url == f"{site.url}/"
    else:
        reader.wait_for_url("**/comments/mine/*")
        expect(reader.get_by_role("heading", level=1)).to_contain_text("waiting for Jo")
    assert words not in visit("/comments", way).content()

    jo = sign_in(visit, site, way)
    comment = jo.locator(".at-desk", has_text=words)
    comment.get_by_role("button", name="Publish", exact=True).click()
    done = jo.locator(".done", has_text="Published.")
    expect(done).to_be_visible()
    if way == "htmx":
        expect(done.get_by_role("button", name="Undo")).to_be_focused()

    again = visit("/", way)
    expect(again.locator(".comment", has_text=words)).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_missing_is_said_in_focus_with_the_words_kept(visit, way):
    page = visit("/", way)
    write(page, "", "Sam of Leeds")
    problems = page.locator(".problems")
    expect(problems).to_be_focused()
    expect(page.get_by_label("Name to show")).to_have_value("Sam of Leeds")
    problems.get_by_role("link", name="Write your comment").click()
    expect(page.get_by_label("Your comment", exact=True)).to_be_focused()
    page.get_by_label("Your comment", exact=True).fill("Now with words")
    page.get_by_role("button", name="Send comment to Jo").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_a_writer_changes_and_withdraws(visit, way):
    page = visit("/", way)
    write(page, f"First words by {way}")
    if way == "htmx":
        page.get_by_role("link", name="Your own page").click()
    page.wait_for_url("**/comments/mine/*")
    page.get_by_label("Your comment", exact=True).fill(f"Better words by {way}")
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_label("Your comment", exact=True)).to_have_value(f"Better words by {way}")
    page.get_by_text("Withdraw it", exact=True).click()
    page.get_by_role("button", name="Yes, withdraw it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Withdrawn")


def test_a_double_tap_sends_once_and_keeps_focus(visit, site):
    page = visit("/")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.get_by_role("link", name="Leave a comment").click()
    page.get_by_label("Your comment", exact=True).fill("Tapped twice")
    page.get_by_role("button", name="Send comment to Jo").dblclick()
    expect(page.get_by_text("Thank you. Your comment is with Jo.")).to_be_visible()
    assert len(posts) == 1
    jo = sign_in(visit, site, "htmx")
    assert jo.locator(".at-desk", has_text="Tapped twice").count() == 1


def test_a_stale_token_keeps_the_words(visit):
    page = visit("/")
    page.get_by_role("link", name="Leave a comment").click()
    page.get_by_label("Your comment", exact=True).fill("Written for an hour")
    page.locator("input[name=csrf_token]").evaluate("field => { field.value = 'of another day' }")
    page.get_by_role("button", name="Send comment to Jo").click()
    expect(page.locator(".problems")).to_contain_text("send it again")
    expect(page.get_by_label("Your comment", exact=True)).to_have_value("Written for an hour")
    page.get_by_role("button", name="Send comment to Jo").click()
    expect(page.get_by_text("Thank you. Your comment is with Jo.")).to_be_visible()


def test_a_reader_whose_cookies_are_gone_can_still_send(visit):
    page = visit("/")
    page.get_by_role("link", name="Leave a comment").click()
    page.get_by_label("Your comment", exact=True).fill("Without a cookie")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send comment to Jo").click()
    expect(page.get_by_text("Thank you. Your comment is with Jo.")).to_be_visible()


def test_a_lost_network_keeps_the_words_and_says_so(visit):
    page = visit("/", tolerate=("ERR_INTERNET_DISCONNECTED", "Failed to fetch"))
    page.get_by_role("link", name="Leave a comment").click()
    page.get_by_label("Your comment", exact=True).fill("Sent on a train")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send comment to Jo").click()
    expect(page.locator(".comment-form > .status")).to_contain_text("Your words are still here")
    expect(page.get_by_label("Your comment", exact=True)).to_have_value("Sent on a train")
    page.context.set_offline(False)
    page.get_by_role("button", name="Send comment to Jo").click()
    expect(page.get_by_text("Thank you. Your comment is with Jo.")).to_be_visible()


def test_a_nudge_asks_once_and_then_sends(visit):
    page = visit("/")
    write(page, "Ring me on 07700 900123")
    expect(page.locator(".problems")).to_contain_text("people who know you")
    page.get_by_role("button", name="Send it as it is").click()
    expect(page.get_by_text("Thank you. Your comment is with Jo.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_the_desk_fits_a_phone_with_targets_for_a_thumb(visit, site, width):
    write(visit("/"), "A long word " + "x" * 200)
    page = visit(desk_link(site), width=width)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator(".verbs .button").all():
        assert button.bounding_box()["height"] >= 52
