"""Reading on a phone: answers load, deep links open, chips reframe, leaving leaves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import WAYS

LINES = [
    "I miss feeling close to you",
    "I don’t want us to keep feeling stuck",
    "I think we might need some support together",
]
ANSWER = "Not necessarily. It often reflects emotional avoidance or fear rather than lack of care."
# How far what is seen has moved by itself, since the page began (Layout Instability).
SHIFT = """() => {
    window.shift = 0
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
    })
        .observe({ type: "layout-shift", buffered: true })
}"""


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_can_be_read(visit, way):
    page = visit("/", way)
    question = page.locator("details.question", has_text="Does refusing therapy mean")
    question.scroll_into_view_if_needed()
    if way == "htmx":
        expect(question.locator(".answer")).to_have_text(ANSWER)  # it is there before it is opened
        question.locator("summary").click()
    else:
        question.locator("summary").click()
        question.get_by_role("link").click()
        page.wait_for_url("**/faq/does-refusing-mean-no-love", wait_until="commit")
    expect(page.get_by_text(ANSWER)).to_be_visible()


def test_answers_are_fetched_once_each_and_move_nothing_however_late_they_come(visit):
    page = visit("/")
    fetched: list[str] = []
    late: list[Route] = []
    page.on("request", lambda request: fetched.append(request.url) if request.url.endswith("/answer") else None)
    page.route("**/answer", lambda route: late.append(route))
    page.evaluate(SHIFT)
    page.locator(".questions").scroll_into_view_if_needed()
    for summary in page.locator(".question summary").all():
        summary.click()
    page.wait_for_timeout(600)  # by now no shift is forgiven for having followed a tap
    while late:
        late.pop().continue_()
    expect(page.get_by_text(ANSWER)).to_be_visible()
    for summary in page.locator(".question summary").all():
        summary.click()
        summary.click()
    assert len(fetched) == len(set(fetched)) == 5
    assert page.evaluate("window.shift") < 0.05


@pytest.mark.parametrize("width", [360, 390, 412])
def test_nothing_in_the_first_view_moves_when_the_font_arrives(visit, width):
    page = visit("/privacy")
    page.set_viewport_size({"width": width, "height": 844})
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    page.locator("html.scripted").wait_for(state="attached")
    page.evaluate(SHIFT)
    page.wait_for_timeout(300)  # painted in the fallback by now
    was = page.locator(".by").bounding_box()
    held.pop().continue_()
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    assert page.evaluate("document.fonts.check('1em \"Schibsted Grotesk\"')")
    assert page.locator(".by").bounding_box() == was
    assert page.evaluate("window.shift") < 0.0005


@pytest.mark.parametrize("way", WAYS)
def test_a_deep_link_opens_the_question(visit, way):
    page = visit("/#does-refusing-mean-no-love", way)
    expect(page.locator("#does-refusing-mean-no-love")).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_a_chip_reframes(visit, way):
    page = visit("/", way)
    page.get_by_role("button", name="“You’re the problem”").click()
    for line in LINES:
        expect(page.locator("[data-move]", has_text=line)).to_be_visible()
    assert page.url.endswith("/" if way == "htmx" else "/reframe")
    assert "problem" not in page.url
    if way == "htmx":
        expect(page.locator("#reframe-said")).to_have_text("Three other ways to say it")
        expect(page.get_by_role("button", name="“You’re the problem”")).to_be_focused()


@pytest.mark.parametrize("way", WAYS)
def test_own_words_that_mean_danger_empty_the_box(visit, way):
    page = visit("/", way)
    page.get_by_text("Use my own words").click()
    page.get_by_label("What were you about to say?").fill("you hit me last night")
    page.get_by_role("button", name="Say it another way").click()
    expect(page.locator(".outcome").get_by_text("This may need more than words")).to_be_visible()
    expect(page.locator("#reframe-phrase")).to_have_value("")
    assert "last night" not in page.locator("body").inner_text()


@pytest.mark.parametrize("way", WAYS)
def test_leaving_replaces_the_page(visit, way):
    page = visit("/faq", way)
    page.goto("/", wait_until="commit")
    if way != "no JavaScript":
        page.locator("html.scripted").wait_for(state="attached")
    page.locator("header [data-leave]").click()
    page.wait_for_url("https://www.bbc.co.uk/weather", wait_until="commit")
    if way != "no JavaScript":
        page.go_back(wait_until="commit")
        assert page.url.endswith("/faq"), "Back must not bring the article"


@pytest.mark.parametrize("way", [way for way in WAYS if way != "no JavaScript"])
def test_shift_three_times_leaves(visit, way):
    page = visit("/", way)
    page.locator("html.scripted").wait_for(state="attached")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("https://www.bbc.co.uk/weather", wait_until="commit")


def test_capital_letters_do_not_leave(visit):
    page = visit("/reframe")
    box = page.get_by_label("What were you about to say?")
    box.press_sequentially("ABC")
    for letter in "DEF":
        page.keyboard.down("Shift")
        page.keyboard.press(letter)
        page.keyboard.up("Shift")
    expect(box).to_have_value("ABCDEF")
    assert page.url.endswith("/reframe")


def test_contents_links_add_no_history(visit):
    page = visit("/faq")
    page.goto("/")
    length = page.evaluate("history.length")
    page.get_by_text("On this page").click()
    page.get_by_role("link", name="Attachment styles").click()
    expect(page.locator("#attachment")).to_be_in_viewport()
    assert page.evaluate("history.length") == length
    page.go_back()
    assert page.url.endswith("/faq")


def test_a_suggestion_can_be_copied(visit):
    page = visit("/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="“You need therapy”").click()
    page.get_by_role("button", name=f"Copy “{LINES[1]}”").click()
    expect(page.locator("#reframe-said")).to_have_text("Copied. You can paste it into a message.")
    expect(page.get_by_role("button", name=f"Copied “{LINES[1]}”")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == LINES[1]


def test_an_answer_that_is_not_ours_never_takes_the_place_of_the_form(visit):
    page = visit("/reframe", tolerate=("502",))
    page.route(
        "**/reframe", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html")
    )
    page.get_by_label("What were you about to say?").fill("you never listen")
    page.get_by_role("button", name="Say it another way").click()
    expect(page.locator(".own .status")).to_contain_text("Your words are still here")
    expect(page.locator("#reframe-phrase")).to_have_value("you never listen")
    assert "Bad gateway" not in page.content()


def test_the_keyboard_meets_things_in_the_order_they_are_read(visit):
    page = visit("/")
    met = []
    for _ in range(9):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.textContent.trim().split('\\n')[0]"))
        top = page.evaluate("document.activeElement.getBoundingClientRect().top")
        assert top >= 0
    assert met[:4] == [
        "Skip to the main part",
        "Jo Watson Relationship Psychotherapist",
        "Leave this page",
        "On this page",
    ]
    assert met[4].startswith("“You need therapy”")


def test_the_skip_link_leads_to_the_main_part(visit):
    page = visit("/faq")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_nothing_moves(visit):
    page = visit("/", reduced_motion="reduce")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((node) => {
        const style = getComputedStyle(node)
        return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0
    }).length""")
    assert moving == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_in_print_the_answers_are_there_and_the_forms_are_not(visit):
    page = visit("/")
    page.locator(".questions").scroll_into_view_if_needed()
    expect(page.locator("#does-refusing-mean-no-love")).to_have_text(ANSWER)
    page.emulate_media(media="print")
    expect(page.locator("#does-refusing-mean-no-love")).to_be_visible()
    expect(page.locator(".telephone")).to_be_visible()
    for away in (".bar", ".contents", ".reframe form", ".foot", ".write"):
        expect(page.locator(away).first).to_be_hidden()
