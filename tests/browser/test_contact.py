"""Somebody writes to Jo from a phone; she reads it on hers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_comments import sign_in

WAYS = ["htmx", "no JavaScript"]


@pytest.mark.parametrize("way", WAYS)
def test_from_the_article_to_the_desk(visit, site, way):
    words = f"Could I come alone? asked by {way}"
    page = visit("/", way)
    page.get_by_role("link", name="Or write to Jo").click()
    page.get_by_label("Your message").fill(words)
    page.get_by_label("By a call").check()
    expect(page.get_by_label("Your e-mail address")).to_be_hidden()
    page.get_by_label("Your telephone number").fill("07700 900123")
    page.get_by_label("When is it safe").fill("before 3")
    page.get_by_role("button", name="Send to Jo").click()
    expect(page.get_by_text("Saved. Thank you.")).to_be_visible()
    assert words not in page.locator("body").inner_text()
    if way == "htmx":
        expect(page.locator(".thanks")).to_be_focused()

    jo = sign_in(visit, site, way)
    message = jo.locator(".at-desk", has_text=words)
    expect(message.locator(".safety")).to_contain_text("Leave no voicemail")
    expect(message.get_by_role("link", name="Call")).to_have_attribute("href", "tel:07700900123")
    message.get_by_role("button", name="Answered").click()
    expect(jo.locator(".done", has_text="Answered.")).to_be_visible()
    jo.get_by_role("button", name="Undo").click()
    if way == "htmx":
        expect(jo.locator(".done", has_text="New.")).to_be_visible()
        expect(jo.get_by_role("button", name="Undo")).to_have_count(0)
    else:
        expect(jo.locator(".at-desk", has_text=words)).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_missing_is_said_in_focus_and_in_the_order_of_the_form(visit, way):
    page = visit("/contact", way)
    page.get_by_role("button", name="Send to Jo").click()
    problems = page.locator(".problems")
    expect(problems).to_be_focused()
    expect(problems.get_by_role("link")).to_have_text(
        ["Write your message", "Enter an e-mail address, like name@example.com"]
    )
    problems.get_by_role("link", name="Write your message").click()
    expect(page.get_by_label("Your message")).to_be_focused()


@pytest.mark.parametrize("way", WAYS)
def test_a_comment_being_written_can_go_to_jo_privately(visit, way):
    page = visit("/comments/new", way)
    page.get_by_label("Your comment", exact=True).fill("This is for Jo alone")
    page.get_by_role("button", name="Send this privately").click()
    expect(page.get_by_label("Your message")).to_have_value("This is for Jo alone")
    page.get_by_label("Your e-mail address").fill("sam@example.org")
    page.get_by_role("button", name="Send to Jo").click()
    expect(page.get_by_text("Saved. Thank you.")).to_be_visible()


def test_a_double_tap_sends_once(visit):
    page = visit("/contact")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Your message").fill("Sent with two taps")
    page.get_by_label("Your e-mail address").fill("sam@example.org")
    page.get_by_role("button", name="Send to Jo").dblclick()
    expect(page.get_by_text("Saved. Thank you.")).to_be_visible()
    assert len(posts) == 1
