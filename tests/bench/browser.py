"""What a phone fetches and how soon it shows: a first view in Chromium, and Lighthouse; the CDN is answered here."""

from __future__ import annotations

import json
import os
import re
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli
import trustme
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, LOCAL_HTMX, QUIET
from tests.serving import ROOT

LIGHTHOUSE = ROOT / ".venv/npm-bench/node_modules/.bin/lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
LATE = 0.1  # seconds: name, connection and TLS take three or four round trips of 25 ms to a near CDN, here none


@dataclass
class View:
    """A first view: bytes on the wire, heads included, by address; and those that painting waits for."""

    sizes: dict[str, int] = field(default_factory=dict)
    waited_for: set[str] = field(default_factory=set)

    @property
    def before_paint(self) -> int:
        """Bytes of the page and of whatever it says must come before it is painted."""
        return sum(size for url, size in self.sizes.items() if url in self.waited_for)

    @property
    def font(self) -> int:
        """Bytes of the font."""
        return sum(size for url, size in self.sizes.items() if url.endswith(".woff2"))

    @property
    def rest(self) -> int:
        """Bytes of everything but the font."""
        return sum(self.sizes.values()) - self.font


class Cdn(BaseHTTPRequestHandler):
    """Answers every address with htmx: in brotli as the real one does, and as late as from a city away."""

    protocol_version = "HTTP/1.1"
    body = b""

    def do_GET(self) -> None:
        time.sleep(LATE)
        self.send_response(200)
        for name, value in (
            ("Content-Type", "application/javascript; charset=utf-8"),
            ("Content-Encoding", "br"),
            ("Content-Length", str(len(self.body))),
            ("Access-Control-Allow-Origin", "*"),
            ("Cache-Control", "public, max-age=31536000, s-maxage=31536000, immutable"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("Timing-Allow-Origin", "*"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def cdn() -> Iterator[list[str]]:
    """Answer in place of the CDN; yield the switches that send Chromium here."""
    Cdn.body = brotli.compress(LOCAL_HTMX.read_bytes(), quality=11)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("cdn.jsdelivr.net").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cdn)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        rule = f"MAP cdn.jsdelivr.net:443 127.0.0.1:{server.server_port}"
        yield [f"--host-resolver-rules={rule}", "--ignore-certificate-errors"]
    finally:
        server.shutdown()
        server.server_close()


def first_view(url: str, switches: list[str]) -> View:
    """Open a page at a phone's size with nothing kept, and return what came over the wire until all was quiet."""
    view = View()
    urls: dict[str, str] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *switches])
        page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on(
            "Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]})
        )
        network.on(
            "Network.loadingFinished",
            lambda event: view.sizes.update({urls[event["requestId"]]: int(event["encodedDataLength"])}),
        )
        page.goto(url, wait_until="networkidle")
        blocking = page.evaluate(
            "performance.getEntriesByType('resource').filter(e => e.renderBlockingStatus === 'blocking').map(e => e.name)"
        )
        view.waited_for = {url, *blocking}
        browser.close()
    return view


def lighthouse(url: str, folder: Path, switches: list[str]) -> dict[str, float]:
    """Return the medians of Lighthouse's four scores, and LCP and TBT in milliseconds, and CLS, on its phone."""
    # A value that holds spaces is quoted, as Lighthouse's own parser reads it.
    flags = " ".join(re.sub(r"=(.* .*)", r"='\1'", switch) for switch in ["--headless=new", *QUIET, *switches])
    found: dict[str, list[float]] = {}
    for number in range(RUNS):
        report = folder / f"lighthouse-{number}.json"
        subprocess.run(
            [LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={flags}",
             f"--only-categories={','.join(CATEGORIES)}"],
            env={**os.environ, "CHROME_PATH": CHROMIUM or ""}, check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        said = json.loads(report.read_text(encoding="utf-8"))
        for name in CATEGORIES:
            found.setdefault(name, []).append(said["categories"][name]["score"] * 100)
        for name, audit in (("LCP", "largest-contentful-paint"), ("TBT", "total-blocking-time"),
                            ("CLS", "cumulative-layout-shift"), ("FCP", "first-contentful-paint")):  # fmt: skip
            found.setdefault(name, []).append(said["audits"][audit]["numericValue"])
    return {name: statistics.median(values) for name, values in found.items()}
