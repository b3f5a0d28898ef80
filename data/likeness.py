"""Which class the words of a phrase speak for, where nobody foresaw its wording: a linear classifier.

Rules say what a phrase means, and nobody can write one for every wording. So the phrases of the tests' own
collection are weighed as well: ``likeness.txt`` holds how much each word and pair of words speaks for each outcome,
and for each kind of danger against there being none, ``topics.txt`` how much for each topic (`topics`). All are fitted
to the collection by ``make learn`` (multinomial logistic regression; `tests/learn.py`) and rounded to whole points, so
that every machine adds up the same. Rules come first; this adds to them.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.content import Source
from data.safety import KINDS

SAFE = ("reframed", "open", "build", "decline")  # the outcomes that are weighed against each other
NO_DANGER = "safe"  # what kinds of danger are weighed against
CLASSES = (*SAFE, NO_DANGER, *KINDS)
POINTS_OF_E = 20  # so many points make the odds e times as good
LEAD = 0  # points by which danger must lead to be believed
LONGEST_RUN = 2  # words
STEM = 4  # letters of a word that tell; its ending would only make it rarer
# Whoever does it to whom: what is said of one is said of all.
_SAME = {"he": "you", "she": "you", "they": "you", "him": "you", "them": "you", "his": "your", "her": "your",
         "their": "your", "us": "me", "we": "i", "our": "my"}  # fmt: skip
# Words that only hold others together: kept whole, and a run of nothing else tells how somebody writes more than
# what of.
_BINDING = frozenset(
    """
    ^ $ . , ! ? ~ i you it me my your its mine yours the a an and or but so if because when while as that this these
    those there here of to in on at by for from with about into out up off over than then is am are was were be been
    being do does did have has had will would can could shall should may might must not no
    """.split()  # noqa: SIM905
)


_PAIRS = r"\d{1,3} -?\d{1,4}(?: \d{1,3} -?\d{1,4})*"
_LINE = re.compile(rf"^([^#(:\n][^:\n]*): ({_PAIRS})$", re.MULTILINE)
_START = re.compile(r"^\(start\): (.+ -?\d+(?:, .+ -?\d+)*)$", re.MULTILINE)
_ODD = re.compile(rf"^(?!#|\(start\): |[^#(:\n][^:\n]*: {_PAIRS}$).+$", re.MULTILINE)


@dataclass(frozen=True)
class Likeness:
    """How many points each run of words gives which classes, and how many each class starts with.

    Some fifty thousand runs in a dictionary would take ten times the memory of four arrays. So a run is known by its
    hash, of 64 bits, which no two of so many share.
    """

    start: Mapping[str, int]
    hashes: array[int]  # in their order
    begins: array[int]  # where the pairs of each begin
    lengths: array[int]  # and how many numbers they are
    pairs: array[int]  # the number of a class, and points

    @classmethod
    def of(cls, start: Mapping[str, int], given: Iterable[tuple[str, Iterable[int]]]) -> Likeness:
        """Take the points of each class at the start, and runs with their pairs: the number of a class, and points."""
        hashes, begins, pairs = array("q"), array("I"), array("h")
        for run, of in given:
            hashes.append(hash(run))
            begins.append(len(pairs))
            pairs.extend(of)
        ends = [*begins[1:], len(pairs)]
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        return cls(
            start,
            array("q", map(hashes.__getitem__, order)),
            array("I", map(begins.__getitem__, order)),
            array("H", (ends[at] - begins[at] for at in order)),
            pairs,
        )

    def weigh(self, reading: str, length: int = LONGEST_RUN) -> dict[str, int]:
        """Return the points of a plain reading, by class; ``length`` is that of the longest runs it holds."""
        totals = list(self.start.values())
        hashes, pairs = self.hashes, self.pairs
        for run in map(hash, runs(reading, length)):
            at = bisect_left(hashes, run)
            if at < len(hashes) and hashes[at] == run:
                begin = self.begins[at]
                for place in range(begin, begin + self.lengths[at], 2):
                    totals[pairs[place]] += pairs[place + 1]
        return dict(zip(self.start, totals, strict=True))


def danger(points: Mapping[str, int], lead: int = LEAD) -> str:
    """Return the kind of danger that leads there being none by more than so many points, or nothing."""
    kind = max(KINDS, key=points.__getitem__)
    return kind if points[kind] - points[NO_DANGER] > lead else ""


def rather(points: Mapping[str, int], outcome: str, lead: int) -> str:
    """Return the safe outcome that leads the one given by more than so many points, or the one given."""
    best = max(SAFE, key=points.__getitem__)
    return best if points[best] - points[outcome] > lead else outcome


def runs(reading: str, length: int = LONGEST_RUN) -> Iterator[str]:
    """Yield each run of words of a reading once, those that tell cut to `STEM`, its start and end among them.

    ``length`` is that of the longest, in words.
    """
    whole = ["^", *(_SAME.get(word, word) for word in reading.split()), "$"]
    words = [word if word in _BINDING else word[:STEM] for word in whole]
    yield from {" ".join(words[at : at + many]) for many in range(1, length + 1) for at in range(len(words) - many + 1)}


def is_telling(run: str) -> bool:
    """Tell whether a run holds a word that says what somebody writes of."""
    return not _BINDING.issuperset(run.split())


def load(path: Path, classes: Iterable[str] = CLASSES) -> Likeness:
    """Read the points; raise `ContentError` naming a line that is none, or a class that they must weigh and do not."""
    source = Source.read(path)
    found = _START.search(source.text)
    start = dict(map(_class, found[1].split(", "))) if found else {}
    if lacking := [name for name in classes if name not in start]:
        raise source.fault(f"lacks a class in the line of (start): {lacking[0]!r}", "(start)")
    odd = _ODD.search(source.text)
    # A line at a time: were all taken apart at once, the memory that takes would not be given back.
    like = Likeness.of(start, ((one[1], map(int, one[2].split())) for one in _LINE.finditer(source.text)))
    if not odd and max(like.pairs[::2], default=0) >= len(start):
        odd = next(one for one in _LINE.finditer(source.text) if max(map(int, one[2].split()[::2])) >= len(start))
    if odd:
        what = f"is not words, a colon and pairs of a class's number and points: {odd[0]!r}"
        raise source.fault(what, line=source.text.count("\n", 0, odd.start()) + 1)
    return like


def _class(text: str) -> tuple[str, int]:
    name, _, points = text.rpartition(" ")
    return name, int(points)


def written(start: Mapping[str, int], given: Mapping[str, Mapping[str, int]]) -> str:
    """Return the points of classes at the start, and of each run by class, as `load` reads them."""
    number = {name: at for at, name in enumerate(start)}
    head = ", ".join(f"{name} {points}" for name, points in start.items())
    lines = (
        f"{run}: {' '.join(f'{number[name]} {points}' for name, points in of.items())}\n"
        for run, of in sorted(given.items())
    )
    return f"(start): {head}\n{''.join(lines)}"
