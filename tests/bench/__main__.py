"""Measure everything, print the table, and write it to `docs/bench.md` and the README."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from data import schema
from tests.bench import browser, inside, load, machine, systems, table, words
from tests.bench.systems import System
from tests.bench.table import Row
from tests.serving import ROOT

MANY = 1_000_000
# WordPress 6.1 behind nginx's page cache, of nginx's rate at 16 connections, measured once on two cores.
WORDPRESS = 0.028


def main() -> None:
    """Measure, print, write."""
    tools = {"nginx": shutil.which("nginx"), "wrk": shutil.which("wrk"), "Chromium": browser.CHROMIUM,
             "lighthouse": browser.LIGHTHOUSE.exists(), "htmx": browser.LOCAL_HTMX.exists()}  # fmt: skip
    if missing := [name for name, there in tools.items() if not there]:
        sys.exit(f"make bench needs {', '.join(missing)}")
    begun = time.monotonic()
    # In the repository's own folder: what is in memory elsewhere (/tmp, often) would sync to no disk.
    work = ROOT / ".venv" / "bench"
    work.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as name:
        folder = Path(name)
        rows, found = measure(folder)
    minutes = (time.monotonic() - begun) / 60
    goals, beside = table.reached(rows), table.compared(found)
    about = conditions(minutes)
    print(f"\n{goals}\n\n{beside}\n\n{about}")
    page = ROOT / "docs" / "bench.md"
    page.write_text(
        f"# How fast it is\n\n{HOW}\n{goals}\n\n## Beside others\n\n{BESIDE}\n{beside}\n\n{about}\n", encoding="utf-8"
    )
    table.put(ROOT / "README.md", goals)


HOW = """Written by `make bench` (`tests/bench/`). Every speed is a ratio to nginx serving the same page as a
ready brotli file with the same headers, in rounds that take turns, medians of five; CPU is that of all of a
system's processes. The mail server is silent while comments are counted; the CDN is answered by the bench.
"""

BESIDE = """The first system is the one the others are held against, round by round.
"""


def measure(folder: Path) -> tuple[list[Row], dict[str, dict[int, load.Compared]]]:
    """Return every row, and the systems compared."""
    for name in ("few", "many", "nginx", "hello", "published", "durable"):
        (folder / name).mkdir()
    few = folder / "few"
    words.fill(few / "site.sqlite3", 20)
    say("start-up")
    starts = [started_and_stopped(few) for _ in range(3)]
    with ExitStack() as running:

        def run(system: System) -> System:
            running.callback(system.stop)
            return system

        site = run(systems.site(few))
        pair = run(systems.site(few, workers=2))
        nginx = run(systems.nginx(folder / "nginx", site))
        hello = run(systems.hello(folder / "hello"))
        say("systems beside each other")
        found = load.compare([nginx, site, pair, hello])
        memory = machine.memory(pair.process.pid)
        for system in (pair, nginx):
            system.stop()
        ours = found[site.name]
        say("uncached work")
        form, bare = inside.form_cpu(site, hello)
        hello.stop()
        reframing = inside.reframe_cpu(site, folder)
        say("browser")
        with browser.cdn() as switches:
            view = browser.first_view(site.url, switches)
            scores = browser.lighthouse(site.url, folder, switches)
        say("publishing")
        words.fill(folder / "published" / "site.sqlite3", 20)
        changing = run(systems.site(folder / "published", workers=2))
        stale = inside.stale(changing, folder / "published" / "site.sqlite3")
        render = inside.first_render(changing, folder / "published" / "site.sqlite3")
    say("engine")
    p50, p99, phrases = inside.engine()
    say("durable comments")
    words.fill(folder / "durable" / "site.sqlite3", 20)
    kept, syncs = inside.durable(folder / "durable")
    say(f"growth to {MANY:,} comments")
    grown, searched = growth(folder)
    wal = schema.journal_mode() == "wal"
    rows = [
        Row("article, 20 comments, of nginx, 64 connections", ours[64].ratio, 0.45, 0.60, more_is_better=True),
        Row("the same, 16 connections", ours[16].ratio, 0.45, 0.60, more_is_better=True),
        Row("the same, one connection", ours[1].ratio, 0.35, 0.50, more_is_better=True),
        Row("CPU a request, article, 16 connections", ours[16].cpu, 70, 45, "µs", 0),
        Row("times WordPress behind a page cache", ours[16].ratio / WORDPRESS, 8, 15, "", 0, True),
        Row("a form with its token, CPU", form, 1.5, 1.0, "ms", beside=f"bare Flask-WTF: {bare:.2f} ms"),
        Row("reframe request, engine included, CPU", reframing, 1.2, 0.8, "ms"),
        Row("first render after a publish", render, 150, 80, "ms", 0),
        Row("stale answers of 120 after a publish, two workers", stale, 0, 0, "", 0),
        Row("reframing engine alone, p50", p50, 0.5, 0.5, "ms", 3, beside=f"{phrases} phrases"),
        Row("the same, p99", p99, 3, 1, "ms", 3),
        *(Row(f"{MANY:,} comments beside 20: {name}", ratio, 1.15 if "CPU" in name else 1.05, 1.05, "", 3)
          for name, ratio in grown.items()),
        Row("durable comments a second, of the disk's syncs", kept / syncs, 0.5 if wal else 1 / 6, 0.8 if wal else 0.2,
            "", 3, True, beside=f"{kept:,.0f} of {syncs:,.0f}"),
        Row("search at the desk among a million, slowest", searched, 50, 20, "ms", 1),
        Row("first mobile view, before first paint", view.before_paint / 1000, 14, 12, "kB", 1),
        Row("the same, everything but the font", view.rest / 1000, 27, 24, "kB", 1, beside=f"{len(view.sizes)} requests"),
        Row("the font", view.font / 1000, 16, 12, "kB", 1),
        Row("Lighthouse, accessibility, best practices, SEO", worst_but(scores), 100, 100, "", 0, True),
        Row("Lighthouse, performance", scores["performance"], 99, 100, "", 0, True),
        Row("LCP", scores["LCP"], 900, 810, "ms", 0, beside=f"FCP {scores['FCP']:,.0f} ms"),
        Row("TBT", scores["TBT"], 20, 5, "ms", 0),
        Row("CLS", scores["CLS"], 0, 0, "", 3),
        Row("memory, two workers", memory, 80, 65, "MB", 1),
        Row("start to first 200", statistics.median(starts), 0.8, 0.5, "s"),
    ]  # fmt: skip
    return rows, found


def growth(folder: Path) -> tuple[dict[str, float], float]:
    """Return what a million comments cost a page beside twenty, and a search among them."""
    words.fill(folder / "many" / "site.sqlite3", MANY)
    with ExitStack() as running:
        few, many = (systems.site(folder / name) for name in ("few", "many"))
        for system in (few, many):
            running.callback(system.stop)
        few.name, many.name = "few", "many"
        grown = inside.growth(few, many)
    return grown, inside.search(folder / "many" / "site.sqlite3")


def started_and_stopped(folder: Path) -> float:
    """Start the site with two workers, stop it, and return the seconds to its first answer."""
    system = systems.site(folder, workers=2)
    system.stop()
    return system.start_seconds


def worst_but(scores: dict[str, float]) -> float:
    """Return the lowest of Lighthouse's scores but performance."""
    return min(scores[name] for name in browser.CATEGORIES if name != "performance")


def conditions(minutes: float) -> str:
    """Return what was measured on, in a sentence or two."""
    nginx = (
        subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr.strip().rpartition("/")[2]
    )
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"granian {version('granian')}, Flask {version('flask')}, nginx {nginx}, SQLite {sqlite3.sqlite_version} "
        f"(journal: {schema.journal_mode()}). Took {minutes:.0f} minutes."
    )


def say(what: str) -> None:
    """Tell whoever waits what is being measured."""
    print(f"measuring: {what}", flush=True)


main()
