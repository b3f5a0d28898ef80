"""Single figures: forms, the reframing engine, a page's first render, commits, and what growth costs."""

from __future__ import annotations

import re
import socket
import sqlite3
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote_plus

from data import comments, reframe, schema
from tests.bench import load, machine, systems
from tests.bench.systems import System
from tests.collection import PHRASES
from tests.serving import ROOT

FEW = 4  # connections, where it is CPU that is measured and not how many wait
# wrk asks for every request in turn; `%s` are headers and bodies, quoted for Lua.
POSTS = """
local headers = {["Content-Type"] = "application/x-www-form-urlencoded", ["HX-Request"] = "true",
                 ["HX-Request-Type"] = "partial", ["Sec-Fetch-Site"] = "same-origin"}
local bodies, number = {%s}, 0
request = function()
  number = number + 1
  local body = bodies[number %% #bodies + 1]:gsub("NUMBER", tostring(number))
  return wrk.format("POST", nil, headers, body)
end
"""


def form_cpu(*systems: System) -> list[float]:
    """Return the CPU milliseconds of a form with its token on each system: medians of five, taken in turns."""
    rounds = [[_faultless(load.run(system, "/comments/new", FEW)).cpu * 1000 for system in systems] for _ in range(5)]
    return [statistics.median(each) for each in zip(*rounds, strict=True)]


def reframe_cpu(system: System, folder: Path) -> float:
    """Return the CPU milliseconds of a phrase sent and answered, median of five."""
    script = _script(folder / "reframe.lua", [f"phrase={quote_plus(phrase)}" for phrase in PHRASES])
    runs = [_faultless(load.run(system, "/reframe", FEW, script=script)).cpu * 1000 for _ in range(5)]
    return statistics.median(runs)


def engine() -> tuple[float, float, int]:
    """Return the engine's median and 99th percentile in CPU milliseconds, and over how many phrases."""
    book = reframe.load(ROOT / "data" / "reframe.toml")
    book.compile()  # as a server does before it answers
    reframe.reframe(book, PHRASES[0])
    times: list[float] = []
    for _ in range(3):
        for phrase in PHRASES:
            begun = time.thread_time()
            reframe.reframe(book, phrase)
            times.append((time.thread_time() - begun) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98], len(PHRASES)


def first_render(system: System, database: Path) -> float:
    """Return the milliseconds, from asking to having it, of the first article after a publish; median of seven."""
    times: list[float] = []
    for number in range(7):
        body = _publish(database, 200 + number)  # newer than all others
        begun = time.perf_counter()
        text = _get(system.url).decode()
        times.append((time.perf_counter() - begun) * 1000)
        if body not in text:
            raise RuntimeError("a publish was acknowledged and is not in the next answer")
    return statistics.median(times)


def stale(system: System, database: Path) -> int:
    """Return how many of 120 answers, six after each of 20 publishes, were from before it."""
    found = 0
    for number in range(20):
        body = _publish(database, 100 + number)
        # Each on a connection of its own, so that every worker is asked.
        found += sum(body not in _get(system.url).decode() for _ in range(6))
    return found


def _publish(database: Path, number: int) -> str:
    """Publish a comment as the desk's process would; return its words."""
    with closing(schema.connect(database)) as db, schema.transaction(db):
        body = f"Published {number}."
        key = f"{body} {time.time()}"
        comment, _ = comments.submit(db, key=key, token=key, name="Ann", body=body, now=1)
        comments.decide(db, comment, "published", 2_000_000_000 + number)
    return body


def durable(folder: Path) -> tuple[float, float]:
    """Return comments kept a second, at 16 connections, and how often a second the disk syncs.

    Every one answered is then counted in the database. The mail server is silent meanwhile, so that the
    comments have the disk to themselves.
    """
    before = machine.syncs(folder)
    with _silent() as port:
        system = systems.site(folder, SITE_SMTP_HOST="127.0.0.1", SITE_SMTP_PORT=str(port), SITE_SMTP_SECURITY="none")
        try:
            form = _get(f"{system.url}comments/new").decode()
            key = re.search(r'name="key" value="([^"]+)"', form)
            if key is None:
                raise RuntimeError("the comment form has no key")
            body = f"key={quote_plus(key[1])}&website=&nudged=&name=Ann&body=Comment+NUMBER+of+a+bench."
            script = _script(folder / "comments.lua", [body])
            run = _faultless(load.run(system, "/comments", 16, 5, script))
        finally:
            system.stop()
    with closing(sqlite3.connect(folder / "site.sqlite3")) as connection:
        kept = connection.execute("SELECT count(*) FROM comments WHERE body LIKE 'Comment % of a bench.'").fetchone()[0]
    if kept < run.requests:
        raise RuntimeError(f"{run.requests} comments were acknowledged and {kept} kept")
    return run.rate, (before + machine.syncs(folder)) / 2


def growth(few: System, many: System) -> dict[str, float]:
    """Return what a page of a site with many comments costs beside one with few: ratios, by page and by what."""
    found: dict[str, float] = {}
    # A query that means nothing has the page rendered each time.
    for name, path in (("article", "/"), ("comments page", "/comments")):
        sizes = [len(_get(system.url + path.lstrip("/"), {"Accept-Encoding": "identity"})) for system in (few, many)]
        found[f"{name}, bytes"] = sizes[1] / sizes[0]
        ratios: list[float] = []
        for turn in range(3):
            pair = (few, many) if turn % 2 == 0 else (many, few)
            cpu = {system.name: _faultless(load.run(system, f"{path}?fresh", FEW)).cpu for system in pair}
            ratios.append(cpu[many.name] / cpu[few.name])
        found[f"{name}, CPU"] = statistics.median(ratios)
    return found


def search(database: Path) -> float:
    """Return the milliseconds of the slowest of a few searches, newest first."""
    slowest = 0.0
    with closing(schema.connect(database)) as db:
        for words in ("the", "kitchen", "help line", "pressure distance fridge", "nowhere"):
            times: list[float] = []
            for _ in range(9):
                begun = time.perf_counter()
                comments.search(db, words)
                times.append((time.perf_counter() - begun) * 1000)
            slowest = max(slowest, statistics.median(times))
    return slowest


def _faultless(run: load.Run) -> load.Run:
    if run.faults or not run.requests:
        raise RuntimeError(f"{run.faults} of {run.requests} requests failed")
    return run


def _get(url: str, headers: dict[str, str] | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=30) as reply:
        return bytes(reply.read())


def _script(path: Path, bodies: list[str]) -> Path:
    path.write_text(POSTS % ", ".join(f'"{body}"' for body in bodies), encoding="utf-8")
    return path


@contextmanager
def _silent() -> Iterator[int]:
    """Listen and never answer, as a mail server that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])
