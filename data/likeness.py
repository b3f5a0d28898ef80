"""Which class the words of a phrase speak for, where nobody foresaw its wording: a linear classifier.

Rules say what a phrase means, and nobody can write one for every wording. So the phrases of the tests' own
collection are weighed as well: ``likeness.txt`` holds how much each run of up to three words speaks for each
outcome, ``topics.txt`` how much for each topic (`topics`). Both are fitted to the collection by ``make learn``
(multinomial logistic regression; `tests/learn.py`) and rounded to whole points, so that every machine adds up
the same. Rules come first; this adds to them.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.content import Source
from data.safety import KINDS

SAFE = ("reframed", "open", "build")  # the outcomes that are weighed against each other; of danger, its kinds
CLASSES = (*SAFE, "decline", *KINDS)
POINTS_OF_E = 20  # so many points make the odds e times as good
LEAD = 16  # points by which danger must lead to be believed: odds of two to one
RULED = 80  # points by which another outcome must lead the one that a rule gave: odds of fifty to one
GENTLE = 130  # the same, of what is gentle from its first word on
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
_PAIR = struct.Struct("hh")  # the number of a class, and points


@dataclass(frozen=True)
class Likeness:
    """How many points each run of words gives which classes, and how many each class starts with.

    The points of a run stand packed, pair after pair: as tuples they would take five times the memory.
    """

    start: Mapping[str, int]
    given: Mapping[str, bytes]

    @classmethod
    def of(cls, start: Mapping[str, int], given: Mapping[str, Mapping[str, int]]) -> Likeness:
        """Take the points of each run by class; raise `KeyError` for a class that does not start."""
        number = {name: at for at, name in enumerate(start)}
        return cls(
            start,
            {
                run: b"".join(_PAIR.pack(number[name], points) for name, points in of.items())
                for run, of in given.items()
            },
        )

    def weigh(self, reading: str, length: int = LONGEST_RUN) -> dict[str, int]:
        """Return the points of a plain reading, by class; ``length`` is that of the longest runs it holds."""
        totals = list(self.start.values())
        for run in runs(reading, length):
            for number, points in _PAIR.iter_unpack(self.given.get(run, b"")):
                totals[number] += points
        return dict(zip(self.start, totals, strict=True))


def danger(points: Mapping[str, int], lead: int = LEAD) -> str:
    """Return the kind of danger that leads every safe outcome by more than so many points, or nothing."""
    kind = max(KINDS, key=points.__getitem__)
    return kind if points[kind] - max(points[outcome] for outcome in SAFE) > lead else ""


def rather(points: Mapping[str, int], outcome: str, lead: int) -> str:
    """Return the safe outcome that leads the one given by more than so many points, or the one given."""
    best = max(SAFE, key=points.__getitem__)
    return best if points[best] - points[outcome] > lead else outcome


def runs(reading: str, length: int = LONGEST_RUN) -> Iterator[str]:
    """Yield each telling run of words of a reading once, cut to `STEM`, its start and end among them.

    ``length`` is that of the longest, in words.
    """
    whole = ["^", *(_SAME.get(word, word) for word in reading.split()), "$"]
    telling = [word not in _BINDING for word in whole]
    words = [word[:STEM] if tells else word for word, tells in zip(whole, telling, strict=True)]
    yield from {
        " ".join(words[at : at + many])
        for many in range(1, length + 1)
        for at in range(len(words) - many + 1)
        if any(telling[at : at + many])
    }


def load(path: Path, classes: Iterable[str] = CLASSES) -> Likeness:
    """Read the points; raise `ContentError` naming a line that is none, or a class that they must weigh and do not."""
    source = Source.read(path)
    start: dict[str, int] = {}
    given: dict[str, bytes] = {}
    for number, line in enumerate(source.text.splitlines(), 1):
        words, _, rest = line.partition(":")
        try:
            if words == "(start)":
                start = dict(map(_class, rest.split(",")))
            elif not line.startswith("#"):
                given[words] = _packed(rest, len(start))
        except (ValueError, OverflowError):
            what = f"is not words, a colon and pairs of a class's number and points: {line!r}"
            raise source.fault(what, line=number) from None
    if lacking := [name for name in classes if name not in start]:
        raise source.fault(f"lacks a class in the line of (start): {lacking[0]!r}", "(start)")
    return Likeness(start, given)


def _class(text: str) -> tuple[str, int]:
    name, _, points = text.strip().rpartition(" ")
    return name, int(points)


def _packed(text: str, classes: int) -> bytes:
    numbers = array("h", map(int, text.split()))
    if not numbers or len(numbers) % 2 or not 0 <= min(numbers[::2]) <= max(numbers[::2]) < classes:
        raise ValueError(text)
    return numbers.tobytes()


def written(fitted: Likeness) -> str:
    """Return points as `load` reads them."""
    start = ", ".join(f"{name} {points}" for name, points in fitted.start.items())
    lines = [
        f"{run}: {' '.join(f'{number} {points}' for number, points in _PAIR.iter_unpack(packed))}\n"
        for run, packed in sorted(fitted.given.items())
    ]
    return f"(start): {start}\n{''.join(lines)}"
