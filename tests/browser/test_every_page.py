"""What holds for every page there is, the desk's, the error pages and readers' own ones too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.furnish import EVERY, visit_page

# What is tapped, and how high the place is that takes the tap: a link in a sentence has one for each of its lines.
SMALL = """() => [...document.querySelectorAll("a[href], button, summary, input, select, textarea")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".trap, .skip, .hidden"))
    .map((node) => ["radio", "checkbox"].includes(node.type) ? node.closest(".choice") : node)
    .filter((node) => node.getBoundingClientRect().width < 24 || [...node.getClientRects()].some((box) => box.height < 44))
    .map((node) => node.outerHTML.slice(0, 100))"""

# Text spacing that a reader may set: WCAG 2.2, success criterion 1.4.12.
SPACED = """() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
        p { margin-bottom: 2em !important }`)
    document.adoptedStyleSheets = [sheet]
}"""
CUT = """() => [...document.querySelectorAll("p, li, h1, h2, h3, a, button, label, summary")]
    .filter((node) => node.checkVisibility() && !node.closest(".hidden, .trap, .skip"))
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "visible")
    .map((node) => node.outerHTML.slice(0, 80))"""


def open_all(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_too_wide_too_small_for_a_thumb_or_lost_at_400_percent(visit, furnished, name):
    page = visit_page(visit, furnished, name)
    open_all(page)
    assert page.locator("header [data-leave]").is_visible()
    assert page.locator("footer").get_by_role("link", name="999").is_visible()
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(SMALL) == [], width
    page.set_viewport_size({"width": 320, "height": 256})
    page.evaluate(SPACED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(CUT) == []
    assert page.locator("header.bar").evaluate("bar => getComputedStyle(bar).position") == "static"
    page.emulate_media(media="print")
    for away in page.locator("header.bar, form, .foot, [data-leave]").all():
        assert not away.is_visible(), "in print"
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("name", EVERY)
def test_the_keyboard_goes_down_the_page_and_what_it_meets_can_be_seen(visit, furnished, name):
    """WCAG 2.2, success criteria 2.4.3 (focus order), 2.4.7 (focus visible) and 2.4.11 (not obscured)."""
    page = visit_page(visit, furnished, name)
    open_all(page)
    page.evaluate("document.activeElement.blur()")
    last = -1.0
    for _ in range(200):
        page.keyboard.press("Tab")
        at = page.evaluate("""() => {
            const node = document.activeElement
            if (node === document.body) return null
            const box = node.getBoundingClientRect()
            const bar = document.querySelector("header.bar").getBoundingClientRect().bottom
            const inside = node.closest("header.bar, .skip") !== null
            return {
                what: node.outerHTML.slice(0, 100),
                seen: box.bottom > 0 && box.top < innerHeight && (inside || box.bottom > bar + 10),
                ring: getComputedStyle(node).outlineStyle !== "none",
                top: inside ? 0 : Math.round(box.bottom + scrollY),
            }
        }""")
        if at is None:
            return
        assert at["seen"], at
        assert at["ring"], at
        assert at["top"] >= last - 60, at  # things in one row may differ by their height
        last = at["top"]
    raise AssertionError("the keyboard never leaves the page")
