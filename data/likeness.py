"""Which outcome the words of a phrase speak for, where nobody foresaw its wording: a linear classifier.

Rules say what a phrase means, and nobody can write one for every wording. So the phrases of the tests' own
collection are weighed as well: ``likeness.txt`` holds how much each run of up to three words speaks for each
outcome. It is fitted to the collection by ``make learn`` (multinomial logistic regression; `tests/learn.py`)
and rounded to whole points, so that every machine adds up the same. Rules come first; this only adds to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.content import Source
from data.safety import KINDS

SAFE = ("reframed", "open", "build")  # the outcomes that are weighed against each other; of danger, its kinds
CLASSES = (*SAFE, *KINDS)
POINTS_OF_E = 20  # so many points make the odds e times as good
LEAD = 32  # points by which one must lead to be believed: odds of five to one
LONGEST_RUN = 3  # words
STEM = 4  # letters of a word that tell; its ending would only make it rarer
# Whoever does it to whom: what is said of one is said of all.
_SAME = {"he": "you", "she": "you", "they": "you", "him": "you", "them": "you", "his": "your", "her": "your",
         "their": "your", "us": "me", "we": "i", "our": "my"}  # fmt: skip
# Words that only hold others together. A run of nothing else tells how somebody writes, not what of.
_BINDING = frozenset(
    """
    ^ $ . , ! ? ~ i you it me my your its mine yours the a an and or but so if because when while as that this these
    those there here of to in on at by for from with about into out up off over than then is am are was were be been
    being do does did have has had will would can could shall should may might must not no
    """.split()  # noqa: SIM905
)
_LINE = re.compile(r"(?P<words>[^:]+):(?P<points>(?: -?\d+)+)")


@dataclass(frozen=True)
class Likeness:
    """How many points each run of words gives each of `CLASSES`, and what each starts with."""

    start: tuple[int, ...]
    points: Mapping[str, tuple[int, ...]]

    def weigh(self, reading: str) -> dict[str, int]:
        """Return the points of a plain reading, by class."""
        found = [self.start, *(self.points[words] for words in runs(reading) if words in self.points)]
        return dict(zip(CLASSES, map(sum, zip(*found, strict=True)), strict=True))


def danger(points: Mapping[str, int], lead: int = LEAD) -> str:
    """Return the kind of danger that leads every safe outcome by more than so many points, or nothing."""
    kind = max(KINDS, key=points.__getitem__)
    return kind if points[kind] - max(points[outcome] for outcome in SAFE) > lead else ""


def rather(points: Mapping[str, int], outcome: str) -> str:
    """Return the safe outcome that clearly leads the one given, or the one given."""
    best = max(SAFE, key=points.__getitem__)
    return best if points[best] - points[outcome] > LEAD else outcome


def runs(reading: str) -> Iterator[str]:
    """Yield each telling run of up to three words of a reading once, cut to `STEM`, its start and end among them."""
    whole = ["^", *(_SAME.get(word, word) for word in reading.split()), "$"]
    telling = [word not in _BINDING for word in whole]
    words = [word[:STEM] if tells else word for word, tells in zip(whole, telling, strict=True)]
    yield from {
        " ".join(words[at : at + length])
        for length in range(1, LONGEST_RUN + 1)
        for at in range(len(words) - length + 1)
        if any(telling[at : at + length])
    }


def load(path: Path) -> Likeness:
    """Read the points; raise `ContentError` naming a line that is none."""
    source = Source.read(path)
    points: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(source.text.splitlines(), 1):
        if line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        given = tuple(int(each) for each in found["points"].split()) if found else ()
        if found is None or len(given) != len(CLASSES):
            raise source.fault(f"is not words, a colon and {len(CLASSES)} whole numbers: {line!r}", line=number)
        points[found["words"]] = given
    try:
        return Likeness(points.pop("(start)"), points)
    except KeyError:
        raise source.fault("lacks the line of (start)") from None
