"""A real Chromium at a phone's size against the real server, with the CDN answered, blocked or hanging."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.browser.furnish import Furnished, furnish
from tests.serving import ROOT, Site, start, stop
from views.guard import HTMX

LOCAL_HTMX = ROOT / ".venv/npm/node_modules/htmx.org/dist/htmx.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)  # a loaded machine may be slow; none of these tests is about time
PHONE = {"width": 390, "height": 844}

# How a reader may meet the page.
WAYS = ["htmx", "no JavaScript", "CDN blocked", "CDN hanging"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    missing = [name for name, there in (("Chromium", CHROMIUM), ("npm's htmx.org", LOCAL_HTMX.exists())) if not there]
    if missing:
        why = f"browser tests need {' and '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(f"SKIPPED, NOT TESTED: {why}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = start(tmp_path_factory.mktemp("site"))
    yield running
    stop(running)


@pytest.fixture(scope="module")
def furnished(site: Site) -> Furnished:
    """Every page of the site with something on it."""
    return furnish(site)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of the site as a reader does who comes one of the `WAYS`.

    Whatever the browser complains of (errors, policy violations) and whatever it fetches from elsewhere
    fails the test in the end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    tolerated: list[str] = []
    elsewhere: set[str] = set()

    def answer(route: Route) -> None:
        url = route.request.url
        if url.startswith(site.url):
            route.continue_()
            return
        elsewhere.add(url)
        if url.startswith("https://www.bbc.co.uk/"):
            route.fulfill(body="<title>Weather</title><h1>Weather</h1>", content_type="text/html")
        elif url == HTMX["src"] and way == "htmx":
            route.fulfill(
                body=LOCAL_HTMX.read_bytes(),
                content_type="text/javascript",
                headers={"Access-Control-Allow-Origin": "*"},
            )
        elif url == HTMX["src"] and way == "CDN hanging":
            pass  # never answered
        else:
            route.abort()

    way = "htmx"

    def opened(
        path: str = "/", by: str = "htmx", width: int = 390, tolerate: tuple[str, ...] = (), **options: object
    ) -> Page:
        nonlocal way
        way = by
        tolerated.extend(tolerate)
        tolerated.extend(["ERR_FAILED"] if by == "CDN blocked" else [])
        context = browser.new_context(
            viewport={"width": width, "height": PHONE["height"]},
            java_script_enabled=by != "no JavaScript",
            base_url=site.url,
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        context.route("**/*", answer)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(path, wait_until="commit" if by == "CDN hanging" else "load")
        page.locator("h1").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    tolerated.append("status of 422")
    assert [line for line in complaints if not any(word in line for word in tolerated)] == []
    assert {url for url in elsewhere if not url.startswith("https://www.bbc.co.uk/")} <= {HTMX["src"]}


@pytest.fixture(scope="session", autouse=True)
def _the_htmx_that_is_tested_is_the_one_that_is_pinned(browser: Browser) -> None:
    digest = base64.b64encode(hashlib.sha384(LOCAL_HTMX.read_bytes()).digest()).decode()
    assert HTMX["integrity"] == f"sha384-{digest}"
