"""Every page, light and dark, at a phone's and a desk's width: axe-core finds nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.furnish import EVERY, visit_page
from tests.browser.test_comments import sign_in, write
from tests.serving import ROOT

AXE = ROOT / ".venv/npm/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return what axe-core finds, a line each."""
    page.evaluate("scrollTo(0, 0)")  # what the bar happens to stand over is not too small
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """tags => axe.run(document, {
            runOnly: { type: "tag", values: tags },
            rules: {
                "color-contrast": { enabled: false }, // the enhanced rule asks for more of the same
                "color-contrast-enhanced": { enabled: true },
                "target-size": { enabled: true },
            },
            resultTypes: ["violations"],
            preload: false,
        })""",
        RULES,
    )
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


def open_everything(page: Page) -> int:
    """Open every `details`, wait for what is fetched then, and return how many there were."""
    there = page.locator("details")
    for details in there.all():
        details.evaluate("node => { node.open = true; node.scrollIntoView() }")
    page.wait_for_load_state("networkidle")
    return there.count()


@pytest.mark.parametrize("name", EVERY)
def test_a_page_has_no_violation_closed_or_open(visit, furnished, name):
    page = visit_page(visit, furnished, name, bypass_csp=True)
    for state in ("closed", "open"):
        if state == "open" and not open_everything(page):
            return
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 844})
                assert violations(page) == [], f"{state}, {scheme}, {width} px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "phrase", ["You need therapy", "you never listen to me", "I feel lonely", "you hit me", "the bins again", ""]
)
def test_an_answer_of_the_widget_has_no_violation(visit, phrase, scheme):
    page = visit("/reframe", color_scheme=scheme, bypass_csp=True)
    page.get_by_label("What were you about to say?").fill(phrase)
    page.get_by_role("button", name="Say it another way").click()
    page.locator("[data-outcome]").wait_for()
    open_everything(page)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_forms_on_the_article_have_no_violation_with_errors_and_after_sending(visit, scheme):
    page = visit("/", color_scheme=scheme, bypass_csp=True)
    page.get_by_role("link", name="Or write to Jo").click()
    page.get_by_role("button", name="Send to Jo").click()
    write(page, "")
    page.locator(".comment-form .problems").wait_for()
    assert violations(page) == []
    page.get_by_label("Your comment", exact=True).fill("Thank you for this")
    page.get_by_role("button", name="Send comment to Jo").click()
    page.locator(".thanks").wait_for()
    assert violations(page) == []


def test_what_was_done_at_the_desk_has_no_violation(visit, site):
    write(visit("/"), "For the desk to publish", "Sam")
    page = sign_in(visit, site, "htmx", bypass_csp=True)
    page.locator(".at-desk", has_text="For the desk to publish").get_by_role(
        "button", name="Publish", exact=True
    ).click()
    page.locator(".done").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
