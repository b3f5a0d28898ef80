"""The collection of phrases, with what is right for each: what the tests ask and what likeness is fitted to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from data.likeness import CLASSES
from data.phrasebook import Phrasebook

PHRASES = [
    json.loads(line) for line in (Path(__file__).parent / "phrases.jsonl").read_text(encoding="utf-8").splitlines()
]


def classed(book: Phrasebook) -> list[tuple[str, str]]:
    """Return every phrase we know the class of, those that the rules of danger name as examples too."""
    found = [(case["phrase"], case["kind"] if case["outcome"] == "support" else case["outcome"]) for case in PHRASES]
    for rule in book.safety.rules:
        found += [(phrase, rule.kind) for phrase in rule.hears] + [(phrase, "reframed") for phrase in rule.spares]
    return [(phrase, what) for phrase, what in found if what in CLASSES]


def digest(known: Sequence[tuple[str, str]]) -> str:
    """Return what changes whenever the phrases do."""
    return hashlib.blake2b(json.dumps(sorted(known)).encode(), digest_size=8).hexdigest()
