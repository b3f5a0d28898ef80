"""The collection of phrases, with what is right for each: what the tests ask and what likeness is fitted to.

``phrases.tsv`` has a phrase a line: its outcome, or of danger its kind; its topics, the better first, where it is
of one; ``lines`` where help lines stand beneath; the phrase. ``unseen.tsv`` has more of the same, by others who had not
seen the engine: no rule is written for them and nothing is fitted to them. ``topic-words.txt`` has, topic by topic,
words that people say when they complain of just that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.likeness import CLASSES
from data.phrasebook import Phrasebook
from data.safety import KINDS

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """A phrase and what is right for it."""

    what: str
    topics: tuple[str, ...]
    lines: bool
    phrase: str

    @property
    def outcome(self) -> str:
        """Return the outcome it should have."""
        return "support" if self.what in KINDS else self.what


def _cases(name: str) -> Iterator[Case]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        what, topics, lines, phrase = line.split("\t")
        yield Case(what, tuple(topics.split("|")) if topics else (), bool(lines), phrase)


CASES = list(_cases("phrases.tsv"))
UNSEEN = list(_cases("unseen.tsv"))
PHRASES = [case.phrase for case in CASES]


def classed(book: Phrasebook) -> list[tuple[str, str]]:
    """Return every phrase we know the class of, those that the rules of danger name as examples too."""
    found = [(case.phrase, case.what) for case in CASES]
    for rule in book.safety.rules:
        found += [(phrase, rule.kind) for phrase in rule.hears] + [(phrase, "reframed") for phrase in rule.spares]
    return [(phrase, what) for phrase, what in found if what in CLASSES]


def topical() -> list[tuple[str, tuple[str, ...]]]:
    """Return every phrase we know the topics of, of which there may be none."""
    return [(case.phrase, case.topics) for case in CASES if case.topics]


def topic_words() -> list[tuple[str, str]]:
    """Return words that people say of a topic, each with its topic."""
    lines = (HERE / "topic-words.txt").read_text(encoding="utf-8").splitlines()
    by_topic = (line.split(": ") for line in lines if line and not line.startswith("#"))
    return [(words, topic) for topic, listed in by_topic for words in listed.split(", ")]


def digest(known: object) -> str:
    """Return what changes whenever what was fitted to does."""
    return hashlib.blake2b(json.dumps(known).encode(), digest_size=8).hexdigest()
