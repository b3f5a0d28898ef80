"""What each page costs with twenty comments and with a million, side by side.

    python tests/bench/growth.py [--comments 20 1000000] [--rounds 25] [--folder FOLDER] [--json FILE]

Each database is filled through executemany. Then every page is asked for in turn, the databases taking turns
within each round, and the medians of the processor's time are shown with their quotient. A page that readers
share is made anew each time, as the first reader after a publish has it made; the bytes kept from then on cost
the same whatever they hold. Withdrawing waits for a few steps of clearing the search index, whatever it holds;
the site's sender goes on with the rest.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from app import create_app
from data import comments, desk, schema, text
from tests.bench.words import in_bulk

START = 1_600_000_000
# Words as often as words are: the nth comes up an nth as often as the first (Zipf).
WORDS = [f"{first}{middle}{last}" for first, middle, last in itertools.product(
    ("ba", "co", "de", "fi", "ga", "ho", "ju", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wa"),
    ("b", "d", "l", "m", "n", "r", "s", "t", "v", "nd", "st"),
    ("a", "el", "ing", "o", "en", "ed", "er", "ly", "ow", "ick", "ard", "um", "ite", "ox", "ful", "ish"),
)]  # fmt: skip
COLUMNS = "id, parent, state, name, body, created, published, form_key, digest, token, fingerprint"


A_PAGE = 20


def rows(count: int) -> Iterator[tuple[object, ...]]:
    """Yield ``count`` comments, and as many waiting as stand on a page.

    The newest page is alike in every database: twenty published, none of them answered. Of those before, nine of
    ten are published, one of five is a reply, and the rest wait, are declined or suspected.
    """
    chance = random.Random(1)
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(WORDS))))
    said = chance.choices(WORDS, cum_weights=weights, k=200_000)
    newest = [" ".join(said[at * 50 : at * 50 + 40]) for at in range(2 * A_PAGE)]
    first = 1
    for number in range(1, count + A_PAGE + 1):
        state, parent = "published", None
        if number > count:
            state = "waiting"
        elif number <= count - A_PAGE:
            state = "published" if number % 10 else ("waiting", "declined", "suspected")[number // 10 % 3]
            parent = first if number % 5 == 0 else None
        if state == "published" and parent is None:
            first = number
        at = chance.randrange(len(said) - 80)
        body = " ".join(said[at : at + chance.randrange(10, 75)])
        if number > count - A_PAGE:
            body = newest[number - count + A_PAGE - 1]
        published = START + number if state == "published" else None
        yield (number, parent, state, f"Reader {number % 5000}", body, START + number, published, f"k{number}", "d",
               f"t{number}", text.fingerprint(body))  # fmt: skip


def fill(path: Path, count: int) -> None:
    """Put comments of every state, and replies, into an empty database."""
    with in_bulk(path) as db:
        marks = ", ".join("?" for _ in COLUMNS.split(", "))
        db.conn.executemany(f"INSERT INTO comments ({COLUMNS}) VALUES ({marks})", rows(count))


class Subject:
    """A site with so many comments, and how each page is asked for."""

    def __init__(self, folder: Path, count: int) -> None:
        self.count = count
        path = folder / f"{count}" / "site.sqlite3"
        is_new = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.app: Flask = create_app({"DATABASE": str(path), "SECRET_KEY": "for measuring", "LIMITS": False})
        started = time.perf_counter()
        if is_new:
            fill(path, count)
        self.filled = time.perf_counter() - started
        self.bytes = path.stat().st_size
        self.client: FlaskClient = self.app.test_client()
        with closing(schema.connect(path)) as db, schema.transaction(db):
            link = desk.make_link(db, int(time.time()))
        self.client.post(f"/desk/sign-in/{link}")
        self.path = path
        half = max(count // 2, A_PAGE + 1)
        self.deeds: dict[str, Callable[[], int]] = {
            "article": lambda: self.fresh("/"),
            "comments page": lambda: self.fresh("/comments"),
            # Half way down; with one page only, that page, so that as many comments stand on it.
            "earlier comments, half way": lambda: self.get(f"/comments?after={START + half}-{half}"),
            "feed": lambda: self.fresh("/comments.atom"),
            "desk queue": lambda: self.get("/desk"),
            "desk, published": lambda: self.get("/desk/comments/published"),
            "search page, a common word": lambda: self.get(f"/desk/search?q={WORDS[0]}"),
            "search alone, a common word": lambda: self.search(WORDS[0]),
            "search alone, a common and a rare": lambda: self.search(f"{WORDS[0]} {WORDS[-1]}"),
            "search alone, a rare word": lambda: self.search(WORDS[-1]),
            "search alone, three words": lambda: self.search(" ".join(WORDS[3:6])),
            "a comment, kept": self.send,
            "publish": self.publish,
            "a comment, withdrawn": self.withdraw,
        }

    def get(self, path: str) -> int:
        response = self.client.get(path, headers={"Accept-Encoding": "identity"})
        assert response.status_code == 200, (path, response.status_code)
        return len(response.data)

    def fresh(self, path: str) -> int:
        """Ask for a page that was made old; not compressed, which costs the same for the same bytes."""
        self.app.wsgi_app.pages.clear()  # type: ignore[attr-defined]
        return self.get(path)

    def search(self, words: str) -> int:
        with closing(schema.connect(self.path)) as db:
            return len(comments.search(db, words)[0])

    def send(self) -> int:
        form = self.client.get("/comments/new").text
        sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) | {"website": "", "name": "", "nudged": "1"}
        sent["body"] = f"Measured at {time.perf_counter_ns()} and no other time"
        response = self.client.post("/comments", data=sent)
        assert response.status_code == 303, response.status_code
        self.own = response.headers["Location"]
        return 0

    def publish(self) -> int:
        with closing(schema.connect(self.path)) as db, schema.transaction(db):
            newest = db.execute("SELECT max(id) FROM comments").fetchone()[0]
            comments.decide(db, comments.find(db, newest), "published", int(time.time()))  # type: ignore[arg-type]
        return 0

    def withdraw(self) -> int:
        response = self.client.post(f"{self.own}/withdraw")
        assert response.status_code == 303, response.status_code
        return 0


def measure(subjects: list[Subject], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return for each deed its median seconds (processor, clock) and bytes, in the order of the subjects."""
    found: dict[str, dict[str, list[float]]] = {}
    for name in subjects[0].deeds:
        cpu: list[list[float]] = [[] for _ in subjects]
        wall: list[list[float]] = [[] for _ in subjects]
        size = [0.0 for _ in subjects]
        for turn in range(rounds + 2):
            order = range(len(subjects)) if turn % 2 == 0 else reversed(range(len(subjects)))
            for index in order:
                deed = subjects[index].deeds[name]
                began, clock = time.process_time(), time.perf_counter()
                size[index] = deed()
                if turn > 1:  # the first two warm up
                    cpu[index].append(time.process_time() - began)
                    wall[index].append(time.perf_counter() - clock)
        found[name] = {
            "cpu_ms": [statistics.median(times) * 1000 for times in cpu],
            "clock_ms": [statistics.median(times) * 1000 for times in wall],
            "bytes": size,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--comments", type=int, nargs="+", default=[20, 1_000_000], metavar="N")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--folder", type=Path, help="keep the databases there, to measure again without filling")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        subjects = [Subject(given.folder or Path(passing), count) for count in given.comments]
        for subject in subjects:
            print(f"{subject.count:,} comments: filled in {subject.filled:.1f} s, {subject.bytes / 1e6:,.1f} MB")
        found = measure(subjects, given.rounds)
    print(f"\nMedians of {given.rounds}; SQLite {sqlite3.sqlite_version}, {schema.journal_mode()} journal\n")
    counts = "".join(f"{subject.count:>14,}" for subject in subjects)
    print(f"{'processor, ms':36}{counts}   last/first   {'clock, ms':>10}{counts}   bytes last/first")
    for name, figures in found.items():
        cpu, clock, size = figures["cpu_ms"], figures["clock_ms"], figures["bytes"]
        line = "".join(f"{value:14.3f}" for value in cpu)
        clocks = "".join(f"{value:14.3f}" for value in clock)
        share = f"{size[-1] / size[0]:10.3f}" if size[0] else ""
        print(f"{name:36}{line}{cpu[-1] / cpu[0]:13.2f}{'':13}{clocks}{share}")
    if given.json:
        given.json.write_text(
            json.dumps({"comments": given.comments, "rounds": given.rounds, "found": found}, indent=1)
        )


if __name__ == "__main__":
    main()
