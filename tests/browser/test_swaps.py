"""When a part of the page gives way to another: where focus goes, and what happens on a slow or lost network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.furnish import visit_page


def press(thing: Locator) -> None:
    """Press a link or a button as a keyboard does."""
    thing.focus()
    thing.press("Enter")


def test_a_form_that_is_fetched_begins_in_focus_and_so_does_what_takes_its_place(visit):
    page = visit("/")
    press(page.get_by_role("link", name="Leave a comment"))
    expect(page.get_by_text("Jo reads every comment before it appears. Comments")).to_be_focused()
    page.get_by_label("Your comment", exact=True).fill("For Jo alone, then")
    press(page.get_by_role("button", name="Send this privately"))
    expect(page.get_by_text("Only Jo reads this.")).to_be_focused()
    expect(page.get_by_label("Your message")).to_have_value("For Jo alone, then")
    press(page.get_by_role("button", name="Send to Jo"))
    expect(page.locator(".problems")).to_be_focused()
    page.get_by_label("Your e-mail address").fill("sam@example.org")
    press(page.get_by_role("button", name="Send to Jo"))
    expect(page.locator(".thanks")).to_be_focused()


def test_the_contact_form_on_the_article_begins_in_focus(visit):
    page = visit("/")
    press(page.get_by_role("link", name="Or write to Jo"))
    expect(page.get_by_text("Only Jo reads this.")).to_be_focused()


@pytest.mark.parametrize("path", ["/contact", "/comments/new", "/reframe"])
def test_a_whole_page_begins_at_its_top(visit, path):
    page = visit(path)
    assert page.evaluate("document.activeElement === document.body")


def test_the_widget_keeps_focus_where_it_was_asked_or_gives_it_to_the_answer(visit):
    page = visit("/reframe")
    chip = page.locator(".chip").first
    press(chip)
    expect(page.locator("#reframe-said")).to_have_text("Three other ways to say it")
    expect(chip).to_be_focused()
    page.get_by_text("Put one together myself").click()
    page.get_by_label("What happens").fill("the dishes are left till morning")
    press(page.get_by_role("button", name="Put it together"))  # which is gone with the answer that held it
    expect(page.locator("#reframe-said")).to_have_text("Put together from your words")
    expect(page.locator(".outcome [tabindex]").first).to_be_focused()


def test_another_way_keeps_focus_until_it_is_gone_and_firmer_gives_it_to_the_answer(visit):
    page = visit("/reframe")
    page.get_by_label("What were you about to say?").fill("you never listen to me")
    page.get_by_role("button", name="Say it another way").click()
    more = page.get_by_role("button", name="Another way", exact=True)
    press(more)
    expect(page.locator("#reframe-more[value='2'], .outcome:not(:has(#reframe-more)) .instead").first).to_be_focused()
    press(page.get_by_role("button", name="Firmer"))
    expect(page.locator("#reframe-said")).to_have_text("Four other ways to say it")
    expect(page.get_by_text("Instead of", exact=True)).to_be_focused()


def test_what_was_done_at_the_desk_is_in_focus_with_the_way_back(visit, furnished):
    page = visit_page(visit, furnished, "desk, a message")
    item = page.locator(".at-desk, .done").first
    press(item.get_by_role("button", name="Read", exact=True))
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(undo).to_have_accessible_description("Read. Sam")
    press(undo)
    expect(page.locator(".done")).to_contain_text("New.")
    page.goto(furnished.pages["desk, a comment"])
    press(page.get_by_role("button", name="Decline"))
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    press(page.get_by_role("button", name="Undo"))
    expect(page.locator(".done p", has_text="Back among those waiting")).to_be_focused()


def only_one_place_says(page: Page, words: str) -> None:
    """Assert that a screen reader is told once: one live region holds the words, and focus is not in it."""
    said = page.locator("[role=status], [role=alert], [aria-live]").filter(has_text=words)
    assert said.count() == 1
    assert not said.evaluate("region => region.contains(document.activeElement)")


def test_a_result_is_announced_once(visit):
    page = visit("/")
    page.locator(".chip").first.click()
    expect(page.locator("[data-outcome]")).to_be_visible()
    only_one_place_says(page, "Three other ways to say it")
    assert (
        page.locator("#reframe-answer [role=status], #reframe-answer [aria-live]").filter(has_text="could try").count()
        == 0
    )


@pytest.mark.parametrize(
    ("path", "field", "button", "words"),
    [
        ("/reframe", "What were you about to say?", "Say it another way", "No answer came. Your words are still here."),
        ("/contact", "Your message", "Send to Jo", "Your words are still here. Send again"),
        ("/comments/new", "Your comment", "Send comment to Jo", "Your words are still here. Send again"),
    ],
)
def test_a_lost_network_keeps_the_words_and_says_so(visit, path, field, button, words):
    page = visit(path, tolerate=("ERR_INTERNET_DISCONNECTED", "Failed to fetch"))
    box = page.get_by_label(field, exact=True)
    box.fill("Typed in a tunnel")
    page.context.set_offline(True)
    page.get_by_role("button", name=button).click()
    status = page.locator("form", has=box).locator("> .status")
    expect(status).to_contain_text(words)
    only_one_place_says(page, words)
    expect(box).to_have_value("Typed in a tunnel")


@pytest.mark.parametrize("name", ["Leave a comment", "Or write to Jo"])
def test_a_form_that_cannot_be_fetched_says_so_and_stays_a_link(visit, name):
    page = visit("/", tolerate=("ERR_INTERNET_DISCONNECTED", "Failed to fetch"))
    page.context.set_offline(True)
    link = page.get_by_role("link", name=name)
    link.click()
    expect(page.get_by_text("It could not be fetched. Please try again.")).to_be_visible()
    page.context.set_offline(False)
    link.click()
    expect(page.locator("form textarea[name=body]")).to_be_visible()


def test_two_taps_post_once_at_the_widget_and_at_the_desk(visit, furnished):
    page = visit("/reframe")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.locator(".chip").first.dblclick()
    expect(page.locator("[data-outcome]")).to_be_visible()
    assert len(posts) == 1
    desk = visit_page(visit, furnished, "desk, a message")
    desk.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    desk.get_by_role("button", name="Archive").dblclick()
    expect(desk.locator(".done")).to_contain_text("Archived.")
    assert len(posts) == 2
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator(".done")).not_to_contain_text("Archived.")
